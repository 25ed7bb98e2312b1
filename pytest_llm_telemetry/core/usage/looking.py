"""Looks at a stranger's object: data is read, no property of its class is run.

A lazy property may read a socket, consume a body, log a warning or raise, so only what an object
holds as data counts: the items of a mapping, the instance's attributes, slots, a class's plain
values, and the extra fields of a pydantic model.
"""

from __future__ import annotations

from _collections_abc import Mapping  # the interpreter has it already; `collections.abc` costs

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import Any

_LARGEST = 2**53  # past it a JSON number is no exact count
_ABSENT = object()
_NO_DATA: dict[str, Any] = {}
_NOWHERE, _EXTRA, _LOOK = "nowhere", "among a pydantic model's extra fields", "in the class"
_KNOWN = 4096  # names of classes; classes made at run time must not fill the memory
_places: dict[tuple[type, str], str] = {}


class _Slotted:
    __slots__ = ("value",)


_SLOTS = {type(_Slotted.__dict__["value"])}


def quietly(function: Callable[..., Any], *arguments: Any) -> Any:
    """What the function returns; None if it raises."""
    try:
        return function(*arguments)
    except Exception:  # noqa: BLE001 - an object of any class may do anything when looked at
        return None


def get(value: Any, name: str) -> Any:
    """The item or attribute of that name, None when there is no such data."""
    kind = type(value)
    if kind is dict:
        return value.get(name)
    held = getattr(value, "__dict__", _NO_DATA)
    if name in held:
        return held[name]
    place = _places.get((kind, name)) or _learn(value, name)
    if place is _NOWHERE:
        return None
    if place is _EXTRA:
        extra = _of_pydantic(value, "__pydantic_extra__")
        return extra.get(name) if extra else None
    return value.get(name) if isinstance(value, Mapping) else _declared(value, name)


def _learn(value: Any, name: str) -> str:
    """Where a class keeps what its instances do not hold by that name.

    A response is asked for a dozen names that its class does not have, and a pydantic class takes
    a microsecond to say so each time.
    """
    kind = type(value)
    if value is None or kind is str:
        place = _NOWHERE
    elif isinstance(value, Mapping) or getattr(kind, name, _ABSENT) is not _ABSENT:
        place = _LOOK
    else:
        place = _EXTRA if hasattr(kind, "__pydantic_extra__") else _NOWHERE
    if value.__class__ is kind and len(_places) < _KNOWN:  # a proxy stands for many classes
        _places[kind, name] = place
    return place


def _declared(value: Any, name: str) -> Any:
    """What the class declares under that name as data."""
    declared: Any = getattr(type(value), name)
    if type(declared) in _SLOTS or type(declared).__name__ == "_tuplegetter":
        return declared.__get__(value)
    return None if hasattr(declared, "__get__") else declared


def _of_pydantic(value: Any, slot: str) -> Any:
    """What a pydantic model keeps beside its fields; its class may shadow the slot's name."""
    return object.__getattribute__(value, slot) if hasattr(type(value), slot) else None


def either(value: Any, *names: str) -> Any:
    """The first of these names that holds something."""
    for name in names:
        found = get(value, name)
        if found is not None:
            return found
    return None


def count(value: Any, *names: str) -> int | None:
    """The first of these names that holds a whole number of at least 0 (some SDKs use floats)."""
    for name in names:
        found = get(value, name)
        form = type(found)
        if (form is int or (form is float and found.is_integer())) and 0 <= found < _LARGEST:
            return int(found) if found or _is_told(value, name) else None
    return None


def _is_told(value: Any, name: str) -> bool:
    """Whether a 0 was sent, and is no default of a pydantic model (mistralai has such)."""
    sent = _of_pydantic(value, "__pydantic_fields_set__")
    return sent is None or name in sent


def total(*counts: int | None) -> int | None:
    """The sum of what is known, None when nothing is."""
    known = [number for number in counts if number is not None]
    return sum(known) if known else None


def word(value: Any, *names: str) -> str | None:
    """The first of these names that holds a text that is not empty; an enum's value counts."""
    for name in names:
        found = get(value, name)
        if not isinstance(found, str):
            found = getattr(found, "__dict__", _NO_DATA).get("_value_")
        if isinstance(found, str) and found:
            return str.__str__(found)  # an enum of strings would say its member's name
    return None


def items(value: Any) -> Sequence[Any]:
    """The list or tuple itself; anything else has no items."""
    return value if isinstance(value, (list, tuple)) else ()


def length(value: Any) -> int:
    """Characters of a text, 0 for anything else."""
    return len(value) if isinstance(value, str) else 0


def kind(value: Any) -> str:
    """What an object says of its own type (`type`), empty when it says nothing."""
    return word(value, "type") or ""


def maker(value: Any) -> str:
    """The package that made the object's class: `openai`, `groq`, `builtins`."""
    return str(type(value).__module__).partition(".")[0]


def parsed(data: Any) -> Any:
    """The JSON value of a text or bytes, None if it is none."""
    from json import loads  # noqa: PLC0415 - 1 ms that a start does not pay; SDKs have it loaded

    return quietly(loads, data) if isinstance(data, (str, bytes, bytearray)) else None
