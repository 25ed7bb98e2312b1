"""Since when is a figure off? A stretch held against how far stretches as long strayed before.

A scan statistic whose scale is taken from the history for each length apart, so that slow hours
that come in a row, as on a slow day, are no surprise. `core.statistics.shifts` needs less history:
it takes what hours in a row have in common from two windows alone.
"""

from collections.abc import Sequence
from itertools import accumulate
from math import sqrt
from statistics import fmean, median

from pytest_llm_telemetry.core.records import dataclass
from pytest_llm_telemetry.core.statistics.distributions import normal_quantile, student_tail

_FEWEST = 10  # known points of history
_BLOCKS = 4.0  # stretches of a length that the history must hold to tell how they stray
_MANY = 30  # stretches of a length of which the farthest tells how bursts stray
_CYCLES = 3  # whole seasons that the history must hold, and how often it must know a phase
_FAR = 1e15  # beyond it a point is damage

_Points = Sequence[float | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Stretch:
    """Points from `start` up to, not with, `end` that stray from the usual course.

    `p_value` is the chance of one that strays so far, corrected for how many were looked at.
    """

    start: int
    end: int
    p_value: float


def find_turn(
    series: _Points,
    first: int,
    *,
    sizes: Sequence[float] = (),
    season: int = 1,
    noise: float = 0.0,
) -> Stretch | None:
    """The stretch from `first` on that strays most for its length; `None` where too little is known.

    Every length gets the same share of the chance of a false alarm, and all stretches of a length
    share that (as Rivera & Walther 2013): a long one, of which there are few, needs less.

    Args:
        series: The points in order; what is unknown is left out.
        first: Where the window begins; what is before is the history.
        sizes: How many calls each point was made of; of few it scatters more.
        season: Points after which the figure repeats its course: 24 hours, 7 days.
        noise: The standard deviation that a point has at least.
    """
    points = [value if value is not None and abs(value) < _FAR else None for value in series]
    strays, cycles = _strays(points, first, season)
    known = sum(stray is not None for stray in strays[:first])
    if known < _FEWEST or first < _CYCLES * season:
        return None
    if sizes:
        strays = _levelled(strays, sizes, first)
    # a season taken from so few cycles hides some of the scatter, and is itself off by some
    widened = sqrt((cycles + 1.0) / (cycles - 1.0))
    found: list[tuple[float, float, int, int]] = []
    for length in range(1, len(points) - first + 1):
        blocks = known / length
        scale = _scale(strays[:first], length, noise) * widened
        means = _means(strays, first, length)
        if blocks < _BLOCKS or not scale:
            break
        if means:
            size, back = max((abs(mean), -start) for start, mean in means)
            tail = student_tail(size / scale / sqrt(1.0 + 1.0 / blocks), blocks - 1.0)
            found.append((2.0 * len(means) * tail, -size / scale, -back, length))
    if not found:
        return None
    chance, _, start, length = min(found)
    start, length = _extent(strays, first, start, length)
    return Stretch(start=start, end=start + length, p_value=min(1.0, len(found) * chance))


def _extent(strays: _Points, first: int, start: int, length: int) -> tuple[int, int]:
    """Start and length of the stretch around that one which takes most of the scatter away."""
    found = [
        (abs(mean) * sqrt(size), -size, -at)
        for size in range(length, len(strays) - first + 1)
        for at, mean in _means(strays, first, size)
        if at <= start and start + length <= at + size
    ]
    _, size, at = max(found)
    return -at, -size


def _strays(points: _Points, first: int, season: int) -> tuple[list[float | None], float]:
    """How far each point is from the usual one of its phase of the season, and from how many that is known.

    A phase of which the history knows next to nothing has nothing usual.
    """
    phases = [
        [value for value in points[phase:first:season] if value is not None]
        for phase in range(season)
    ]
    usual = [median(phase) if len(phase) >= _CYCLES else None for phase in phases]
    strays = [
        None if value is None or (level := usual[place % season]) is None else value - level
        for place, value in enumerate(points)
    ]
    known = [len(phase) for phase in phases if len(phase) >= _CYCLES]
    return strays, fmean(known) if known else 0.0


def _levelled(strays: _Points, sizes: Sequence[float], first: int) -> list[float | None]:
    """Strays of points of few calls drawn in to the scatter of a usual point.

    The square of a stray is taken to be a + b / size, both from the history by least squares and
    not below 0: what all calls of a point share, and what each call adds (Cochran 1954).
    """
    parts = [1.0 / max(size, 1.0) for size in sizes]
    told = [
        (part, stray**2)
        for part, stray in zip(parts[:first], strays[:first], strict=True)
        if stray is not None
    ]
    usual, scatter = fmean(part for part, _ in told), fmean(square for _, square in told)
    spread = sum((part - usual) ** 2 for part, _ in told)
    if not spread or not scatter:
        return list(strays)
    slope = sum((part - usual) * square for part, square in told) / spread / scatter
    share = min(max(slope * usual, 0.0), 1.0)
    return [
        None if stray is None else stray / sqrt(1.0 - share + share * part / usual)
        for part, stray in zip(parts, strays, strict=True)
    ]


def _scale(history: _Points, length: int, noise: float) -> float:
    """How far means of so many points in a row stray in the history: their standard deviation.

    At least such that the farthest of them is as far as the farthest of so many normal values
    usually is (Weibull 1939): a burst like one of the weeks before is no surprise. Of few that
    says nothing of bursts.
    """
    means = [abs(mean) for _, mean in _means(history, 0, length)]
    if not means:
        return 0.0
    spread = max(sqrt(fmean(mean**2 for mean in means)), noise / sqrt(length))
    if len(history) < _MANY * length:
        return spread
    return max(spread, max(means) / normal_quantile(1.0 - 0.5 / (len(means) + 1)))


def _means(strays: _Points, first: int, length: int) -> list[tuple[int, float]]:
    """The mean of each stretch of that length from `first` on, where at least half of it is known."""
    part = strays[first:]
    sums = [0.0, *accumulate(0.0 if value is None else value for value in part)]
    known = [0, *accumulate(value is not None for value in part)]
    return [
        (first + start, (sums[start + length] - sums[start]) / count)
        for start in range(len(part) - length + 1)
        if 2 * (count := known[start + length] - known[start]) >= length
    ]
