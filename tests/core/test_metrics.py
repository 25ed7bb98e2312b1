"""Samples become the figures of a run."""

import statistics
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_llm_telemetry.core.metrics import METRICS, Summary, change, measure, quantile
from pytest_llm_telemetry.core.samples import Attempt, Call, CaseSamples

FINITE = st.floats(min_value=0, max_value=1e9, allow_nan=False)


def case(
    *calls: dict[str, Any], attempts: tuple[Attempt, ...] = (), weight: float = 1.0
) -> CaseSamples:
    return CaseSamples(
        case_id="a",
        calls=tuple(Call(order=order, **call) for order, call in enumerate(calls)),
        attempts=attempts,
        weight=weight,
    )


def test_every_figure_of_one_run_is_there_by_its_name() -> None:
    """All metrics but the slow-call rate, which needs a baseline."""
    metrics, _ = measure([case({})])
    assert set(metrics) <= set(METRICS)
    assert set(METRICS) - set(metrics) <= {"slow_call_rate"}


def test_nothing_measured_is_unknown() -> None:
    """No figure of an empty run is 0."""
    metrics, unknown = measure([])
    assert set(metrics.values()) == {None}
    assert set(unknown.values()) == {0}


def test_latency_is_of_answers_that_no_cache_gave() -> None:
    """Errors and cached answers have latencies of another kind."""
    metrics, _ = measure(
        [
            case(
                {"latency_ms": 100.0},
                {"latency_ms": 300.0},
                {"latency_ms": 1.0, "cached": True},
                {"latency_ms": 9000.0, "error_type": "Timeout"},
            )
        ]
    )
    assert (metrics["avg_latency_ms"], metrics["p50_latency_ms"]) == (200.0, 200.0)
    assert metrics["p95_latency_ms"] == pytest.approx(290)
    assert (metrics["queries"], metrics["error_rate"]) == (4, 0.25)


def test_the_first_token_is_timed_where_there_is_a_stream() -> None:
    """A call without a stream is no gap in the figure."""
    metrics, unknown = measure([case({"ttft_ms": 50.0}, {"ttft_ms": 150.0}, {})])
    assert (metrics["avg_ttft_ms"], unknown["avg_ttft_ms"]) == (100.0, 0)


def test_calls_without_a_time_are_counted_for_each_figure() -> None:
    """The figures are of the others; each says how many calls lack what it needs."""
    metrics, unknown = measure([case({"latency_ms": 100.0}, {}, {})])
    names = [name for name in METRICS if name.endswith("_latency_ms")]
    assert {name: (metrics[name], unknown[name]) for name in names} == dict.fromkeys(
        names, (100.0, 2)
    )


def test_cost_with_a_hole_is_unknown_and_the_hole_is_counted() -> None:
    """A mean of what happens to be known would be too low or too high, nobody knows which."""
    metrics, unknown = measure([case({"cost_usd": 0.1, "input_tokens": 3}, {"input_tokens": 5})])
    assert (metrics["cost_per_query_usd"], metrics["total_cost_usd"]) == (None, None)
    assert unknown["cost_per_query_usd"] == 1
    assert metrics["input_tokens"] == 4


def test_the_total_cost_holds_failed_calls_too() -> None:
    """Money that bought an error is spent all the same."""
    metrics, _ = measure(
        [case({"cost_usd": 0.1}, {"cost_usd": 0.2, "error_type": "E"}, {"error_type": "E"})]
    )
    assert metrics["cost_per_query_usd"] == pytest.approx(0.1)
    assert metrics["total_cost_usd"] == pytest.approx(0.3)


def test_pass_rate_and_score_count_attempts_by_the_weight_of_their_case() -> None:
    """A case of weight 3 counts as three."""
    metrics, unknown = measure(
        [
            case(attempts=(Attempt(number=1, passed=True, score=1.0),), weight=3.0),
            case(attempts=(Attempt(number=1, passed=False, score=0.2), Attempt(number=2))),
        ]
    )
    assert metrics["pass_rate"] == 0.75
    assert metrics["score"] == pytest.approx(0.8)
    assert (unknown["pass_rate"], unknown["score"]) == (1, 1)


def test_sampled_calls_are_weighted_by_one_over_their_rate() -> None:
    """One call of a rate of 0.1 stands for ten."""
    metrics, _ = measure([case({"latency_ms": 100.0, "weight": 10.0}, {"latency_ms": 210.0})])
    assert metrics["queries"] == 11
    assert measure([case({"cost_usd": 0.5, "weight": 10.0})])[0]["total_cost_usd"] == 5.0
    assert metrics["avg_latency_ms"] == pytest.approx(110)
    assert metrics["p50_latency_ms"] == 100.0


