"""Stopping early, and limits from history."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from pytest_llm_telemetry.core.baseline import PastRun
from pytest_llm_telemetry.core.gate import stop_early, suggest

if TYPE_CHECKING:
    from tests.core.gate.conftest import Suites


@pytest.mark.parametrize(
    ("now", "decision"),
    [(["0"] * 60, "worse"), (["1"] * 60, "no change"), (["0"] * 6 + ["1"] * 54, "go on")],
)
def test_repeats_stop_once_they_decide(suites: Suites, now: list[str], decision: str) -> None:
    """A collapse and a perfect repeat need one look, a doubtful one goes on."""
    baseline = suites.accepted(suites.graded(["11111"] * 60), repeats=5)
    run = suites.run(suites.graded(now))
    found = stop_early(run, baseline, suites.compare("pass_rate", "score"), repeat=1, repeats=5)
    assert found == decision


def test_what_nothing_grades_goes_on(suites: Suites) -> None:
    """Without grades there is nothing to stop on."""
    cases = [suites.case("a"), suites.case("b")]
    for rules in (suites.compare("pass_rate"), suites.compare("error_rate")):
        found = stop_early(suites.run(cases), suites.accepted(cases), rules, repeat=1, repeats=3)
        assert found == "go on"


def test_a_proven_trifle_does_not_stop_as_worse(suites: Suites) -> None:
    """Beyond the boundary but below the minimum effect is no reason to call it worse."""
    before = suites.graded(["11111"] * 4000)
    now = suites.graded(["0"] * 36 + ["1"] * 3964)
    run, baseline = suites.run(now), suites.accepted(before, repeats=5)
    assert stop_early(run, baseline, suites.compare("pass_rate"), repeat=1, repeats=5) == "go on"


def _runs(metric: str, *values: float | None) -> list[PastRun]:
    return [PastRun(run_id=f"r{n}", at="", metrics={metric: v}) for n, v in enumerate(values)]


def test_a_limit_lies_beyond_what_history_saw() -> None:
    """Ten like runs: the limit is above the worst, with the false alarms it would have had."""
    found = suggest(_runs("avg_latency_ms", *[1000.0 + 10 * n for n in range(10)]))[0]
    assert (found.bound, found.runs, found.broken, found.worst) == ("max", 10, 0, 1090.0)
    assert 1090.0 < found.limit < 1200.0


def test_an_outlier_would_have_broken_its_limit() -> None:
    """A run that the others do not explain is counted."""
    found = suggest(_runs("pass_rate", 0.95, 0.94, 0.95, 0.96, 0.95, 0.60, None))[0]
    assert (found.metric, found.bound, found.broken, found.worst) == ("pass_rate", "min", 1, 0.60)
    assert 0.0 <= found.limit < 0.60


def test_a_rarer_false_alarm_needs_a_wider_limit() -> None:
    """One in a thousand is further out than one in twenty."""
    runs = _runs("cost_per_query_usd", 1.0, 1.1, 0.9, 1.05)
    wide, narrow = (suggest(runs, false_alarm=rate)[0].limit for rate in (0.001, 0.05))
    assert wide > narrow


def test_too_little_history_suggests_nothing() -> None:
    """Two runs, or costs of nothing, show no spread to draw a limit from."""
    assert suggest(_runs("score", 0.8, 0.9)) == ()
    assert suggest(_runs("cost_per_query_usd", 0.0, 0.0, 0.0)) == ()
