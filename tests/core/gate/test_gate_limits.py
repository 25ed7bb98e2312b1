"""Absolute limits, missing cases, and what keeps the gate from judging."""

from __future__ import annotations

from math import inf, nan
from typing import TYPE_CHECKING, Any

import pytest

from pytest_llm_telemetry.core.gate import judge
from pytest_llm_telemetry.core.thresholds import Limit, Rule, Thresholds

if TYPE_CHECKING:
    from tests.core.gate.conftest import Suites


def test_a_first_run_is_judged_by_its_limits_alone(suites: Suites) -> None:
    """Without a baseline a kept limit passes, and a note says that this is a first run."""
    verdict = judge(
        suites.run(suites.graded(["11", "10"])), None, suites.limit("pass_rate", min=0.5)
    )
    assert (verdict.status, verdict.baseline_used, len(verdict.checks)) == ("pass", False, 1)
    assert verdict.notes[0].startswith("first run")
    assert verdict.checks[0].reason == "pass rate is 75.0 %, within the limit 50.0 %"


def test_what_fell_comes_before_what_never_was_good(suites: Suites) -> None:
    """A case that was as bad when it was accepted is no news, however bad it is."""
    always = suites.case("always", [False, False])
    fell = suites.case("fell", [True, False])
    good = suites.case("good", [True, True])
    before = [always, good, suites.case("fell", [True, True])]
    verdict = judge(
        suites.run([always, fell, good]),
        suites.accepted(before),
        suites.limit("pass_rate", min=0.9),
    )
    assert [c.case_id for c in verdict.checks[0].cases] == ["fell", "always"]
    assert verdict.checks[0].cases[1].contribution == 0.0


def test_a_broken_minimum_fails_and_names_the_cases(suites: Suites) -> None:
    """The cases that lowered the rate come worst first, with what the grader said and where."""
    good = suites.case("good", [True, True])
    bad = suites.case("bad", [False, False], notes=["no 14 days"], where="golden.jsonl:7")
    half = suites.case("half", [True, False], notes=["too long"])
    verdict = judge(
        suites.run([good, bad, half]),
        suites.accepted([suites.case("bad", [True, True])]),
        suites.limit("pass_rate", min=0.9),
    )
    check = verdict.checks[0]
    assert (verdict.status, check.status, check.limit, check.now) == ("fail", "fail", 0.9, 0.5)
    assert [c.case_id for c in check.cases] == ["bad", "half"]
    assert (check.cases[0].before, check.cases[0].now) == ("2/2", "0/2")
    assert (check.cases[0].reason, check.cases[0].where) == ("no 14 days", "golden.jsonl:7")
    assert check.reason == "pass rate is 50.0 %, below the limit 90.0 %"


def test_the_limit_itself_is_allowed(suites: Suites) -> None:
    """`max` and `min` are the last values allowed, each a check of its own."""
    run = suites.run([suites.case("a", calls=[{"latency_ms": 800.0}])])
    verdict = judge(run, None, suites.limit("avg_latency_ms", max=800.0, min=800.0))
    assert [check.status for check in verdict.checks] == ["pass", "pass"]


def test_a_broken_latency_limit_names_the_slow_cases(suites: Suites) -> None:
    """Cases above the mean carry a latency breach."""
    cases = [
        suites.case("fast", calls=[{"latency_ms": 900.0}]),
        suites.case("slow", calls=[{"latency_ms": 3000.0}]),
        suites.case("failed", calls=[{"error_type": "ValueError"}]),
    ]
    check = judge(suites.run(cases), None, suites.limit("p95_latency_ms", max=1000.0)).checks[0]
    assert [(c.case_id, c.now, c.before) for c in check.cases] == [("slow", "3.00 s", "")]


@pytest.mark.parametrize(
    ("metric", "cases", "reason"),
    [
        ("error_rate", [{"error_type": "RateLimitError"}, {}], "RateLimitError"),
        ("cost_per_query_usd", [{"cost_usd": 9.0}, {"cost_usd": 0.05}], ""),
        ("total_cost_usd", [{"cost_usd": 9.0}, {"cost_usd": 0.05}], ""),
        ("input_tokens", [{"input_tokens": 9}, {"input_tokens": 1}], ""),
        ("queries", [{}, {}], ""),
    ],
)
def test_every_metric_can_have_a_limit(
    suites: Suites, metric: str, cases: list[dict[str, Any]], reason: str
) -> None:
    """A maximum of zero is broken by any positive figure, and told in its own unit."""
    run = suites.run([suites.case(f"c{n}", calls=[call]) for n, call in enumerate(cases)])
    verdict = judge(run, None, suites.limit(metric, max=0.0))
    assert verdict.status == "fail"
    assert all(case.reason == reason for case in verdict.checks[0].cases)


