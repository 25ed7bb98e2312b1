"""A window of production and the one before it: a figure in both, its change and its way there."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from pytest_llm_telemetry.core.metrics import METRICS, change
from pytest_llm_telemetry.core.records import dataclass
from pytest_llm_telemetry.core.traffic import Traffic

_HOUR = timedelta(hours=1)
_SHORT = timedelta(days=2)  # of a shorter window the current hour would be a part that is missed


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """The time from `since` up to, not with, `until`; both know their offset from UTC."""

    since: datetime
    until: datetime

    @classmethod
    def last(cls, now: datetime, length: timedelta) -> "Window":
        """The last whole hours of UTC; the current hour comes on top, or is the last of two days."""
        current = now.astimezone(UTC).replace(minute=0, second=0, microsecond=0)
        whole = current if length < _SHORT else current + _HOUR
        return cls(since=whole - length, until=current + _HOUR)

    def of(self, traffic: Traffic) -> Traffic:
        """The hours of the window, of all that was read."""
        hours = tuple(h for h in traffic.hours if self.since <= h.start < self.until)
        return replace(traffic, since=self.since, until=self.until, hours=hours)

    @property
    def before(self) -> "Window":
        """The window of the same length that ends where this one begins."""
        return Window(since=self.since - (self.until - self.since), until=self.since)


@dataclass(frozen=True, slots=True, kw_only=True)
class Trend:
    """A figure of one window beside the same figure of the window before.

    Attributes:
        metric: Its name in `core.metrics.METRICS`, which says the unit and which way is better.
        now, before: The figure in its unit; `None` is unknown.
        change: In the metric's measure (see `Metric.change`); `None` where a side is unknown.
        series: The figure of each step of the window, the oldest first; unknown is a gap.
        partial: Whether `now` is a lower bound, as the price of some calls is unknown.
    """

    metric: str
    now: float | None
    before: float | None
    change: float | None
    series: tuple[float | None, ...] = ()
    partial: bool = False

    @property
    def worse(self) -> bool | None:
        """Whether it changed for the worse; `None` where it did not change or nobody knows."""
        if not self.change:
            return None
        return (self.change > 0) == (METRICS[self.metric].better == "lower")


def trend(  # noqa: PLR0913 - keyword-only beyond the figures themselves
    metric: str,
    before: float | None,
    now: float | None,
    series: Sequence[float | None] = (),
    *,
    partial: bool = False,
    partial_before: bool = False,
) -> Trend:
    """Compare a figure with the window before; of lower bounds nobody knows the change."""
    known = not (partial or partial_before)
    return Trend(
        metric=metric,
        now=now,
        before=before,
        change=change(METRICS[metric], before, now) if known else None,
        series=tuple(series),
        partial=partial,
    )