@given(st.lists(FINITE, min_size=2, max_size=60))
def test_the_quantile_of_equal_weights_is_type_7(values: list[float]) -> None:
    """The default of R and NumPy, which the standard library calls inclusive."""
    ninths = statistics.quantiles(values, n=10, method="inclusive")
    for tenth, expected in enumerate(ninths, 1):
        found = quantile([(value, 2.0) for value in values], tenth / 10)
        assert found == pytest.approx(expected, rel=1e-9, abs=1e-9)


@given(st.lists(st.tuples(FINITE, st.integers(1, 5).map(float)), min_size=1), st.floats(0, 1))
def test_a_weighted_quantile_is_one_of_the_values_and_has_its_share_below(
    pairs: list[tuple[float, float]], q: float
) -> None:
    """At least a share q of the weight lies at or below it."""
    if len({weight for _, weight in pairs}) == 1:
        return
    found = quantile(pairs, q)
    total = sum(weight for _, weight in pairs)
    assert found in [value for value, _ in pairs]
    assert found is not None
    assert sum(weight for value, weight in pairs if value <= found) >= q * total * (1 - 1e-9)


def test_a_quantile_of_nothing_is_none_and_rounding_does_not_run_past_the_end() -> None:
    """The greatest value answers a q that rounding puts above the whole."""
    assert quantile([], 0.5) is None
    assert [quantile([(1.0, 1.0), (2.0, 1.0)], q) for q in (0.0, 1.0)] == [1.0, 2.0]
    assert quantile([(1.0, 0.1), (2.0, 0.2), (3.0, 0.3)], 1.0000001) == 3.0


@pytest.mark.parametrize("name", METRICS)
def test_every_metric_says_what_it_is(name: str) -> None:
    """Rates change by points and all others by ratio; a better pass rate is a higher one."""
    metric = METRICS[name]
    assert metric.name == name
    assert metric.change == ("difference" if metric.unit in {"fraction", "score"} else "ratio")
    assert metric.better == ("higher" if name in {"pass_rate", "score", "queries"} else "lower")
    assert 0 <= metric.min_effect <= metric.allowed


@pytest.mark.parametrize(
    ("name", "before", "now", "expected"),
    [
        ("pass_rate", 0.9, 0.8, -0.1),
        ("p95_latency_ms", 100.0, 150.0, 0.5),
        ("p95_latency_ms", 0.0, 150.0, None),
        ("p95_latency_ms", None, 150.0, None),
        ("pass_rate", 0.9, None, None),
    ],
)
def test_a_change_is_in_its_metrics_own_measure(
    name: str, before: float | None, now: float | None, expected: float | None
) -> None:
    """Points for rates, a share of the baseline for the rest; from nothing there is no ratio."""
    found = change(METRICS[name], before, now)
    assert found == (None if expected is None else pytest.approx(expected))


def test_the_gates_standard_rules_are_these() -> None:
    """What fails by default, in each metric's own measure: the least effect, and what is allowed."""
    assert {name: (metric.min_effect, metric.allowed) for name, metric in METRICS.items()} == {
        "pass_rate": (0.01, 0.05),
        "score": (0.01, 0.05),
        "error_rate": (0.01, 0.05),
        "avg_latency_ms": (0.05, 0.20),
        "p50_latency_ms": (0.05, 0.20),
        "p95_latency_ms": (0.05, 0.20),
        "p99_latency_ms": (0.05, 0.20),
        "avg_ttft_ms": (0.05, 0.20),
        "p95_ttft_ms": (0.05, 0.20),
        "slow_call_rate": (0.04, 0.08),
        "cost_per_query_usd": (0.02, 0.05),
        "total_cost_usd": (0.02, 0.05),
        "input_tokens": (0.02, 0.05),
        "output_tokens": (0.02, 0.05),
        "queries": (0.0, 0.0),
    }


def test_a_weighted_quantile_that_falls_on_a_value_is_that_value() -> None:
    """The first value whose share reaches the quantile, not the one after it."""
    pairs = [(1.0, 1.0), (2.0, 1.0), (3.0, 2.0)]
    assert quantile(pairs, 0.5) == 2.0
    assert quantile(pairs, 0.25) == 1.0
    assert quantile(pairs, 0.51) == 3.0


def test_a_run_of_which_nothing_else_is_known_ran_whole_and_once() -> None:
    """It asked no judge, lacks no case and was neither cut short nor selected from."""
    run = Summary(suite="support", run_id="r1", cases=(), metrics={}, unknown={})
    assert (run.repeats, run.missing, run.judge_calls, run.judge_cost_usd) == (1, (), 0, None)
    assert not run.partial
    assert not run.selected
