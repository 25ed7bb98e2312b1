"""What the logs hold of a person or of a window, for somebody who has to check it."""

from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path

from pytest_llm_telemetry.core.events import Event
from pytest_llm_telemetry.core.records import dataclass
from pytest_llm_telemetry.review.erasing import files_of
from pytest_llm_telemetry.runtime.rotation import KEEP_DAYS
from pytest_llm_telemetry.storage import erasing, exporting
from pytest_llm_telemetry.storage.exporting import Export


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What to export; `None` is no bound.

    Attributes:
        user_hash: The person, by the keyed hash on their events.
        since, until: The window, `until` not part of it.
    """

    user_hash: str | None = None
    since: datetime | None = None
    until: datetime | None = None


def export(logs: Iterable[Path], target: Path, wish: Wish) -> Export:
    """Copy the events into a folder, with a manifest of what was read and what it means.

    Args:
        logs: Logs by the name that is written to; what was rotated away from them is read too.
        target: A folder without an export.
        wish: What to copy.

    Raises:
        ConfigError: If a log cannot be read, or the folder not be written or holds an export.
    """
    files = files_of(logs)
    wanted = _Wanted(wish)
    if wanted.subject is not None:
        for path in files:  # learns all their calls: a score may stand before its call
            erasing.count(path, wanted.subject)
    found = exporting.export(files, target, wanted)
    facts = {
        "asked": {
            "user_hash": wish.user_hash,
            "since": _told(wish.since),
            "until": _told(wish.until),
        },
        "retention": {
            "keep_days": KEEP_DAYS,
            "says": "what a logger keeps of rotated files unless its Rotation(keep_days=...) or"
            " `llm-telemetry purge` says otherwise; held_since is the oldest event that is there",
        },
    }
    exporting.seal(target, found, facts)
    return found


class _Wanted:
    """Whether a line is to be copied."""

    def __init__(self, wish: Wish) -> None:
        self.subject = erasing.Subject(wish.user_hash) if wish.user_hash else None
        self._since = wish.since
        self._until = wish.until

    def __call__(self, line: bytes, event: Event | None) -> bool:
        if self.subject is not None and not self.subject.owns(line):
            return False
        if event is None:  # damage tells no time, but may tell the person
            return self.subject is not None
        return self._is_within(event.timestamp)

    def _is_within(self, timestamp: str) -> bool:
        if self._since is None and self._until is None:
            return True
        try:
            at = datetime.fromisoformat(timestamp)
        except ValueError:
            return False
        at = at if at.tzinfo else at.replace(tzinfo=UTC)
        return (self._since is None or self._since <= at) and (
            self._until is None or at < self._until
        )


def _told(at: datetime | None) -> str | None:
    if at is None:
        return None
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
