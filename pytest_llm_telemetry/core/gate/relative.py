"""The comparison with the baseline: one rule after the other, then all decided together."""

from collections.abc import Container, Mapping, Sequence

from pytest_llm_telemetry.core.baseline import Baseline
from pytest_llm_telemetry.core.gate.deciding import Judged, decide
from pytest_llm_telemetry.core.gate.errors import judge_errors
from pytest_llm_telemetry.core.gate.findings import Comparison, Judge
from pytest_llm_telemetry.core.gate.grades import judge_grades
from pytest_llm_telemetry.core.gate.latency import judge_latency
from pytest_llm_telemetry.core.gate.pairing import pair
from pytest_llm_telemetry.core.gate.slowness import judge_percentile, judge_slow_calls
from pytest_llm_telemetry.core.gate.totals import judge_totals
from pytest_llm_telemetry.core.gate.wording import count, label
from pytest_llm_telemetry.core.metrics import METRICS, Summary, measure
from pytest_llm_telemetry.core.samples import CaseSamples
from pytest_llm_telemetry.core.thresholds import Rule, Thresholds
from pytest_llm_telemetry.core.verdict import Check, Problem

_JUDGES: Mapping[str, Judge] = {
    "pass_rate": judge_grades,
    "score": judge_grades,
    "cost_per_query_usd": judge_totals,
    "total_cost_usd": judge_totals,
    "input_tokens": judge_totals,
    "output_tokens": judge_totals,
    "queries": judge_totals,
    "error_rate": judge_errors,
    "avg_latency_ms": judge_latency,
    "p50_latency_ms": judge_latency,
    "avg_ttft_ms": judge_latency,
    "p95_latency_ms": judge_percentile,
    "p99_latency_ms": judge_percentile,
    "p95_ttft_ms": judge_percentile,
    "slow_call_rate": judge_slow_calls,
}


def judge_rules(
    now: Summary,
    baseline: Baseline,
    thresholds: Thresholds,
    controls: Sequence[CaseSamples],
) -> tuple[tuple[Check, ...], tuple[Problem, ...], tuple[str, ...]]:
    """The relative checks, what cannot be judged, and what is worth knowing about it."""
    problems: list[Problem] = []
    notes: list[str] = []
    judged: list[Judged] = []
    comparisons: dict[str, Comparison] = {}
    for rule in thresholds.rules:
        if rule.scope not in comparisons:
            scoped = {each.metric for each in thresholds.rules if each.scope == rule.scope}
            comparisons[rule.scope] = _compare(now, baseline, controls, (rule.scope, scoped))
        comparison = comparisons[rule.scope]
        if not comparison.pairs:
            problems += [] if now.selected else [_nowhere(rule)]
            continue
        problem, note = _gaps(rule, comparison, now)
        problems += [problem] if problem else []
        notes += [note] if note else []
        source = _SOURCE.get(rule.metric, rule.metric)
        if problem or note or comparison.now.get(source) is None:
            continue
        finding = _JUDGES[rule.metric](comparison, rule)
        notes += [finding.note] if finding.note else []
        problems += [finding.problem] if finding.problem else []
        judged.append((rule, comparison, finding))
    return decide(judged, thresholds.alpha), tuple(problems), tuple(dict.fromkeys(notes))


def _compare(
    now: Summary,
    baseline: Baseline,
    controls: Sequence[CaseSamples],
    part: tuple[str, Container[str]],
) -> Comparison:
    scope, wanted = part
    pairs = pair(now.cases, baseline.cases, scope)
    whole = not scope and len(pairs) == len(now.cases)
    return Comparison(
        pairs=pairs,
        before=measure((each.before for each in pairs), wanted)[0],
        now=now.metrics if whole else measure((each.now for each in pairs), wanted)[0],
        controls=pair(controls, baseline.cases),
        history=baseline.history,
        repeats=now.repeats,
    )


def _nowhere(rule: Rule) -> Problem:
    return Problem(
        what=f"{rule.metric} is compared on {rule.scope}, which no case of the run and of the "
        "baseline has",
        where=rule.where,
        remedy="mend the name, or take the comparison off",
    )


# A figure that one run alone does not have is there if the one it is made of is.
_SOURCE = {"slow_call_rate": "avg_latency_ms"}


def _gaps(rule: Rule, comparison: Comparison, now: Summary) -> tuple[Problem | None, str]:
    """What one side measured and the other did not: a problem if it is the run that lacks it."""
    source = _SOURCE.get(rule.metric, rule.metric)
    name = label(rule.metric)
    if comparison.now.get(source) is not None:
        if comparison.before.get(source) is None:
            return None, f"{name}: the baseline has none; accept a new baseline to compare it"
        return None, ""
    if comparison.before.get(source) is None:
        if not rule.where:
            return None, ""
        return _unmeasured(rule, "neither in the run nor in the baseline"), ""
    if METRICS[rule.metric].unit == "ms" or source != rule.metric:
        return _untimed(rule, comparison)
    lacking = now.unknown.get(rule.metric, 0)
    held = f"{count(lacking, 'sample')} of the run lack it" if lacking else "the run has none"
    return _unmeasured(rule, f"the baseline has it, but {held}"), ""


def _untimed(rule: Rule, comparison: Comparison) -> tuple[Problem | None, str]:
    calls = [call for each in comparison.pairs for call in each.now.calls]
    if any(call.cached for call in calls):
        return None, "latency was not judged: every call was answered from a cache"
    if calls and all(call.error_type is not None for call in calls):
        return None, "latency was not judged: every call failed"
    return _unmeasured(rule, "the baseline has it, but no call of the run has it"), ""


def _unmeasured(rule: Rule, why: str) -> Problem:
    return Problem(
        what=f"{rule.metric} cannot be compared: {why}",
        where=rule.where,
        remedy="record it in every call, or set enabled = false for this comparison",
    )
