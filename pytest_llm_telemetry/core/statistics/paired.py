"""Means and ratios of paired cases, with their standard errors and intervals."""

from collections.abc import Sequence
from math import exp, log, sqrt

from pytest_llm_telemetry.core.records import dataclass
from pytest_llm_telemetry.core.statistics.distributions import student_quantile, student_tail


@dataclass(frozen=True, slots=True, kw_only=True)
class Estimate:
    """A value, its standard error, and the degrees of freedom behind the error."""

    value: float
    error: float
    df: float

    def interval(self, confidence: float) -> tuple[float, float]:
        """The interval each end of which holds with `confidence` (one-sided)."""
        reach = student_quantile(confidence, self.df) * self.error
        return self.value - reach, self.value + reach

    def above(self, bound: float) -> float:
        """One-sided p value of "the true value is above `bound`"."""
        distance = self.value - bound
        if self.error == 0.0:
            return 0.5 if distance == 0.0 else float(distance < 0.0)
        return student_tail(distance / self.error, self.df)


def mean_change(changes: Sequence[tuple[float, float]], grain: float) -> Estimate:
    """The weighted mean of (change, weight) pairs of cases.

    `grain` is the smallest change that a case can show (1 / repeats of a grade). One made-up case
    a grain up and one a grain down are added to the error, so that a handful of cases without any
    change do not prove that there is none (Bonett & Price 2012, for paired proportions).
    """
    total = sum(weight for _, weight in changes)
    scale = len(changes) / total
    mean = sum(change * weight for change, weight in changes) / total
    squares = sum(((change - mean) * weight * scale) ** 2 for change, weight in changes)
    size = len(changes) + 2
    return Estimate(value=mean, error=sqrt(squares + 2 * grain**2) / size, df=size - 1)


def ratio_of_totals(totals: Sequence[tuple[float, float]]) -> Estimate | None:
    """ln(total now / total before) over (before, now) pairs of cases.

    The error is that of the ratio estimator (Cochran 1977, 6.4): how far single cases stray from
    the common ratio. `None` with fewer than two cases or where a total is not positive.
    """
    before, now = sum(b for b, _ in totals), sum(n for _, n in totals)
    size = len(totals)
    if size < 2 or before <= 0.0 or now <= 0.0:  # noqa: PLR2004 - one case has no spread
        return None
    ratio = now / before
    squares = sum((n - ratio * b) ** 2 for b, n in totals)
    error = sqrt(squares * size / (size - 1)) / now
    return Estimate(value=log(ratio), error=error if error > _ROUNDING else 0.0, df=size - 1)


# Sums of equal shares differ by rounding; that is no noise of the run.
_ROUNDING = 1e-12


def as_ratio(log_ratio: float) -> float:
    """A log ratio as a share of change: ln 1.2 is +0.2. Bounded, so that it stays finite."""
    return exp(min(log_ratio, 50.0)) - 1.0
