"""`FileSink`: one `os.write` of one line, to a file that may vanish, move, fill up or be shared."""

from __future__ import annotations

import os
import stat
import time
from _thread import RLock
from _weakref import ref
from os import fstat, write
from time import monotonic

try:
    from fcntl import LOCK_NB, LOCK_SH, flock
except ImportError:  # pragma: no cover - Windows: no rotated file is compressed there
    flock = None  # type: ignore[assignment]  # asked for before use

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Protocol

    class Rotation(Protocol):
        """Moves a file away that is full or of yesterday."""

        def look(self, sink: FileSink, size: int) -> None:
            """Begin what is due; `size` is the open file's, in bytes."""

        def wait(self) -> None:
            """Wait for what was begun."""


_FLAGS = os.O_CREAT | os.O_APPEND | getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_NOFOLLOW", 0)
_LOOK_S = 0.01  # how long a file that was moved may still be written to
_SETTLE_S = 0.005  # how long another process may take to finish the line it is writing
_TRIES = 100
_DAY_S = 86_400
_open_sinks: set[ref[FileSink]] = set()


class FileSink:
    """Appends lines to a file (mode 0600, no symlink followed) that several processes may share.

    Nothing is buffered: a line that was written survives the process, however it ends. Each write
    asks whether the open file still stands; every 10 ms it also asks whether the path still names
    it. A file or folder that was deleted is made again, one that was moved is followed no longer,
    one that ends in a torn line gets its newline first.

    Attributes:
        path: Where the lines go.
        identity: Device and inode of the open file.
        day: The UTC day of the open file, in days since the epoch.
        recovered: Lines that a full disk had cut, and which were finished when there was space.
    """

    def __init__(self, path: str | os.PathLike[str], *, rotation: Rotation | None = None) -> None:
        self.path = os.fspath(path)
        self.recovered = 0
        self._rotation = rotation
        self._descriptor = -1
        self.identity = (0, 0)
        self.day = 0
        self._look_at = 0.0
        self._rest = b""  # of a line that was cut
        self._cut_at = 0
        self._torn = False
        self._lock = RLock()  # never taken while all is well; a signal handler may log inside it
        _open_sinks.add(ref(self, _open_sinks.discard))

    def write(self, line: bytes) -> None:
        """Append the line.

        Raises:
            OSError: If the file cannot be opened or written. The line is lost, or cut: then it is
                finished, and counted in `recovered`, before the next one is written.
        """
        if self._torn or not self._stands():
            self._write_again(line)
            return
        written = write(self._descriptor, line)
        if written != len(line):
            self._cut(line[written:])

    def _stands(self) -> bool:
        """Whether the open file is still the one to write to."""
        try:
            found = fstat(self._descriptor)
        except OSError:
            return False  # not open, or closed by a stranger
        if not found.st_nlink or (found.st_dev, found.st_ino) != self.identity:
            return False
        now = monotonic()
        if now < self._look_at:
            return True
        self._look_at = now + _LOOK_S
        if self._rotation is not None:
            self._rotation.look(self, found.st_size)
        return self._named()

    def _named(self) -> bool:
        try:
            found = os.stat(self.path, follow_symlinks=False)
        except OSError:
            return False
        return (found.st_dev, found.st_ino) == self.identity

    def _write_again(self, line: bytes) -> None:
        with self._lock:
            self._look_at = 0.0
            if not self._stands():
                self._reopen()
            before, finishes = self._mending()
            line = before + line
            written = os.write(self._descriptor, line)
            self._torn, self._rest = False, b""
            if written != len(line):
                self._cut(line[written:])
            self.recovered += finishes

    def _mending(self) -> tuple[bytes, int]:
        """What a torn end needs before the next line: its rest, or but a newline."""
        if not self._torn:
            return b"", 0
        if self._rest and os.fstat(self._descriptor).st_size == self._cut_at:
            return self._rest, 1
        return b"\n", 0

    def _cut(self, rest: bytes) -> None:
        with self._lock:
            self._torn, self._rest = True, rest
            self._cut_at = os.fstat(self._descriptor).st_size
        raise OSError(28, "a line was cut, the disk is full", self.path)

    def _reopen(self) -> None:
        """Open what the path names now. Where that fails, a file that was merely moved will do."""
        try:
            descriptor = self._opened()
        except OSError:
            if self._is_ours() and os.fstat(self._descriptor).st_nlink:
                return
            raise
        found = os.fstat(descriptor)
        self._torn, self._rest = _ends_torn(descriptor, found), b""
        if descriptor != self._descriptor and self._is_ours():
            os.dup2(descriptor, self._descriptor, inheritable=False)  # other threads may be at it
            os.close(descriptor)
        else:  # never opened, or closed by a stranger
            self._descriptor = descriptor
        self.identity = (found.st_dev, found.st_ino)
        self.day = int((found.st_mtime if found.st_size else time.time()) // _DAY_S)
        self._look_at = 0.0

    def reopen(self) -> None:
        """Let go of a file that was moved, without waiting for the next line."""
        with self._lock:
            if self._is_ours() and not self._named():
                self._reopen()

    def _is_ours(self) -> bool:
        """Whether our descriptor is still ours: a stranger may have closed it, and it was reused."""
        try:
            found = os.fstat(self._descriptor)
        except OSError:
            return False
        return (found.st_dev, found.st_ino) == self.identity

    def _opened(self) -> int:
        """A descriptor of the file that the path names, held against being compressed."""
        for _ in range(_TRIES):
            descriptor = _open(self.path)
            if _held(descriptor) and names(self.path, descriptor):
                return descriptor
            os.close(descriptor)
        raise OSError(11, "the file is moved faster than it can be opened", self.path)

    def forked(self) -> None:
        """In a child: leave the parent's file and lock to the parent."""
        if self._is_ours():
            os.close(self._descriptor)
        self._descriptor = -1
        self._lock = RLock()
        self._torn, self._rest = False, b""

    def close(self) -> None:
        """Close the file, after what is being rotated; the next write opens it again."""
        if self._rotation is not None:
            self._rotation.wait()
        with self._lock:
            if self._is_ours():
                os.close(self._descriptor)
            self._descriptor = -1


def names(path: str, descriptor: int) -> bool:
    """Whether the path names the open file."""
    try:
        named = os.stat(path, follow_symlinks=False)
    except FileNotFoundError:
        return False
    found = os.fstat(descriptor)
    return (named.st_dev, named.st_ino) == (found.st_dev, found.st_ino)


def _open(path: str) -> int:
    try:
        return os.open(path, os.O_RDWR | _FLAGS, 0o600)
    except FileNotFoundError:
        os.makedirs(os.path.dirname(path) or ".", 0o700, exist_ok=True)
    except PermissionError:  # may be written, not read: its last line cannot be looked at
        return os.open(path, os.O_WRONLY | _FLAGS, 0o600)
    return os.open(path, os.O_RDWR | _FLAGS, 0o600)


def _held(descriptor: int) -> bool:
    """Take part in the writers' lock; false where somebody is about to compress the file."""
    if flock is not None:
        try:
            flock(descriptor, LOCK_SH | LOCK_NB)
        except BlockingIOError:
            return False
        except OSError:  # a file system without locks: rotated files stay uncompressed there
            pass
    return True


def _ends_torn(descriptor: int, found: os.stat_result) -> bool:
    """Whether the last line has no end, and nobody is just writing it."""
    size = found.st_size
    while stat.S_ISREG(found.st_mode) and size:
        try:
            if os.pread(descriptor, 1, size - 1) == b"\n":
                return False
        except OSError:
            return False
        time.sleep(_SETTLE_S)
        _wait_for_writers(descriptor, found.st_mode)
        before, size = size, os.fstat(descriptor).st_size
        if size == before:
            return True
    return False


def _wait_for_writers(descriptor: int, mode: int) -> None:
    """Wait until no write is under way: one over two pages shows its first half to `fstat`.

    A change of mode takes the lock that a write holds (Linux: `inode_lock`), so setting the mode
    that the file has returns when the write is done, however long its process was kept waiting.
    """
    try:
        os.fchmod(descriptor, stat.S_IMODE(mode))
    except (OSError, AttributeError):
        return  # not the owner, or Windows


def _after_fork() -> None:
    for sink in filter(None, [held() for held in _open_sinks]):
        sink.forked()


if hasattr(os, "register_at_fork"):  # pragma: no branch - Windows has no fork
    os.register_at_fork(after_in_child=_after_fork)
