"""Logs -> the traffic of a window, from any number of files and hosts."""

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from pytest_llm_telemetry.core.traffic import Hour, Traffic, whole_hours
from pytest_llm_telemetry.core.traffic.counting import Counting
from pytest_llm_telemetry.storage.counted import count
from pytest_llm_telemetry.storage.finding import log_files


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
    files = [path for path in log_files(places) if path.stat().st_mtime >= start.timestamp()]
    found: dict[datetime, Hour] = {}
    last = ""
    for path in files:
        counting = Counting()
        count(path, counting)
        counting.flush(datetime.fromtimestamp(path.stat().st_mtime, UTC).isoformat()[:13])
        last = max(last, counting.last)
        for hour in counting.hours.values():
            found.setdefault(hour.start, Hour(hour.start)).merge(hour)
    return Traffic(
        since=start,
        until=end,
        hours=tuple(found[at] for at in sorted(found) if start <= at < end),
        files=len(files),
        last_event=datetime.fromisoformat(last) if last else None,
    )
