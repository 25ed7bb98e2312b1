"""Latency against the baseline: what the day did, what the version did, and the tail."""

from __future__ import annotations

import random
from math import exp
from typing import TYPE_CHECKING, Any

import pytest

from pytest_llm_telemetry.core.baseline import PastRun
from pytest_llm_telemetry.core.gate import judge
from pytest_llm_telemetry.core.gate.wording import figure

if TYPE_CHECKING:
    from pytest_llm_telemetry.core.metrics import Unit
    from pytest_llm_telemetry.core.samples import CaseSamples
    from tests.core.gate.conftest import Suites


def _timed(
    suites: Suites, seed: int, factor: float = 1.0, slow: float = 0.0, cases: int = 80
) -> list[CaseSamples]:
    draws = random.Random(seed)
    found = []
    for n in range(cases):
        calls: list[dict[str, Any]] = []
        for _ in range(3):
            ms = (
                900.0
                * factor
                * exp(draws.gauss(0.0, 0.2))
                * (4.0 if draws.random() < slow else 1.0)
            )
            calls.append({"latency_ms": ms, "ttft_ms": ms / 4})
        found.append(suites.case(f"c{n:03}", calls=calls))
    return found


def _past(*latencies: float) -> tuple[PastRun, ...]:
    return tuple(
        PastRun(
            run_id=f"r{n}",
            at="2026-11-01",
            metrics={"avg_latency_ms": value, "p95_latency_ms": value},
        )
        for n, value in enumerate(latencies)
    )


@pytest.mark.parametrize(
    "metric", ["avg_latency_ms", "p50_latency_ms", "avg_ttft_ms", "p95_latency_ms", "p95_ttft_ms"]
)
def test_a_slower_version_fails_against_controls(suites: Suites, metric: str) -> None:
    """Thirty per cent slower than replays of the old version in the same session is ours."""
    before, now = _timed(suites, 1), _timed(suites, 2, factor=1.3)
    controls = _timed(suites, 3)[:40]
    verdict = judge(
        suites.run(now), suites.accepted(before), suites.compare(metric), controls=controls
    )
    check = verdict.breaches[0]
    assert check.change == pytest.approx(0.3, abs=0.15)
    assert verdict.notes == ()


def test_a_slower_day_passes_against_controls(suites: Suites) -> None:
    """When the unchanged version is as slow today, nothing is ours, and the reason says so."""
    before, now = _timed(suites, 1), _timed(suites, 2, factor=1.3)
    controls = _timed(suites, 4, factor=1.3)[:40]
    verdict = judge(
        suites.run(now),
        suites.accepted(before),
        suites.compare("avg_latency_ms"),
        controls=controls,
    )
    assert verdict.status == "pass"
    assert "the provider's own drift of +" in verdict.checks[0].reason


def test_without_controls_latency_is_advisory(suites: Suites) -> None:
    """Even a doubling only warns, and one note says how to make it binding."""
    rules = suites.compare("avg_latency_ms", "p95_latency_ms", on_inconclusive="fail")
    verdict = judge(
        suites.run(_timed(suites, 2, factor=2.0)), suites.accepted(_timed(suites, 1)), rules
    )
    assert verdict.status == "pass"
    assert [(check.status, check.binding) for check in verdict.checks] == [("fail", False)] * 2
    assert len(verdict.notes) == 1
    assert "--llm-controls 50" in verdict.notes[0]


def test_an_advisory_change_says_what_would_settle_it(suites: Suites) -> None:
    """Twenty per cent may be the day."""
    verdict = judge(
        suites.run(_timed(suites, 2, factor=1.2)),
        suites.accepted(_timed(suites, 1)),
        suites.compare("avg_latency_ms"),
    )
    assert verdict.checks[0].status == "inconclusive"
    assert verdict.checks[0].settle == "controls or a history of accepted runs would settle it"
    assert verdict.checks[0].cases


