"""The one thing worth a look: calls that stopped, or a figure that left its usual range.

A figure is looked at step by step over both windows. What it does is worth a look where a stretch
stands out beyond chance, corrected for all that was looked at, and by more than a team lets pass.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import pairwise
from math import asin, log, sqrt

from pytest_llm_telemetry.core.dashboard.steps import Steps, named, totals
from pytest_llm_telemetry.core.dashboard.view import Finding
from pytest_llm_telemetry.core.metrics import METRICS, change
from pytest_llm_telemetry.core.statistics.shifts import find_shift
from pytest_llm_telemetry.core.traffic import Figures, Hour
from pytest_llm_telemetry.core.trends import Window, trend

_ALPHA = 0.001  # chance that a window in which nothing changed shows a finding
_POINTS = 72
_DIMENSIONS = ("model", "service", "variant", "route")
_GROUPS = 3  # of each dimension, the largest
_STILL = 0.02  # two points of a time or cost differ by so much in any case
_BUSY = 20  # calls an hour, from which on an hour without any says something
_HOUR = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class _Watched:
    """A figure on a scale on which chance moves it alike at any level; `None` is unknown."""

    point: Callable[[Figures], float | None]
    least: int  # log lines of queries that a point needs to say something
    noise: Callable[[Sequence[Figures]], float]


def find(
    hours: Sequence[Hour], window: Window, until: datetime, newest: datetime | None
) -> Finding | None:
    """What is worth a look in a window, given the hours of that and the window before.

    Args:
        hours: Of both windows.
        window: What is shown.
        until: How far it had come.
        newest: When the newest event was written.
    """
    return _silence(hours, until, newest) or _shift(hours, window)


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


def _shift(hours: Sequence[Hour], window: Window) -> Finding | None:
    """Of all stretches that stand out, of any figure of any large group, the largest change."""
    steps = Steps.of(window, _POINTS, with_before=True)
    series = list(_series(hours, window))
    found = [
        _judged(shift, steps, sums)
        for dimension, group, each in series
        for sums in [steps.sums(each)]
        for shift in _shifts(dimension, group, sums, steps)
    ]
    looked = len(series) * len(_WATCHED)
    kept = [each for each in found if each is not None and (each.p_value or 0) * looked < _ALPHA]
    return max(kept, key=_size, default=None)


def _size(finding: Finding) -> float:
    """How many times what a team lets pass."""
    metric = METRICS[finding.metric]
    return abs(change(metric, finding.usual, finding.level) or 0.0) / metric.allowed


def _series(
    hours: Sequence[Hour], window: Window
) -> Iterator[tuple[str, str, list[tuple[datetime, Figures]]]]:
    yield "", "", totals(hours)
    for dimension in _DIMENSIONS:
        calls: dict[str, int] = {}
        for hour in hours:
            if hour.start >= window.since:
                for name, figures in hour.by[dimension].named.items():
                    calls[name] = calls.get(name, 0) + figures.calls_units
        for name in sorted(calls, key=lambda each: (-calls[each], each))[:_GROUPS]:
            yield dimension, name, named(hours, dimension, name)


def _shifts(dimension: str, group: str, sums: Sequence[Figures], steps: Steps) -> Iterator[Finding]:
    starts = (*steps.starts, steps.until)
    for metric, watched in _WATCHED.items():
        points = [watched.point(each) if each.recorded >= watched.least else None for each in sums]
        found = find_shift(points, first=steps.first, noise=watched.noise(sums))
        if found is not None:
            lasts = not any(point is not None for point in points[found.end :])
            yield Finding(
                kind="shift",
                metric=metric,
                dimension=dimension,
                group=group,
                start=starts[found.start],
                end=None if lasts else starts[found.end],
                usual=found.usual,
                level=found.level,
                p_value=found.p_value,
            )


def _judged(finding: Finding, steps: Steps, sums: Sequence[Figures]) -> Finding | None:
    """The finding with figures in their own unit; `None` where it is no change for the worse."""
    inside, outside = Figures(), Figures()
    for start, each in zip(steps.starts, sums, strict=True):
        within = finding.start <= start and (finding.end is None or start < finding.end)
        (inside if within else outside).merge(each)
    usual, level = (getattr(each, finding.metric) for each in (outside, inside))
    told = replace(finding, usual=usual, level=level)
    return told if trend(finding.metric, usual, level).worse and _size(told) > 1 else None


def _logarithm(value: float | None) -> float | None:
    return log(value) if value else None


def _error_point(figures: Figures) -> float:
    """The angle of a rate: its spread is half the root of the number of calls at any rate."""
    return asin(sqrt(min(1.0, (figures.errors + 0.375) / (figures.calls + 0.75))))


def _error_noise(steps: Sequence[Figures]) -> float:
    calls = sorted(each.recorded for each in steps if each.recorded)
    return 0.5 / sqrt(calls[len(calls) // 2]) if calls else 0.0


_WATCHED: Mapping[str, _Watched] = {
    "error_rate": _Watched(_error_point, 20, _error_noise),
    "p95_latency_ms": _Watched(lambda it: _logarithm(it.p95_latency_ms), 20, lambda _: _STILL),
    "p99_latency_ms": _Watched(lambda it: _logarithm(it.p99_latency_ms), 100, lambda _: _STILL),
    "avg_ttft_ms": _Watched(lambda it: _logarithm(it.avg_ttft_ms), 20, lambda _: _STILL),
    "cost_per_query_usd": _Watched(
        lambda it: None if it.cost_is_partial else _logarithm(it.cost_per_query_usd),
        20,
        lambda _: _STILL,
    ),
    "score": _Watched(lambda it: it.score, 20, lambda _: _STILL),
}
