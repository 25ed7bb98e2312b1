"""Did some days differ from as many before, given how days differ anyway?

Calls of a day share its load, its provider and its users, so the day is the unit, not the call: a
million calls of one slow day are one slow day.
"""

from collections.abc import Sequence
from itertools import pairwise
from math import sqrt

from pytest_llm_telemetry.core.statistics.paired import Estimate

FEWEST = 5  # differences that tell how days scatter
_MOST_MEMORY = 0.9
_STILL = 1e-9  # days that never differ: a difference is no noise then


def period_change(days: Sequence[float | None], length: int, before: int) -> Estimate | None:
    """How the last `length` days differ from the `before` days before; `None` where too few are known.

    Each day is held against the mean of the days `length`, `2 * length`, ... up to `before` days
    earlier, so that whole weeks take the week's rhythm out. The scatter is that of all such
    differences: earlier ones about nothing (as von Neumann 1941 for successive differences), the
    latest about their mean. For more days than one it is widened by their memory: if a slow day
    follows a slow one, seven days are fewer than seven.

    Args:
        days: A figure of each day, oldest first; `None` is unknown.
        length: Days of the period.
        before: Days of the period before, a multiple of `length`.
    """
    steps = [_step(days, place, length, before) for place in range(before, len(days))]
    latest = [step for step in steps[-length:] if step is not None]
    if not latest or 2 * len(latest) < length:
        return None
    mean = sum(latest) / len(latest)
    earlier = len(steps[:-length])
    about = [*[0.0] * earlier, *[mean] * (len(steps) - earlier)]
    strays = [
        None if step is None else step - center for step, center in zip(steps, about, strict=True)
    ]
    known = [stray for stray in strays if stray is not None]
    df = len(known) - 1
    if df < FEWEST:
        return None
    spread = sqrt(sum(stray**2 for stray in known) / df / len(latest))
    widened = spread * sqrt(memory(strays)) if length > 1 else spread
    return Estimate(value=mean, error=max(widened, _STILL), df=df)


def _step(days: Sequence[float | None], place: int, length: int, before: int) -> float | None:
    now = days[place]
    base = [day for day in days[place - before : place : length] if day is not None]
    return None if now is None or not base else now - sum(base) / len(base)


def memory(strays: Sequence[float | None]) -> float:
    """By how much a mean of neighbours varies more than one of strangers.

    (1 + r) / (1 - r) with the correlation r of each value with the next one, as for a first-order
    autoregression (Bartlett 1946); values that alternate count as strangers.
    """
    pairs = [
        (one, next_) for one, next_ in pairwise(strays) if one is not None and next_ is not None
    ]
    total = sum(stray**2 for stray in strays if stray is not None)
    if not total or not pairs:
        return 1.0
    together = sum(one * next_ for one, next_ in pairs) / total
    together += (1.0 + 3.0 * together) / len(pairs)  # short series hide it (Kendall 1954)
    share = min(max(together, 0.0), _MOST_MEMORY)
    return (1.0 + share) / (1.0 - share)


def scatter(counts: Sequence[tuple[float, float]]) -> float:
    """How much wider (events, trials) of days scatter than chance alone lets them; at least 1.

    Pearson's dispersion (McCullagh & Nelder 1989, 4.5.1) times the days' memory.
    """
    known = [(events, trials) for events, trials in counts if trials >= 1.0]
    trials = sum(each for _, each in known)
    rate = sum(events for events, _ in known) / trials if trials else 0.0
    if len(known) <= 1 or not 0.0 < rate < 1.0:
        return 1.0
    strays = [
        (events - rate * size) / sqrt(size * rate * (1.0 - rate)) if size >= 1.0 else None
        for events, size in counts
    ]
    squares = sum(stray**2 for stray in strays if stray is not None)
    return max(1.0, squares / (len(known) - 1) * memory(strays))
