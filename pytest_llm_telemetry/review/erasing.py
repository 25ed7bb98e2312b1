"""What is held of one person is taken out of the logs, while others go on writing them."""

import os
import re
from collections import Counter
from collections.abc import Callable, Container, Iterable, Sequence
from contextlib import ExitStack
from pathlib import Path
from time import sleep
from typing import TypeVar

from pytest_llm_telemetry.core.alerts import Plan
from pytest_llm_telemetry.core.errors import ConfigError
from pytest_llm_telemetry.core.records import dataclass
from pytest_llm_telemetry.runtime.rotation import closed_files, turn
from pytest_llm_telemetry.storage import alert_state, erasing, rolling, tails
from pytest_llm_telemetry.storage.alert_state import Memory
from pytest_llm_telemetry.storage.finding import log_files
from pytest_llm_telemetry.storage.packing import PACKED

_CLOSED = re.compile(r"(.+)\.\d{4}-\d\d-\d\d\.\d+(\.[^.]+?)(\.gz|\.zst)?")
_DAY_S = 86_400
_ROUNDS = 3  # a file may be compressed while we are at it: then it is found again


_TRIES, _PAUSE_S = 50, 0.1
_T = TypeVar("_T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Alerts:
    """What alerting remembers, and by which plan: `state` is its file."""

    state: Path
    plan: Plan


@dataclass(frozen=True, slots=True, kw_only=True)
class Erased:
    """What an erasure did, or with `dry_run` would do.

    Attributes:
        files: The files that held lines of the person, and how many of them.
        read: How many files were looked at.
        faults: The files that could not be read or written; what they hold is still there.
        left: Lines that are still there: written meanwhile, or in a file with a fault.
    """

    files: dict[Path, int]
    read: int
    faults: tuple[ConfigError, ...] = ()
    left: int = 0

    @property
    def lines(self) -> int:
        """Lines in all files."""
        return sum(self.files.values())


def logs_of(places: Iterable[Path]) -> list[Path]:
    """The logs (`llm.jsonl`, by the name that is written to) of some files and folders.

    Folders are searched with all that is in them, as everything that reads logs does.

    Raises:
        ConfigError: If a place does not exist or holds no log.
    """
    found: dict[Path, None] = {}
    for place in places:
        if place.is_dir():
            logs = sorted(map(_log, log_files([place])))
        else:
            logs = [_log(place)] if place.is_file() or _closed([place]) else []
        if not logs:
            raise ConfigError(
                "holds no log", where=place.as_posix(), remedy="name log files or their folder"
            )
        found.update(dict.fromkeys(logs))
    return list(found)


def files_of(logs: Iterable[Path]) -> list[Path]:
    """All files of some logs, the oldest of each first; of one that is just being compressed one."""
    found: list[Path] = []
    for log in logs:
        files = [*_closed([log]), *[log] * log.exists()]
        known = {path.name for path in files}
        found += [p for p in files if not any(p.name + end in known for end in PACKED)]
    return found


def erase(
    logs: Iterable[Path], user_hash: str, *, dry_run: bool = False, alerts: Alerts | None = None
) -> Erased:
    """Take a person's lines out of logs and of all that was rotated away from them.

    A log that holds some is rotated first, so that its writers leave the file. What they write of
    the person after that is another matter.

    Args:
        logs: Logs by the name that is written to.
        user_hash: The keyed hash that stands on the person's events.
        dry_run: Count, and change nothing.
        alerts: What reads the logs bit by bit, and waits meanwhile.
    """
    work = _Work(user_hash)
    asked = tuple(logs)
    files = [*_closed(asked), *filter(Path.is_file, asked)]
    work.count(files)  # learns all their calls: a score may stand before its call
    found = work.count(files)
    if dry_run:
        return Erased(files=found, read=len(files), faults=work.told)
    work.forget(asked)
    if not found:
        return Erased(files=found, read=len(files), faults=work.told)
    with ExitStack() as stack:
        memory = _held(stack, alerts) if alerts else None
        left = _erased(work, asked, found)
        if alerts and memory:
            for _, gone in work.gone:
                tails.shorten(memory.tails, gone.known_as, gone.known_by, gone.spans)
            alert_state.save(alerts.state, memory, alerts.plan)
    work.forget(asked)  # what was read while we were at it
    lines: Counter[Path] = Counter()
    for path, gone in work.gone:
        lines[path] += gone.lines
    return Erased(files=lines, read=len(files), faults=work.told, left=left)


def _erased(work: "_Work", logs: Sequence[Path], found: Container[Path]) -> int:
    """Rotate and erase, and count the lines that are left."""
    for log in logs:
        if log in found:
            work.turn(log)
    left = work.count(_closed(logs))
    for _ in range(_ROUNDS):
        work.erase(left)
        left = work.count(_closed(logs))
        if not left:
            break
    return sum(left.values())


def _held(stack: ExitStack, alerts: Alerts) -> Memory | None:
    """What alerting remembers, kept from its next check; None before the first, or in a long one."""
    for _ in range(_TRIES if alerts.state.exists() else 0):
        if stack.enter_context(alert_state.locked(alerts.state)):
            return alert_state.load(alerts.state, alerts.plan)
        sleep(_PAUSE_S)
    return None


class _Work:
    """Files one by one: what goes wrong with one is kept in mind, and the others go on."""

    def __init__(self, user_hash: str) -> None:
        self._subject = erasing.Subject(user_hash)
        self._faults: dict[str, ConfigError] = {}
        self.gone: list[tuple[Path, erasing.Gone]] = []  # a file may need a second round

    @property
    def told(self) -> tuple[ConfigError, ...]:
        """What went wrong, a file at a time."""
        return tuple(self._faults.values())

    def count(self, files: Iterable[Path]) -> dict[Path, int]:
        """The files that hold lines of the person, and how many."""
        found = {path: self._guarded(erasing.count, path) or 0 for path in files}
        return {path: lines for path, lines in found.items() if lines}

    def erase(self, files: Iterable[Path]) -> None:
        """Take the lines out, and keep in mind what went from where."""
        for path in files:
            gone = self._guarded(erasing.erase, path)
            if gone and gone.lines:
                self.gone.append((path, gone))

    def turn(self, log: Path) -> None:
        """Rotate a log, whoever writes it."""
        try:
            about = log.lstat()
            turn(os.fspath(log), (about.st_dev, about.st_ino), int(about.st_mtime // _DAY_S))
        except OSError as fault:
            self._faults[log.as_posix()] = ConfigError(
                f"cannot be rotated: {fault.strerror}",
                where=log.as_posix(),
                remedy="run it as the files' owner, and check the folder's permissions",
            )

    def forget(self, logs: Iterable[Path]) -> None:
        """Delete the logs' rollups, which name persons and what they asked, too."""
        try:
            rolling.forget(logs)
        except OSError as fault:
            self._faults[str(fault.filename)] = ConfigError(
                f"cannot be deleted: {fault.strerror}",
                where=str(fault.filename),
                remedy="run it as the files' owner",
            )

    def _guarded(self, work: Callable[[Path, erasing.Subject], _T], path: Path) -> _T | None:
        try:
            return work(path, self._subject)
        except ConfigError as fault:
            self._faults[fault.where] = fault
            return None


def _closed(logs: Iterable[Path]) -> list[Path]:
    """What was rotated away from logs, or compressed as a whole by somebody."""
    found: list[Path] = []
    for log in logs:
        whole = (log.with_name(log.name + end) for end in sorted(PACKED))
        found += filter(Path.is_file, whole)
        found += map(Path, closed_files(os.fspath(log)))
    return found


def _log(path: Path) -> Path:
    """The log that a file is, or was rotated away from."""
    match = _CLOSED.fullmatch(path.name)
    if match:
        return path.with_name(f"{match[1]}{match[2]}")
    return path.with_suffix("") if path.suffix in PACKED else path