@pytest.mark.parametrize(("factor", "status"), [(1.02, "pass"), (1.8, "fail")])
def test_history_makes_latency_binding(suites: Suites, factor: float, status: str) -> None:
    """Five accepted runs that hardly differ show how much a day does."""
    baseline = suites.accepted(
        _timed(suites, 1), history=_past(1000.0, 1010.0, 990.0, 1005.0, 1000.0)
    )
    run = suites.run(_timed(suites, 2, factor=factor))
    verdict = judge(run, baseline, suites.compare("avg_latency_ms"))
    assert (verdict.status, verdict.checks[0].binding) == (status, True)


def test_one_timed_case_is_not_enough(suites: Suites) -> None:
    """Fewer than two cases, or twenty calls, decide nothing."""
    one = [suites.case("a", calls=[{}] * 3)]
    rules = suites.compare("avg_latency_ms", "p95_latency_ms", "slow_call_rate")
    verdict = judge(suites.run(one), suites.accepted(one), rules)
    assert [check.status for check in verdict.checks] == ["inconclusive"] * 3
    assert not any(check.binding for check in verdict.checks)


def test_a_heavier_tail_fails_on_slow_calls_without_controls(suites: Suites) -> None:
    """A tenth of the calls four times slower is no day's doing: the other calls did not move."""
    before, now = _timed(suites, 1, cases=120), _timed(suites, 2, slow=0.12, cases=120)
    verdict = judge(suites.run(now), suites.accepted(before), suites.compare())
    assert [check.metric for check in verdict.breaches] == ["slow_call_rate"]
    check = verdict.breaches[0]
    assert check.baseline == pytest.approx(0.05)
    assert check.now == pytest.approx(0.15, abs=0.05)
    assert "of 360 calls are slow for their case, 18 of 360 before" in check.reason


def test_cached_answers_have_no_latency(suites: Suites) -> None:
    """A run answered from a cache is not compared, and says so; the rest of it is."""
    before = _timed(suites, 1, cases=20)
    cached = [suites.case(f"c{n:03}", calls=[{"cached": True}]) for n in range(20)]
    verdict = judge(suites.run(cached), suites.accepted(before), suites.compare("avg_latency_ms"))
    assert (verdict.status, verdict.checks) == ("pass", ())
    assert "latency was not judged: every call was answered from a cache" in verdict.notes


@pytest.mark.parametrize(
    ("call", "status"), [({"error_type": "ValueError"}, "pass"), ({"latency_ms": None}, "error")]
)
def test_latency_that_the_run_lost_is_told(
    suites: Suites, call: dict[str, Any], status: str
) -> None:
    """Failed calls are the error rate's business; calls without a time are a problem."""
    before = _timed(suites, 1, cases=20)
    now = [suites.case(f"c{n:03}", [True], calls=[call]) for n in range(20)]
    verdict = judge(suites.run(now), suites.accepted(before), suites.compare("avg_latency_ms"))
    assert verdict.status == status
    some = judge(
        suites.run([*before[:19], now[19]]),
        suites.accepted(before),
        suites.compare("avg_latency_ms"),
    )
    assert some.checks[0].reason.endswith("0 of 19 cases got slower by more than 5 %, 0 got faster")


def test_a_run_of_grades_alone_lost_its_latency(suites: Suites) -> None:
    """Without any call the comparison that the baseline allows cannot be made."""
    now = [suites.case(f"c{n:03}", [True], calls=[]) for n in range(20)]
    verdict = judge(
        suites.run(now),
        suites.accepted(_timed(suites, 1, cases=20)),
        suites.compare("slow_call_rate"),
    )
    assert verdict.status == "error"


@pytest.mark.parametrize(
    ("unit", "value", "text"),
    [
        ("fraction", 0.9421, "94.2 %"),
        ("ms", 812.4, "812 ms"),
        ("ms", 1210.0, "1.21 s"),
        ("USD", 0.0009, "$0.000900"),
        ("USD", 0.0123, "$0.0123"),
        ("USD", 12.3, "$12.30"),
        ("score", 0.8712, "0.871"),
        ("tokens", 411.6, "412"),
        ("ms", None, "unknown"),
    ],
)
def test_figures_read_as_people_write_them(unit: Unit, value: float | None, text: str) -> None:
    """Each unit has its digits."""
    assert figure(unit, value) == text
