"""Hours put together to the points of a series: as fine as fits."""

from collections.abc import Container, Iterable
from datetime import datetime, timedelta
from math import ceil

from pytest_llm_telemetry.core.records import dataclass
from pytest_llm_telemetry.core.traffic import Figures, Hour
from pytest_llm_telemetry.core.trends import Window

_HOUR = timedelta(hours=1)
_LENGTHS = (1, 2, 3, 4, 6, 12, 24)  # hours; beyond, whole days


@dataclass(frozen=True, slots=True, kw_only=True)
class Steps:
    """A stretch of time in equal steps.

    Attributes:
        since: Where it begins; with a window before, in that.
        anchor: A time at which a step begins.
        until: Where the last step ends.
        length: Of one step.
    """

    since: datetime
    anchor: datetime
    until: datetime
    length: timedelta

    @classmethod
    def of(cls, window: Window, most: int, *, with_before: bool = False) -> "Steps":
        """The shortest steps of which at most `most` (and one more) cover the window."""
        since = window.before.since if with_before else window.since
        hours = ceil((window.until - since) / _HOUR)
        days = 24 * ceil(hours / 24 / most)
        length = next((each for each in _LENGTHS if hours <= each * most), days)
        return cls(
            since=since, anchor=window.since, until=window.until, length=timedelta(hours=length)
        )

    @property
    def first(self) -> int:
        """The place of the step that begins at the anchor."""
        return -self._place(self.since)

    @property
    def starts(self) -> tuple[datetime, ...]:
        """Where each step begins."""
        count = self.first + ceil((self.until - self.anchor) / self.length)
        return tuple(self.anchor + (n - self.first) * self.length for n in range(count))

    def sums(self, hours: Iterable[tuple[datetime, Figures]]) -> list[Figures]:
        """The figures of each step, of hours that lie in it."""
        found = [Figures() for _ in self.starts]
        for start, figures in hours:
            found[self.first + self._place(start)].merge(figures)
        return found

    def _place(self, at: datetime) -> int:
        """Steps from the anchor to a time, below zero before it."""
        return (at - self.anchor) // self.length


def totals(hours: Iterable[Hour]) -> list[tuple[datetime, Figures]]:
    """The figures of all calls of each hour."""
    return [(hour.start, hour.total) for hour in hours]


def grouped(
    hours: Iterable[Hour], dimension: str, names: Container[str] | None = None
) -> dict[str, list[tuple[datetime, Figures]]]:
    """The figures of each group of each hour in which it has any; of `names` alone where given.

    All in one pass: an hour may read its groups anew each time it is asked.
    """
    found: dict[str, list[tuple[datetime, Figures]]] = {}
    for hour in hours:
        for name, figures in hour.by[dimension].named.items():
            if names is None or name in names:
                found.setdefault(name, []).append((hour.start, figures))
    return found
