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
from pytest_llm_telemetry.core.metrics import METRICS
from pytest_llm_telemetry.core.statistics.shifts import Shift, find_shift
from pytest_llm_telemetry.core.traffic import Figures, Hour
from pytest_llm_telemetry.core.trends import Window, trend

_ALPHA = 0.001  # chance that a window in which nothing changed shows a finding
_POINTS = 72
_DIMENSIONS = ("model", "service", "variant", "route")
_GROUPS = 3  # of each dimension, the largest
_STILL = 0.02  # two points of a time or cost differ by so much in any case
_BUSY = 20  # calls an hour, from which on an hour without any says something
_DOUBT = 3.0  # standard errors that a change is taken to be smaller by, so that noise ranks low
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
    """Of all stretches that stand out, of any figure of any large group, the largest for sure."""
    steps = Steps.of(window, _POINTS, with_before=True)
    series = list(_series(hours, window))
    looked = len(series) * len(_WATCHED)
    best: tuple[float, Finding] | None = None
    for dimension, group, each in series:
        sums = steps.sums(each)
        for metric, shift in _shifts(sums, steps):
            if shift.p_value * looked < _ALPHA:
                found = _told(metric, shift, steps, sums)
                size = _size(found) * (1 - _DOUBT / shift.errors)
                if size > (best[0] if best else 0.0):
                    best = (
                        size,
                        replace(
                            found,
                            dimension=dimension,
                            group=group,
                            p_value=shift.p_value * looked,
                        ),
                    )
    return best[1] if best else None


def _size(finding: Finding) -> float:
    """How many times what a team lets pass; 0 of what is no more, or is for the better."""
    moved = trend(finding.metric, finding.usual, finding.level)
    size = abs(moved.change or 0.0) / METRICS[finding.metric].allowed
    return size if moved.worse and size > 1 else 0.0


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


def _shifts(sums: Sequence[Figures], steps: Steps) -> Iterator[tuple[str, Shift]]:
    for metric, watched in _WATCHED.items():
        points = [watched.point(each) if each.recorded >= watched.least else None for each in sums]
        found = find_shift(points, first=steps.first, noise=watched.noise(sums))
        if found is not None:
            lasts = not any(point is not None for point in points[found.end :])
            yield metric, replace(found, end=len(points)) if lasts else found


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
