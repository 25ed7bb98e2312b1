"""A window of production and the one before it: a figure in both, its change and its way there."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from pytest_llm_telemetry.core.metrics import METRICS, change


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """The time from `since` up to, not with, `until`; both know their offset from UTC."""

    since: datetime
    until: datetime

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
        partial: Whether a side is a lower bound, as the price of some calls is unknown.
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


def trend(
    metric: str,
    before: float | None,
    now: float | None,
    series: Sequence[float | None] = (),
    *,
    partial: bool = False,
) -> Trend:
    """Compare a figure with the window before; where a side is a lower bound nobody knows the change."""
    return Trend(
        metric=metric,
        now=now,
        before=before,
        change=None if partial else change(METRICS[metric], before, now),
        series=tuple(series),
        partial=partial,
    )
