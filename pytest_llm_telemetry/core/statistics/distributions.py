"""Tails and quantiles of the normal, Student and binomial distributions."""

from collections.abc import Callable
from functools import lru_cache
from math import erfc, exp, lgamma, log, log1p, sqrt

_TINY = 1e-300
_CLOSE = 1e-13


def normal_tail(z: float) -> float:
    """P(Z >= z) of the standard normal distribution."""
    return erfc(z / sqrt(2.0)) / 2.0


def normal_quantile(p: float) -> float:
    """The z with P(Z <= z) = `p`, for p in (0, 1); found by bisection of the exact tail."""
    return _solve(lambda z: normal_tail(-z), p)


def student_tail(t: float, df: float) -> float:
    """P(T >= t) of Student's distribution with `df` degrees of freedom.

    By the incomplete beta function (Abramowitz & Stegun 26.7.1).
    """
    half = beta_share(df / (df + t * t), df / 2.0, 0.5) / 2.0
    return half if t >= 0.0 else 1.0 - half


@lru_cache(maxsize=1024)
def student_quantile(p: float, df: float) -> float:
    """The t with P(T <= t) = `p`, for p in (0, 1)."""
    return _solve(lambda t: student_tail(-t, df), p)


def binomial_tail(successes: float, trials: float, p: float) -> float:
    """P(X >= successes), mid-p (Lancaster 1961): the observed count itself counts half.

    Counts need not be whole, so that counts divided by a dispersion can be tested.
    """
    if trials <= 0.0:
        return 0.5
    return (_at_least(successes, trials, p) + _at_least(successes + 1.0, trials, p)) / 2.0


def _at_least(successes: float, trials: float, p: float) -> float:
    if successes <= 0.0:
        return 1.0
    if successes > trials:
        return 0.0
    return beta_share(p, successes, trials - successes + 1.0)


def beta_share(x: float, a: float, b: float) -> float:
    """The regularised incomplete beta function I_x(a, b), by Lentz's continued fraction.

    Source: Abramowitz & Stegun 26.5.8; Lentz 1976.
    """
    if x <= 0.0 or x >= 1.0:
        return float(x >= 1.0)
    if x > (a + 1.0) / (a + b + 2.0):
        return 1.0 - beta_share(1.0 - x, b, a)
    front = lgamma(a + b) - lgamma(a) - lgamma(b) + a * log(x) + b * log1p(-x)
    return min(1.0, exp(front) * _fraction(x, a, b) / a)


def _fraction(x: float, a: float, b: float) -> float:
    """The continued fraction of the incomplete beta function, two terms a step."""
    c, d = 1.0, 1.0 / _away(1.0 - (a + b) * x / (a + 1.0))
    result, step, factor = d, 0, 2.0
    while abs(factor - 1.0) > _CLOSE:
        step += 1
        at = a + 2.0 * step
        even = step * (b - step) * x / ((at - 1.0) * at)
        odd = -(a + step) * (a + b + step) * x / (at * (at + 1.0))
        for term in (even, odd):
            d = 1.0 / _away(1.0 + term * d)
            c = _away(1.0 + term / c)
            factor = c * d
            result *= factor
    return result


def _away(value: float) -> float:
    return value if abs(value) > _TINY else _TINY


def _solve(share: Callable[[float], float], p: float) -> float:
    """The point where the increasing function `share` reaches `p`."""
    low, high = -1.0, 1.0
    while share(low) > p:
        low *= 2.0
    while share(high) < p:
        high *= 2.0
    while high - low > _CLOSE * max(1.0, abs(high)):
        middle = (low + high) / 2.0
        low, high = (middle, high) if share(middle) < p else (low, middle)
    return high
