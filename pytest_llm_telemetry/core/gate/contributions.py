"""Which cases carry a change: before, now, why, and the place in the user's files."""

from collections.abc import Callable, Iterable, Mapping

from pytest_llm_telemetry.core.gate.pairing import Pair
from pytest_llm_telemetry.core.gate.wording import figure
from pytest_llm_telemetry.core.metrics import METRICS
from pytest_llm_telemetry.core.samples import Attempt, Call, CaseSamples
from pytest_llm_telemetry.core.verdict import CaseChange

_MOST_NOTES = 3


def ranked(metric: str, changes: Iterable[tuple[Pair, float]]) -> tuple[CaseChange, ...]:
    """The cases that got worse, worst first; ties by id. A positive contribution is worse."""
    worse = [(pair, share) for pair, share in changes if share > 0.0]
    worse.sort(key=lambda item: (-item[1], item[0].now.case_id))
    return tuple(
        CaseChange(
            case_id=pair.now.case_id,
            before=case_text(metric, pair.before),
            now=case_text(metric, pair.now),
            contribution=share,
            reason=why(metric, pair.now),
            where=pair.now.where or pair.before.where,
        )
        for pair, share in worse
    )


def case_text(metric: str, case: CaseSamples) -> str:
    """A case's own figure, ready to read: `2/3` passes or errors, else its mean in the unit."""
    if metric == "pass_rate":
        graded = [attempt.passed for attempt in case.attempts if attempt.passed is not None]
        return f"{sum(graded)}/{len(graded)}"
    if metric == "error_rate":
        return f"{sum(call.error_type is not None for call in case.calls)}/{len(case.calls)}"
    return figure(METRICS[metric].unit, case_value(metric, case))


def case_value(metric: str, case: CaseSamples) -> float | None:
    """The mean of a metric over the case's own samples; `None` where nothing was measured."""
    if metric == "pass_rate":
        return _mean([(float(a.passed), 1.0) for a in case.attempts if a.passed is not None])
    if metric == "score":
        return _mean([(a.score, 1.0) for a in case.attempts if a.score is not None])
    if metric == "error_rate":
        return _mean([(float(c.error_type is not None), c.weight) for c in case.calls])
    if metric == "queries":
        return sum([call.weight for call in case.calls])
    field, counts = _READ[metric]
    total = weight = 0.0
    for call in case.calls:
        value = getattr(call, field) if counts(call) else None
        if value is not None:
            total += value * call.weight
            weight += call.weight
    return total / weight if weight else None


def _mean(values: list[tuple[float, float]]) -> float | None:
    total = sum(weight for _, weight in values)
    return sum(value * weight for value, weight in values) / total if total else None


def _timed(call: Call) -> bool:
    return call.error_type is None and not call.cached


def _answered(call: Call) -> bool:
    return call.error_type is None


def _any(call: Call) -> bool:  # noqa: ARG001 - one shape with its siblings
    return True


_READ: Mapping[str, tuple[str, Callable[[Call], bool]]] = {
    **{name: ("latency_ms", _timed) for name in METRICS if name.endswith("_latency_ms")},
    **{name: ("ttft_ms", _timed) for name in METRICS if name.endswith("_ttft_ms")},
    "slow_call_rate": ("latency_ms", _timed),
    "cost_per_query_usd": ("cost_usd", _answered),
    "total_cost_usd": ("cost_usd", _any),
    "input_tokens": ("input_tokens", _answered),
    "output_tokens": ("output_tokens", _answered),
}


def why(metric: str, case: CaseSamples) -> str:
    """What the graders or the errors said of the case, without repeats."""
    if metric in {"pass_rate", "score"}:
        return _distinct(note for attempt in case.attempts for note in _complaints(attempt))
    if metric == "error_rate":
        return _distinct(call.error_type for call in case.calls if call.error_type)
    return ""


def _complaints(attempt: Attempt) -> tuple[str, ...]:
    return () if attempt.passed else attempt.notes


def _distinct(texts: Iterable[str]) -> str:
    return "; ".join(list(dict.fromkeys(texts))[:_MOST_NOTES])
