"""A log file -> its hours: by its rollup as far as that is good, and by its lines beyond."""

import os
from collections.abc import Container, Iterable, Iterator
from contextlib import suppress
from datetime import UTC, datetime
from hashlib import blake2b
from itertools import islice
from pathlib import Path
from struct import pack
from typing import BinaryIO
from zlib import crc32

from pytest_llm_telemetry.core.errors import ConfigError
from pytest_llm_telemetry.core.records import dataclass
from pytest_llm_telemetry.core.traffic import Hour, whole_hours
from pytest_llm_telemetry.core.traffic.counting import Counting
from pytest_llm_telemetry.core.traffic.rows import Reader
from pytest_llm_telemetry.storage import logs
from pytest_llm_telemetry.storage.counted import rows_in
from pytest_llm_telemetry.storage.garbage import uncollected
from pytest_llm_telemetry.storage.packing import GZIP, PACKED
from pytest_llm_telemetry.storage.rollups import SUFFIX, Day, Rollup, Source, Writing, read_rollup
from pytest_llm_telemetry.storage.tails import SLACK, fingerprint, first_since

FOLDER = ".rollups"  # beside the logs
_WORTH = 1 << 20  # bytes that are rather read again than rolled up
_TAIL = 4096  # bytes that a digest is taken of
_ISIZE = 1 << 32
_COPY = "{} begins as another log does: if it is a copy, its calls count twice"
_AT_ONCE = 8  # blocks that are counted together: more leave the caches of a processor, fewer cost

Window = tuple[datetime, datetime]


@dataclass(frozen=True, slots=True, kw_only=True)
class Counted:
    """What was read of a file.

    Attributes:
        hours: Those of the window; an hour may come twice.
        days: Some of them by the day.
        last: The timestamp of the latest event; "" of none.
        rolled_up: Whether a rollup spared reading its lines.
        note: What a person should know.
    """

    hours: tuple[Hour, ...]
    last: str
    days: tuple[Day, ...] = ()
    rolled_up: bool = False
    note: str = ""


def by_lines(path: Path, window: Window) -> Counted:
    """The hours of a log in a window, which ends before its second time, by reading every line.

    Raises:
        ConfigError: If it takes a package that is not installed.
        OSError: If it cannot be read.
    """
    with path.open("rb") as file:
        return _Log(path, file).lines(0, window)


def by_rollup(path: Path, window: Window, now: datetime, taken: dict[str, set[Path]]) -> Counted:
    """The same by the log's rollup, which is made or extended first.

    Hours that are not over are not rolled up, or each look at a busy log would do it again.
    `taken` are the rollups that other logs of this look are read by, by what these are known by, and
    gets this one's: a copy of a log, or one that begins with the same damage, would stand in the
    same place.

    Raises:
        ConfigError: If it takes a package that is not installed.
        OSError: If it cannot be read.
    """
    with path.open("rb") as file:
        log = _Log(path, file)
        alike = taken.setdefault(log.head, set())
        twice = _COPY.format(path) if alike else ""
        if not log.head or log.place in alike:
            return log.lines(0, window, twice)
        alike.add(log.place)
        found, note = _rolled_up(log, window, log.closed(now))
        note = note or twice
        if found is None:
            return log.lines(0, window, note)
        beyond = Counted(hours=(), last="")
        if not log.packed:
            beyond = log.lines(found.source.size if found.source else 0, window)
        return Counted(
            hours=found.hours + beyond.hours,
            last=max(found.last, beyond.last),
            days=found.days,
            rolled_up=True,
            note=note,
        )


def roll_up(path: str | os.PathLike[str]) -> None:
    """Write down what the hours of a closed log came to, so that no look at it has to.

    `Rotation(on_closed=roll_up)` does it as files are closed, in the thread that closes them.

    Raises:
        ConfigError: If the rollup cannot be written.
        OSError: If the log cannot be read.
    """
    log_path, now = Path(path), datetime.now(UTC)
    with log_path.open("rb") as file:
        log = _Log(log_path, file)
        note = _rolled_up(log, (now, now), log.closed(now))[1] if log.head else ""
    if note:
        raise ConfigError(note, remedy="make the folder writable, or roll up elsewhere")


def tidy(folders: Iterable[Path], used: Container[Path]) -> None:
    """Delete the rollups of logs that are gone: those that are older than any file beside them.

    One that is in use stays: it is older than its log where that has grown a little.
    """
    for folder in folders:
        with suppress(FileNotFoundError):  # a file that went meanwhile: the next look tidies up
            oldest = min(path.stat().st_mtime for path in folder.iterdir() if path.is_file())
            for rollup in (folder / FOLDER).glob(f"*{SUFFIX}"):
                if rollup not in used and rollup.stat().st_mtime < oldest:
                    rollup.unlink(missing_ok=True)


def forget(paths: Iterable[Path]) -> None:
    """Delete the rollups beside some logs, because what they were made of was changed on purpose.

    Raises:
        OSError: If one cannot be deleted.
    """
    for folder in {path.parent for path in paths}:
        for rollup in (folder / FOLDER).glob("*"):
            rollup.unlink(missing_ok=True)


