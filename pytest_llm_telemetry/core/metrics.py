"""Samples -> the figures of a run. One table says what each metric is and how it is judged."""

from collections.abc import Callable, Container, Iterable, Mapping, Sequence
from operator import attrgetter, mul
from typing import Any, Literal

from pytest_llm_telemetry.core.records import dataclass
from pytest_llm_telemetry.core.samples import Call, CaseSamples

Better = Literal["lower", "higher"]
ChangeKind = Literal["ratio", "difference"]
Unit = Literal["fraction", "score", "ms", "USD", "tokens", "calls"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Metric:
    """What a figure is: its unit, which way is better, and how a change of it is expressed.

    `change` is "ratio" (a fraction of the baseline, +0.05 is five per cent more) or "difference"
    (in the metric's own unit, so 0.01 of a rate is one percentage point). `min_effect` and
    `allowed` are the defaults of the gate in that measure: a proven change smaller than
    `min_effect` never fails, and a check is conclusive once it excludes `allowed`.
    """

    name: str
    label: str
    unit: Unit
    better: Better
    change: ChangeKind
    min_effect: float
    allowed: float


def _metric(
    name: str, label: str, unit: Unit, min_effect: float, allowed: float
) -> tuple[str, Metric]:
    rate = unit in {"fraction", "score"}
    return name, Metric(
        name=name,
        label=label,
        unit=unit,
        better="higher" if name in {"pass_rate", "score", "queries"} else "lower",
        change="difference" if rate else "ratio",
        min_effect=min_effect,
        allowed=allowed,
    )


# Minimum effects: DESIGN section 5 of the gate; allowed changes: what a team notices.
METRICS: Mapping[str, Metric] = dict(
    [
        _metric("pass_rate", "pass rate", "fraction", 0.01, 0.05),
        _metric("score", "score", "score", 0.01, 0.05),
        _metric("error_rate", "error rate", "fraction", 0.01, 0.05),
        _metric("avg_latency_ms", "latency avg", "ms", 0.05, 0.20),
        _metric("p50_latency_ms", "latency P50", "ms", 0.05, 0.20),
        _metric("p95_latency_ms", "latency P95", "ms", 0.05, 0.20),
        _metric("p99_latency_ms", "latency P99", "ms", 0.05, 0.20),
        _metric("avg_ttft_ms", "first token avg", "ms", 0.05, 0.20),
        _metric("p95_ttft_ms", "first token P95", "ms", 0.05, 0.20),
        _metric("slow_call_rate", "slow calls", "fraction", 0.04, 0.08),
        _metric("cost_per_query_usd", "cost / query", "USD", 0.02, 0.05),
        _metric("total_cost_usd", "cost, total", "USD", 0.02, 0.05),
        _metric("input_tokens", "input tokens", "tokens", 0.02, 0.05),
        _metric("output_tokens", "output tokens", "tokens", 0.02, 0.05),
        _metric("queries", "queries", "calls", 0.0, 0.0),
    ]
)


PRODUCTION = (
    "error_rate",
    "avg_latency_ms",
    "p50_latency_ms",
    "p95_latency_ms",
    "p99_latency_ms",
    "avg_ttft_ms",
    "cost_per_query_usd",
    "total_cost_usd",
    "score",
    "pass_rate",
)
"""What dashboards, reviews and alerts tell of any calls, in this order; volumes stand beside it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    """The figures of one suite in one run (or of one window of production).

    `metrics` holds a value for every name in `METRICS` that can be computed from one run alone;
    `None` is unknown, and `unknown` counts the calls or attempts that made it so. `missing` are
    planned cases without a record; `partial` says that the run did not end by itself;
    `selected` that only a part of the golden set was asked for (`-k`, `--lf`). `judge_calls` and
    `judge_cost_usd` are what its graders asked of models, which no other figure holds.
    """

    suite: str
    run_id: str
    cases: tuple[CaseSamples, ...]
    metrics: Mapping[str, float | None]
    unknown: Mapping[str, int]
    missing: tuple[str, ...] = ()
    repeats: int = 1
    golden_hash: str | None = None
    models: tuple[str, ...] = ()
    price_table_version: str | None = None
    started: str | None = None
    finished: str | None = None
    commit: str | None = None
    branch: str | None = None
    partial: bool = False
    selected: bool = False
    judge_calls: int = 0
    judge_cost_usd: float | None = None


def measure(
    cases: Iterable[CaseSamples], wanted: Container[str] = METRICS
) -> tuple[dict[str, float | None], dict[str, int]]:
    """The figures of some cases, and for each figure how many samples lack what it needs.

    Latency figures are in ms over calls that succeeded and were not answered from a cache; cost
    in USD and tokens per query over calls that succeeded. A figure is `None` if nothing was
    measured or, for cost and tokens, if any call's share is unknown: a sum with holes is wrong.
    Percentiles that are not `wanted` are left out, as they take the most time.
    """
    kept = tuple(cases)
    calls = [call for case in kept for call in case.calls]
    answered = [call for call in calls if call.error_type is None]
    timed = [call for call in answered if not call.cached]
    metrics: dict[str, float | None] = {"queries": sum(call.weight for call in calls) or None}
    unknown: dict[str, int] = {}
    metrics["error_rate"] = _share(
        [c.error_type is not None for c in calls], [c.weight for c in calls]
    )
    _grade(kept, metrics, unknown)
    _times("latency_ms", wanted, timed, (metrics, unknown))
    streamed = [c for c in timed if c.ttft_ms is not None]
    _times("ttft_ms", wanted, streamed, (metrics, unknown))
    _per_query(answered, metrics, unknown)
    spent = [c.cost_usd * c.weight for c in calls if c.cost_usd is not None]
    unknown["total_cost_usd"] = unknown["cost_per_query_usd"]
    metrics["total_cost_usd"] = None if unknown["total_cost_usd"] or not spent else sum(spent)
    return {name: value for name, value in metrics.items() if name in METRICS}, unknown


_PER_QUERY: Mapping[str, Callable[[Call], Any]] = {
    "cost_per_query_usd": attrgetter("cost_usd"),
    "input_tokens": attrgetter("input_tokens"),
    "output_tokens": attrgetter("output_tokens"),
}


def change(metric: Metric, before: float | None, now: float | None) -> float | None:
    """The change of a figure in its metric's measure; `None` where either side is unknown."""
    if before is None or now is None:
        return None
    if metric.change == "difference":
        return now - before
    return now / before - 1 if before else None


def quantile(values: Sequence[tuple[float, float]], q: float) -> float | None:
    """The `q` quantile of (value, weight) pairs; `None` for none.

    Equal weights: linear interpolation between order statistics (Hyndman & Fan 1996, type 7, the
    default of R and NumPy). Unequal weights: the inverse of the weighted distribution function.
    """
    ordered = sorted(values)
    if not ordered:
        return None
    if len({weight for _, weight in ordered}) == 1:
        place = q * (len(ordered) - 1)
        low = int(place)
        high = min(low + 1, len(ordered) - 1)
        return ordered[low][0] + (place - low) * (ordered[high][0] - ordered[low][0])
    goal = q * sum(weight for _, weight in ordered)
    reached = 0.0
    for value, weight in ordered:
        reached += weight
        if reached >= goal:
            return value
    return ordered[-1][0]


def _share(values: Iterable[float], weights: Sequence[float]) -> float | None:
    total = sum(weights)
    return sum(map(mul, values, weights)) / total if total else None


def _per_query(
    answered: Sequence[Call], metrics: dict[str, float | None], unknown: dict[str, int]
) -> None:
    for name, read in _PER_QUERY.items():
        known = [call for call in answered if read(call) is not None]
        unknown[name] = len(answered) - len(known)
        metrics[name] = (
            None if unknown[name] else _share(map(read, known), [c.weight for c in known])
        )


def _grade(
    cases: Sequence[CaseSamples], metrics: dict[str, float | None], unknown: dict[str, int]
) -> None:
    attempts = [(attempt, case.weight) for case in cases for attempt in case.attempts]
    passed = [(a.passed, weight) for a, weight in attempts if a.passed is not None]
    scored = [(a.score, weight) for a, weight in attempts if a.score is not None]
    metrics["pass_rate"] = _share([each for each, _ in passed], [weight for _, weight in passed])
    metrics["score"] = _share([each for each, _ in scored], [weight for _, weight in scored])
    unknown["pass_rate"] = len(attempts) - len(passed)
    unknown["score"] = len(attempts) - len(scored)


def _times(
    name: str,
    wanted: Container[str],
    calls: Sequence[Call],
    into: tuple[dict[str, float | None], dict[str, int]],
) -> None:
    metrics, unknown = into
    known = [call for call in calls if getattr(call, name) is not None]
    values, weights = [getattr(call, name) for call in known], [call.weight for call in known]
    metrics[f"avg_{name}"] = _share(values, weights)
    unknown[f"avg_{name}"] = len(calls) - len(known)
    for percent in (50, 95, 99):
        percentile = f"p{percent}_{name}"
        if percentile in METRICS and percentile in wanted:
            metrics[percentile] = quantile(list(zip(values, weights, strict=True)), percent / 100)
            unknown[percentile] = len(calls) - len(known)
