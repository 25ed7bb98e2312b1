"""Did the typical value move? Winsorised means of log ratios, with the drift taken out."""

from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise
from math import hypot, sqrt

from pytest_llm_telemetry.core.statistics.paired import Estimate

_TAIL = 0.1
_FEWEST = 2


def winsorised(values: Sequence[float]) -> tuple[list[float], float]:
    """The values with the outer tenth on each side drawn in, and what that does to the spread.

    The factor makes the standard error of their mean honest (Dixon & Tukey 1968).
    """
    ordered = sorted(values)
    cut = int(_TAIL * len(ordered))
    low, high = ordered[cut], ordered[len(ordered) - 1 - cut]
    kept = len(ordered) - 2 * cut
    factor = (len(ordered) - 1) / (kept - 1) if kept > 1 else 1.0
    return [min(high, max(low, value)) for value in values], factor


def typical_change(
    changes: Mapping[str, float], controls: Mapping[str, float]
) -> tuple[Estimate, float | None] | None:
    """The mean log ratio over cases without the drift that the controls show, and that drift.

    `changes` are ln(now / before) of each case, `controls` the same of replays of some of the
    cases with the unchanged version. A control case was measured three times (before, now,
    replayed), and the least-squares estimate of the change is D / 2 + Dk / 2 - C: D over all
    cases, Dk over the control cases, C of their replays. `None` with fewer than two cases.
    """
    if len(changes) < _FEWEST:
        return None
    values, factor = winsorised(list(changes.values()))
    drawn_in = dict(zip(changes, values, strict=True))
    mean = _mean(values)
    size = len(values)
    shares = {key: factor * (value - mean) / size for key, value in drawn_in.items()}
    both = [key for key in changes if key in controls]
    if len(both) < _FEWEST:
        return Estimate(value=mean, error=_norm(shares.values(), size), df=size - 1), None
    moved, control_factor = winsorised([controls[key] for key in both])
    drift, of_controls = _mean(moved), _mean([drawn_in[key] for key in both])
    shares = {key: share / 2.0 for key, share in shares.items()}
    for key, move in zip(both, moved, strict=True):
        own = factor * (drawn_in[key] - of_controls) / 2.0
        shares[key] += (own - control_factor * (move - drift)) / len(both)
    error = _norm(shares.values(), len(both))
    value = (mean + of_controls) / 2.0 - drift
    return Estimate(value=value, error=error, df=len(both) - 1), drift


def with_drift(estimate: Estimate, drift: float, runs: int) -> Estimate:
    """The estimate with the run-to-run drift (a standard deviation from `runs` runs) added."""
    return Estimate(value=estimate.value, error=hypot(estimate.error, drift), df=max(1, runs - 1))


def drift_of(history: Sequence[float]) -> float:
    """The standard deviation of the difference of two runs, from successive log figures.

    Successive differences forget slow changes that were accepted (von Neumann 1941).
    """
    steps = [after - before for before, after in pairwise(history)]
    return sqrt(sum(step**2 for step in steps) / len(steps))


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values)


def _norm(shares: Iterable[float], size: int) -> float:
    return sqrt(sum(share**2 for share in shares) * size / (size - 1))
