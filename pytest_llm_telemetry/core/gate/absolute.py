"""Absolute limits: a figure of the run against the last value allowed."""

from collections.abc import Iterable, Mapping

from pytest_llm_telemetry.core.gate.contributions import case_text, case_value, why
from pytest_llm_telemetry.core.gate.pairing import within
from pytest_llm_telemetry.core.gate.wording import count, figure, label
from pytest_llm_telemetry.core.metrics import METRICS, Summary, measure
from pytest_llm_telemetry.core.samples import CaseSamples
from pytest_llm_telemetry.core.thresholds import Limit
from pytest_llm_telemetry.core.verdict import CaseChange, Check, Problem

_Figures = tuple[Mapping[str, float | None], Mapping[str, int]]


def judge_limits(
    now: Summary, limits: Iterable[Limit], baseline: Mapping[str, CaseSamples]
) -> tuple[tuple[Check, ...], tuple[Problem, ...]]:
    """One check for each bound; a problem for each limit on a figure that is not known.

    A limit whose tag, model or case does not occur is a problem too (a misspelt scope would
    switch it off), unless only a part of the golden set was selected.
    """
    checks: list[Check] = []
    problems: list[Problem] = []
    figures: dict[str, _Figures] = {"": (now.metrics, now.unknown)}
    for limit in limits:
        cases = within(now.cases, limit.scope)
        if limit.scope and not cases:
            problems += [] if now.selected else [_nowhere(limit)]
            continue
        if limit.scope not in figures:
            figures[limit.scope] = measure(cases)
        value = figures[limit.scope][0].get(limit.metric)
        if value is None:
            problems.append(_unknown(limit, cases, figures[limit.scope][1]))
            continue
        checks += _bounds(limit, value, cases, baseline)
    return tuple(checks), tuple(problems)


def _nowhere(limit: Limit) -> Problem:
    return Problem(
        what=f"the limit of {limit.metric} is on {limit.scope}, which no case of the run has",
        where=limit.where,
        remedy="mend the name, or take the limit off",
    )


def _unknown(limit: Limit, cases: Iterable[CaseSamples], unknown: Mapping[str, int]) -> Problem:
    lacking = unknown.get(limit.metric, 0)
    calls = [call for case in cases for call in case.calls]
    if METRICS[limit.metric].unit == "ms" and calls and all(call.cached for call in calls):
        why_not, remedy = "every call was answered from a cache", "run without the cache"
    elif lacking and METRICS[limit.metric].unit in {"USD", "tokens"}:
        why_not = f"{count(lacking, 'call')} of {len(calls)} lack it"
        remedy = 'give the model a price under [prices."MODEL"], or let the call record its usage'
    else:
        why_not, remedy = "nothing in the run measures it", "record it in the test"
    return Problem(
        what=f"{limit.metric} has a limit but is unknown: {why_not}",
        where=limit.where,
        remedy=f"{remedy}, or take the limit off",
    )


def _bounds(
    limit: Limit,
    value: float,
    cases: tuple[CaseSamples, ...],
    baseline: Mapping[str, CaseSamples],
) -> list[Check]:
    found = []
    for bound, sign, side in ((limit.max, 1.0, "above"), (limit.min, -1.0, "below")):
        if bound is None:
            continue
        broken = sign * (value - bound) > 0.0
        carriers = _carriers(limit.metric, cases, baseline, sign) if broken else ()
        found.append(
            Check(
                metric=limit.metric,
                kind="absolute",
                status="fail" if broken else "pass",
                scope=limit.scope,
                now=value,
                limit=bound,
                reason=_reason(limit, value, bound, side if broken else "within"),
                cases=carriers,
                cases_worse=len(carriers),
            )
        )
    return found


def _reason(limit: Limit, value: float, bound: float, place: str) -> str:
    unit = METRICS[limit.metric].unit
    scope = f" of {limit.scope}" if limit.scope else ""
    name = label(limit.metric)
    return f"{name}{scope} is {figure(unit, value)}, {place} the limit {figure(unit, bound)}"


def _carriers(
    metric: str, cases: tuple[CaseSamples, ...], baseline: Mapping[str, CaseSamples], sign: float
) -> tuple[CaseChange, ...]:
    """The cases on the wrong side of the suite's best: first what fell, then what never was good."""
    values = [(case, value) for case in cases if (value := case_value(metric, case)) is not None]
    if not values:
        return ()
    signed = [sign * value for _, value in values]
    ratio = METRICS[metric].change == "ratio"
    line = sum(signed) / len(signed) if ratio else min(signed)
    worse = [
        (case, _share(metric, case, baseline.get(case.case_id), sign, sign * value - line))
        for case, value in values
        if sign * value > line
    ]
    worse.sort(key=lambda item: (-item[1], item[0].case_id))
    return tuple(
        CaseChange(
            case_id=case.case_id,
            before=case_text(metric, baseline[case.case_id]) if case.case_id in baseline else "",
            now=case_text(metric, case),
            contribution=excess / len(values),
            reason=why(metric, case),
            where=case.where,
        )
        for case, excess in worse
    )


def _share(
    metric: str, case: CaseSamples, before: CaseSamples | None, sign: float, excess: float
) -> float:
    """How much of a broken limit is a case's doing: no more than it got worse by, where known."""
    was, now = (case_value(metric, each) if each else None for each in (before, case))
    return excess if was is None or now is None else max(0.0, min(excess, sign * (now - was)))
