"""What log files gained since the last look, however they were rotated or compressed meanwhile.

A file is known by its first line, not by its name: a log that was moved aside, compressed or
copied is the same file, and its reading goes on where it ended. A file seen for the first time is
searched for the time that is asked for by bisection, since its lines are in order of time.
"""

import os
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from hashlib import blake2b
from pathlib import Path
from typing import BinaryIO

from pytest_llm_telemetry.core.errors import ConfigError
from pytest_llm_telemetry.core.events import Event
from pytest_llm_telemetry.core.records import dataclass
from pytest_llm_telemetry.storage import logs
from pytest_llm_telemetry.storage.packing import GZIP, PACKED, buffered

SLACK = timedelta(minutes=5)  # how far lines of many writers may be out of order
MOST_KNOWN = 500  # files that are remembered
_MAX_LINE = 1_000_000
_NEAR = 1 << 16  # bytes that are rather read than searched
_LOOK = 64  # damaged lines in a row that a search looks past
_ISIZE = 1 << 32  # a gzip file ends with its unpacked size, modulo this
_START = b'"event":"query_start"'
_STAMP = b'"timestamp":"'
_UTC = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z", re.ASCII)
_HEAD = 96  # event and timestamp stand within so many bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Tail:
    """How far a file was read: `offset` in bytes (unpacked), when it was last changed in ns."""

    offset: int
    modified_ns: int


def shorten(
    tails: dict[str, Tail], known_as: str, known_by: str, spans: Iterable[tuple[int, int]]
) -> None:
    """Let reading go on where it ended in a file that lines were taken out of.

    Args:
        tails: What is remembered.
        known_as: The file's fingerprint before.
        known_by: The one after.
        spans: Offset and length of each line that is gone.
    """
    tail = tails.pop(known_as, None)
    if tail is not None and known_by:
        gone = sum(length for offset, length in spans if offset < tail.offset)
        tails[known_by] = replace(tail, offset=tail.offset - gone)


class Follower:
    """Reads what is new in a set of log files.

    Args:
        known: The tails that the last look left, by the fingerprint of their file.

    Attributes:
        tails: How far each file was read, the ones of `known` included.
        lines, skipped: Lines read now, and those of them that are no events.
    """

    def __init__(self, known: Mapping[str, Tail]) -> None:
        self.tails = dict(known)
        self.lines = 0
        self.skipped = 0

    def events(self, paths: Iterable[Path], since: datetime) -> Iterator[Event]:
        """The end of every call, and every score, that the files gained.

        Starts of calls are left out. Of a file that was never seen the lines since `since` (UTC)
        are read, and none if it was last changed before. A last line that is not whole yet is
        left for the next look.

        Raises:
            ConfigError: If a file cannot be read.
        """
        for path in paths:
            try:
                yield from self._file(path, since)
            except FileNotFoundError:
                continue  # moved aside meanwhile: the next look finds it under its new name
            except OSError as fault:
                what = f"cannot be read: {fault.strerror or type(fault).__name__}"
                raise ConfigError(what, where=path.as_posix(), remedy="check the path") from None
        self._forget()

    def _file(self, path: Path, since: datetime) -> Iterator[Event]:
        with path.open("rb") as file:
            about = os.fstat(file.fileno())
            packed = path.suffix in PACKED
            head = fingerprint(file, path)
            tail = self.tails.get(head)
            if not head or (tail is None and about.st_mtime < since.timestamp()):
                return
            if tail is not None and packed and _is_read(path, file, tail):
                return
            if tail is not None:
                offset = tail.offset
            else:
                offset = 0 if packed else first_since(file, about.st_size, since - SLACK)
            end = about.st_size if not packed else None
            file.seek(0)
            reading = _Lines(buffered(file, path), offset, packed=packed, end=end)
            try:
                for line in reading:
                    yield from self._event(line)
            except EOFError:
                self.skipped += 1
            self.tails[head] = Tail(offset=reading.offset, modified_ns=about.st_mtime_ns)

    def _event(self, line: bytes) -> Iterator[Event]:
        self.lines += 1
        if _START in line[:_HEAD]:
            return
        found = logs.event_of(line.removesuffix(b"\n"), ended=True)
        if isinstance(found, str) or not _UTC.fullmatch(found.timestamp):
            self.skipped += 1
        else:
            yield found

    def _forget(self) -> None:
        newest = sorted(self.tails.items(), key=lambda each: -each[1].modified_ns)
        self.tails = dict(newest[:MOST_KNOWN])


class _Lines:
    """Whole lines from an offset on; `offset` is where the next one begins.

    What a writer adds while we read is left for the next look (`end`), or a busy log would never
    let us go.
    """

    def __init__(self, file: BinaryIO, offset: int, *, packed: bool, end: int | None) -> None:
        self.offset = offset
        self._end = end
        self._file = file
        if not packed:
            file.seek(offset)
        else:
            self._skip(offset)

    def _skip(self, size: int) -> None:
        while size and (chunk := self._file.read(min(size, _MAX_LINE))):
            size -= len(chunk)

    def __iter__(self) -> Iterator[bytes]:
        read = self._file.readline
        whole = True
        reached = self.offset
        while self._end is None or reached < self._end:
            line = read(_MAX_LINE)
            reached += len(line)
            if not line.endswith(b"\n"):
                if len(line) < _MAX_LINE:
                    return
                whole = False
                continue
            self.offset = reached
            if whole:
                yield line
            whole = True


def first_since(file: BinaryIO, size: int, since: datetime) -> int:
    """The offset of a line at most 64 kB before the first one of a time or later (UTC).

    Lines are in order of time, so this takes 20 looks at a file of gigabytes. Where lines are
    damaged, the search keeps to the earlier side.
    """
    wanted = since.strftime("%Y-%m-%dT%H:%M:%S").encode()
    low, high = 0, size
    while high - low > _NEAR:
        middle = (low + high) // 2
        found = _stamp_behind(file, middle)
        if found is None or found[1] >= wanted:
            high = middle
        else:
            low = found[0]
    return low


def _stamp_behind(file: BinaryIO, offset: int) -> tuple[int, bytes] | None:
    """Place and time of the first whole line that begins behind an offset and tells its time."""
    file.seek(offset)
    place = offset + len(file.readline(_MAX_LINE))
    for _ in range(_LOOK):
        line = file.readline(_MAX_LINE)
        at = line.find(_STAMP, 0, _HEAD)
        if at >= 0 and line.endswith(b"\n"):
            start = at + len(_STAMP)
            return place, line[start : start + 19]
        place += len(line)
    return None


def fingerprint(file: BinaryIO, path: Path) -> str:
    """What a log is known by: its first line that tells a time, as it has a random id, too.

    One of damage alone is known by its first line, which may be that of others (a blank line),
    and one without a whole line by nothing ("").
    """
    file.seek(0)
    inside, first = buffered(file, path), b""
    try:
        for _ in range(_LOOK):
            line = inside.readline(_MAX_LINE)
            if not line.endswith(b"\n"):
                break
            telling = _STAMP in line[:_HEAD]
            first = line if telling else first or line
            if telling:
                break
    except EOFError:
        pass
    return blake2b(first, digest_size=12).hexdigest() if first else ""


def _is_read(path: Path, file: BinaryIO, tail: Tail) -> bool:
    """Whether a compressed file holds no more than was read of it."""
    if path.suffix != GZIP:
        return os.fstat(file.fileno()).st_mtime_ns == tail.modified_ns
    file.seek(-4, os.SEEK_END)
    return int.from_bytes(file.read(4), "little") == tail.offset % _ISIZE
