"""The gate's promises that hold for any suite."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pytest_llm_telemetry.core.gate import judge

if TYPE_CHECKING:
    from tests.core.gate.conftest import Suites

_GSM8K = Path(__file__).parents[4] / "shared" / "data" / "gsm8k" / "model_solutions.jsonl"
_GRADES = st.lists(st.text("01", min_size=3, max_size=3), min_size=1, max_size=30)


@settings(deadline=None)
@given(_GRADES)
def test_a_run_that_repeats_its_baseline_passes(suites: Suites, grades: list[str]) -> None:
    """The same samples again pass, whatever they are."""
    cases = suites.graded(grades)
    verdict = judge(suites.run(cases), suites.accepted(cases), suites.compare())
    assert verdict.status == "pass"


@settings(deadline=None)
@given(_GRADES, st.data())
def test_the_order_of_the_cases_does_not_matter(
    suites: Suites, grades: list[str], data: st.DataObject
) -> None:
    """A run is a set of cases: shuffled, it gets the same checks."""
    now = suites.graded(data.draw(st.permutations(grades)))
    shuffled = data.draw(st.permutations(now))
    baseline, rules = suites.accepted(suites.graded(grades)), suites.compare("pass_rate")
    first, second = (judge(suites.run(run), baseline, rules) for run in (now, shuffled))
    assert first.checks[0].p_value == pytest.approx(second.checks[0].p_value)
    assert [c.case_id for c in first.checks[0].cases] == [c.case_id for c in second.checks[0].cases]


@settings(deadline=None)
@given(_GRADES, _GRADES)
def test_p_values_are_probabilities(suites: Suites, before: list[str], now: list[str]) -> None:
    """No input makes a p value leave [0, 1]."""
    verdict = judge(
        suites.run(suites.graded(now)),
        suites.accepted(suites.graded(before)),
        suites.compare("pass_rate", "score"),
    )
    assert all(0.0 <= (check.p_value or 0.0) <= 1.0 for check in verdict.checks)


@settings(deadline=None)
@given(_GRADES, st.integers(0, 29))
def test_one_more_failure_never_looks_better(suites: Suites, grades: list[str], place: int) -> None:
    """Turning a case's passes into failures never raises the p value of a fall."""
    baseline = suites.accepted(suites.graded(grades))
    broken = list(grades)
    broken[place % len(grades)] = "000"
    rules = suites.compare("pass_rate")
    same = judge(suites.run(suites.graded(grades)), baseline, rules).checks[0]
    worse = judge(suites.run(suites.graded(broken)), baseline, rules).checks[0]
    assert (worse.p_value or 0.0) <= (same.p_value or 0.0) + 1e-9


def test_a_real_regression_fails_with_its_cases_named(suites: Suites) -> None:
    """On 600 GSM8K questions the weaker system fails on pass rate, worst cases first."""
    if not _GSM8K.exists():
        pytest.skip("the GSM8K answers are not here (../shared/data/gsm8k)")
    rows = [json.loads(line) for line in _GSM8K.read_text().splitlines()]
    before, now = (
        [suites.case(row["id"], [row["systems"][name]["is_correct"]]) for row in rows]
        for name in ("175b_verification", "175b_finetuning")
    )
    verdict = judge(suites.run(now), suites.accepted(before), suites.compare())
    breach = verdict.breaches[0]
    assert (verdict.status, breach.metric) == ("fail", "pass_rate")
    assert breach.baseline == 0.555
    assert breach.now == pytest.approx(0.3417, abs=5e-5)
    assert breach.reason == "157 of 600 cases got worse, 29 got better"
    assert (len(breach.cases), breach.cases[0].before, breach.cases[0].now) == (157, "1/1", "0/1")


def test_times_below_the_machines_own_noise_are_equal(suites: Suites) -> None:
    """A stub that answers in microseconds is never a latency regression, however it flickers."""
    steady = [suites.case(f"c{n}", calls=[{"latency_ms": 0.02}] * 3) for n in range(30)]
    times = [{"latency_ms": value} for value in (0.02, 0.9, 2.5)]
    flickering = [suites.case(f"c{n}", calls=times) for n in range(30)]
    verdict = judge(suites.run(flickering), suites.accepted(steady), suites.compare())
    assert not verdict.breaches
