"""The strict JSON of logs: a line, or a whole block of lines at once."""

import json
from itertools import chain
from typing import Any, NoReturn

from pytest_llm_telemetry.core import forms
from pytest_llm_telemetry.core.events import Event


class Refused(ValueError):  # noqa: N818 - as in `storage.documents`: no user meets it
    """JSON that nobody means; `reason` is one of those of `storage.logs.Tally`."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def decode(line: bytes) -> Any:
    """The JSON value of a line, without NaN, Infinity or a key that stands twice.

    Raises:
        ValueError: If it is none; `Refused` if it is one of those.
    """
    return _DECODER.decode(line.decode())


def events_of(block: bytes) -> list[Event] | None:
    """The events of some whole lines; None if they must be looked at one by one.

    They are parsed as one array, in two thirds of the time. Nothing is taken that would be no event
    by itself: an event of a usual form holds no object in an array, so each line, which begins
    with `{`, begins a record, and where there are as many records as lines, each line is one.
    """
    try:
        *lines, rest = block.decode().split("\n")
        if rest or {line[:1] for line in lines} != {"{"}:
            return None
        listed = ",\n".join(lines)  # with the newline, which no text of JSON may hold
        records = _records(f"[{listed}]", block)
    except (ValueError, RecursionError):  # UTF-8's error is a ValueError, too
        return None
    return forms.events_of(records) if len(records) == len(lines) else None


def _records(listed: str, block: bytes) -> list[dict[str, Any]]:
    """The objects of an array, without one in which a key stands twice.

    Where no blank stands before a colon, there are at least as many `":` as keys; if the objects
    have as many, no key was lost. To be told each pair, and count, takes as long as to parse them.
    """
    if not any(blank in block for blank in _BLANKS):
        records: list[dict[str, Any]] = _QUICK.decode(listed)
        if set(map(type, records)) == {dict} and _has_keys(records, block.count(b'":')):
            return records
    records = _DECODER.decode(listed)
    return records if set(map(type, records)) == {dict} else []


def _has_keys(records: list[dict[str, Any]], count: int) -> bool:
    """Whether objects, with the objects in them, have so many keys."""
    outer = sum(map(len, records))
    if outer == count:
        return True
    values = chain.from_iterable(map(dict.values, records))
    return outer + sum(len(value) for value in values if type(value) is dict) == count


def _constant(_name: str) -> NoReturn:
    raise Refused("nan")


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise Refused("twice")
    return found


_BLANKS = (b" :", b"\t", b"\r")
_QUICK = json.JSONDecoder(parse_constant=_constant)
_DECODER = json.JSONDecoder(parse_constant=_constant, object_pairs_hook=_object)
