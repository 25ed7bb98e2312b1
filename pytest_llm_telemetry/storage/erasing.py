"""The lines of one person: found in log files, and taken out of them beside their writers.

A closed file that nobody has open is written anew without them, whole or not at all. In one that a
process still has open (each writer holds a shared `flock`) they are overwritten with blanks where
they stand: what that process may still append is not touched.
"""

import os
import re
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from pytest_llm_telemetry.core.errors import ConfigError
from pytest_llm_telemetry.core.records import dataclass
from pytest_llm_telemetry.storage.packing import PACKED, buffered, packer
from pytest_llm_telemetry.storage.tails import fingerprint

try:
    from fcntl import LOCK_EX, LOCK_NB, LOCK_SH, flock
except ImportError:  # pragma: no cover - Windows, where one process writes a file
    flock = None  # type: ignore[assignment]  # asked for before use

_ID = re.compile(rb'"(query_id|parent_id)"\s*:\s*"([^"\\]+)"')
_PATIENCE_S = 2.0  # writers leave a file that was moved within 10 ms of their next line
_PAUSE_S = 0.01
_PAGE = 4096  # a write within one is never half done, whenever the process is killed


class Subject:
    """One person in a log.

    Args:
        user_hash: The keyed hash that stands on the person's events.

    A line is theirs if the hash stands in it, also where the line is damaged, or if it belongs to
    one of their calls: a score that was given later, a call made inside another.
    """

    def __init__(self, user_hash: str) -> None:
        self._mark = user_hash.encode()
        self._calls: set[bytes] = set()

    def owns(self, line: bytes) -> bool:
        """Whether a line is theirs; its call is remembered."""
        named = self._mark in line
        if not named and not self._calls:
            return False
        ids = dict(_ID.findall(line))
        if not named and self._calls.isdisjoint(ids.values()):
            return False
        if b"query_id" in ids:
            self._calls.add(ids[b"query_id"])
        return True


@dataclass(frozen=True, slots=True, kw_only=True)
class Gone:
    """What an erasure took out of a file.

    Attributes:
        lines: How many.
        known_as, known_by: What the file was known by, and what it is known by now: its first line.
        spans: Offset and length of each, in bytes (unpacked), where the file is shorter by them;
            none where they were blanked.
    """

    lines: int = 0
    known_as: str = ""
    known_by: str = ""
    spans: tuple[tuple[int, int], ...] = ()


def count(path: Path, subject: Subject) -> int:
    """How many lines of a log file, plain or compressed, are the subject's; none of one that is gone.

    Raises:
        ConfigError: If the file cannot be read to its end.
    """
    try:
        with _readable(path), path.open("rb") as file:
            return sum(subject.owns(line) for line in buffered(file, path))
    except FileNotFoundError:
        return 0


def erase(path: Path, subject: Subject, *, patience_s: float = _PATIENCE_S) -> Gone:
    """Take the subject's lines out of a closed file.

    Args:
        path: A file to which no new writer comes: one that was rotated away.
        subject: Whose lines go.
        patience_s: How long to wait for processes that still have the file open.

    Raises:
        ConfigError: If the file cannot be read to its end, or not be written. It is as it was.
    """
    try:
        with _readable(path), _opened(path) as file:
            alone = _alone(file, patience_s, packed=path.suffix in PACKED)
            if not _names(path, file):
                return Gone()  # compressed or deleted meanwhile: found under its new name, if any
            known_as = fingerprint(file, path)
            file.seek(0)
            spans = (_rewritten if alone else _blanked)(path, file, subject)
        with _readable(path), path.open("rb") as file:
            known_by = fingerprint(file, path)
    except FileNotFoundError:
        return Gone()
    return Gone(
        lines=len(spans),
        known_as=known_as,
        known_by=known_by,
        spans=tuple(spans) if alone else (),
    )


