"""What is held of one person is taken out of the logs, while others go on writing them."""

import os
import re
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from glob import escape
from pathlib import Path

from pytest_llm_telemetry.core.errors import ConfigError
from pytest_llm_telemetry.runtime.rotation import closed_files, turn
from pytest_llm_telemetry.storage import erasing, rolling
from pytest_llm_telemetry.storage.finding import LOG
from pytest_llm_telemetry.storage.packing import PACKED, ZSTD

_CLOSED = re.compile(r"(.+)\.\d{4}-\d\d-\d\d\.\d+(\.[^.]+?)(\.gz|\.zst)?")
_DAY_S = 86_400
_ROUNDS = 3  # a file may be compressed while we are at it: then it is found again


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

    Raises:
        ConfigError: If a place does not exist or holds no log.
    """
    found: dict[Path, None] = {}
    for place in places:
        logs = _in_folder(place) if place.is_dir() else _one(place)
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
        closed = _closed([log])
        known = {path.name for path in closed}
        found += [p for p in closed if not any(p.name + end in known for end in PACKED)]
        found += [log] * log.exists()
    return found


def erase(logs: Iterable[Path], user_hash: str, *, dry_run: bool = False) -> Erased:
    """Take a person's lines out of logs and of all that was rotated away from them.

    A log that holds some is rotated first, so that its writers leave the file. What they write of
    the person after that is another matter.

    Args:
        logs: Logs by the name that is written to.
        user_hash: The keyed hash that stands on the person's events.
        dry_run: Count, and change nothing.
    """
    work = _Work(user_hash)
    asked = tuple(logs)
    files = [*_closed(asked), *asked]
    work.count(files)  # learns all their calls: a score may stand before its call
    found = work.count(files)
    if not dry_run:
        work.forget(asked)
    if dry_run or not found:
        return Erased(files=found, read=len(files), faults=work.told)
    for log in filter(found.__contains__, asked):
        work.turn(log)
    gone: Counter[Path] = Counter()
    left = work.count(_closed(asked))
    for _ in range(_ROUNDS):
        gone.update(work.erase(left))
        left = work.count(_closed(asked))
        if not left:
            break
    work.forget(asked)  # what was read while we were at it
    return Erased(files=gone, read=len(files), faults=work.told, left=sum(left.values()))


class _Work:
    """Files one by one: what goes wrong with one is kept in mind, and the others go on."""

    def __init__(self, user_hash: str) -> None:
        self._subject = erasing.Subject(user_hash)
        self._faults: dict[str, ConfigError] = {}

    @property
    def told(self) -> tuple[ConfigError, ...]:
        """What went wrong, a file at a time."""
        return tuple(self._faults.values())

    def count(self, files: Iterable[Path]) -> dict[Path, int]:
        """The files that hold lines of the person, and how many."""
        return self._each(files, erasing.count)

    def erase(self, files: Iterable[Path]) -> dict[Path, int]:
        """Take the lines out, and say how many went from where."""
        return self._each(files, erasing.erase)

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

    def _each(
        self, files: Iterable[Path], work: Callable[[Path, erasing.Subject], int]
    ) -> dict[Path, int]:
        found = {}
        for path in files:
            try:
                found[path] = work(path, self._subject)
            except ConfigError as fault:
                self._faults[fault.where] = fault
        return {path: lines for path, lines in found.items() if lines}


def _closed(logs: Iterable[Path]) -> list[Path]:
    """What was rotated away from logs, by our logger or, compressed by Zstandard, by somebody."""
    found = []
    for log in logs:
        packed = log.parent.glob(f"{escape(log.stem)}.*{escape(log.suffix)}{ZSTD}")
        theirs = [path for path in packed if _base(path.name) == log.name]
        found += sorted([*map(Path, closed_files(os.fspath(log))), *theirs])
    return found


def _base(name: str) -> str | None:
    """The log that a closed file was rotated away from."""
    match = _CLOSED.fullmatch(name)
    return f"{match[1]}{match[2]}" if match else None


def _in_folder(folder: Path) -> list[Path]:
    names = sorted(path.name for path in folder.iterdir())
    logs = {base for name in names if (base := _base(name))}
    logs |= {name for name in names if name.endswith(LOG) and not _base(name)}
    return [folder / name for name in sorted(logs)]


def _one(log: Path) -> list[Path]:
    return [log] if log.is_file() or _closed([log]) else []
