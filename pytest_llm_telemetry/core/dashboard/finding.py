"""The one thing worth a look: calls that stopped, or a figure that left its usual range.

A figure is looked at step by step over both windows. What it does is worth a look where a stretch
stands out beyond chance, corrected for all that was looked at, and by more than a team lets pass.
Two windows hold too few hours to tell a figure that wanders from one that changed, so that the
weeks before are asked, too: how far did stretches as long stray in them? They are read only then.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import pairwise
from math import asin, log, sqrt

from pytest_llm_telemetry.core.dashboard.steps import Steps, grouped, totals
from pytest_llm_telemetry.core.dashboard.view import Finding
from pytest_llm_telemetry.core.metrics import METRICS
from pytest_llm_telemetry.core.records import dataclass
from pytest_llm_telemetry.core.statistics.shifts import Shift, find_shift
from pytest_llm_telemetry.core.statistics.turns import Course, chance_of
from pytest_llm_telemetry.core.traffic import Figures, Hour
from pytest_llm_telemetry.core.trends import Window, trend

_ALPHA = 0.001  # chance that a window in which nothing changed shows a finding
_POINTS = 72
_DIMENSIONS = ("model", "service", "variant", "route")
_BRIEF = timedelta(days=8)  # of a longer window models alone are looked at: it would take too long
_GROUPS = 3  # of each dimension, the largest
_NEARLY_ALL = 0.95
_STILL = 0.02  # two points of a time or cost differ by so much in any case
_BUSY = 20  # calls an hour, from which on an hour without any says something
_DOUBT = 3.0  # standard errors that a change is taken to be smaller by, so that noise ranks low
_HOUR = timedelta(hours=1)
_DAY = timedelta(days=1)
PAST = timedelta(weeks=4)
"""How much more than both windows tells how far figures stray."""
_ENOUGH = timedelta(weeks=2)  # of it; a course taken from fewer days hides a change as well

Past = Callable[[], Sequence[Hour]]
_Series = tuple[str, str, list[tuple[datetime, Figures]]]  # dimension, group and their hours


@dataclass(frozen=True, slots=True)
class _Watched:
    """A figure of a step, on a scale on which chance moves it alike at any level.

    Attributes:
        point: The figure; `None` is unknown.
        size: What it was made of, a count.
        least: The size from which on it says something.
        share: Of the usual size; the noise of fewer is another one.
    """

    point: Callable[[Figures], float | None]
    size: Callable[[Figures], float]
    least: int = 20
    share: float = 1 / 3

    def points(self, steps: Sequence[Figures]) -> list[float | None]:
        """The points of a series; one of too little is unknown."""
        sizes = [self.size(each) for each in steps]
        least = max(self.least, self.share * _median(sizes))
        return [
            self.point(each) if size >= least else None
            for each, size in zip(steps, sizes, strict=True)
        ]


def find(
    hours: Sequence[Hour],
    window: Window,
    until: datetime,
    newest: datetime | None,
    past: Past = tuple,
) -> Finding | None:
    """What is worth a look in a window, given the hours of that and the window before.

    Args:
        hours: Of both windows.
        window: What is shown.
        until: How far it had come.
        newest: When the newest event was written.
        past: Reads the hours of `PAST` before both windows; of a long window nobody asks for them.
    """
    return _silence(hours, until, newest) or _shift(hours, window, past)


def _silence(hours: Sequence[Hour], until: datetime, newest: datetime | None) -> Finding | None:
    """Calls that no longer come, for longer than they ever paused in both windows."""
    busy = [hour.start for hour in hours if hour.total.calls]
    if newest is None or not busy:
        return None
    usual = sum(hour.total.calls for hour in hours) / len(busy)
    pauses = [after - before - _HOUR for before, after in pairwise(busy)]
    longest = max(pauses, default=timedelta(0))
    if usual < _BUSY or until - newest < 2 * longest + _HOUR:
        return None
    return Finding(
        kind="silence",
        metric="queries",
        dimension="",
        group="",
        start=newest,
        end=None,
        usual=usual,
        level=0.0,
        p_value=None,
    )


def _shift(hours: Sequence[Hour], window: Window, past: Past) -> Finding | None:
    """Of all stretches that stand out, of any figure of any large group, the largest for sure."""
    steps = Steps.of(window, _POINTS, with_before=True)
    series = list(_series(hours, window))
    looked = len(series) * len(_WATCHED)
    ranked = sorted(_standing_out(series, steps, looked), key=lambda each: -each[0])
    found = [finding for _, finding in ranked]
    if found and steps.length < _DAY:
        return next(_held(found, (*past(), *hours), steps), None)
    return found[0] if found else None


def _standing_out(
    series: Sequence[_Series], steps: Steps, looked: int
) -> Iterator[tuple[float, Finding]]:
    """What stands out of the two windows, by how much for sure."""
    for dimension, group, each in series:
        sums = steps.sums(each)
        for metric, shift in _shifts(sums, steps):
            p_value = shift.p_value * looked
            if p_value < _ALPHA:
                found = _told(metric, shift, steps, sums)
                sure = _size(found) * (1 - _DOUBT / shift.errors)
                if sure > 0:
                    yield sure, replace(found, dimension=dimension, group=group, p_value=p_value)


def _held(found: Iterable[Finding], hours: Sequence[Hour], steps: Steps) -> Iterator[Finding]:
    """Those that stray too far for the weeks before, or of which these tell nothing."""
    steps = replace(steps, since=steps.since - PAST)
    for each in found:
        group = each.group
        found_in = grouped(hours, each.dimension, {group})[group] if group else totals(hours)
        chance = _chance(each, steps.sums(found_in), steps)
        if chance is None or chance < _ALPHA:
            yield replace(each, held=chance is not None)


def _chance(finding: Finding, sums: Sequence[Figures], steps: Steps) -> float | None:
    """That a stretch as long strays as far, by the weeks before; `None` where they tell nothing."""
    watched = _WATCHED[finding.metric]
    course = Course.of(
        watched.points(sums),
        steps.first,
        sizes=[watched.size(each) for each in sums],
        season=_DAY // steps.length,
        noise=_noise(finding.metric, sums),
    )
    if course is None or course.known * steps.length < _ENOUGH:
        return None
    start = steps.starts.index(finding.start)
    end = len(sums) if finding.end is None else steps.starts.index(finding.end)
    return chance_of(course, start, end)


def _size(finding: Finding) -> float:
    """How many times what a team lets pass; 0 of what is no more, or is for the better."""
    moved = trend(finding.metric, finding.usual, finding.level)
    size = abs(moved.change or 0.0) / METRICS[finding.metric].allowed
    return size if moved.worse and size > 1 else 0.0


def _series(hours: Sequence[Hour], window: Window) -> Iterator[_Series]:
    """All calls, and those of large groups that are not all calls again."""
    yield "", "", totals(hours)
    total = sum(hour.total.calls_units for hour in hours if hour.start >= window.since)
    brief = window.until - window.since <= _BRIEF
    for dimension in _DIMENSIONS if brief else _DIMENSIONS[:1]:
        groups = grouped(hours, dimension)
        calls = {
            name: sum(figures.calls_units for start, figures in each if start >= window.since)
            for name, each in groups.items()
        }
        for name in sorted(calls, key=lambda each: (-calls[each], each))[:_GROUPS]:
            if calls[name] < _NEARLY_ALL * total:
                yield dimension, name, groups[name]


def _shifts(sums: Sequence[Figures], steps: Steps) -> Iterator[tuple[str, Shift]]:
    for metric, watched in _WATCHED.items():
        points = watched.points(sums)
        found = find_shift(points, first=steps.first, noise=_noise(metric, sums))
        if found is not None:
            lasts = not any(point is not None for point in points[found.end :])
            yield metric, replace(found, end=len(points)) if lasts else found


def _noise(metric: str, sums: Sequence[Figures]) -> float:
    """The standard deviation that a point of the metric has at least."""
    if metric != "error_rate":
        return _STILL
    return 0.5 / sqrt(max(1.0, _median([each.recorded for each in sums])))


def _told(metric: str, shift: Shift, steps: Steps, sums: Sequence[Figures]) -> Finding:
    """The shift with its times, and with figures in their own unit."""
    inside, outside = Figures(), Figures()
    for place, each in enumerate(sums):
        (inside if shift.start <= place < shift.end else outside).merge(each)
    return Finding(
        kind="shift",
        metric=metric,
        dimension="",
        group="",
        start=steps.starts[shift.start],
        end=None if shift.end == len(sums) else steps.starts[shift.end],
        usual=getattr(outside, metric),
        level=getattr(inside, metric),
        p_value=None,
    )


def _median(sizes: Sequence[float]) -> float:
    """Of the steps in which there was anything; 0 of none."""
    known = sorted(size for size in sizes if size)
    return known[len(known) // 2] if known else 0.0


def _logarithm(value: float | None) -> float | None:
    return log(value) if value else None


def _angle(figures: Figures) -> float:
    """Of an error rate: its noise is half the root of the number of calls, at any rate."""
    return asin(sqrt(min(1.0, (figures.errors + 0.375) / (figures.calls + 0.75))))


def _cost(figures: Figures) -> float | None:
    return None if figures.cost_is_partial else _logarithm(figures.cost_per_query_usd)


def _recorded(figures: Figures) -> float:
    return figures.recorded


_WATCHED: Mapping[str, _Watched] = {
    "error_rate": _Watched(_angle, _recorded, share=0.0),  # few calls may be the trouble itself
    "p95_latency_ms": _Watched(lambda it: _logarithm(it.p95_latency_ms), _recorded),
    "p99_latency_ms": _Watched(lambda it: _logarithm(it.p99_latency_ms), _recorded, least=100),
    "avg_ttft_ms": _Watched(lambda it: _logarithm(it.avg_ttft_ms), lambda it: it.ttft_ms.told),
    "cost_per_query_usd": _Watched(_cost, _recorded),
    "score": _Watched(
        lambda it: it.score, lambda it: sum(each.count for each in it.scores.values())
    ),
}
