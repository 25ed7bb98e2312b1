"""Stopping early, and limits from history."""

from __future__ import annotations

from math import exp, log, sqrt
from statistics import mean, stdev
from typing import TYPE_CHECKING

import pytest

from pytest_llm_telemetry.core.baseline import PastRun
from pytest_llm_telemetry.core.gate import stop_early, suggest
from pytest_llm_telemetry.core.statistics.distributions import student_quantile
from pytest_llm_telemetry.core.thresholds import Thresholds

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


@pytest.mark.parametrize(("metric", "sign"), [("score", -1.0), ("error_rate", 1.0)])
def test_a_limit_is_the_prediction_bound_of_the_next_run(metric: str, sign: float) -> None:
    """Student's: mean and spread of the history, and the next run's own spread."""
    values = [0.50, 0.52, 0.48, 0.51, 0.49]
    found = suggest(_runs(metric, *values), false_alarm=0.05)[0]
    reach = student_quantile(0.95, 4) * stdev(values) * sqrt(1 + 1 / 5)
    assert found.limit == pytest.approx(0.5 + sign * reach)
    assert (found.false_alarm, found.runs, found.broken) == (0.05, 5, 0)


def test_a_limit_of_a_ratio_is_drawn_on_logarithms() -> None:
    """Three runs are enough; costs are spread by ratios."""
    values = [1.0, 1.1, 0.9]
    logs = [log(value) for value in values]
    reach = student_quantile(0.99, 2) * stdev(logs) * sqrt(1 + 1 / 3)
    found = suggest(_runs("cost_per_query_usd", *values))[0]
    assert found.limit == pytest.approx(exp(mean(logs) + reach))


def test_each_run_is_held_against_all_the_others() -> None:
    """Two runs that the rest does not explain are two; equal runs break nothing."""
    values = [0.90] * 8 + [0.91] * 8
    odd = suggest(_runs("pass_rate", *values, 0.70, 0.70), false_alarm=0.2)[0]
    assert odd.broken == 2
    for metric in ("pass_rate", "error_rate"):
        assert suggest(_runs(metric, *[0.5] * 5))[0].broken == 0


def test_a_proposed_share_is_none_above_one() -> None:
    """An error rate near one cannot have a limit beyond it."""
    assert suggest(_runs("error_rate", 0.99, 0.5, 0.9))[0].limit == 1.0


def test_a_metric_that_nothing_grades_does_not_hide_the_next(suites: Suites) -> None:
    """Passes that no grader gives leave the decision to the scores."""
    before = [suites.case(f"c{n}", [None] * 5, scores=[0.9] * 5) for n in range(60)]
    now = [suites.case(f"c{n}", [None], scores=[0.1]) for n in range(60)]
    run, baseline = suites.run(now), suites.accepted(before, repeats=5)
    rules = suites.compare("pass_rate", "score")
    assert stop_early(run, baseline, rules, repeat=1, repeats=5) == "worse"


def test_a_fall_of_just_the_minimum_effect_does_not_stop(suites: Suites) -> None:
    """It must be larger; and a rule alone has all of alpha to spend."""
    run = suites.run(suites.graded(["0"] * 15 + ["1"] * 15))
    baseline = suites.accepted(suites.graded(["11111"] * 30), repeats=5)
    for least, decision in ((0.5, "go on"), (0.49, "worse")):
        rules = Thresholds(rules=(suites.rule("pass_rate", min_effect=least),))
        assert stop_early(run, baseline, rules, repeat=1, repeats=5) == decision


@pytest.mark.parametrize(
    ("names", "decision"),
    [(("pass_rate",), "worse"), (("pass_rate", "error_rate"), "go on")],
)
def test_looks_share_alpha_among_the_rules(
    suites: Suites, names: tuple[str, ...], decision: str
) -> None:
    """Seven falls of thirty are proven by a rule alone, not by one of two."""
    run = suites.run(suites.graded(["0"] * 7 + ["1"] * 23))
    baseline = suites.accepted(suites.graded(["11111"] * 30), repeats=5)
    assert stop_early(run, baseline, suites.compare(*names), repeat=1, repeats=5) == decision
