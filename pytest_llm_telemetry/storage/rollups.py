"""Rollups: hours of figures in a file, so that no line of a log need be read twice.

A line for each hour and each thing that calls are told apart by, and the same for each day, which a
long window is read from; then what the file was made of and where each line stands; then a checksum
of all of it. Only the totals are read at once. A rollup is replaced whole, never changed, and one
that is damaged, or of another version, counts as none.
"""

import json
import os
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from secrets import token_hex
from typing import Any
from zlib import crc32

from pytest_llm_telemetry.core.records import dataclass
from pytest_llm_telemetry.core.traffic import Figures, Groups, Hour, hour_of
from pytest_llm_telemetry.core.traffic.groups import Part
from pytest_llm_telemetry.core.traffic.hours import ALL
from pytest_llm_telemetry.core.traffic.written import (
    dump_figures,
    dump_groups,
    load_figures,
    load_groups,
)
from pytest_llm_telemetry.storage.rollup_lines import (
    DayLine,
    HourLines,
    Place,
    line_of,
    read_line,
)

VERSION = 2
SUFFIX = ".rollup"
_TOTAL = "total"
_STAMP = "%Y-%m-%dT%H"
_DAY = slice(0, 10)  # of a stamp
_MOST_A_DAY = 4096  # names that a day is told apart by; beyond, its hours are read

Index = dict[
    str, list[tuple[str, int, int]]
]  # by what a line tells: its hour or day, and its place


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """The log that a rollup was made of, as far as it was read.

    Attributes:
        size: Bytes that were counted, unpacked.
        crc: Their checksum, as gzip knows it.
        tail: A digest of the last of them, as they stand in the file.
        file_size, modified_ns, inode: Those of the file.
        packed: Whether it was compressed.
    """

    size: int = 0
    crc: int = 0
    tail: str = ""
    file_size: int = 0
    modified_ns: int = 0
    inode: int = 0
    packed: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Rollup:
    """A rollup that was read.

    Attributes:
        source: What it was made of; None for one that stands for itself.
        last: The timestamp of its latest event; "" of none.
        hours: Each with its totals; what they are told apart by is read when it is asked for.
        days: Some of the hours by the day.
    """

    source: Source | None
    last: str
    hours: tuple[Hour, ...]
    days: tuple["Day", ...] = ()


@dataclass(frozen=True, slots=True)
class Day:
    """Hours of one day, and what they are told apart by together."""

    hours: tuple[Hour, ...]
    by: Mapping[str, Part]


class Writing:
    """A rollup that is being written; nobody sees it before it is finished.

    Args:
        path: Where it will stand.
        before: A rollup whose hours it begins with.

    Raises:
        OSError: If it cannot be written.
    """

    def __init__(self, path: Path, before: Path | None = None) -> None:
        self._path = path
        self._crc = self._size = 0
        self._index: Index = {}
        self._days: Index = {}
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._temporary = path.with_name(f".{path.name[:60]}.{token_hex(6)}")
        flags = os.O_RDWR | os.O_CREAT | os.O_EXCL | getattr(os, "O_NOFOLLOW", 0)
        self._file = os.fdopen(os.open(self._temporary, flags, 0o600), "w+b")
        if before is None:
            return
        try:
            self._begin_with(before)
        except BaseException:
            self.give_up()
            raise

    def _begin_with(self, before: Path) -> None:
        data = before.read_bytes()
        trailer = _trailer(data)
        for name, places in trailer["index"].items():
            for stamp, offset, length in places:
                self._write(self._index, (stamp, name), data[offset : offset + length])
        latest = max((place[0] for place in self._index.get(_TOTAL, ())), default="")[_DAY]
        for name, places in trailer["days"].items():
            for day, offset, length in places:
                if day < latest:
                    self._write(self._days, (day, name), data[offset : offset + length])

    def add(self, hour: Hour) -> None:
        """Write an hour; the same hour may come several times, and adds up."""
        stamp = hour.start.strftime(_STAMP)
        for days in self._days.values():  # what it was before this hour
            days[:] = [place for place in days if place[0] != stamp[_DAY]]
        total = [dump_figures(hour.total), hour.counted, dict(sorted(hour.skipped.items()))]
        self._write(self._index, (stamp, _TOTAL), line_of([stamp, _TOTAL, total]))
        for name in ALL:
            groups = hour.by[name]
            if groups.named or groups.rest_keys:
                line = line_of([stamp, name, dump_groups(groups)])
                self._write(self._index, (stamp, name), line)

    def finish(self, source: Source | None, last: str) -> None:
        """Put it in its place.

        Raises:
            OSError: If that is impossible.
        """
        for name in ALL:
            self._add_days(name)
        trailer = self._size
        described = None if source is None else asdict(source)
        known = {"version": VERSION, "source": described, "last": last}
        self._put(line_of({**known, "index": self._index, "days": self._days}))
        self._file.write(line_of({"trailer": trailer, "crc32": self._crc}))
        self._file.flush()
        os.fsync(self._file.fileno())
        self._file.close()
        if source is not None:  # its age is that of its lines: what deletes old logs knows it
            os.utime(self._temporary, ns=(source.modified_ns, source.modified_ns))
        self._temporary.replace(self._path)

    def give_up(self) -> None:
        """Leave nothing behind; after `finish` it does nothing."""
        with suppress(OSError):  # it has bytes yet that a full disk does not take
            self._file.close()
        self._temporary.unlink(missing_ok=True)

    def _add_days(self, name: str) -> None:
        """Put the hours together by the day, of one thing at a time, so that memory stays flat."""
        known = {day for day, *_ in self._days.get(name, ())}
        hours: dict[str, list[Place]] = {}
        for stamp, offset, length in self._index.get(name, ()):
            if stamp[_DAY] not in known:
                hours.setdefault(stamp[_DAY], []).append((offset, length))
        for day, places in sorted(hours.items()):
            found, whole = Groups(), Figures()
            for place in places:
                if len(found.named) <= _MOST_A_DAY:
                    found.merge(load_groups(read_line(self._file, place)[2]))
            self._file.seek(self._size)
            if len(found.named) <= _MOST_A_DAY:
                for each in found.named.values():
                    whole.merge(each)
                told = [day, name, dump_groups(found), dump_figures(whole)]
                self._write(self._days, (day, name), line_of(told))

    def _write(self, index: Index, what: tuple[str, str], line: bytes) -> None:
        index.setdefault(what[1], []).append((what[0], self._size, len(line)))
        self._put(line)

    def _put(self, line: bytes) -> None:
        self._file.write(line)
        self._crc = crc32(line, self._crc)
        self._size += len(line)


