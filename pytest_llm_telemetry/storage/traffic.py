"""Logs -> the traffic of a window, from any number of files and hosts."""

import re
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from pytest_llm_telemetry.core.traffic import Hour, Traffic, hour_of, whole_hours
from pytest_llm_telemetry.storage import logs, tails

_UTC = re.compile(r"\d{4}-[01]\d-[0-3]\dT[0-2]\d:\d\d:\d\d(\.\d+)?Z", re.ASCII)


def read_traffic(
    places: Sequence[Path], since: datetime, until: datetime, *, rollups: bool = True
) -> Traffic:
    """The traffic from `since` to `until`, widened to whole hours of UTC.

    Args:
        places: Log files, with all that were rotated away from them, and folders of logs.
        since: Where the window begins, a time with a zone.
        until: Where it ends.
        rollups: Whether rollups may be read and written; the figures are the same without.

    Raises:
        ConfigError: If a place holds no log, or a file cannot be read.
    """
    start, end = whole_hours(since, until)
    del rollups  # every line is read
    files = [path for path in tails.log_files(places) if path.stat().st_mtime >= start.timestamp()]
    found: dict[datetime, Hour] = {}
    last = ""
    for path in files:
        reading = _Reading()
        reading.read(path)
        last = max(last, reading.last)
        for hour in reading.hours.values():
            found.setdefault(hour.start, Hour(hour.start)).merge(hour)
    return Traffic(
        since=start,
        until=end,
        hours=tuple(found[at] for at in sorted(found) if start <= at < end),
        files=len(files),
        last_event=datetime.fromisoformat(last) if last else None,
    )


class _Reading:
    """The hours of one file; damage counts in the hour of the line before it.

    Attributes:
        hours: By the start of an event's timestamp.
        last: The timestamp of the latest event.
    """

    def __init__(self) -> None:
        self.hours: dict[str, Hour] = {}
        self.last = ""
        self._hour: Hour | None = None
        self._early: dict[str, int] = {}

    def read(self, path: Path) -> None:
        """Count every line of a file.

        Raises:
            ConfigError: If it cannot be read.
        """
        for found in logs.each(path):
            if isinstance(found, str):
                self._skip(found)
            elif not _UTC.fullmatch(found.timestamp):
                self._skip("wrong_types")
            else:
                self._hour = self._hour_of(found.timestamp)
                self._hour.add(found)
                self.last = max(self.last, found.timestamp)
        if self._early:  # nothing but damage
            written = datetime.fromtimestamp(path.stat().st_mtime, UTC).isoformat()
            self._hour = self._hour_of(written)
        if self._hour is not None:
            for reason, count in self._early.items():
                self._hour.skipped[reason] = self._hour.skipped.get(reason, 0) + count

    def _hour_of(self, stamp: str) -> Hour:
        known = self.hours.get(stamp[:13])
        if known is None:
            known = self.hours[stamp[:13]] = Hour(hour_of(stamp))
        return known

    def _skip(self, reason: str) -> None:
        into = self._early if self._hour is None else self._hour.skipped
        into[reason] = into.get(reason, 0) + 1
