"""Strict reading of what people and pull requests write: bounded, no NaN, no duplicate keys.

`json.load` takes NaN, 1e999 and duplicate keys, and NaN passes every `maximum` of a JSON Schema:
a stranger's pull request could switch a gate off with one word. So nothing here is lenient.
"""

import csv
import io
import json
import math
import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from functools import cached_property
from json.decoder import JSONDecodeError
from pathlib import Path
from typing import Any

from pytest_llm_telemetry.core.errors import ConfigError, TelemetryError
from pytest_llm_telemetry.core.records import dataclass
from pytest_llm_telemetry.storage import places

MAX_BYTES = 10_000_000
MAX_DEPTH = places.MAX_DEPTH
MAX_DIGITS = 40

Place = places.Place


@dataclass(frozen=True, kw_only=True)  # no slots: cached_property keeps its value in __dict__
class Document:
    """A parsed file. `name` is how errors call it; `where` gives `file:line` of a place in it."""

    name: str
    value: Any
    text: str
    locate: Callable[[str], Mapping[Place, int]]

    @cached_property
    def lines(self) -> Mapping[Place, int]:
        """The line of every place, looked up when the first is asked for."""
        return self.locate(self.text)

    def where(self, place: Place = ()) -> str:
        """`file:line` of a place, or of the nearest place around it that has a line."""
        while place and place not in self.lines:
            place = place[:-1]
        return f"{self.name}:{self.lines.get(place, 1)}"


class Refused(ValueError):  # noqa: N818 - a parser's hook tells its caller why; no user meets it
    """Why a text is refused; `place` is known where the whole document was read."""

    def __init__(self, what: str, remedy: str, place: Place = ()) -> None:
        super().__init__(what)
        self.what = what
        self.remedy = remedy
        self.place = place


def read_text(
    path: Path, name: str, *, error: type[TelemetryError] = ConfigError, limit: int = MAX_BYTES
) -> str:
    """The text of a regular file of at most `limit` bytes, as UTF-8 (a byte order mark is left out).

    Raises:
        TelemetryError: Of the type `error`, if it is missing, no file, too large or not UTF-8.
    """
    try:
        if not path.is_file():
            what = "is no file" if path.exists() else "does not exist"
            raise error(what, where=name, remedy="check the path")
        with path.open("rb") as file:
            data = file.read(limit + 1)
    except OSError as fault:
        what = f"cannot be read: {fault.strerror}"
        raise error(what, where=name, remedy="check the path") from None
    if len(data) > limit:
        raise error(
            f"is larger than {limit // 1_000_000} MB",
            where=name,
            remedy="split it, or make it smaller",
        )
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as fault:
        line = data.count(b"\n", 0, fault.start) + 1
        raise error(
            f"byte 0x{data[fault.start]:02x} is not UTF-8",
            where=f"{name}:{line}",
            remedy="save the file as UTF-8",
        ) from None


def parse_json(text: str, name: str, *, error: type[TelemetryError] = ConfigError) -> Document:
    """A JSON document without NaN, Infinity, 1e999, duplicate keys, huge integers or deep nesting.

    Raises:
        TelemetryError: Of the type `error`, with `file:line`, what was found and the remedy.
    """
    try:
        value = decode_json(text)
    except JSONDecodeError as fault:
        where, what = f"{name}:{fault.lineno}", f"bad JSON: {fault.msg} at column {fault.colno}"
        raise error(what, where=where, remedy="mend the syntax") from None
    except Refused as fault:
        line = places.json_fault(text, max_digits=MAX_DIGITS) or 1
        raise error(fault.what, where=f"{name}:{line}", remedy=fault.remedy) from None
    return Document(name=name, value=value, text=text, locate=places.json_places)


def decode_json(text: str) -> Any:
    """The JSON value of a text, strictly; of one line of a JSONL file, for example.

    Raises:
        JSONDecodeError: If it is no JSON.
        Refused: If it is JSON that nobody means: NaN, Infinity, 1e999, a key given twice, an
            integer of more than 40 digits, more than 64 levels, half of a surrogate pair.
    """
    try:
        value = _DECODER.decode(text)
    except RecursionError:
        raise Refused(_DEEP, _FLATTEN) from None
    scalars = "\\u" in text
    if scalars or text.count("{") + text.count("[") > MAX_DEPTH:  # else it cannot be too deep
        _check(value, scalars=scalars)
    return value


