"""Is there a stretch of a series that lies off the rest of it, such as three bad hours of a day?"""

from collections.abc import Iterator, Sequence
from itertools import accumulate, pairwise
from math import sqrt

from pytest_llm_telemetry.core.records import dataclass
from pytest_llm_telemetry.core.statistics.distributions import student_tail

_USUAL = 6  # points that tell what is usual; a stretch is never longer than what it is held against

_MOST_LIKENESS = 0.9

_FAR = 1e15  # a point beyond it is damage: no real figure gets there, and its square is no float


@dataclass(frozen=True, slots=True, kw_only=True)
class Shift:
    """The stretch from `start` up to, not with, `end` lies off the rest of the series.

    Attributes:
        start, end: Places in the series.
        usual, level: The means of the rest and of the stretch.
        errors: How many standard errors they are apart.
        p_value: The chance of a stretch that stands out so much in a series without any, where
            each point is as like the one before as here, corrected for how many were looked at.
    """

    start: int
    end: int
    usual: float
    level: float
    errors: float
    p_value: float


def find_shift(
    series: Sequence[float | None], *, first: int = 0, noise: float = 0.0
) -> Shift | None:
    """The stretch that stands out most from the rest; `None` where too little is known, or all points are equal.

    A two-sample t statistic of every stretch against the rest, so that points that scatter, or
    follow the day, need more to stand out. A point weighs the same whatever it was made of. Hours
    that stay off together are fewer pieces of evidence than hours: how like a point is to the one
    before is taken from what is left about both levels, and widens the statistic.

    Args:
        series: The points in order; what is unknown is left out.
        first: Where the stretch may begin; what is before tells only what is usual.
        noise: The standard deviation that a point has at least; a series can be still by chance.
    """
    known = [(n, value) for n, value in enumerate(series) if value is not None]
    known = [(n, value) for n, value in known if abs(value) < _FAR]
    places, values = [n for n, _ in known], [value for _, value in known]
    stretches = list(_stretches(places, first))
    if not stretches:
        return None
    sums = [0.0, *accumulate(values)]
    spread = sum(value * value for value in values) - sums[-1] ** 2 / len(values)
    _, start, end = _farthest(stretches, sums, spread, noise, 0.0)
    likeness = _likeness(values, start, end, noise)
    t, start, end = _farthest(stretches, sums, spread, noise, likeness)
    if not t:
        return None
    inside, size = sums[end] - sums[start], end - start
    squared = likeness * likeness
    df = len(values) * (1.0 - squared) / (1.0 + squared) - 2.0  # of a variance (Bartlett 1946)
    return Shift(
        start=places[start],
        end=places[end - 1] + 1,
        usual=(sums[-1] - inside) / (len(values) - size),
        level=inside / size,
        errors=t,
        p_value=min(1.0, 2.0 * len(stretches) * student_tail(t, max(df, 1.0))),
    )


def _stretches(places: Sequence[int], first: int) -> Iterator[tuple[int, int]]:
    """Every stretch that leaves enough to tell what is usual."""
    count = len(places)
    longest = min(count // 2, count - _USUAL)
    for start, place in enumerate(places):
        if place >= first:
            for end in range(start + 1, min(start + longest, count) + 1):
                yield start, end


def _farthest(
    stretches: Sequence[tuple[int, int]],
    sums: Sequence[float],
    spread: float,
    noise: float,
    likeness: float,
) -> tuple[float, int, int]:
    """The largest t statistic of a stretch against the rest, and the stretch; zeros of none."""
    count = len(sums) - 1
    lasting = _lasting(likeness)
    own = [1.0, *(_lasting(likeness, size) / size for size in range(1, count + 1))]
    best = (0.0, 0, 0)
    for start, end in stretches:
        size, rest = end - start, count - (end - start)
        inside = sums[end] - sums[start]
        gap = inside / size - (sums[-1] - inside) / rest
        share = size * rest / count
        within = max(spread - share * gap * gap, 0.0) / (count - 2)
        error = max(within * (own[size] + lasting / rest), noise * noise / share, 1e-24 / share)
        best = max(best, (abs(gap) / sqrt(error), start, end))
    return best


def _lasting(likeness: float, size: int = 0) -> float:
    """By how much a mean of `size` points varies more than one of strangers; of 0 that of very many.

    Of a first-order autoregression (Bartlett 1946).
    """
    most = (1.0 + likeness) / (1.0 - likeness)
    if not size:
        return most
    return most - 2.0 * likeness * (1.0 - likeness**size) / size / (1.0 - likeness) ** 2


def _likeness(values: Sequence[float], start: int, end: int, noise: float) -> float:
    """The correlation of each point with the next one, about the levels of the stretch and the rest.

    One standard error (Bartlett 1946) above what is seen, of which each level that is fitted hides
    some (Kendall 1954): points that are more alike than they look give the most false alarms.
    """
    size, rest = end - start, len(values) - (end - start)
    inside = sum(values[start:end])
    levels = inside / size, (sum(values) - inside) / rest
    strays = [value - levels[not start <= place < end] for place, value in enumerate(values)]
    total = max(sum(stray * stray for stray in strays), noise * noise * len(values), 1e-24)
    seen = sum(one * next_ for one, next_ in pairwise(strays)) / total
    seen += 2.0 * (1.0 + 3.0 * seen) / len(values)
    seen += sqrt(max(1.0 - seen * seen, 0.0) / len(values))
    return min(max(seen, 0.0), _MOST_LIKENESS)
