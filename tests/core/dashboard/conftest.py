"""Production as hours of events, made up by a seed."""

from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

import pytest

from pytest_llm_telemetry.core.dashboard import Dashboard, compose
from pytest_llm_telemetry.core.events import Event, QueryError, QueryScore, QuerySuccess
from pytest_llm_telemetry.core.traffic import Hour, Traffic
from pytest_llm_telemetry.core.traffic.counting import Counting
from pytest_llm_telemetry.core.traffic.rows import Rows, row_of
from pytest_llm_telemetry.core.trends import Window

HOUR = timedelta(hours=1)
NOW = datetime(2026, 11, 23, 14, 30, tzinfo=UTC)
DAY = Window.last(NOW, 24 * HOUR)
Call = dict[str, Any]


class World:
    """Hours that a test fills, and the dashboard of them: it is half past two."""

    now = NOW
    hour = NOW.replace(minute=0)

    def __init__(self) -> None:
        self.rng = Random(11)
        self._counting = Counting()
        self.newest: datetime | None = None

    def add(self, at: datetime, event: str = "success", **fields: Any) -> None:
        """One event."""
        stamp = at.strftime("%Y-%m-%dT%H:%M:%S.000Z")
        kinds = {"success": QuerySuccess, "error": QueryError, "score": QueryScore}
        found: Event = kinds[event](query_id="q", timestamp=stamp, **fields)
        self._counting.add(Rows.of([row_of(found)]))
        self.newest = max(at, self.newest or at)

    def calls(self, at: datetime, count: int, **fields: Any) -> None:
        """An hour of calls whose latency scatters around `ms`, of which `failing` fail."""
        ms, failing = fields.pop("ms", 500.0), fields.pop("failing", 0.0)
        for _ in range(count):
            latency = self.rng.lognormvariate(0, 0.5) * ms
            if self.rng.random() < failing:
                self.add(at, "error", error_type="Timeout", latency_ms=latency, **fields)
            else:
                self.add(at, latency_ms=latency, **fields)

    def usual(self, until: datetime, hours: int, count: int = 60, **fields: Any) -> None:
        """Hours like each other, of which the last one ends at `until`."""
        for back in range(1, hours + 1):
            self.calls(until - back * HOUR, count, **fields)

    def traffic(self, window: Window) -> Traffic:
        """What a reader hands over of a window and the one before."""
        self._counting.flush()
        hours = sorted(self._counting.hours.values(), key=lambda hour: hour.start)
        since, until = window.before.since, window.until
        return Traffic(
            since=since,
            until=until,
            hours=tuple(hour for hour in hours if since <= hour.start < until),
            files=1,
            last_event=self.newest,
        )

    def before(self, window: Window = DAY) -> tuple[Hour, ...]:
        """The hours before both windows."""
        self._counting.flush()
        hours = sorted(self._counting.hours.values(), key=lambda hour: hour.start)
        return tuple(hour for hour in hours if hour.start < window.before.since)

    def look(self, window: Window = DAY, now: datetime = NOW, **options: Any) -> Dashboard:
        """The dashboard."""
        return compose(self.traffic(window), window, now, **options)


@pytest.fixture
def world() -> World:
    """No hour yet."""
    return World()


@pytest.fixture
def worlds() -> Callable[[int], Iterable[World]]:
    """Many worlds, each of another seed."""

    def make(count: int) -> Iterable[World]:
        for seed in range(count):
            found = World()
            found.rng = Random(seed)
            yield found

    return make
