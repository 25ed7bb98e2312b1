"""Did it change, given that each case is its own control? Permutation within each case.

If nothing changed, the values of a case before and now are one bag, and which of them were drawn
"now" is chance. Cases that are always right or always wrong say nothing and cost nothing; cases
that differ from each other add no noise.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from itertools import combinations
from math import comb, sqrt

from pytest_llm_telemetry.core.records import dataclass
from pytest_llm_telemetry.core.statistics.distributions import normal_tail

# Exact counting up to this many multiplications (about 50 ms), the normal law beyond: with that
# many informative cases the two agree to a few per cent of p (tests/core/statistics).
_EXACT_WORK = 400_000
_EXACT_DRAWS = 4_000
# Steps of the grid that a case's scores are rounded to. The test stays exact: it is then the exact
# test of the rounded score.
_GRID = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class Bag:
    """One case's values before and now, in any unit, and the case's weight."""

    before: Sequence[float]
    now: Sequence[float]
    weight: float = 1.0


def p_values(bags: Iterable[Bag]) -> tuple[float, float]:
    """One-sided mid-p values of "the weighted mean of `now` is lower, is higher than by chance".

    At one repeat of a pass/fail grade this is McNemar's exact mid-p test (Fagerland, Lydersen &
    Laake 2013). Without any informative case both are 0.5.
    """
    informative = [bag for bag in bags if _informative(bag)]
    if not informative:
        return 0.5, 0.5
    kernels = _kernels(informative)
    return _normal(informative) if kernels is None else _exact(*kernels)


def _informative(bag: Bag) -> bool:
    if not bag.before or not bag.now or not bag.weight:
        return False
    return len({*bag.before, *bag.now}) > 1


def _normal(bags: Sequence[Bag]) -> tuple[float, float]:
    """By the exact mean and variance of a draw without replacement from each bag."""
    distance = variance = 0.0
    for bag in bags:
        pool = (*bag.before, *bag.now)
        size, drawn = len(pool), len(bag.now)
        mean = sum(pool) / size
        spread = sum([(value - mean) ** 2 for value in pool]) / size
        distance += bag.weight * (sum(bag.now) / drawn - mean)
        variance += bag.weight**2 * spread * (size - drawn) / ((size - 1) * drawn)
    z = distance / sqrt(variance)
    return normal_tail(-z), normal_tail(z)


_Kernel = tuple[float, ...]


def _kernels(bags: Sequence[Bag]) -> tuple[Counter[_Kernel], int] | None:
    """Each bag's distribution on a common grid, and the observed total above its minimum.

    `None` where counting them all would take too long.
    """
    step = _step(bags)
    found: Counter[_Kernel] = Counter()
    observed = support = work = 0
    for bag in bags:
        if comb(len(bag.before) + len(bag.now), len(bag.now)) > _EXACT_DRAWS:
            return None
        unit = bag.weight / len(bag.now) / step
        least_value = min(*bag.before, *bag.now)
        pool = [round((value - least_value) * unit) for value in (*bag.before, *bag.now)]
        kernel, least = _draws(pool, len(bag.now))
        observed += sum(pool[len(bag.before) :]) - least
        support += len(kernel)
        work += support * len(kernel)
        if work > _EXACT_WORK:
            return None
        found[kernel] += 1
    return found, observed


def _step(bags: Sequence[Bag]) -> float:
    """The grid: exact for equal repeats and weights of pass/fail grades, fine otherwise."""
    units = {bag.weight / len(bag.now) for bag in bags}
    if len(units) == 1 and all(v in {0.0, 1.0} for bag in bags for v in (*bag.before, *bag.now)):
        return max(units)
    return max(bag.weight / len(bag.now) * _range(bag) for bag in bags) / _GRID


def _range(bag: Bag) -> float:
    pool = (*bag.before, *bag.now)
    return max(pool) - min(pool)


def _draws(pool: Sequence[int], drawn: int) -> tuple[_Kernel, int]:
    """The distribution of the sum of `drawn` values out of `pool`, from its least value up."""
    counts: Mapping[int, int]
    if set(pool) <= {0, 1}:
        ones, size = sum(pool), len(pool)
        sums = range(max(0, drawn - size + ones), min(ones, drawn) + 1)
        counts = {s: comb(ones, s) * comb(size - ones, drawn - s) for s in sums}
    else:
        counts = Counter(sum(draw) for draw in combinations(pool, drawn))
    least, total = min(counts), sum(counts.values())
    return tuple(counts.get(s, 0) / total for s in range(least, max(counts) + 1)), least


def _exact(kernels: Counter[_Kernel], observed: int) -> tuple[float, float]:
    """The tails of the sum of independent draws; the observed sum counts half in each."""
    shares = [1.0]
    for kernel, times in kernels.items():
        for _ in range(times):
            shares = _convolve(shares, kernel)
    half = shares[observed] / 2.0
    return sum(shares[:observed]) + half, sum(shares[observed + 1 :]) + half


def _convolve(shares: Sequence[float], kernel: _Kernel) -> list[float]:
    result = [0.0] * (len(shares) + len(kernel) - 1)
    for shift, chance in enumerate(kernel):
        if chance:
            for place, share in enumerate(shares, shift):
                result[place] += chance * share
    return result
