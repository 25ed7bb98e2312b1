"""The events of a person or of a window, copied out of the logs for somebody who has to check them.

Nothing in it depends on the clock or the machine: the same logs give the same bytes.
"""

import hashlib
import json
import os
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import field
from pathlib import Path
from typing import Any, BinaryIO

from pytest_llm_telemetry.core.errors import ConfigError
from pytest_llm_telemetry.core.events import SCHEMA_VERSION, Event
from pytest_llm_telemetry.core.records import dataclass
from pytest_llm_telemetry.storage import logs, schemas
from pytest_llm_telemetry.storage.writing import write_atomically

EVENTS = "events.jsonl"
SCHEMA = "event.schema.json"
MANIFEST = "manifest.json"
_CHUNK = 1 << 20

Wanted = Callable[[bytes, Event | None], bool]


@dataclass(slots=True)
class Source:
    """A log file that was read.

    Attributes:
        name: Its path, as it was found.
        size, sha256: Of its bytes, as far as it was read: a log may grow meanwhile.
        lines: Its lines: events, and those skipped.
        taken: Events that were copied.
        skipped: Lines that are no events, by reason (see `storage.logs.Tally`).
        skipped_wanted: Those of them that belong to the person, as far as can be seen.
    """

    name: str
    size: int
    sha256: str
    lines: int = 0
    taken: int = 0
    skipped: Counter[str] = field(default_factory=Counter)
    skipped_wanted: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Export:
    """What was copied.

    `first` and `last` are the earliest and latest time of the events copied, `held_since` that of
    all events that were read, copied or not.
    """

    sources: tuple[Source, ...]
    events: int
    first: str | None
    last: str | None
    held_since: str | None


class _Copy:
    """Lines on their way out, and what is remembered of them."""

    def __init__(self, target: BinaryIO, wanted: Wanted) -> None:
        self._target = target
        self._wanted = wanted
        self.first: str | None = None
        self.last: str | None = None
        self.held_since: str | None = None

    def take(self, source: Source, line: bytes, found: Event | str) -> None:
        """Count a line, and copy it if it is wanted."""
        source.lines += 1
        if isinstance(found, str):
            source.skipped[found] += 1
            source.skipped_wanted += self._wanted(line, None)
            return
        at = found.timestamp
        self.held_since = min(at, self.held_since or at)
        if self._wanted(line, found):
            source.taken += 1
            self.first, self.last = min(at, self.first or at), max(at, self.last or at)
            self._target.write(line + b"\n")


def export(paths: Iterable[Path], target: Path, wanted: Wanted) -> Export:
    """Copy the lines that are wanted, as they stand, into `target`/events.jsonl.

    Args:
        paths: Log files, plain or `.gz`.
        target: A folder without an export; it is made.
        wanted: Whether a line is to be copied. It gets the event, or None for a line that is
            none and is at most counted.

    Raises:
        ConfigError: If a log cannot be read, or the folder not be written or holds an export.
    """
    try:
        target.mkdir(0o700, parents=True, exist_ok=True)
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL
        descriptor = os.open(target / EVENTS, flags, 0o600)
    except FileExistsError:
        raise ConfigError(
            "holds an export", where=target.as_posix(), remedy="name another folder"
        ) from None
    except OSError as fault:
        raise _unwritable(target, fault) from None
    with open(descriptor, "wb") as file:  # noqa: PTH123 - pathlib takes no descriptor
        copy = _Copy(file, wanted)
        sources = tuple(_read(path, copy) for path in paths)
    return Export(
        sources=sources,
        events=sum(source.taken for source in sources),
        first=copy.first,
        last=copy.last,
        held_since=copy.held_since,
    )


def _read(path: Path, copy: _Copy) -> Source:
    try:
        with path.open("rb") as file:
            size = os.fstat(file.fileno()).st_size
            source = Source(path.as_posix(), size, _digest(file, size))
            file.seek(0)
            for line, found in logs.records(path, file, size):
                copy.take(source, line, found)
    except OSError as fault:
        what = f"cannot be read: {fault.strerror}"
        raise ConfigError(what, where=path.as_posix(), remedy="check the path") from None
    return source


def seal(target: Path, found: Export, facts: Mapping[str, Any]) -> None:
    """Write the schema and, last, the manifest: an export without one is not whole.

    Args:
        target: The folder of the export.
        found: What was copied.
        facts: What else stands in the manifest, such as what was asked for.

    Raises:
        ConfigError: If they cannot be written.
    """
    schema = schemas.load("event")
    text = json.dumps(schema, indent=2, ensure_ascii=False) + "\n"
    write_atomically(target / SCHEMA, text, error=ConfigError)
    document = {
        "export_version": 1,
        "schema_version": SCHEMA_VERSION,
        **facts,
        "events": found.events,
        "first": found.first,
        "last": found.last,
        "held_since": found.held_since,
        "files": [_file(target / name) for name in (EVENTS, SCHEMA)],
        "sources": [_source(source) for source in found.sources],
        "fields": {
            name: {key: about[key] for key in ("type", "enum", "description") if key in about}
            for name, about in schema["properties"].items()
        },
    }
    text = json.dumps(document, indent=2, ensure_ascii=False) + "\n"
    write_atomically(target / MANIFEST, text, error=ConfigError)


def _source(source: Source) -> dict[str, Any]:
    return {
        "name": source.name,
        "bytes": source.size,
        "sha256": source.sha256,
        "lines": source.lines,
        "taken": source.taken,
        "skipped": dict(sorted(source.skipped.items())),
        "skipped_wanted": source.skipped_wanted,
    }


def _file(path: Path) -> dict[str, Any]:
    try:
        with path.open("rb") as file:
            size = os.fstat(file.fileno()).st_size
            return {"name": path.name, "bytes": size, "sha256": _digest(file, size)}
    except OSError as fault:
        raise _unwritable(path, fault) from None


def _digest(file: BinaryIO, size: int) -> str:
    found = hashlib.sha256()
    while size and (chunk := file.read(min(size, _CHUNK))):
        found.update(chunk)
        size -= len(chunk)
    return found.hexdigest()


def _unwritable(path: Path, fault: OSError) -> ConfigError:
    return ConfigError(
        f"cannot be written: {fault.strerror}",
        where=path.as_posix(),
        remedy="check the folder's permissions and the disk",
    )
