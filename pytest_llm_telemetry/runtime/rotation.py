"""What becomes of a log file that is full or of yesterday: moved, compressed, in the end deleted.

All of it happens in a short-lived thread, and several processes may do it to the same files at
once. A file is moved under a lock of its folder, and only while its name still means the file that
was due. It is compressed only when no process has it open (each writer holds a shared `flock`).
"""

from __future__ import annotations

import os
import time
from _thread import allocate_lock, start_new_thread

from pytest_llm_telemetry.core.errors import ConfigError
from pytest_llm_telemetry.runtime.guard import Guard, Losses

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from pytest_llm_telemetry.runtime.files import FileSink

_DAY_S = 86_400
_HOUR_S = 3600
_WAIT_S = 30.0
_NEVER = float("inf")
_PACKED = (".gz", ".zst")  # we write the first, somebody else's hand may the second
_ROLLUPS = ".rollups"  # where `storage.rolling` keeps figures of the logs beside them
KEEP_DAYS = 30  # closed files, where nobody says otherwise
_locks: set[int] = set()  # descriptors by which folders are locked just now


class Rotation:
    """When a file is closed and how long it is kept. One instance serves one sink.

    Closed files stand beside the log as `llm.2026-11-23.0001.jsonl`, later `.jsonl.gz`.

    Args:
        daily: Begin a new file each UTC day.
        max_bytes: Begin a new file at about so many bytes; None for no limit.
        compress: gzip closed files.
        keep_days: Delete closed files after so many days; None keeps them.
        keep_bytes: Delete the oldest closed files above so many bytes in total; None keeps them.
        on_closed: Called in the thread with the path of each file that was closed, before it is
            compressed: `storage.rolling.roll_up` writes down what its hours came to.

    Attributes:
        faults: What went wrong in the thread, by reason. No line is lost by it.

    Raises:
        ConfigError: If a limit is not positive.
    """

    def __init__(  # noqa: PLR0913 - keyword-only: one word each where it is made
        self,
        *,
        daily: bool = True,
        max_bytes: int | None = None,
        compress: bool = True,
        keep_days: float | None = KEEP_DAYS,
        keep_bytes: int | None = None,
        on_closed: Callable[[str], object] | None = None,
    ) -> None:
        limits = {"max_bytes": max_bytes, "keep_days": keep_days, "keep_bytes": keep_bytes}
        for name, value in limits.items():
            if value is not None and value <= 0:
                raise ConfigError(f"{name} is {value!r}", remedy="give a positive number or None")
        self._daily = daily
        self._max_bytes = max_bytes
        self._compress = compress
        self._keep_days = keep_days
        self._keep_bytes = keep_bytes
        self._on_closed = on_closed
        self._faults = Losses()
        self._busy = allocate_lock()
        self._pid = os.getpid()
        self._house_at = 0.0

    @property
    def faults(self) -> dict[str, int]:
        """What went wrong in the thread, by reason."""
        return self._faults.counts

    def look(self, sink: FileSink, size: int) -> None:
        """Begin what is due, in a thread. `size` is the open file's, in bytes."""
        full = self._max_bytes is not None and size >= self._max_bytes
        due = full or (self._daily and size > 0 and int(time.time() // _DAY_S) > sink.day)
        now = time.monotonic()
        if not due and now < self._house_at:
            return
        self._house_at = now + _HOUR_S
        if due or closed_files(sink.path):
            self._begin(sink)

    def _begin(self, sink: FileSink) -> None:
        if self._pid != os.getpid():  # forked while the parent's thread was at it
            self._pid, self._busy = os.getpid(), allocate_lock()
        if not self._busy.acquire(blocking=False):
            return
        try:
            start_new_thread(self._work, (sink, sink.identity, sink.day))
        except RuntimeError:  # no thread to be had, or the interpreter ends: the next look tries
            self._busy.release()

    def _work(self, sink: FileSink, identity: tuple[int, int], day: int) -> None:
        try:
            with Guard(self._faults):
                self._turn_if_due(sink, identity, day)
            with Guard(self._faults):
                self._keep_house(sink.path)
        finally:
            self._busy.release()

    def _turn_if_due(self, sink: FileSink, identity: tuple[int, int], day: int) -> None:
        if not self._is_due(sink.path, day):
            return
        closed = turn(sink.path, identity, day)
        sink.reopen()
        if closed is not None and self._on_closed is not None:
            self._on_closed(closed)

    def _is_due(self, path: str, day: int) -> bool:
        size = os.stat(path).st_size
        full = self._max_bytes is not None and size >= self._max_bytes
        return full or (self._daily and size > 0 and int(time.time() // _DAY_S) > day)

    def _keep_house(self, path: str) -> None:
        purge(path, keep_days=self._keep_days, keep_bytes=self._keep_bytes)
        if not self._compress:
            return
        from pytest_llm_telemetry.runtime.compression import compress  # noqa: PLC0415 - gzip is slow to import

        for name in closed_files(path):
            if not name.endswith(_PACKED):
                with Guard(self._faults):
                    compress(name)

    def wait(self) -> None:
        """Wait until the thread, if it runs, is done (at most 30 s)."""
        if self._pid == os.getpid() and self._busy.acquire(timeout=_WAIT_S):
            self._busy.release()


def closed_files(path: str) -> list[str]:
    """The files that were rotated away from a log, oldest first."""
    folder, base = os.path.split(path)
    stem, extension = os.path.splitext(base)
    try:
        found = os.listdir(folder or ".")
    except OSError:
        return []
    closed = [name for name in found if _is_closed(name, stem + ".", extension)]
    return [os.path.join(folder, name) for name in sorted(closed)]


def _is_closed(name: str, stem: str, extension: str) -> bool:
    """Whether a name is `llm.2026-11-23.0001.jsonl`, or that compressed."""
    for end in _PACKED:
        name = name.removesuffix(end)
    if not (name.startswith(stem) and name.endswith(extension)):
        return False
    day, _, number = name[len(stem) : len(name) - len(extension)].partition(".")
    return len(day) == len("2026-11-23") and day.replace("-", "").isdigit() and number.isdigit()


def turn(path: str, identity: tuple[int, int], day: int) -> str | None:
    """Move a log aside, if its path still names the file with this device and inode.

    Returns its new path, None where it was not moved.
    """
    folder, base = os.path.split(path)
    stem, extension = os.path.splitext(base)
    date = time.strftime("%Y-%m-%d", time.gmtime(day * _DAY_S))
    held = _locked(folder or ".")
    try:
        found = os.stat(path, follow_symlinks=False)
        if (found.st_dev, found.st_ino) != identity:
            return None
        number = 1
        while _taken(closed := os.path.join(folder, f"{stem}.{date}.{number:04}{extension}")):
            number += 1
        os.rename(path, closed)
        return closed
    finally:
        _unlock(held)


def _locked(folder: str) -> int:
    from fcntl import LOCK_EX, flock  # noqa: PLC0415 - Windows has none, and no rotation

    descriptor = os.open(folder, os.O_RDONLY)
    _locks.add(descriptor)
    flock(descriptor, LOCK_EX)
    return descriptor


def _unlock(descriptor: int) -> None:
    _locks.discard(descriptor)
    os.close(descriptor)


def _after_fork() -> None:
    """Let go of what the parent's thread was locking: the lock would live as long as the child."""
    for descriptor in list(_locks):
        _unlock(descriptor)


if hasattr(os, "register_at_fork"):  # pragma: no branch - Windows has no fork
    os.register_at_fork(after_in_child=_after_fork)


def _taken(name: str) -> bool:
    return any(os.path.lexists(name + end) for end in ("", *_PACKED))


def purge(
    path: str | os.PathLike[str],
    *,
    keep_days: float | None = None,
    keep_bytes: int | None = None,
    dry_run: bool = False,
) -> list[str]:
    """Delete a log's closed files that are older than `keep_days`, and the oldest of the rest
    while they are larger than `keep_bytes` in total. Returns their names.

    The log itself is never touched. A file that somebody else deleted meanwhile is no error.

    Raises:
        OSError: If a file cannot be deleted.
    """
    found = []
    for name in closed_files(os.fspath(path)):
        try:
            about = os.stat(name, follow_symlinks=False)
        except FileNotFoundError:
            continue
        found.append((about.st_mtime, name, about.st_size))
    oldest_kept = time.time() - keep_days * _DAY_S if keep_days is not None else 0.0
    total = sum(size for _, _, size in found)
    gone = []
    for modified, name, size in sorted(found):
        if modified < oldest_kept or (keep_bytes is not None and total > keep_bytes):
            total -= size
            gone.append(name)
    for name in () if dry_run else gone:
        try:
            os.unlink(name)
        except FileNotFoundError:
            continue
    if gone and not dry_run:
        _purge_rollups(os.path.dirname(gone[0]) or ".")
    return gone


def _purge_rollups(folder: str) -> None:
    """Delete the rollups of logs that are gone: each is as old as the log it was made of."""
    held = os.path.join(folder, _ROLLUPS)
    if not os.path.isdir(held):
        return
    with os.scandir(folder) as logs, os.scandir(held) as rollups:
        times = [each.stat().st_mtime for each in logs if each.is_file()]
        for each in rollups:
            if each.stat().st_mtime < min(times, default=_NEVER):
                os.unlink(each.path)