def test_a_limit_of_a_tag_looks_at_its_cases_only(suites: Suites) -> None:
    """Scopes are a tag, a case or a model; each is measured alone."""
    cases = [
        suites.case("a", [True], tags=("long",), calls=[{"model": "m1"}]),
        suites.case("b", [False], calls=[{"model": "m2"}]),
    ]
    limits = Thresholds(
        limits=tuple(
            Limit(metric="pass_rate", min=1.0, scope=scope)
            for scope in ("tag:long", "case:b", "model:m1", "tag:long")
        )
    )
    verdict = judge(suites.run(cases), None, limits)
    assert [check.status for check in verdict.checks] == ["pass", "fail", "pass", "pass"]
    assert "of tag:long" in verdict.checks[0].reason


def test_a_scope_that_nothing_has_cannot_switch_a_limit_off(suites: Suites) -> None:
    """A misspelt tag is an error with its place, unless only a part of the set was selected."""
    limits = suites.limit("pass_rate", min=0.5, scope="tag:lnog")
    cases = suites.graded(["1"])
    verdict = judge(suites.run(cases), None, limits)
    assert (verdict.status, verdict.problems[0].where) == ("error", "llm-telemetry.toml:3")
    assert judge(suites.run(cases, selected=True), None, limits).status == "pass"


def test_an_unknown_cost_with_a_limit_cannot_be_judged(suites: Suites) -> None:
    """The problem counts the calls without a price and says how to give them one."""
    cases = [suites.case("a", calls=[{"cost_usd": None}, {}])]
    verdict = judge(suites.run(cases), None, suites.limit("cost_per_query_usd", max=1.0))
    assert verdict.status == "error"
    assert "1 call of 2 lack it" in str(verdict.problems[0])
    assert "[prices." in str(verdict.problems[0])


@pytest.mark.parametrize(
    ("call", "words"),
    [({"cached": True}, "from a cache"), ({"latency_ms": None}, "nothing in the run")],
)
def test_an_unknown_latency_with_a_limit_cannot_be_judged(
    suites: Suites, call: dict[str, Any], words: str
) -> None:
    """Cached answers have no latency of the model's."""
    verdict = judge(
        suites.run([suites.case("a", calls=[call])]), None, suites.limit("avg_latency_ms", max=1.0)
    )
    assert verdict.status == "error"
    assert words in str(verdict.problems[0])


@pytest.mark.parametrize("odd", [nan, inf])
def test_numbers_that_are_none_are_refused_everywhere(suites: Suites, odd: float) -> None:
    """NaN compares false with everything, so it would pass any limit; it is an error instead."""
    fine = suites.graded(["11"])
    slow = [suites.case("case-000", calls=[{"latency_ms": odd}])]
    rule = Rule(metric="pass_rate", min_effect=odd, allowed=0.1, where="t.toml:9")
    verdicts = [
        judge(suites.run(slow), None, Thresholds()),
        judge(suites.run(fine), suites.accepted(slow), Thresholds()),
        judge(suites.run(fine, metrics={"pass_rate": odd}), None, Thresholds()),
        judge(suites.run(fine), None, suites.limit("pass_rate", max=odd)),
        judge(suites.run(fine), None, Thresholds(rules=(rule,))),
        judge(suites.run([suites.case("a", [True], scores=[odd])]), None, Thresholds()),
    ]
    assert [verdict.status for verdict in verdicts] == ["error"] * 6


def test_a_case_that_left_the_golden_set_is_a_breach(suites: Suites) -> None:
    """A case of the baseline that nobody planned or ran is named, with its old place."""
    before = [suites.case("kept", [True]), suites.case("gone", [True], where="golden.jsonl:2")]
    verdict = judge(suites.run(before[:1]), suites.accepted(before), Thresholds())
    check = verdict.breaches[0]
    assert (check.metric, check.now, check.cases[0].where) == (
        "missing_cases",
        1.0,
        "golden.jsonl:2",
    )
    assert check.reason == "1 case left no record: gone"