def _rolled_up(log: "_Log", window: Window, closed: int) -> tuple[Rollup | None, str]:
    """The rollup of a log, up to date; what is wrong where there is none, or an old one."""
    place = log.place
    try:
        found = read_rollup(place, *window)
    except OSError:  # not ours to read: it is worth a try to make our own
        found = None
    if found is None or found.source is None or not log.fits(found.source):
        found = None
    size = found.source.size if found is not None and found.source is not None else 0
    if closed - size < _WORTH and found is not None:
        return found, ""
    try:
        log.roll_up(found, place, closed)
    except OSError as fault:
        return found, f"{place.parent} cannot hold rollups: {fault.strerror}"
    return read_rollup(place, *window), ""


class _Log:
    """An open log file, whatever becomes of its name meanwhile.

    Attributes:
        packed: Whether it is compressed.
        head: What it is known by; "" of one without a whole line.
        place: Where its rollup stands.
    """

    def __init__(self, path: Path, file: BinaryIO) -> None:
        self._path = path
        self._file = file
        self._about = os.fstat(file.fileno())
        self.packed = path.suffix in PACKED
        self.head = fingerprint(file, path)
        self.place = path.parent / FOLDER / f"{self.head}{SUFFIX}"

    def closed(self, now: datetime) -> int:
        """How many bytes hold the hours that are over; of a compressed file all."""
        hour, _ = whole_hours(now, now)
        if self.packed:
            return self._about.st_size
        if self._about.st_mtime >= hour.timestamp():
            return first_since(self._file, self._about.st_size, hour - SLACK)
        begin = max(0, self._about.st_size - logs.MAX_LINE)
        self._file.seek(begin)
        return begin + self._file.read(self._about.st_size - begin).rfind(b"\n") + 1

    def fits(self, source: Source) -> bool:
        """Whether a rollup was made of this file as it stands now."""
        if self.packed and not source.packed:
            return self._path.suffix == GZIP and self._is_zipped(source)
        same = (source.file_size, source.modified_ns) == (
            self._about.st_size,
            self._about.st_mtime_ns,
        )
        grown = not self.packed and self._about.st_size > source.file_size
        return (
            (same or grown)
            and self.packed == source.packed
            and source.inode == self._about.st_ino
            and source.tail == self._digest(source.size)
        )

    def lines(self, begin: int, window: Window, note: str = "") -> Counted:
        """The hours in its lines from an offset on."""
        scan = self._scan(slice(begin, None if self.packed else self._about.st_size))
        hours = tuple(hour for hour in scan if window[0] <= hour.start < window[1])
        return Counted(hours=hours, last=scan.last, note=note)

    def roll_up(self, before: Rollup | None, place: Path, end: int) -> None:
        """Write its rollup up to an offset, beginning with one that is good for a part of it.

        Raises:
            OSError: If that is impossible.
        """
        known = before.source if before is not None and before.source is not None else Source()
        scan = self._scan(slice(known.size, None if self.packed else end), known.crc)
        writing = Writing(place, place if before is not None else None)
        try:
            for hour in scan:
                writing.add(hour)
            source = Source(
                size=scan.size if self.packed else end,
                crc=scan.crc,
                tail=self._digest(end),
                file_size=self._about.st_size,
                modified_ns=self._about.st_mtime_ns,
                inode=self._about.st_ino,
                packed=self.packed,
            )
            writing.finish(source, max(scan.last, before.last if before is not None else ""))
        finally:
            writing.give_up()

    def _scan(self, span: slice, crc: int = 0) -> "_Scan":
        blocks = logs.blocks_in(self._file, self._path, span)
        written = datetime.fromtimestamp(self._about.st_mtime, UTC)
        return _Scan(blocks, written.strftime("%Y-%m-%dT%H"), crc)

    def _digest(self, end: int) -> str:
        """A digest of the last bytes before an offset, as they stand in the file."""
        end = self._about.st_size if self.packed else end
        begin = max(0, end - _TAIL)
        self._file.seek(begin)
        return blake2b(self._file.read(end - begin), digest_size=12).hexdigest()

    def _is_zipped(self, source: Source) -> bool:
        """Whether it is what a plain log became, by the checksum that gzip writes at its end."""
        self._file.seek(-8, os.SEEK_END)
        told = self._file.read(8)
        return told == pack("<LL", source.crc, source.size % _ISIZE)


class _Scan:
    """The hours of some blocks of lines, each as soon as it is over.

    Args:
        blocks: See `logs.blocks`.
        hour: Where damage counts if no line tells a time.
        crc: The checksum of what stands before.

    Attributes:
        crc, size: The checksum so far, and the bytes that were read.
        last: The timestamp of the latest event.
    """

    def __init__(self, blocks: Iterable[tuple[bytes | None, bool]], hour: str, crc: int) -> None:
        self._blocks = iter(blocks)
        self._hour = hour
        self.crc = crc
        self.size = 0
        self.last = ""

    def __iter__(self) -> Iterator[Hour]:
        counting, reader = Counting(), Reader()
        while self._some(counting, reader):
            yield from counting.take(left=2)
        counting.flush(self._hour)
        self.last = counting.last
        yield from counting.take()

    @uncollected()  # rows are many, and gone as soon as they are counted
    def _some(self, counting: Counting, reader: Reader) -> bool:
        """Count a few blocks, while they are at hand; whether there were any."""
        read = False
        for block, ended in islice(self._blocks, _AT_ONCE):
            read = True
            self.crc = crc32(block or b"", self.crc)
            self.size += len(block or b"")
            counting.add(rows_in(block, reader, ended=ended))
        counting.count()
        return read
