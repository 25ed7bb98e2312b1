"""The days that a review looks at. They are whole days of UTC, and whole weeks where they can be."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

from pytest_llm_telemetry.core.records import dataclass
from pytest_llm_telemetry.core.trends import Window

_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Period:
    """How far a review looks. All counts are days.

    Attributes:
        name: "daily", "weekly" or "monthly".
        days: What is reviewed.
        before: What it is held against: a multiple of `days`.
        history: What tells how days differ anyway, those of `before` included.
        step: The time between two points of a trend.
    """

    name: str
    days: int
    before: int
    history: int
    step: timedelta

    def window(self, now: datetime) -> Window:
        """The days that ended with the last midnight (UTC) at or before `now`."""
        end = now.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
        return Window(since=end - self.days * _DAY, until=end)

    def held_against(self, window: Window) -> Window:
        """The days before a window that it is held against."""
        return Window(since=window.since - self.before * _DAY, until=window.since)

    def known_since(self, window: Window) -> datetime:
        """Where the history begins."""
        return window.since - self.history * _DAY


PERIODS: Mapping[str, Period] = {
    "daily": Period(name="daily", days=1, before=7, history=28, step=timedelta(hours=1)),
    "weekly": Period(name="weekly", days=7, before=7, history=28, step=_DAY),
    # four weeks, not a month: each has as many Mondays as the one before
    "monthly": Period(name="monthly", days=28, before=28, history=56, step=_DAY),
}