def parse_toml(text: str, name: str, *, error: type[TelemetryError] = ConfigError) -> Document:
    """A TOML document whose values are JSON's: no nan, inf, dates, huge integers, deep nesting.

    Raises:
        TelemetryError: Of the type `error`, with `file:line`, what was found and the remedy.
    """
    import tomllib  # noqa: PLC0415 - 3 ms, where there is such a file

    way = re.search(_LONG_WAY, text)
    if way is not None:
        line = text.count("\n", 0, way.start()) + 1
        raise error(_DEEP, where=f"{name}:{line}", remedy=_FLATTEN)
    try:
        value = tomllib.loads(text)
    except tomllib.TOMLDecodeError as fault:
        what, line = places.toml_fault(str(fault), text)
        raise error(f"bad TOML: {what}", where=f"{name}:{line}", remedy="mend the syntax") from None
    except RecursionError:
        raise error(_DEEP, where=name, remedy=_FLATTEN) from None
    except ValueError as fault:  # int() refuses more than 4300 digits before anybody can look
        raise error(f"bad TOML: {fault}", where=name, remedy=_SHORTER) from None
    document = Document(name=name, value=value, text=text, locate=places.toml_places)
    try:
        _check(value, scalars=True)
    except Refused as fault:
        where = document.where(fault.place)
        raise error(fault.what, where=where, remedy=fault.remedy) from None
    return document


def parse_csv(
    text: str, name: str, *, error: type[TelemetryError] = ConfigError
) -> Iterator[tuple[int, dict[str, str]]]:
    """The rows of a CSV text with a header line: (line, cells by column). Empty rows are left out.

    Raises:
        TelemetryError: Of the type `error`, for a repeated column, a row of another length than
            the header, or bad quoting, with `file:line`.
    """
    rows = _rows(text, name, error)
    line, first = next(rows, (1, []))
    header = [column.strip() for column in first]
    _columns(header, f"{name}:{line}", error)
    for line, row in rows:
        if len(row) != len(header):
            what = f"a row of {len(row)} cells under a header of {len(header)}"
            raise error(what, where=f"{name}:{line}", remedy="quote cells that hold commas")
        yield line, dict(zip(header, row, strict=True))


def _rows(text: str, name: str, error: type[TelemetryError]) -> Iterator[tuple[int, list[str]]]:
    """The rows that are not empty, each with the line that it begins in."""
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    line = 1
    try:
        for row in reader:
            if row:
                yield line, row
            line = reader.line_num + 1
    except csv.Error as fault:
        remedy = "mend the quoting, or write JSONL"
        raise error(f"bad CSV: {fault}", where=f"{name}:{line}", remedy=remedy) from None


def _columns(header: list[str], where: str, error: type[TelemetryError]) -> None:
    twice = next((column for column in header if header.count(column) > 1), None)
    if twice is not None:
        raise error(f'column "{twice}" stands twice', where=where, remedy="rename one of them")


# tomllib takes cubic time over a dotted key: 70 s for one of 50,000 names
_LONG_WAY = (
    r"""(?<![\w.-])(?:(?:[\w-]++|"[^"\n]*+"|'[^'\n]*+')[ \t]*+\.[ \t]*+)"""
    f"{{{MAX_DEPTH},}}"
)
_DEEP = f"nested more than {MAX_DEPTH} levels deep"
_FLATTEN = "flatten it"
_SHORTER = f"write a number of at most {MAX_DIGITS} digits"


def _constant(name: str) -> float:
    raise Refused(f"{name} is no number that can be compared", "write a finite number")


def _float(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise Refused(f"{text[:40]} is too large for a number", "write a finite number")
    return number


def _int(text: str) -> int:
    if len(text.lstrip("-")) > MAX_DIGITS:
        raise Refused(f"an integer of {len(text)} digits", _SHORTER)
    return int(text)


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        twice = next(key for key, count in Counter(key for key, _ in pairs).items() if count > 1)
        raise Refused(f"key {twice[:80]!r} stands twice", "keep one of them")
    return found


_DECODER = json.JSONDecoder(
    object_pairs_hook=_object, parse_float=_float, parse_int=_int, parse_constant=_constant
)


def _check(value: object, *, scalars: bool) -> None:
    """Refuse what a parser let through: too deep, not JSON's, or no text that can be written."""
    open_values: list[tuple[Place, Any]] = [((), [value])]
    while open_values:
        place, found = open_values.pop()
        if len(place) > MAX_DEPTH:
            raise Refused(_DEEP, _FLATTEN, place[1:])
        rows = list(found.items() if isinstance(found, dict) else enumerate(found))
        open_values += [((*place, key), x) for key, x in rows if isinstance(x, dict | list)]
        for key, below in rows if scalars else ():
            _check_scalar(key, place[1:])
            _check_scalar(below, (*place[1:], key))


def _check_scalar(found: object, place: Place) -> None:
    if isinstance(found, str):
        if any("\ud800" <= character <= "\udfff" for character in found):
            raise Refused("half of a surrogate pair", "write the whole character", place)
    elif isinstance(found, float) and not math.isfinite(found):
        raise Refused(f"{found} is no number that can be compared", "write a finite number", place)
    elif type(found) is int and abs(found) >= 10**MAX_DIGITS:
        raise Refused("an integer of too many digits", _SHORTER, place)
    elif not isinstance(found, bool | int | float | dict | list | None):
        raise Refused(f"a {type(found).__name__} is no JSON value", "write it as text", place)