def test_a_planned_case_without_a_record_is_a_breach(suites: Suites) -> None:
    """Neither a crash nor an empty test lets a case drop out; its plan says where it is."""
    empty = suites.case("empty", calls=[], where="tests/test_bot.py:4")
    verdict = judge(
        suites.run([*suites.graded(["1"]), empty], missing=("lost",)), None, Thresholds()
    )
    assert [(c.case_id, c.before, c.where) for c in verdict.breaches[0].cases] == [
        ("empty", "planned", "tests/test_bot.py:4"),
        ("lost", "planned", ""),
    ]


def test_a_selection_answers_for_what_it_selected(suites: Suites) -> None:
    """With -k the rest of the baseline is not missing, and a note says so."""
    before = suites.graded(["11", "11"])
    verdict = judge(suites.run(before[:1], selected=True), suites.accepted(before), Thresholds())
    assert verdict.status == "pass"
    assert "only 1 selected case of the golden set ran" in verdict.notes


def test_a_run_that_was_cut_short_never_passes(suites: Suites) -> None:
    """It is judged on what is there, and ends as an error; a proven breach still fails."""
    before = suites.graded(["111"] * 80)
    cut = suites.run(before[:40], partial=True, missing=("case-040",))
    verdict = judge(cut, suites.accepted(before), suites.compare("pass_rate"))
    assert (verdict.status, verdict.checks[0].status) == ("error", "pass")
    assert "40 cases recorded, 1 case left no record" in str(verdict.problems[0])
    worse = suites.run(suites.graded(["000"] * 20), partial=True)
    failed = judge(worse, suites.accepted(before), suites.compare("pass_rate"))
    assert failed.status == "fail"
    assert "20 cases recorded;" in str(failed.problems[0])


def test_an_empty_run_cannot_be_judged(suites: Suites) -> None:
    """No call and no score is an error with its remedy, not a pass."""
    verdict = judge(suites.run([]), None, Thresholds())
    assert verdict.status == "error"
    assert "llm_telemetry.wrap" in str(verdict.problems[0])


def test_a_baseline_of_other_cases_cannot_be_compared(suites: Suites) -> None:
    """Without a common case it is the wrong baseline: one problem, not a list of missing cases."""
    other = [suites.case("other", [True])]
    verdict = judge(suites.run(suites.graded(["1"])), suites.accepted(other), suites.compare())
    assert (verdict.status, verdict.checks, verdict.baseline_used) == ("error", (), False)
    assert "no case of the run is in the baseline" in str(verdict.problems[0])


def test_repeats_from_one_recording_are_told(suites: Suites) -> None:
    """Answers replayed at every repeat tell nothing of how much they vary."""
    replayed = suites.case("a", [True, True], calls=[{"cached": True}, {"cached": True}])
    live = suites.case("b", [True, True], calls=[{"cached": True}, {}])
    verdict = judge(suites.run([replayed, live]), None, Thresholds())
    assert "the repeats of 1 case were answered from a recording" in "; ".join(verdict.notes)


def test_what_changed_around_the_cases_is_noted(suites: Suites) -> None:
    """New cases, another golden set, model or price table, and cached calls hold nothing."""
    before = suites.graded(["11"])
    now = [
        *before,
        suites.case("new", [True], calls=[{"cached": True}]),
        suites.case("new2", [True]),
    ]
    verdict = judge(
        suites.run(now, golden_hash="b", models=("m2",), price_table_version="2"),
        suites.accepted(before, golden_hash="a", models=("m1",), price_table_version="1"),
        Thresholds(),
    )
    told = "\n".join(verdict.notes)
    assert verdict.status == "pass"
    for words in (
        "2 new cases are not in the baseline yet: new, new2",
        "the golden set changed",
        "the models changed: m1 in the baseline, m2 now",
        "the price table changed: 1 in the baseline, 2 now",
        "1 of 3 calls came from a cache",
    ):
        assert words in told


def test_one_new_case_is_one(suites: Suites) -> None:
    """A single new case is told in the singular."""
    before = suites.graded(["11"])
    run = suites.run([*before, suites.case("new", [True])])
    notes = judge(run, suites.accepted(before), Thresholds()).notes
    assert notes == ("1 new case is not in the baseline yet: new",)


def test_of_many_new_cases_three_are_named(suites: Suites) -> None:
    """The others are counted."""
    before = suites.graded(["11"])
    run = suites.run([*before, *(suites.case(f"new{n}", [True]) for n in range(5))])
    notes = judge(run, suites.accepted(before), Thresholds()).notes
    assert notes == ("5 new cases are not in the baseline yet: new0, new1, new2 and 2 more",)
