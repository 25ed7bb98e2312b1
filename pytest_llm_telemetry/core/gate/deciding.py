"""From evidence to pass, fail or inconclusive: Holm, minimum effect, allowed regression."""

from collections.abc import Sequence
from math import ceil, log1p

from pytest_llm_telemetry.core.gate.findings import Comparison, Finding
from pytest_llm_telemetry.core.gate.wording import count, shift
from pytest_llm_telemetry.core.metrics import METRICS
from pytest_llm_telemetry.core.statistics.distributions import normal_quantile, student_tail
from pytest_llm_telemetry.core.statistics.family import Member, adjusted
from pytest_llm_telemetry.core.thresholds import Rule
from pytest_llm_telemetry.core.verdict import Check, CheckStatus

# A study this large is conclusive in four of five runs that changed nothing.
_WANTED_POWER = 0.8
_MOST_REPEATS = 20

# Rare events say the least a call, so their checks get more of alpha; what they take, the others
# hardly miss (docs/gate-accuracy.md has the curve).
_WEIGHTS = {
    "error_rate": 3.0,
    "slow_call_rate": 1.5,
    "score": 0.5,
    "cost_per_query_usd": 0.5,
    "avg_latency_ms": 0.5,
}

Judged = tuple[Rule, Comparison, Finding]


def decide(judged: Sequence[Judged], alpha: float) -> tuple[Check, ...]:
    """One check for each rule.

    Only binding checks can fail a run, so the correction for many tests is over them alone;
    advisory ones are corrected among themselves.
    """
    corrected: dict[int, float] = {}
    for binding in (True, False):
        family = {
            place: _member(item, item[2].p_value)
            for place, item in enumerate(judged)
            if item[2].binding is binding and item[2].p_value is not None
        }
        corrected |= dict(zip(family, adjusted(list(family.values())), strict=True))
    return tuple(_check(item, corrected.get(place), alpha) for place, item in enumerate(judged))


def _member(judged: Judged, p_value: float) -> Member:
    rule, comparison, finding = judged
    weight = _WEIGHTS.get(rule.metric, 1.0)
    if not finding.error:
        return Member(p_value=p_value, weight=weight, ceiling=0.0 if rule.min_effect else 1.0)
    distance = _in_error_units(rule, rule.min_effect) / finding.error
    ceiling = student_tail(distance, max(1, len(comparison.pairs) - 1))
    return Member(p_value=p_value, weight=weight, ceiling=ceiling)


def _in_error_units(rule: Rule, change: float) -> float:
    """A change in the measure of its standard error: the logarithm, for ratios."""
    return log1p(change) if METRICS[rule.metric].change == "ratio" else change


def _check(judged: Judged, p_value: float | None, alpha: float) -> Check:
    rule, comparison, finding = judged
    status = _status(rule, finding, p_value, alpha)
    waits = status == "inconclusive"
    before, after = comparison.before.get(rule.metric), comparison.now.get(rule.metric)
    if finding.figures:
        before, after = finding.figures
    return Check(
        metric=rule.metric,
        kind="relative",
        status=status,
        scope=rule.scope,
        baseline=before,
        now=after,
        change=finding.change,
        interval=finding.interval,
        limit=_sign(rule) * rule.allowed,
        p_value=p_value,
        binding=finding.binding,
        reason=_reason(rule, finding) if waits else finding.reason,
        settle=(finding.settle or _settle(rule, comparison, finding)) if waits else "",
        cases=() if status == "pass" else finding.carriers(),
        cases_worse=finding.worse,
        cases_better=finding.better,
    )


def _sign(rule: Rule) -> float:
    return -1.0 if METRICS[rule.metric].better == "higher" else 1.0


def _status(rule: Rule, finding: Finding, p_value: float | None, alpha: float) -> CheckStatus:
    if finding.change is None or finding.interval is None:
        return "inconclusive"
    sign = _sign(rule)
    proven = p_value is not None and p_value < alpha
    if proven and sign * finding.change > rule.min_effect:
        return "fail"
    worst = max(sign * end for end in finding.interval)
    return "pass" if worst < rule.allowed else "inconclusive"


def _reason(rule: Rule, finding: Finding) -> str:
    if finding.undecided:
        return finding.undecided
    allowed = shift(METRICS[rule.metric], _sign(rule) * rule.allowed)
    return f"cannot exclude {allowed}: {finding.reason}"


def _settle(rule: Rule, comparison: Comparison, finding: Finding) -> str:
    """How much more of the same would decide, from the minimum detectable effect.

    With nothing changed, a check is conclusive four times in five once
    (z_confidence + z_0.8) * error is below what is allowed; the error falls with the square root
    of the repeats or of the cases.
    """
    if not finding.error or rule.allowed <= 0.0:
        return ""
    allowed = _in_error_units(rule, rule.allowed)
    reach = normal_quantile(rule.confidence) + normal_quantile(_WANTED_POWER)
    times = (reach * finding.error / allowed) ** 2
    repeats = max(1, ceil(comparison.repeats * times) - comparison.repeats)
    cases = max(1, ceil(len(comparison.pairs) * (times - 1.0)))
    more_cases = count(cases, "more case")
    if repeats > _MOST_REPEATS:
        return f"{more_cases} would settle it"
    return f"{count(repeats, 'more repeat')} or {more_cases} would settle it"
