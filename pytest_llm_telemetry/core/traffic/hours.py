"""Events -> hours, and hours -> the traffic of a window."""

from collections.abc import Callable, Mapping
from dataclasses import field
from datetime import UTC, datetime, timedelta

from pytest_llm_telemetry.core.records import dataclass
from pytest_llm_telemetry.core.traffic.figures import Figures
from pytest_llm_telemetry.core.traffic.groups import (
    DIMENSIONS,
    QUERY,
    Groups,
    Part,
    Queries,
    largest,
)

HOUR = timedelta(hours=1)
_DAY = timedelta(days=1)
ALL = (*DIMENSIONS, QUERY)


@dataclass(slots=True)
class Hour:
    """One hour of UTC.

    Attributes:
        start: When it begins.
        total: The figures of all calls that ended in it.
        by: The same told apart, by each of `DIMENSIONS` and by "query".
        counted: Log lines that are events.
        skipped: Log lines that are none, by reason.
    """

    start: datetime
    total: Figures = field(default_factory=Figures)
    by: Mapping[str, Groups] = field(default_factory=lambda: {name: Groups() for name in ALL})
    counted: int = 0
    skipped: dict[str, int] = field(default_factory=dict)

    @property
    def queries(self) -> Queries:
        """The figures told apart by what was asked."""
        return Queries(self.by[QUERY])

    def merge(self, other: "Hour") -> None:
        """Add the same hour of another file or host."""
        self.add_totals(other)
        for dimension, groups in other.by.items():
            self.by[dimension].merge(groups)

    def add_totals(self, other: "Hour") -> None:
        """Add all but what it is told apart by."""
        self.total.merge(other.total)
        self.counted += other.counted
        for reason, count in other.skipped.items():
            self.skipped[reason] = self.skipped.get(reason, 0) + count


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """All hours of a day that were read, put together already.

    Attributes:
        first, last: When the first and the last of them begin.
        by: Parts of what they are told apart by, which add up.
    """

    first: datetime
    last: datetime
    by: tuple[Mapping[str, Part], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Traffic:
    """The hours of a window, and what was read for them.

    Attributes:
        since, until: The window: whole hours of UTC, `until` is not part of it.
        hours: Those in which anything was recorded, in order.
        spans: Days of them, so that not each hour need be told apart; what no span holds, is.
        files: How many files were read.
        rolled_up: How many of them by their rollup, without reading their lines again.
        last_event: When the latest event of the files was written; None of none.
        notes: What else a person should know, such as that no rollup can be written.
    """

    since: datetime
    until: datetime
    hours: tuple[Hour, ...] = ()
    spans: tuple[Span, ...] = field(default=(), repr=False)
    files: int = 0
    rolled_up: int = 0
    last_event: datetime | None = None
    notes: tuple[str, ...] = ()

    @property
    def total(self) -> Figures:
        """The figures of the whole window."""
        return _sum(self.hours)

    @property
    def lines(self) -> int:
        """Log lines of the window: `counted`, and all of `skipped`."""
        return self.counted + sum(self.skipped.values())

    @property
    def counted(self) -> int:
        """Log lines that are events."""
        return sum(hour.counted for hour in self.hours)

    @property
    def skipped(self) -> Mapping[str, int]:
        """Log lines that are no events, by reason, the most frequent first.

        A damaged line tells no time: it counts in the hour of the line before it.
        """
        found: dict[str, int] = {}
        for hour in self.hours:
            for reason, count in hour.skipped.items():
                found[reason] = found.get(reason, 0) + count
        return dict(sorted(found.items(), key=lambda each: (-each[1], each[0])))

    def by(self, dimension: str, most: int = 20) -> Groups:
        """The figures told apart by one of `DIMENSIONS`, the `most` largest by name.

        Largest by calls, by errors and by cost, so there are up to three times as many.
        """
        spans = [s for s in self.spans if self.since <= s.first and s.last < self.until]
        days = {span.first.date() for span in spans}
        parts = [by[dimension] for span in spans for by in span.by]
        hours = [hour for hour in self.hours if hour.start.date() not in days]
        return largest([*parts, *[hour.by[dimension] for hour in hours]], most)

    def queries(self, most: int = 20) -> Queries:
        """The `most` largest queries by calls, by errors and by cost."""
        return Queries(self.by(QUERY, most))

    def per_hour(self) -> list[tuple[datetime, Figures]]:
        """Each hour of the window with its figures, the ones without a call too."""
        return self._per(HOUR, lambda start: start)

    def per_day(self) -> list[tuple[datetime, Figures]]:
        """Each day (UTC) of the window with its figures, the ones without a call too."""
        return self._per(_DAY, lambda start: start.replace(hour=0))

    def _per(
        self, step: timedelta, begin: Callable[[datetime], datetime]
    ) -> list[tuple[datetime, Figures]]:
        at = begin(self.since)
        found: dict[datetime, Figures] = {}
        while at < self.until:
            found[at] = Figures()
            at += step
        for hour in self.hours:
            found[begin(hour.start)].merge(hour.total)
        return list(found.items())


def hour_of(stamp: str) -> datetime:
    """The hour of an event's timestamp.

    Raises:
        ValueError: If it is none.
    """
    if (stamp[4:5], stamp[7:8], stamp[10:11]) != ("-", "-", "T"):
        raise ValueError(f"{stamp!r} is no time")
    year, month, day, hour = stamp[:4], stamp[5:7], stamp[8:10], stamp[11:13]
    return datetime(int(year), int(month), int(day), int(hour), tzinfo=UTC)


def whole_hours(since: datetime, until: datetime) -> tuple[datetime, datetime]:
    """The window widened to whole hours of UTC."""
    start = since.astimezone(UTC).replace(minute=0, second=0, microsecond=0)
    end = until.astimezone(UTC).replace(minute=0, second=0, microsecond=0)
    return start, end if end == until else end + HOUR


def _sum(hours: tuple[Hour, ...]) -> Figures:
    total = Figures()
    for hour in hours:
        total.merge(hour.total)
    return total
