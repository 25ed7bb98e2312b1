"""Rollups: hours of figures in a file, so that no line of a log need be read twice.

A line for each hour and each thing that calls are told apart by; then what the file was made of and
where each line stands; then a checksum of all of it. Only the totals are read at once. A rollup is
replaced whole, never changed, and one that is damaged, or of another version, counts as none.
"""

import json
import os
from collections.abc import Iterator, Mapping
from dataclasses import asdict, field
from datetime import datetime
from pathlib import Path
from secrets import token_hex
from typing import Any, BinaryIO
from zlib import crc32

from pytest_llm_telemetry.core.errors import ConfigError
from pytest_llm_telemetry.core.records import dataclass
from pytest_llm_telemetry.core.traffic import Groups, Hour, hour_of
from pytest_llm_telemetry.core.traffic.hours import ALL
from pytest_llm_telemetry.core.traffic.written import (
    dump_figures,
    dump_groups,
    load_figures,
    load_groups,
)

VERSION = 1
SUFFIX = ".rollup"
_TOTAL = "total"
_STAMP = "%Y-%m-%dT%H"

Place = tuple[int, int]  # offset and length of a line


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
    """

    source: Source | None
    last: str
    hours: tuple[Hour, ...]


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
        self._index: dict[str, list[tuple[str, int, int]]] = {}
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._temporary = path.with_name(f".{path.name[:60]}.{token_hex(6)}")
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_NOFOLLOW", 0)
        self._file = os.fdopen(os.open(self._temporary, flags, 0o600), "wb")
        if before is not None:
            self._begin_with(before)

    def _begin_with(self, before: Path) -> None:
        data = before.read_bytes()
        trailer = _trailer(data)
        for name, places in trailer["index"].items():
            for stamp, offset, length in places:
                self._write(stamp, name, data[offset : offset + length])

    def add(self, hour: Hour) -> None:
        """Write an hour; the same hour may come several times, and adds up."""
        stamp = hour.start.strftime(_STAMP)
        total = [dump_figures(hour.total), hour.counted, dict(sorted(hour.skipped.items()))]
        self._write(stamp, _TOTAL, _line([stamp, _TOTAL, total]))
        for name in ALL:
            groups = hour.by[name]
            if groups.named or groups.rest_keys:
                self._write(stamp, name, _line([stamp, name, dump_groups(groups)]))

    def finish(self, source: Source | None, last: str) -> None:
        """Put it in its place.

        Raises:
            OSError: If that is impossible.
        """
        trailer = self._size
        described = None if source is None else asdict(source)
        known = {"version": VERSION, "source": described, "last": last, "index": self._index}
        self._put(_line(known))
        self._file.write(_line({"trailer": trailer, "crc32": self._crc}))
        self._file.flush()
        os.fsync(self._file.fileno())
        self._file.close()
        if source is not None:  # its age is that of its lines: what deletes old logs knows it
            os.utime(self._temporary, ns=(source.modified_ns, source.modified_ns))
        self._temporary.replace(self._path)

    def give_up(self) -> None:
        """Leave nothing behind; after `finish` it does nothing."""
        self._file.close()
        self._temporary.unlink(missing_ok=True)

    def _write(self, stamp: str, name: str, line: bytes) -> None:
        self._index.setdefault(name, []).append((stamp, self._size, len(line)))
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
        hours = tuple(_hours(path, data, trailer["index"], (first, behind)))
        return Rollup(source=source, last=str(trailer["last"]), hours=hours)
    except FileNotFoundError:
        return None
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        return None


def _hours(
    path: Path, data: bytes, index: Mapping[str, Any], window: tuple[str, str]
) -> Iterator[Hour]:
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
            by = _Stored(path, stamp, places.get(stamp, {}))
            hour = found[stamp] = Hour(hour_of(stamp), by=by)
        hour.total.merge(load_figures(figures))
        hour.counted += counted
        for reason, lines in skipped.items():
            hour.skipped[reason] = hour.skipped.get(reason, 0) + lines
    yield from found.values()


@dataclass(frozen=True, slots=True)
class _Stored(Mapping[str, Groups]):
    """What an hour is told apart by, read from its rollup each time that it is asked for."""

    path: Path
    stamp: str
    places: Mapping[str, list[Place]] = field(default_factory=dict)

    def __getitem__(self, name: str) -> Groups:
        if name not in self.places:
            if name not in ALL:
                raise KeyError(name)
            return Groups()
        try:
            with self.path.open("rb") as file:
                found, *others = [self._groups(file, name, place) for place in self.places[name]]
        except (OSError, ValueError, TypeError, AttributeError, RecursionError):
            raise ConfigError(
                "was replaced while it was read", where=self.path.as_posix(), remedy="try again"
            ) from None
        for other in others:
            found.merge(other)
        return found

    def _groups(self, file: BinaryIO, name: str, place: Place) -> Groups:
        file.seek(place[0])
        stamp, told, groups = json.loads(file.read(place[1]))
        if (stamp, told) != (self.stamp, name):
            raise ValueError("another line")
        return load_groups(groups)

    def __iter__(self) -> Iterator[str]:
        return iter(ALL)

    def __len__(self) -> int:
        return len(ALL)


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


def _line(value: object) -> bytes:
    return json.dumps(value, separators=(",", ":")).encode() + b"\n"
