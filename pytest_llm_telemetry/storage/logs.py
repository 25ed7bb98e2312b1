"""Event logs -> events. A damaged line is skipped and counted by what is wrong with it.

No log is ever quite whole: disks fill, processes die in the middle of a line, two writers without
a lock glue theirs together. Every line is either an event or counted in `skipped`.
"""

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import field
from pathlib import Path
from typing import BinaryIO

from pytest_llm_telemetry.core.errors import ConfigError, SchemaError
from pytest_llm_telemetry.core.events import SCHEMA_VERSION, Event, from_dict
from pytest_llm_telemetry.core.records import dataclass
from pytest_llm_telemetry.storage.packing import PACKED, Readable, unpacked
from pytest_llm_telemetry.storage.parsing import Refused, decode, events_of

MAX_LINE = 1_000_000
_CHUNK = 1 << 18


@dataclass(slots=True)
class Tally:
    """How many lines were read, and how many of them were skipped, by reason.

    Reasons: `truncated` (the last line, cut off), `torn` (cut off, and a line follows), `glued`
    (two records in one line), `not_utf8`, `nul`, `nan` (NaN or Infinity), `twice` (a key that
    stands twice), `blank`, `array`, `junk` (no JSON), `wrong_types` (JSON, but no event), `newer`
    (of a newer major version), `too_long` (over 1 MB), `packed` (a compressed file that is damaged
    or a bomb).
    """

    lines: int = 0
    skipped: Counter[str] = field(default_factory=Counter)


@dataclass(frozen=True, slots=True, kw_only=True)
class LogReading:
    """Events of one or more files; `len(events)` and all that was skipped add up to `lines`."""

    events: tuple[Event, ...]
    lines: int
    skipped: Mapping[str, int]


def read(paths: Iterable[Path]) -> LogReading:
    """All events of log files, plain or compressed, in the order of the files and lines.

    Raises:
        ConfigError: If a file is missing or is none.
    """
    tally = Tally()
    events = tuple(scan(paths, tally))
    return LogReading(events=events, lines=tally.lines, skipped=dict(tally.skipped))


def scan(paths: Iterable[Path], tally: Tally) -> Iterator[Event]:
    """The events of log files one by one, counting into `tally`; memory stays bounded.

    Raises:
        ConfigError: If a file is missing or is none.
    """
    for path in paths:
        for found in each(path):
            tally.lines += 1
            if isinstance(found, str):
                tally.skipped[found] += 1
            else:
                yield found


def each(path: Path) -> Iterator[Event | str]:
    """What each line of a log is: an event, or the reason to skip it.

    Raises:
        ConfigError: If the file is missing or is none.
    """
    for block, ended in blocks(path):
        if block is not None and ended and len(block) <= MAX_LINE and (whole := events_of(block)):
            yield from whole
        else:
            for line, is_whole in _lines_in([(block, ended)]):
                yield event_of(line, ended=is_whole)


def records(path: Path, file: BinaryIO, size: int) -> Iterator[tuple[bytes, Event | str]]:
    """Each line of an open log and what it is; of a plain one only what its first `size` bytes hold."""
    span = slice(0, None if path.suffix in PACKED else size)
    for line, ended in _lines_in(blocks_in(file, path, span)):
        yield line or b"", event_of(line, ended=ended)


def lines(path: Path) -> Iterator[bytes]:
    """The lines of a log as they are, plain or compressed; of one over 1 MB its start.

    Raises:
        ConfigError: If the file is missing, or is a compressed one that breaks off or is a bomb.
    """
    for line, _ in _lines_of(path):
        if line is None:
            raise ConfigError(
                "is damaged, or unpacks to more than any log would",
                where=path.as_posix(),
                remedy="fetch it again",
            )
        yield line


