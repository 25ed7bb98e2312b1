"""Since when is a figure off? A stretch held against how far stretches as long strayed before.

A scan statistic whose scale is taken from the history for each length apart, so that slow hours
that come in a row, as on a slow day, are no surprise. `core.statistics.shifts` asks less: it takes
points for independent, which suits a single glance at two windows.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate
from math import sqrt
from statistics import median

from pytest_llm_telemetry.core.statistics.distributions import student_tail

_FEWEST = 10  # known points of history
_BLOCKS = 4.0  # stretches of a length that the history must hold to tell how they stray
_CYCLES = 3  # whole seasons that the history must hold
_FAR = 1e15  # beyond it a point is damage


@dataclass(frozen=True, slots=True, kw_only=True)
class Stretch:
    """Points from `start` up to, not with, `end` that stray from the usual course.

    `p_value` is the chance of one that strays so far, corrected for how many were looked at.
    """

    start: int
    end: int
    p_value: float


def find_turn(
    series: Sequence[float | None], first: int, *, season: int = 1, noise: float = 0.0
) -> Stretch | None:
    """The stretch from `first` on that strays most for its length; `None` where too little is known.

    Args:
        series: The points in order; what is unknown is left out.
        first: Where the window begins; what is before is the history.
        season: Points after which the figure repeats its course: 24 hours, 7 days.
        noise: The standard deviation that a point has at least.
    """
    points = [value if value is not None and abs(value) < _FAR else None for value in series]
    history = [value for value in points[:first] if value is not None]
    if len(history) < _FEWEST or first < _CYCLES * season:
        return None
    usual = median(history)
    effects, cycles = _effects(points[:first], season, usual)
    strays = [
        None if value is None else value - usual - effects[place % season]
        for place, value in enumerate(points)
    ]
    # a season taken from so few cycles hides some of the scatter, and is itself off by some
    widened = sqrt((cycles + 1) / (cycles - 1)) if cycles > 1 else 1.0
    found: list[tuple[float, float, int, int]] = []
    looked = 0
    for length in range(1, len(points) - first + 1):
        scale = _scale(strays[:first], length, noise) * widened
        blocks = len(history) / length
        if blocks < _BLOCKS or not scale:
            break
        means = _means(strays, first, length)
        looked += len(means)
        if means:
            size, back = max((abs(mean), -start) for start, mean in means)
            tail = student_tail(size / scale / sqrt(1.0 + 1.0 / blocks), blocks - 1.0)
            found.append((tail, -size / scale, -back, length))
    if not found:
        return None
    tail, _, start, length = min(found)
    start, length = _extent(strays, first, start, length)
    return Stretch(start=start, end=start + length, p_value=min(1.0, 2.0 * looked * tail))


def _extent(strays: Sequence[float | None], first: int, start: int, length: int) -> tuple[int, int]:
    """Start and length of the stretch around that one which takes most of the scatter away."""
    found = [
        (abs(mean) * sqrt(size), -size, -at)
        for size in range(length, len(strays) - first + 1)
        for at, mean in _means(strays, first, size)
        if at <= start and start + length <= at + size
    ]
    _, size, at = max(found)
    return -at, -size


def _effects(history: Sequence[float | None], season: int, usual: float) -> tuple[list[float], int]:
    """What each phase of the season differs by, and of how many whole seasons that is known."""
    if season == 1:
        return [0.0], 0
    phases = [
        [value for value in history[phase::season] if value is not None] for phase in range(season)
    ]
    effects = [median(phase) - usual if phase else 0.0 for phase in phases]
    return effects, len(history) // season


def _scale(strays: Sequence[float | None], length: int, noise: float) -> float:
    """How far means of so many points in a row stray in the history, root mean square."""
    means = [mean for _, mean in _means(strays, 0, length)]
    spread = sqrt(sum(mean**2 for mean in means) / len(means)) if means else 0.0
    return max(spread, noise / sqrt(length)) if means else 0.0


def _means(strays: Sequence[float | None], first: int, length: int) -> list[tuple[int, float]]:
    """The mean of each stretch of that length from `first` on, where at least half of it is known."""
    part = strays[first:]
    sums = [0.0, *accumulate(0.0 if value is None else value for value in part)]
    known = [0, *accumulate(value is not None for value in part)]
    return [
        (first + start, (sums[start + length] - sums[start]) / count)
        for start in range(len(part) - length + 1)
        if 2 * (count := known[start + length] - known[start]) >= max(length, 1) and count
    ]
