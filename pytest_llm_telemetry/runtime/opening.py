"""A log file's descriptor, and what can be seen of the file through it."""

from __future__ import annotations

import os
import stat
import time

try:
    from fcntl import LOCK_NB, LOCK_SH, flock
except ImportError:  # pragma: no cover - Windows: no rotated file is compressed there
    flock = None  # type: ignore[assignment]  # asked for before use

_FLAGS = os.O_CREAT | os.O_APPEND | getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_NOFOLLOW", 0)
_SETTLE_S = 0.005  # how long another process may take to finish the line it is writing
_TRIES = 100


def opened(path: str) -> int:
    """A descriptor of the file that the path names, held against being compressed.

    The file is made where there is none, mode 0600, its folders 0700; a symlink is not followed.

    Raises:
        OSError: If it cannot be opened.
    """
    for _ in range(_TRIES):
        descriptor = _open(path)
        if held(descriptor) and names(path, descriptor):
            return descriptor
        os.close(descriptor)
    raise OSError(11, "the file is moved faster than it can be opened", path)


def last_bytes(descriptor: int, most: int) -> bytes:
    """The end of a file, at most so many bytes; nothing where it may be written only."""
    try:
        return os.pread(descriptor, most, max(os.fstat(descriptor).st_size - most, 0))
    except OSError:
        return b""


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
        _make_folder(os.path.dirname(path))
    except PermissionError:  # may be written, not read: its last line cannot be looked at
        return os.open(path, os.O_WRONLY | _FLAGS, 0o600)
    return os.open(path, os.O_RDWR | _FLAGS, 0o600)


def _make_folder(path: str) -> None:
    """Make the folder and those above it that are missing, all of them 0700."""
    if not path or os.path.isdir(path):
        return
    _make_folder(os.path.dirname(path))
    try:
        os.mkdir(path, 0o700)
    except FileExistsError:  # another process made it, or it is a link to nowhere
        return


def held(descriptor: int) -> bool:
    """Take part in the writers' lock; false where somebody is about to compress the file."""
    if flock is not None:
        try:
            flock(descriptor, LOCK_SH | LOCK_NB)
        except BlockingIOError:
            return False
        except OSError:  # a file system without locks: rotated files stay uncompressed there
            pass
    return True


def ends_torn(descriptor: int, found: os.stat_result) -> bool:
    """Whether the last line of an open file has no end, and nobody is just writing it."""
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
