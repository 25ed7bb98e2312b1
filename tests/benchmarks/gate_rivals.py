"""The usual rules, as their tools or textbooks have them, on the same draws as our gate.

Each takes (before, now) samples of cases and says whether it would fail the run. All are one-sided
for a change for the worse, at the level their users know.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from pytest_llm_telemetry.core.metrics import measure
from pytest_llm_telemetry.core.statistics.distributions import (
    binomial_tail,
    normal_tail,
    student_tail,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from pytest_llm_telemetry.core.samples import CaseSamples

    Cases = Sequence[CaseSamples]

_LEVEL = 0.05


def _latencies(cases: Cases) -> list[float]:
    return [c.latency_ms or 0.0 for case in cases for c in case.calls if c.error_type is None]


def _passes(cases: Cases) -> list[bool]:
    return [bool(a.passed) for case in cases for a in case.attempts]


def mean_10_percent(before: Cases, now: Cases) -> bool:
    """pytest-benchmark, `--benchmark-compare-fail=mean:10%`, on call latency."""
    old, new = _latencies(before), _latencies(now)
    return sum(new) / len(new) > 1.10 * sum(old) / len(old)


def asv(before: Cases, now: Cases) -> bool:
    """asv: medians 10 % apart, and different by Mann-Whitney at .002 (asv_runner, 2024)."""
    old, new = _latencies(before), _latencies(now)
    far = sorted(new)[len(new) // 2] > 1.10 * sorted(old)[len(old) // 2]
    return far and mann_whitney_p(old, new) < 0.002 / 2


def mann_whitney(before: Cases, now: Cases) -> bool:
    """Mann-Whitney at .05 on call latency."""
    return mann_whitney_p(_latencies(before), _latencies(now)) < _LEVEL


def mann_whitney_p(old: Sequence[float], new: Sequence[float]) -> float:
    """One-sided p of "new is larger", normal approximation; latencies have no ties."""
    ranked = sorted([(value, 0) for value in old] + [(value, 1) for value in new])
    ranks = sum(rank for rank, (_, side) in enumerate(ranked, 1) if side)
    n, m = len(old), len(new)
    mean, variance = m * (n + m + 1) / 2, n * m * (n + m + 1) / 12
    return normal_tail((ranks - mean) / math.sqrt(variance))


def _paired_t(pairs: Sequence[tuple[float, float]]) -> float:
    rises = [new - old for old, new in pairs]
    mean = sum(rises) / len(rises)
    spread = math.sqrt(sum((rise - mean) ** 2 for rise in rises) / (len(rises) - 1))
    return student_tail(mean / (spread / math.sqrt(len(rises))), len(rises) - 1)


def paired_t_latency(before: Cases, now: Cases) -> bool:
    """Paired t at .05 on the logarithm of each case's mean latency."""
    pairs = [
        (math.log(sum(x) / len(x)), math.log(sum(y) / len(y)))
        for b, n in zip(before, now, strict=True)
        if (x := _latencies([b])) and (y := _latencies([n]))
    ]
    return _paired_t(pairs) < _LEVEL


def paired_t_score(before: Cases, now: Cases) -> bool:
    """Paired t at .05 on each case's mean score."""
    pairs = []
    for b, n in zip(before, now, strict=True):
        x = [a.score or 0.0 for a in b.attempts]
        y = [a.score or 0.0 for a in n.attempts]
        if x and y:
            pairs.append((-sum(x) / len(x), -sum(y) / len(y)))
    return _paired_t(pairs) < _LEVEL


def fisher_p(bad_0: int, size_0: int, bad_1: int, size_1: int) -> float:
    """One-sided Fisher exact p of "more bad ones now"."""
    bad, total = bad_0 + bad_1, size_0 + size_1

    def log_choose(n: int, k: int) -> float:
        return math.lgamma(n + 1) - math.lgamma(k + 1) - math.lgamma(n - k + 1)

    whole = log_choose(total, bad)
    return sum(
        math.exp(log_choose(size_1, k) + log_choose(size_0, bad - k) - whole)
        for k in range(max(bad_1, bad - size_0), min(bad, size_1) + 1)
    )


def fisher_passes(before: Cases, now: Cases) -> bool:
    """Fisher at .05 on all attempts."""
    old, new = _passes(before), _passes(now)
    return fisher_p(len(old) - sum(old), len(old), len(new) - sum(new), len(new)) < _LEVEL


def fisher_errors(before: Cases, now: Cases) -> bool:
    """Fisher at .05 on all calls."""
    old, new = (
        [c.error_type is not None for case in cases for c in case.calls] for cases in (before, now)
    )
    return fisher_p(sum(old), len(old), sum(new), len(new)) < _LEVEL


def mcnemar(before: Cases, now: Cases) -> bool:
    """McNemar mid-p at .05 on the first attempt of each case."""
    worse = better = 0
    for b, n in zip(before, now, strict=True):
        if b.attempts and n.attempts:
            old, new = b.attempts[0].passed, n.attempts[0].passed
            worse += bool(old and not new)
            better += bool(new and not old)
    return binomial_tail(worse, worse + better, 0.5) < _LEVEL


def drop_2_points(before: Cases, now: Cases) -> bool:
    """Pass rate more than 2 points lower."""
    old, new = _passes(before), _passes(now)
    return sum(new) / len(new) < sum(old) / len(old) - 0.02


def fixed_bundle(before: Cases, now: Cases) -> bool:
    """Mean > 10 %, P95 > 20 %, cost > 10 %, errors > 2 pp, passes < -2 pp, score < -.02."""
    old, new = measure(before)[0], measure(now)[0]

    def figures(name: str) -> tuple[float, float]:
        return old[name] or 0.0, new[name] or 0.0

    ratios = {"avg_latency_ms": 1.1, "p95_latency_ms": 1.2, "cost_per_query_usd": 1.1}
    falls = {"pass_rate": 0.02, "score": 0.02}
    errors = figures("error_rate")
    return (
        any(figures(name)[1] > most * figures(name)[0] for name, most in ratios.items())
        or any(figures(name)[1] < figures(name)[0] - most for name, most in falls.items())
        or errors[1] > errors[0] + 0.02
    )


RIVALS: dict[str, Callable[[Cases, Cases], bool]] = {
    "fixed limits on six metrics": fixed_bundle,
    "pytest-benchmark mean:10% (latency)": mean_10_percent,
    "asv 10 % + Mann-Whitney .002 (latency)": asv,
    "Mann-Whitney .05 (latency)": mann_whitney,
    "paired t .05 (latency)": paired_t_latency,
    "pass rate -2 pp": drop_2_points,
    "Fisher .05 (passes)": fisher_passes,
    "McNemar .05 (first attempt)": mcnemar,
    "paired t .05 (score)": paired_t_score,
    "Fisher .05 (errors)": fisher_errors,
}
