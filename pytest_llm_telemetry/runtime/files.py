"""`FileSink`: one `os.write` of one line, to a file that may vanish, move, fill up or be shared."""

from __future__ import annotations

import atexit
import os
import time
from _thread import RLock
from _weakref import ref
from time import monotonic

from pytest_llm_telemetry.runtime.holding import Holding, Releasing
from pytest_llm_telemetry.runtime.opening import ends_torn, last_bytes, opened

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Protocol

    class Rotation(Protocol):
        """Moves a file away that is full or of yesterday."""

        def look(self, sink: FileSink, size: int) -> None:
            """Begin what is due; `size` is the open file's, in bytes."""

        def wait(self) -> None:
            """Wait for what was begun."""


_EAGER = 50  # looks in 10 ms; with each the next write takes 4 us longer (Linux 6.13, ext4)
_SURE_S = 0.0002  # how long a look is trusted in a burst of more than that
_LOOK_S = 0.01  # how long a file that was moved may still be written to
_TAIL = 2**20  # bytes among which the lines of the last moment are looked for
_DAY_S = 86_400
_CLOSED = 9  # EBADF: a stranger closed our file
_open_sinks: set[ref[FileSink]] = set()


class FileSink:
    """Appends lines to a file (mode 0600, no symlink followed) that several processes may share.

    Nothing is buffered: a line that was written survives the process, however it ends. A write
    looks whether the open file still stands (in a burst, one in 0.2 ms); every 10 ms one also looks
    whether the path still names it. A file or folder that was deleted is made again, with the
    lines that were written since the last look; one that was moved is followed no longer; one that
    ends in a torn line gets its newline first.

    Args:
        path: Where the lines go; a relative one begins in the folder of this moment.
        rotation: When the file is closed, and how long closed files are kept.
        trust_s: How long a look is trusted where no burst is, in seconds. A file that is deleted
            meanwhile is made again so much later, with the lines that went with it.
        hold_gil: Keep the interpreter lock while writing, for services whose threads compute: no
            line waits for the lock, but a disk that stalls stalls every thread (see `Holding`).

    Raises:
        ConfigError: If the system cannot hold the lock.

    Attributes:
        path: Where the lines go.
        identity: Device and inode of the open file.
        day: The UTC day of the open file, in days since the epoch.
        recovered: Lines that a full disk had cut, and which were finished when there was space.
    """

    def __init__(
        self,
        path: str | os.PathLike[str],
        *,
        rotation: Rotation | None = None,
        trust_s: float = 0.0,
        hold_gil: bool = False,
    ) -> None:
        self.path = _absolute(os.fspath(path))
        system: Any = Holding() if hold_gil else Releasing
        self._write, self._fstat, self._lstat = system.write, system.fstat, system.lstat
        self.recovered = 0
        self._rotation = rotation
        self._trust_s = trust_s
        self._descriptor = -1
        self.identity = (0, 0)
        self.day = 0
        self._look_at = 0.0
        self._looks = 0  # since the path was looked at
        self._sure_until = 0.0
        self._since: list[bytes] = []  # what was written since the last look
        self._before: list[bytes] = []  # what was, in a burst, between the last two
        self._gone: list[bytes] = []  # what went with a file that was deleted
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
        now = monotonic()
        if (now >= self._sure_until or self._torn) and (self._torn or not self._look(now)):
            self._write_again(line)
            return
        since, append = self._since, self._write
        since.append(line)
        try:
            written = append(self._descriptor, line)
        except OSError as error:
            since.remove(line)
            self._sure_until = 0.0
            if error.errno != _CLOSED:
                raise
            self._write_again(line)
            return
        if written != len(line):
            since.remove(line)
            self._cut(line[written:])

    def _look(self, now: float) -> bool:
        """Whether the open file is still the one to write to; if so, that is trusted for a while."""
        since, self._since = self._since, []
        self._before += since  # while we look, a signal or thread may find the file gone
        if not self._stands(now):
            self._sure_until = 0.0
            return False
        self._looks += 1
        trusted_s = max(self._trust_s, _SURE_S if self._looks > _EAGER else 0.0)
        self._sure_until = now + trusted_s
        self._before = since if trusted_s else []  # a signal or thread may be about to write one
        return True

    def _leave(self) -> None:
        """Remember the lines of the last moment, if they went with a file that is gone."""
        if self._is_gone():
            self._gone += self._before + self._since
        self._before, self._since = [], []

    def _is_gone(self) -> bool:
        """Whether the open file has no name left, or is not ours at all."""
        return not self._is_ours() or not os.fstat(self._descriptor).st_nlink

    def _stands(self, now: float) -> bool:
        try:
            found = self._fstat(self._descriptor)
        except OSError:
            return False  # not open, or closed by a stranger
        if not found.st_nlink or (found.st_dev, found.st_ino) != self.identity:
            return False
        if now < self._look_at:
            return True
        self._look_at = now + _LOOK_S
        self._looks = 0
        if self._rotation is not None:
            self._rotation.look(self, found.st_size)
        return self._named()

    def _named(self) -> bool:
        try:
            found = self._lstat(self.path)
        except OSError:
            return False
        return (found.st_dev, found.st_ino) == self.identity

    def _write_again(self, line: bytes) -> None:
        with self._lock:
            self._look_at = 0.0
            if not self._look(monotonic()):
                self._reopen()
            before, finishes = self._mending()
            line = before + b"".join(self._missing()) + line
            written = os.write(self._descriptor, line)
            self._torn, self._rest, self._gone = False, b"", []
            if written != len(line):
                self._cut(line[written:])
            self.recovered += finishes

    def _missing(self) -> list[bytes]:
        """Lines that went elsewhere: with a deleted file, or to whom our descriptor was given."""
        if not self._gone:
            return []
        there = last_bytes(self._descriptor, _TAIL)
        return [line for line in self._gone if line not in there]

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
            descriptor = opened(self.path)
        except OSError:
            if not self._is_gone():
                return
            raise
        self._leave()
        found = os.fstat(descriptor)
        self._torn, self._rest = ends_torn(descriptor, found), b""
        if descriptor != self._descriptor and self._is_ours():
            os.dup2(descriptor, self._descriptor, inheritable=False)  # other threads may be at it
            os.close(descriptor)
        else:  # never opened, or closed by a stranger
            self._descriptor = descriptor
        self.identity = (found.st_dev, found.st_ino)
        self.day = int((found.st_mtime if found.st_size else time.time()) // _DAY_S)
        self._look_at = self._sure_until = 0.0

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

    def forked(self) -> None:
        """In a child: leave the parent's file and lock to the parent."""
        if self._is_ours():
            os.close(self._descriptor)
        self._descriptor = -1
        self._sure_until = 0.0
        self._lock = RLock()
        self._torn, self._rest = False, b""
        self._since, self._before, self._gone = [], [], []

    def flush(self) -> None:
        """Write anew what a file that was deleted just now took with it; nothing else waits."""
        with self._lock:
            if (self._before or self._since) and self._is_gone():
                self._write_again(b"")

    def close(self) -> None:
        """Close the file, after what is being rotated; the next write opens it again."""
        if self._rotation is not None:
            self._rotation.wait()
        with self._lock:
            try:
                self.flush()
            finally:
                if self._is_ours():
                    os.close(self._descriptor)
                self._descriptor = -1
                self._sure_until = 0.0
                self._before, self._since = [], []


def _absolute(path: str) -> str:
    """The path from the root: a process that goes elsewhere (a daemon) writes on where it began."""
    try:
        return os.path.abspath(path)
    except OSError:  # the folder it stands in is gone
        return path


def _open() -> list[FileSink]:
    return [sink for held in list(_open_sinks) if (sink := held()) is not None]


def _at_exit() -> None:
    for sink in _open():
        try:
            sink.flush()
        except OSError:
            continue


def _after_fork() -> None:
    for sink in _open():
        sink.forked()


atexit.register(_at_exit)
if hasattr(os, "register_at_fork"):  # pragma: no branch - Windows has no fork
    os.register_at_fork(after_in_child=_after_fork)