@contextmanager
def _readable(path: Path) -> Iterator[None]:
    """Say what the system or a damaged file refuses."""
    try:
        yield
    except FileNotFoundError:
        raise
    except EOFError:
        raise ConfigError(
            "is damaged, and nobody knows whose lines its rest holds",
            where=path.as_posix(),
            remedy="mend it by unpacking what can be read, or delete it",
        ) from None
    except OSError as fault:
        raise ConfigError(
            f"cannot be read or written: {fault.strerror}",
            where=path.as_posix(),
            remedy="run it as the files' owner, and check the disk",
        ) from None


def _opened(path: Path) -> BinaryIO:
    return open(os.open(path, os.O_RDWR | getattr(os, "O_NOFOLLOW", 0)), "rb")  # noqa: PTH123 - pathlib takes no descriptor; the caller closes it


def _alone(file: BinaryIO, patience_s: float, *, packed: bool) -> bool:
    """Take the lock that no writer holds any more; false where one does after that long.

    Raises:
        BlockingIOError: If a compressed file is locked, which only another erasure does.
    """
    if flock is None:  # pragma: no cover - Windows
        return True
    end = time.monotonic() + patience_s
    while True:
        try:
            flock(file, LOCK_EX | LOCK_NB)
        except BlockingIOError:
            late = time.monotonic() >= end
            if late and packed:
                raise
            if late:
                return False
            time.sleep(_PAUSE_S)
        except OSError:  # a file system without locks: nobody knows who has a plain file open
            return packed
        else:
            return True


def _names(path: Path, file: BinaryIO) -> bool:
    named, found = path.lstat(), os.fstat(file.fileno())
    return (named.st_dev, named.st_ino) == (found.st_dev, found.st_ino)


def _rewritten(path: Path, file: BinaryIO, subject: Subject) -> list[tuple[int, int]]:
    """Write the file anew beside itself, then put it in its place."""
    about = os.fstat(file.fileno())
    beside = path.with_name(path.name + ".tmp")
    flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | getattr(os, "O_NOFOLLOW", 0)
    try:
        with open(os.open(beside, flags, 0o600), "wb") as target:  # noqa: PTH123 - as above
            gone = _kept(path, file, target, subject)
            target.flush()
            os.fsync(target.fileno())
    except OSError:  # a full disk needs the space
        beside.unlink(missing_ok=True)
        raise
    shutil.copymode(path, beside)
    if os.geteuid() == 0:  # root works for the files' owner
        os.chown(beside, about.st_uid, about.st_gid)
    os.utime(beside, ns=(about.st_atime_ns, about.st_mtime_ns))  # its age is that of its lines
    beside.replace(path)
    path.with_name(path.name + ".gz.tmp").unlink(
        missing_ok=True
    )  # of a compression that was killed
    return gone


def _kept(path: Path, file: BinaryIO, target: BinaryIO, subject: Subject) -> list[tuple[int, int]]:
    gone, offset = [], 0
    packed = packer(target, path)
    write = packed.write if packed else target.write
    for line in buffered(file, path):
        if subject.owns(line):
            gone.append((offset, len(line)))
        else:
            write(line)
        offset += len(line)
    if packed:
        packed.close()
    return gone


def _blanked(path: Path, file: BinaryIO, subject: Subject) -> list[tuple[int, int]]:
    """Overwrite the lines where they stand. Our share in the lock keeps compression away."""
    del path
    if flock is not None:  # pragma: no branch - Windows
        with _without_locks():
            flock(file, LOCK_SH | LOCK_NB)
    gone, offset = [], 0
    for line in file:
        if subject.owns(line):
            gone.append((offset, len(line)))
            body = len(line.rstrip(b"\n"))
            for start in reversed(range(0, body, _PAGE)):  # what tells whose line it is goes last
                os.pwrite(file.fileno(), b" " * min(_PAGE, body - start), offset + start)
        offset += len(line)
    os.fsync(file.fileno())
    return gone


@contextmanager
def _without_locks() -> Iterator[None]:
    """Go on where the file system has no locks; somebody else's exclusive one stops us."""
    try:
        yield
    except BlockingIOError:
        raise
    except OSError:
        return
