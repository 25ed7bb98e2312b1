"""`dataclass`, as the standard library's, but it compiles less, and later.

A process defines a hundred kinds of records and makes a few of them. The standard library compiles
six methods of each as it is defined, half a millisecond a class: a third of what a start took.
Here `__init__` is compiled once some have been made, and the other methods serve all records alike.
"""

import dataclasses
from collections.abc import Callable
from types import MemberDescriptorType
from typing import TYPE_CHECKING, Any, NoReturn

_BY_HAND = 4  # about as many records are filled by hand in the time that compiling takes


def _lean(
    *, frozen: bool = False, slots: bool = False, kw_only: bool = False
) -> Callable[[type], type]:
    """A class decorator: the fields, equality, hash and repr of the standard library's."""

    def define(kind: type) -> type:
        plain = dataclasses.dataclass(
            init=False, repr=False, eq=False, slots=slots, kw_only=kw_only
        )
        made: type = plain(kind)
        methods: dict[str, Any] = {"__repr__": _shown, "__eq__": _equal, "__hash__": None}
        if frozen:
            methods |= _FROZEN
        for name, method in methods.items():
            if name not in vars(kind):
                setattr(made, name, method)
        first: Any = made
        first.__init__ = _first_calls(made, frozen=frozen)
        return made

    return define


def _first_calls(kind: Any, *, frozen: bool) -> Callable[..., None]:
    """An `__init__` that fills the fields by hand, until it puts one in its place which is compiled
    for them: where a few are made, that takes longer. So does a call that is no usual one.
    """
    left = _BY_HAND

    def __init__(self: object, *args: object, **given: object) -> None:  # noqa: N807 - it is one
        nonlocal left
        left -= 1
        values = None if args or left < 0 else _by_name(kind, given)
        if values is None:
            kind.__init__ = _compiled(kind, frozen=frozen)
            kind.__init__(self, *args, **given)
            return
        for name, value in values.items():
            object.__setattr__(self, name, value)

    return __init__


def _by_name(kind: Any, given: dict[str, object]) -> dict[str, object] | None:
    """The fields' values in their order; None if one lacks, or is not known."""
    values: dict[str, object] = {}
    for field in dataclasses.fields(kind):
        if field.name in given:
            values[field.name] = given[field.name]
        elif field.default is not dataclasses.MISSING:
            values[field.name] = field.default
        elif field.default_factory is not dataclasses.MISSING:
            values[field.name] = field.default_factory()
        else:
            return None
    return values if values.keys() >= given.keys() else None


def _compiled(kind: Any, *, frozen: bool) -> Callable[..., None]:
    """The `__init__` that the standard library would write, in a fifth of the time; and a slot is
    filled by its own method, which takes half as long as `object.__setattr__`.
    """
    known: dict[str, Any] = {"put": object.__setattr__, "unset": dataclasses.MISSING}
    takes, puts, named = ["self"], [], False
    for field in sorted(dataclasses.fields(kind), key=lambda field: bool(field.kw_only)):
        if field.kw_only and not named:
            takes.append("*")
            named = True
        takes.append(field.name + _default(field, known))
        puts.append(_put(kind, field, known) if frozen else f"self.{field.name} = {{}}")
        puts[-1] = puts[-1].format(
            field.name
            if field.default_factory is dataclasses.MISSING
            else f"default_{field.name}() if {field.name} is unset else {field.name}"
        )
    body = "".join(f"\n    {put}" for put in puts or ["pass"])
    exec(f"def __init__({', '.join(takes)}):{body}", known)  # noqa: S102 - as the standard library does, and of our own names
    made: Callable[..., None] = known["__init__"]
    made.__qualname__ = f"{kind.__qualname__}.__init__"
    return made


def _default(field: dataclasses.Field[Any], known: dict[str, Any]) -> str:
    """What stands behind a parameter; `known` learns the names that it uses."""
    if field.default_factory is not dataclasses.MISSING:
        known[f"default_{field.name}"] = field.default_factory
        return "=unset"
    known[f"default_{field.name}"] = field.default
    return "" if field.default is dataclasses.MISSING else f"=default_{field.name}"


def _put(kind: Any, field: dataclasses.Field[Any], known: dict[str, Any]) -> str:
    """The statement that fills a field of a frozen record."""
    slot = getattr(kind, field.name, None)
    if type(slot) is not MemberDescriptorType:
        return f"put(self, {field.name!r}, {{}})"
    known[f"put_{field.name}"] = slot.__set__
    return f"put_{field.name}(self, {{}})"


def _values(record: Any) -> tuple[object, ...]:
    return tuple(getattr(record, name) for name in record.__dataclass_fields__)


def _shown(self: Any) -> str:
    told = [f"{f.name}={getattr(self, f.name)!r}" for f in dataclasses.fields(self) if f.repr]
    return f"{type(self).__qualname__}({', '.join(told)})"


def _equal(self: object, other: object) -> Any:  # a bool, or NotImplemented
    if type(self) is not type(other):
        return NotImplemented
    return _values(self) == _values(other)


def _hashed(self: object) -> int:
    return hash(_values(self))


def _refused(self: object, name: str, *_: object) -> NoReturn:
    raise dataclasses.FrozenInstanceError(f"cannot change {name!r} of {type(self).__name__}")


def _restored(self: object, state: Any) -> None:
    """Take what `copy` and `pickle` took out of another record's slots."""
    for name, value in (state if type(state) is dict else state[1]).items():
        object.__setattr__(self, name, value)


_FROZEN = {
    "__hash__": _hashed,
    "__setattr__": _refused,
    "__delattr__": _refused,
    "__setstate__": _restored,
}


if TYPE_CHECKING:
    from dataclasses import dataclass as dataclass  # noqa: PLC0414 - type checkers know this one
else:
    dataclass = _lean
