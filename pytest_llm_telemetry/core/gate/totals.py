"""Cost, tokens and calls: the paired ratio of totals."""

from collections.abc import Iterable

from pytest_llm_telemetry.core.gate.contributions import case_value, ranked
from pytest_llm_telemetry.core.gate.findings import Comparison, Finding
from pytest_llm_telemetry.core.gate.pairing import Pair
from pytest_llm_telemetry.core.gate.price_effect import split_cost
from pytest_llm_telemetry.core.gate.wording import count
from pytest_llm_telemetry.core.metrics import METRICS
from pytest_llm_telemetry.core.samples import CaseSamples
from pytest_llm_telemetry.core.statistics.paired import as_ratio, ratio_of_totals
from pytest_llm_telemetry.core.thresholds import Rule

_MATTERS = 0.005


def judge_totals(comparison: Comparison, rule: Rule) -> Finding:
    """Does the same work cost more (cost, tokens) or make fewer calls (queries) than before?"""
    spent = _both(comparison.pairs, rule.metric)
    estimate = ratio_of_totals([(before, now) for _, before, now in spent])
    if estimate is None:
        return Finding(undecided="fewer than two cases measured it both in the baseline and now")
    sign = -1.0 if rule.metric == "queries" else 1.0
    low, high = estimate.interval(rule.confidence)
    total = sum(before for _, before, _ in spent)
    worse = [now for _, before, now in spent if sign * (now - before) > _MATTERS * before]
    better = [now for _, before, now in spent if sign * (now - before) < -_MATTERS * before]
    p_value = estimate.above(0.0)
    change = as_ratio(estimate.value)
    counted = (
        f"{len(worse)} of {count(len(spent), 'case')} got worse by more than 0.5 %, "
        f"{len(better)} got better"
    )
    split = split_cost(comparison.pairs, change) if METRICS[rule.metric].unit == "USD" else ""
    return Finding(
        change=change,
        interval=(as_ratio(low), as_ratio(high)),
        error=estimate.error,
        p_value=p_value if sign > 0.0 else 1.0 - p_value,
        reason=f"{counted}; {split}" if split else counted,
        carriers=lambda: ranked(
            rule.metric, [(pair, sign * (now - before) / total) for pair, before, now in spent]
        ),
        worse=len(worse),
        better=len(better),
    )


def _both(pairs: Iterable[Pair], metric: str) -> list[tuple[Pair, float, float]]:
    """The pairs that measured it on both sides, with their weighted shares before and now."""
    found = []
    for pair in pairs:
        before, now = _spent(metric, pair.before), _spent(metric, pair.now)
        if before is not None and now is not None:
            found.append((pair, before * pair.now.weight, now * pair.now.weight))
    return found


def _spent(metric: str, case: CaseSamples) -> float | None:
    """Per query, except for the totals, which count what one attempt needed."""
    if metric not in {"total_cost_usd", "queries"}:
        return case_value(metric, case)
    if not case.calls:
        return None
    attempts = len({call.attempt for call in case.calls})
    if metric == "queries":
        return sum(call.weight for call in case.calls) / attempts
    costs = [call.cost_usd * call.weight for call in case.calls if call.cost_usd is not None]
    return sum(costs) / attempts if costs else None
