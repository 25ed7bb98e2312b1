"""Which files are logs: those that were asked for, and what was rotated away from them."""

import stat
from collections.abc import Iterable
from pathlib import Path

from pytest_llm_telemetry.core.errors import ConfigError
from pytest_llm_telemetry.storage.packing import PACKED

LOG = ".jsonl"


def log_files(places: Iterable[Path]) -> list[Path]:
    """The log files of some files and folders, with those rotated away from them.

    Folders are searched with all that is in them, such as one folder a host. A file that was
    compressed by a process that was killed, or has a link beside it, stands there twice: it counts
    once. What is no file (a pipe, a folder, a link to nothing) is no log, whatever it is called.

    Raises:
        ConfigError: If a place holds none.
    """
    found: dict[Path, None] = {}
    for place in places:
        there = place.rglob(f"*{LOG}*") if place.is_dir() else _rotated(place)
        logs = _files(path for path in there if _is_log(path.name))
        if not logs:
            raise ConfigError(
                "holds no log", where=place.as_posix(), remedy="name log files or their folder"
            )
        found.update(dict.fromkeys(logs))
    return [
        path
        for path in found
        if not any(path.with_name(path.name + end) in found for end in PACKED)
    ]


def _rotated(log: Path) -> Iterable[Path]:
    for path in log.parent.glob(f"*{LOG}*"):
        if path.name.startswith(f"{log.stem}."):
            yield path


def _files(paths: Iterable[Path]) -> list[Path]:
    """Those that are files, each once; one that cannot be looked at stays, so that it is told."""
    found: list[Path] = []
    known: set[tuple[int, int]] = set()
    for path in sorted(paths, key=lambda path: (path.is_symlink(), path)):
        try:
            about = path.stat()
        except FileNotFoundError:
            continue
        except OSError:
            found.append(path)
            continue
        file = about.st_dev, about.st_ino
        if stat.S_ISREG(about.st_mode) and file not in known:
            known.add(file)
            found.append(path)
    return sorted(found)


def _is_log(name: str) -> bool:
    for end in PACKED:
        name = name.removesuffix(end)
    return name.endswith(LOG)
