"""NaN and infinity switch comparisons off silently, so they are refused by name."""

from collections.abc import Iterable, Iterator
from math import isfinite

from pytest_llm_telemetry.core.metrics import Summary
from pytest_llm_telemetry.core.samples import CaseSamples
from pytest_llm_telemetry.core.thresholds import Thresholds
from pytest_llm_telemetry.core.verdict import Problem


def odd_numbers(
    now: Summary, before: Iterable[CaseSamples], thresholds: Thresholds
) -> tuple[Problem, ...]:
    """A problem for each place that holds a number which is none."""
    found = list(_thresholds(thresholds))
    found += [
        Problem(what=f"{name} of the run is {value}, which is no number", where=now.run_id)
        for name, value in now.metrics.items()
        if value is not None and not isfinite(value)
    ]
    sides = (("the run", now.cases, _MEASURE_AGAIN), ("the baseline", before, _ACCEPT_AGAIN))
    for side, cases, remedy in sides:
        found += [
            Problem(
                what=f"case {case.case_id} of {side} holds a value that is no finite number",
                where=case.where,
                remedy=remedy,
            )
            for case in cases
            if not _finite(case)
        ]
    return tuple(found)


_MEASURE_AGAIN = "look at what the handler or the grader reported for it"
_ACCEPT_AGAIN = "accept the baseline again from a sound run"


def _thresholds(thresholds: Thresholds) -> Iterator[Problem]:
    for limit in thresholds.limits:
        if not all(isfinite(bound) for bound in (limit.max, limit.min) if bound is not None):
            yield Problem(
                what=f"the limit of {limit.metric} is no finite number",
                where=limit.where,
                remedy="write a number, or take the limit off",
            )
    for rule in thresholds.rules:
        if not all(map(isfinite, (rule.min_effect, rule.allowed, rule.confidence))):
            yield Problem(
                what=f"the allowed regression of {rule.metric} is no finite number",
                where=rule.where,
                remedy="write a number, or set enabled = false",
            )


def _finite(case: CaseSamples) -> bool:
    """Whether the sum of all numbers of a case is finite, which it is if each of them is."""
    total = case.weight
    for attempt in case.attempts:
        total += attempt.score or 0.0
    for call in case.calls:
        total += (call.latency_ms or 0.0) + (call.ttft_ms or 0.0) + (call.cost_usd or 0.0)
        total += (call.input_tokens or 0) + (call.output_tokens or 0) + call.weight
    return isfinite(total)