def read_rollup(path: Path, start: datetime, end: datetime) -> Rollup | None:
    """The hours of a rollup from `start` up to, not with, `end`; None of none or a damaged one.

    Raises:
        OSError: If there is one that cannot be read.
    """
    try:
        data = path.read_bytes()
        trailer = _trailer(data)
        source = None if trailer["source"] is None else Source(**trailer["source"])
        first, behind = start.strftime(_STAMP), end.strftime(_STAMP)
        hours = dict(_hours(path, data, trailer["index"], (first, behind)))
        return Rollup(
            source=source,
            last=str(trailer["last"]),
            hours=tuple(hours.values()),
            days=tuple(_days(path, trailer, hours)),
        )
    except FileNotFoundError:
        return None
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        return None


def _hours(
    path: Path, data: bytes, index: Mapping[str, Any], window: tuple[str, str]
) -> Iterator[tuple[str, Hour]]:
    places: dict[str, dict[str, list[Place]]] = {}
    for name in ALL:
        for stamp, offset, length in index.get(name, ()):
            if window[0] <= stamp < window[1]:
                places.setdefault(stamp, {}).setdefault(name, []).append((offset, length))
    found: dict[str, Hour] = {}
    for stamp, offset, length in index[_TOTAL]:
        if not window[0] <= stamp < window[1]:
            continue
        figures, counted, skipped = json.loads(data[offset : offset + length])[2]
        hour = found.get(stamp)
        if hour is None:
            by = HourLines(path, stamp, places.get(stamp, {}))
            hour = found[stamp] = Hour(hour_of(stamp), by=by)
        hour.total.merge(load_figures(figures))
        hour.counted += counted
        for reason, lines in skipped.items():
            hour.skipped[reason] = hour.skipped.get(reason, 0) + lines
    yield from found.items()


def _days(path: Path, trailer: Mapping[str, Any], hours: Mapping[str, Hour]) -> Iterator[Day]:
    """The days that all hours of the rollup were read of."""
    index, days = trailer["index"], trailer["days"]
    stamps: dict[str, set[str]] = {}
    for stamp, *_ in index[_TOTAL]:
        stamps.setdefault(stamp[_DAY], set()).add(stamp)
    places = {(day, name): (offset, length) for name in days for day, offset, length in days[name]}
    for day, some in stamps.items():
        told = {name for name in ALL for stamp, *_ in index.get(name, ()) if stamp[_DAY] == day}
        if some <= hours.keys() and all((day, name) in places for name in told):
            by = {
                name: DayLine(path, (day, name), places[day, name]) if name in told else Groups()
                for name in ALL
            }
            yield Day(tuple(hours[stamp] for stamp in sorted(some)), by)


def _trailer(data: bytes) -> dict[str, Any]:
    """What a rollup says of itself.

    Raises:
        ValueError, TypeError, KeyError: If it is damaged or of another version.
    """
    end = data.rfind(b"\n", 0, len(data) - 1) + 1
    seal = json.loads(data[end:])
    if seal["crc32"] != crc32(memoryview(data)[:end]):
        raise ValueError("damaged")
    trailer: dict[str, Any] = json.loads(data[seal["trailer"] : end])
    if trailer["version"] != VERSION:
        raise ValueError("another version")
    return trailer
