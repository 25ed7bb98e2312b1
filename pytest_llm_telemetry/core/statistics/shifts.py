"""Is there a stretch of a series that lies off the rest of it, such as three bad hours of a day?"""

from collections.abc import Iterator, Sequence
from itertools import accumulate
from math import sqrt

from pytest_llm_telemetry.core.records import dataclass
from pytest_llm_telemetry.core.statistics.distributions import student_tail

_USUAL = 6  # points that tell what is usual; a stretch is never longer than what it is held against

_FAR = 1e15  # a point beyond it is damage: no real figure gets there, and its square is no float


@dataclass(frozen=True, slots=True, kw_only=True)
class Shift:
    """The stretch from `start` up to, not with, `end` lies off the rest of the series.

    Attributes:
        start, end: Places in the series.
        usual, level: The means of the rest and of the stretch.
        errors: How many standard errors they are apart.
        p_value: The chance of a stretch that stands out so much in a series of independent points
            without any, corrected for how many stretches were looked at.
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
    follow the day, need more to stand out. A point weighs the same whatever it was made of.

    Args:
        series: The points in order; what is unknown is left out.
        first: Where the stretch may begin; what is before tells only what is usual.
        noise: The standard deviation that a point has at least; a series can be still by chance.
    """
    known = [(n, value) for n, value in enumerate(series) if value is not None]
    known = [(n, value) for n, value in known if abs(value) < _FAR]
    places, values = [n for n, _ in known], [value for _, value in known]
    if len(values) <= _USUAL:
        return None
    sums = [0.0, *accumulate(values)]
    spread = sum(value * value for value in values) - sums[-1] ** 2 / len(values)
    looked, best = 0, (0.0, 0, 0)
    for start, end in _stretches(places, first):
        looked += 1
        best = max(best, (_strength(sums, spread, start, end, noise), start, end))
    t, start, end = best
    if not t:
        return None
    inside, size = sums[end] - sums[start], end - start
    return Shift(
        start=places[start],
        end=places[end - 1] + 1,
        usual=(sums[-1] - inside) / (len(values) - size),
        level=inside / size,
        errors=t,
        p_value=min(1.0, 2.0 * looked * student_tail(t, len(values) - 2)),
    )


def _stretches(places: Sequence[int], first: int) -> Iterator[tuple[int, int]]:
    """Every stretch that leaves enough to tell what is usual."""
    count = len(places)
    longest = min(count // 2, count - _USUAL)
    for start, place in enumerate(places):
        if place >= first:
            for end in range(start + 1, min(start + longest, count) + 1):
                yield start, end


def _strength(sums: Sequence[float], spread: float, start: int, end: int, noise: float) -> float:
    """The size of the t statistic of one stretch against the rest."""
    count, size = len(sums) - 1, end - start
    inside = sums[end] - sums[start]
    gap = inside / size - (sums[-1] - inside) / (count - size)
    share = size * (count - size) / count
    within = max(spread - share * gap * gap, 0.0) / (count - 2)
    return abs(gap) * sqrt(share) / max(sqrt(within), noise, 1e-12)
