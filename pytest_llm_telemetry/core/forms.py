"""JSON objects of a log -> events, by the forms that were met before.

The lines of a log have few forms: which fields stand on them, in which order, of which types. What
is right of one line need not be looked at again for each line of its form, but for the numbers,
which must be measures, and for what is nested.
"""

from collections.abc import Iterable
from dataclasses import MISSING
from typing import Any

from pytest_llm_telemetry.core.events import (
    FIELDS,
    KINDS,
    MOST,
    SCHEMA_VERSION,
    TYPES,
    Event,
    holding,
)
from pytest_llm_telemetry.core.records import dataclass

_REMEMBERED = 1_000
_LEAST = -MOST
_PLAIN = frozenset({str, int, float, bool})
_Key = tuple[tuple[str, ...], tuple[type, ...]]  # the names and types, in their order


@dataclass(frozen=True, slots=True)
class _Form:
    """The fields that are left to look at: numbers, and objects and arrays."""

    numbers: tuple[str, ...]
    nested: tuple[str, ...]


_UNMET = _Form((), ())
_Forms = dict[_Key, _Form | None]
_known: dict[str, tuple[type[Event], _Forms]] = {name: (kind, {}) for name, kind in KINDS.items()}


def events_of(records: Iterable[dict[str, Any]]) -> list[Event] | None:
    """The events of objects that nobody else holds: each becomes its event's own.

    `None` if one has a form that is not a usual one: it is no event, or has fields that events of
    this version do not have, or values within values. `core.events.from_dict` can tell.
    """
    found: list[Event] = []
    for record in records:
        name = record.get("event")
        if type(name) is not str or name not in _known:
            return None
        kind, forms = _known[name]
        key = tuple(record), tuple(map(type, record.values()))
        form = forms.get(key, _UNMET)
        if form is _UNMET:
            form = _learnt(forms, key, kind)
        if form is None or record["schema_version"] != SCHEMA_VERSION:
            return None
        for number in form.numbers:
            if not _LEAST < record[number] < MOST:
                return None
        if form.nested and not _holds_plain(record, form.nested):
            return None
        del record["event"]
        found.append(holding(kind, record))
    return found


def _learnt(forms: _Forms, key: _Key, kind: type[Event]) -> _Form | None:
    if len(forms) >= _REMEMBERED:
        forms.clear()
    return forms.setdefault(key, _form(kind, *key))


def _form(kind: type[Event], names: tuple[str, ...], types: tuple[type, ...]) -> _Form | None:
    known = kind.__dataclass_fields__
    found = {name: each for name, each in zip(names, types, strict=True) if name != "event"}
    for name, each in found.items():
        if name not in known:
            return None
        unsaid = each is type(None) and known[name].default is None
        if each not in TYPES[FIELDS[name]] and not unsaid:
            return None
    needed = [name for name, field in known.items() if field.default is MISSING]
    if not found.keys() >= {"schema_version", *needed}:
        return None
    return _Form(
        tuple(name for name, each in found.items() if each in {int, float}),
        tuple(name for name, each in found.items() if each in {dict, list}),
    )


def _holds_plain(record: dict[str, Any], nested: tuple[str, ...]) -> bool:
    """Whether objects and arrays hold plain values alone; an event's array is a tuple."""
    for name in nested:
        value = record[name]
        inner = value.values() if type(value) is dict else value
        if not _PLAIN.issuperset(map(type, inner)):
            return False
        if type(value) is list:
            record[name] = tuple(value)
    return True
