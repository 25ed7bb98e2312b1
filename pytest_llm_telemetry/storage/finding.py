"""Which files are logs: those that were asked for, and what was rotated away from them."""

from collections.abc import Iterable
from pathlib import Path

from pytest_llm_telemetry.core.errors import ConfigError
from pytest_llm_telemetry.storage.packing import PACKED

LOG = ".jsonl"


def log_files(places: Iterable[Path]) -> list[Path]:
    """The log files of some files and folders, with those rotated away from them.

    Folders are searched with all that is in them, such as one folder a host. A file that was
    compressed by a process that was killed stands there twice: it counts once.

    Raises:
        ConfigError: If a place holds none.
    """
    found: dict[Path, None] = {}
    for place in places:
        logs = sorted(place.rglob(f"*{LOG}*") if place.is_dir() else _rotated(place))
        logs = [path for path in logs if _is_log(path.name)]
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


def _is_log(name: str) -> bool:
    for end in PACKED:
        name = name.removesuffix(end)
    return name.endswith(LOG)
