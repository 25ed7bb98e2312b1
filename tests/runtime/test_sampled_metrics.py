"""Every figure of a sampled log is that of all calls, seen through the room that judges runs."""

import random

import pytest

from pytest_llm_telemetry import MemorySink, TelemetryLogger
from pytest_llm_telemetry.core.events import from_dict
from pytest_llm_telemetry.core.metrics import measure
from pytest_llm_telemetry.core.samples import CasePlan, CaseSamples, collect
from tests.runtime.conftest import HandClock

CALLS, LOGS = 400, 30
FIGURES = (
    "queries", "error_rate", "avg_latency_ms", "cost_per_query_usd", "total_cost_usd",
    "input_tokens", "output_tokens",
)  # fmt: skip


def figures(log: int, rate: float | None) -> dict[str, float]:
    """What one log of the same traffic says; the ids decide which calls are kept."""
    ids = random.Random(log)
    sink, clock = MemorySink(), HandClock()
    telemetry = TelemetryLogger(
        sink,
        clock=clock,
        sample_rate=rate,
        slow_ms=180,
        ids=lambda: f"{ids.getrandbits(128):032x}",
    )
    with telemetry.context(case_id="all"):
        for number in range(CALLS):
            call = telemetry.observe("q").start()
            clock.pass_ms(number % 200)
            call.take({"input_tokens": number % 7, "output_tokens": 3, "cost_usd": number / 1e5})
            call.end(TimeoutError() if number % 20 == 0 else None)
    cases: tuple[CaseSamples, ...] = collect(
        [from_dict(event) for event in sink.events], [CasePlan(case_id="all")]
    )
    metrics, _ = measure(cases)
    return {name: float(metrics[name] or 0.0) for name in FIGURES}


def test_every_figure_is_unbiased() -> None:
    """Over many samples the mean of each figure is the whole traffic's (within 4 standard errors).

    Errors and slow calls are kept whole, and would pull every figure up if they were not weighed.
    """
    whole = figures(0, None)
    samples = [figures(log, 0.25) for log in range(1, LOGS + 1)]
    for name in FIGURES:
        values = [sample[name] for sample in samples]
        mean = sum(values) / LOGS
        variance = sum((value - mean) ** 2 for value in values) / (LOGS - 1)
        error = (variance / LOGS) ** 0.5
        assert mean == pytest.approx(whole[name], abs=4 * error + 0.01 * whole[name]), name
