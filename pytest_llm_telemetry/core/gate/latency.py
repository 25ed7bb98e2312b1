"""Typical latency and time to first token: how much slower the same cases became."""

from math import exp

from pytest_llm_telemetry.core.gate.contributions import ranked
from pytest_llm_telemetry.core.gate.findings import Comparison, Finding
from pytest_llm_telemetry.core.gate.timing import ADVISORY, Timing, timing_of
from pytest_llm_telemetry.core.gate.wording import count
from pytest_llm_telemetry.core.statistics.paired import as_ratio
from pytest_llm_telemetry.core.thresholds import Rule

_MATTERS = 0.05


def judge_latency(comparison: Comparison, rule: Rule) -> Finding:
    """Is the typical call of the same cases slower, beyond what the day did to all calls?"""
    timing = timing_of(comparison, rule.metric)
    if timing is None:
        return Finding(
            binding=False, undecided="fewer than two cases were timed both in the baseline and now"
        )
    low, high = timing.estimate.interval(rule.confidence)
    moves, size = timing.moves, len(timing.moves)
    worse, better = (
        sum(m > _MATTERS for m in moves.values()),
        sum(m < -_MATTERS for m in moves.values()),
    )
    return Finding(
        change=as_ratio(timing.estimate.value),
        interval=(as_ratio(low), as_ratio(high)),
        error=timing.estimate.error,
        p_value=timing.estimate.above(0.0),
        binding=timing.binding,
        reason=f"{worse} of {count(size, 'case')} got slower by more than 5 %, "
        f"{better} got faster{_drift(timing)}",
        settle="" if timing.binding else "controls or a history of accepted runs would settle it",
        note="" if timing.binding else ADVISORY,
        carriers=lambda: ranked(
            rule.metric,
            [
                (pair, as_ratio(moves[pair.now.case_id]) / size)
                for pair in comparison.pairs
                if pair.now.case_id in moves
            ],
        ),
        worse=worse,
        better=better,
    )


def _drift(timing: Timing) -> str:
    if timing.drift is None:
        return ""
    return f"; the provider's own drift of {(exp(timing.drift) - 1.0) * 100.0:+.0f} % is taken out"