def blocks(path: Path, span: slice = slice(0, None)) -> Iterator[tuple[bytes | None, bool]]:
    """Some whole lines at a time, with their newlines; or a single one without, and False.

    The latter is the last line, which did not end yet, or the start of one over 1 MB. `None` is a
    compressed file that breaks off.

    Args:
        path: The file.
        span: The bytes to read, of a file that is not compressed; it begins with a line.

    Raises:
        ConfigError: If the file is missing or is none.
    """
    try:
        if not path.is_file():
            what = "is no file" if path.exists() else "does not exist"
            raise ConfigError(what, where=path.as_posix(), remedy="check the path")
        with path.open("rb") as file:
            yield from blocks_in(file, path, span)
    except OSError as fault:
        what = f"cannot be read: {fault.strerror}"
        raise ConfigError(what, where=path.as_posix(), remedy="check the path") from None


def blocks_in(
    file: BinaryIO, path: Path, span: slice = slice(0, None)
) -> Iterator[tuple[bytes | None, bool]]:
    """The same of a file that is open already, whatever its path names by now.

    Raises:
        ConfigError: If it takes a package that is not installed.
        OSError: If it cannot be read.
    """
    file.seek(span.start)
    return _blocks(_Span(unpacked(file, path), span))


class _Span:
    """The part of a file up to an offset."""

    def __init__(self, file: Readable, span: slice) -> None:
        self._file = file
        self._left = None if span.stop is None else span.stop - span.start

    def read(self, size: int, /) -> bytes:
        if self._left is None:
            return self._file.read(size)
        chunk = self._file.read(min(size, self._left))
        self._left -= len(chunk)
        return chunk


def _blocks(file: Readable) -> Iterator[tuple[bytes | None, bool]]:
    rest = b""
    skipping = False  # behind the start of a line that is too long
    try:
        while chunk := file.read(_CHUNK):
            if skipping:
                begin = chunk.find(b"\n") + 1
                chunk, skipping = chunk[begin:] if begin else b"", not begin
            whole = chunk.rfind(b"\n") + 1
            if whole:
                yield rest + memoryview(chunk)[:whole], True  # copied once
                rest = b""
            rest += chunk[whole:]
            if len(rest) > MAX_LINE:
                yield rest, False
                rest, skipping = b"", True
    except EOFError:
        yield None, False
        return
    if rest:
        yield rest, False


def _lines_of(path: Path) -> Iterator[tuple[bytes | None, bool]]:
    return _lines_in(blocks(path))


def _lines_in(
    found: Iterable[tuple[bytes | None, bool]],
) -> Iterator[tuple[bytes | None, bool]]:
    """Each line without its newline, and whether it ended; `None` is a file that breaks off."""
    for block, ended in found:
        if block is None or not ended:
            yield block, ended
        else:
            for line in block.split(b"\n")[:-1]:
                yield line, True


def event_of(line: bytes | None, *, ended: bool) -> Event | str:
    """The event of a line, or the reason to skip it; `None` is a file that breaks off."""
    if line is None:
        return "packed"
    if not line:
        return "blank"
    if len(line) > MAX_LINE:
        return "too_long"
    try:
        record = decode(line)
        if type(record) is dict and record.get("schema_version") == SCHEMA_VERSION:
            return from_dict(record)
    except SchemaError:
        return "wrong_types"
    except (ValueError, RecursionError) as fault:
        return _damage(line, fault, ended=ended)
    return _no_event(record)


def _no_event(record: object) -> str:
    if isinstance(record, list):
        return "array"
    if not isinstance(record, dict):
        return "junk"
    version = record.get("schema_version")
    return "newer" if type(version) is int and version > SCHEMA_VERSION else "wrong_types"


def _damage(line: bytes, fault: Exception, *, ended: bool) -> str:
    if not line.strip():
        return "blank"
    if b"\0" in line:
        return "nul"
    if isinstance(fault, UnicodeDecodeError):
        return "not_utf8" if ended else "truncated"
    if isinstance(fault, Refused):
        return fault.reason
    if line.find(_START, 1) > 0:
        return "glued"
    if not line.startswith(b"{"):
        return "torn" if line.endswith(b"}") else "junk"
    if not isinstance(fault, json.JSONDecodeError) or line.endswith(b"}"):
        return "junk"
    return "torn" if ended else "truncated"


_START = b'{"schema_version"'
