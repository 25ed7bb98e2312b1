"""A problem of the gate, whole: what, where, and how to mend it."""

from __future__ import annotations

from math import inf, nan
from typing import TYPE_CHECKING, Any

import pytest

from pytest_llm_telemetry.core.gate import judge
from pytest_llm_telemetry.core.thresholds import Limit, Thresholds
from pytest_llm_telemetry.core.verdict import Problem

if TYPE_CHECKING:
    from tests.core.gate.conftest import Suites

_TOML = "llm-telemetry.toml:3"


def test_limits_that_cannot_be_judged_do_not_hide_the_others(suites: Suites) -> None:
    """Two misspelt scopes and a figure that is not there are three problems; the rest is judged."""
    limits = (
        Limit(metric="pass_rate", min=0.5, scope="tag:lnog", where="a.toml:1"),
        Limit(metric="pass_rate", min=0.5, scope="case:caes", where="a.toml:2"),
        Limit(metric="score", min=0.5, where="a.toml:3"),
        Limit(metric="pass_rate", min=0.5, where="a.toml:4"),
    )
    cases = [suites.case("a", [True], scores=[None])]
    verdict = judge(suites.run(cases), None, Thresholds(limits=limits))
    assert verdict.problems == (
        Problem(
            what="the limit of pass_rate is on tag:lnog, which no case of the run has",
            where="a.toml:1",
            remedy="mend the name, or take the limit off",
        ),
        Problem(
            what="the limit of pass_rate is on case:caes, which no case of the run has",
            where="a.toml:2",
            remedy="mend the name, or take the limit off",
        ),
        Problem(
            what="score has a limit but is unknown: nothing in the run measures it",
            where="a.toml:3",
            remedy="record it in the test, or take the limit off",
        ),
    )
    assert [check.status for check in verdict.checks] == ["pass"]


def test_a_run_without_an_answer_is_no_pass(suites: Suites) -> None:
    """Where every call failed nothing was heard of the model; one answer or one grade is enough."""
    failed = [suites.case(f"c{n}", calls=[{"error_type": "AuthenticationError"}]) for n in range(3)]
    verdict = judge(suites.run(failed), None, Thresholds())
    assert verdict.problems == (
        Problem(
            what="no call was answered: all of 3 calls failed (AuthenticationError)",
            remedy="mend what fails them (a key, an address, an argument), and run it again",
        ),
    )
    assert verdict.status == "error"
    for heard in (suites.case("c9"), suites.case("c9", [False], calls=[{"error_type": "E"}])):
        assert judge(suites.run([*failed, heard]), None, Thresholds()).status == "pass"


@pytest.mark.parametrize(
    ("metric", "call", "why", "remedy"),
    [
        (
            "avg_latency_ms",
            {"cached": True},
            "every call was answered from a cache",
            "run without the cache",
        ),
        (
            "avg_ttft_ms",
            {},
            "nothing in the run measures it",
            "record it in the test",
        ),
        *(
            (
                metric,
                {"cost_usd": None},
                "1 call of 1 lack it",
                'give the model a price under [prices."MODEL"], or let the call record its usage',
            )
            for metric in ("cost_per_query_usd", "total_cost_usd", "input_tokens", "output_tokens")
        ),
    ],
)
def test_an_unknown_figure_with_a_limit_says_what_to_do(
    suites: Suites, metric: str, call: dict[str, Any], why: str, remedy: str
) -> None:
    """A cache, a missing price, missing usage and a figure that nobody measured differ."""
    verdict = judge(suites.run([suites.case("a", calls=[call])]), None, suites.limit(metric, max=9))
    assert verdict.problems == (
        Problem(
            what=f"{metric} has a limit but is unknown: {why}",
            where=_TOML,
            remedy=f"{remedy}, or take the limit off",
        ),
    )


def test_comparisons_that_cannot_be_made_do_not_hide_the_others(suites: Suites) -> None:
    """Each is a problem of its own with the place it was asked for; the last one is judged."""
    before = [suites.case("a", [True], scores=[1.0]), suites.case("b", [True], scores=[1.0])]
    now = [suites.case(name, [True], scores=[None]) for name in ("a", "b")]
    rules = (
        suites.rule("pass_rate", scope="tag:x", where="a.toml:1"),
        suites.rule("pass_rate", scope="tag:y", where="a.toml:2"),
        suites.rule("avg_ttft_ms", where="a.toml:3"),
        suites.rule("score", where="a.toml:4"),
        suites.rule("pass_rate", where="a.toml:5"),
    )
    verdict = judge(suites.run(now), suites.accepted(before), Thresholds(rules=rules))
    nowhere = ", which no case of the run and of the baseline has"
    record = "record it in every call, or set enabled = false for this comparison"
    assert verdict.problems == (
        Problem(
            what=f"pass_rate is compared on tag:x{nowhere}",
            where="a.toml:1",
            remedy="mend the name, or take the comparison off",
        ),
        Problem(
            what=f"pass_rate is compared on tag:y{nowhere}",
            where="a.toml:2",
            remedy="mend the name, or take the comparison off",
        ),
        Problem(
            what="avg_ttft_ms cannot be compared: neither in the run nor in the baseline",
            where="a.toml:3",
            remedy=record,
        ),
        Problem(
            what="score cannot be compared: the baseline has it, but 2 samples of the run lack it",
            where="a.toml:4",
            remedy=record,
        ),
    )
    assert [check.metric for check in verdict.checks] == ["pass_rate"]
    assert verdict.notes == ()


@pytest.mark.parametrize(
    ("metric", "lost", "held"),
    [
        ("cost_per_query_usd", {"cost_usd": None}, "1 sample of the run lack it"),
        ("avg_latency_ms", {"latency_ms": None}, "no call of the run has it"),
        ("slow_call_rate", {"latency_ms": None}, "no call of the run has it"),
    ],
)
def test_a_figure_that_the_run_lost_is_told_with_its_place(
    suites: Suites, metric: str, lost: dict[str, Any], held: str
) -> None:
    """The baseline has it and the run does not: one problem, nothing else."""
    verdict = suites.judged(
        [suites.case("a")], [suites.case("a", calls=[lost])], metric, where=_TOML
    )
    assert verdict.problems == (
        Problem(
            what=f"{metric} cannot be compared: the baseline has it, but {held}",
            where=_TOML,
            remedy="record it in every call, or set enabled = false for this comparison",
        ),
    )
    assert (verdict.checks, verdict.notes) == ((), ())


def test_a_run_that_has_none_says_so(suites: Suites) -> None:
    """Grades that the run lost altogether, and calls: no count, but "none"."""
    graded, calling = suites.case("a", [True], calls=[]), suites.case("a")
    for before, now, metric in ((graded, calling, "pass_rate"), (calling, graded, "error_rate")):
        assert [
            problem.what for problem in suites.judged([before], [now], metric, where=_TOML).problems
        ] == [f"{metric} cannot be compared: the baseline has it, but the run has none"]


@pytest.mark.parametrize("odd", [nan, inf, -inf])
@pytest.mark.parametrize(
    "field", ["latency_ms", "ttft_ms", "cost_usd", "input_tokens", "output_tokens", "weight"]
)
def test_each_number_of_a_call_must_be_one(suites: Suites, field: str, odd: float) -> None:
    """Whichever field holds it, the case is named, and nothing else is judged."""
    now = [suites.case("a"), suites.case("b", calls=[{field: odd}], where="t.py:3")]
    run = suites.run(now, metrics={}, unknown={})
    verdict = judge(run, suites.accepted(now[:1]), suites.limit("avg_latency_ms", max=1.0))
    assert (verdict.suite, verdict.status, verdict.checks) == ("support", "error", ())
    assert verdict.problems == (
        Problem(
            what="case b of the run holds a value that is no finite number",
            where="t.py:3",
            remedy="look at what the handler or the grader reported for it",
        ),
    )


def test_a_number_that_is_none_is_named_wherever_it_is(suites: Suites) -> None:
    """In a limit, a rule, a figure, a grade, a weight and the baseline: each with its remedy."""
    thresholds = Thresholds(
        limits=(Limit(metric="score", min=nan, where="a.toml:1"),),
        rules=(suites.rule("score", allowed=inf, where="a.toml:2"),),
    )
    now = [suites.case("graded", scores=[nan, 1.0]), suites.case("weighed", weight=inf)]
    run = suites.run(now, metrics={"score": nan, "pass_rate": 1.0, "queries": None})
    before = suites.accepted([suites.case("old", scores=[nan], where="golden.jsonl:4")])
    verdict = judge(run, before, thresholds)
    again = "look at what the handler or the grader reported for it"
    holds = "holds a value that is no finite number"
    assert verdict.problems == (
        Problem(
            what="the limit of score is no finite number",
            where="a.toml:1",
            remedy="write a number, or take the limit off",
        ),
        Problem(
            what="the allowed regression of score is no finite number",
            where="a.toml:2",
            remedy="write a number, or set enabled = false",
        ),
        Problem(what="score of the run is nan, which is no number", where="r1"),
        Problem(what=f"case graded of the run {holds}", remedy=again),
        Problem(what=f"case weighed of the run {holds}", remedy=again),
        Problem(
            what=f"case old of the baseline {holds}",
            where="golden.jsonl:4",
            remedy="accept the baseline again from a sound run",
        ),
    )


def test_a_run_cut_short_says_how_to_get_a_verdict(suites: Suites) -> None:
    """Its one problem counts what was recorded."""
    verdict = judge(suites.run(suites.graded(["1"]), partial=True), None, Thresholds())
    assert verdict.problems == (
        Problem(
            what="the run was cut short: 1 case recorded",
            remedy="run it to its end (no -x, --maxfail or Ctrl-C) to get a verdict",
        ),
    )


def test_the_wrong_baseline_is_told_beside_other_problems(suites: Suites) -> None:
    """It does not displace what else is wrong."""
    run = suites.run(suites.graded(["1"]), partial=True)
    verdict = judge(run, suites.accepted([suites.case("other")]), Thresholds())
    assert (verdict.suite, verdict.baseline_used) == ("support", False)
    assert [problem.what[:11] for problem in verdict.problems] == ["the run was", "no case of "]
    assert verdict.problems[1] == Problem(
        what="no case of the run is in the baseline of suite support",
        where="support",
        remedy="check that the baseline belongs to this golden set, or accept a new one with "
        "llm-telemetry baseline accept",
    )


def test_answers_that_nothing_graded_are_named(suites: Suites) -> None:
    """The cases, the place of the first, and what the test forgot."""
    before = suites.graded(["1"] * 9)
    now = [
        *(suites.case(f"case-{n:03}", where=f"t.py:{n}") for n in range(2)),
        suites.case("case-002", calls=[{"error_type": "E"}]),
        *before[3:],
    ]
    assert suites.judged(before, now, "pass_rate", where=_TOML).problems == (
        Problem(
            what="2 cases had a pass rate in the baseline and got an answer that nothing graded "
            "now: case-000, case-001",
            where="t.py:0",
            remedy="call golden_case.check(answer) in the test",
        ),
    )


@pytest.mark.parametrize(("failed", "problems"), [(2, 0), (3, 1)])
def test_a_fifth_of_the_cases_may_go_without_an_answer(
    suites: Suites, failed: int, problems: int
) -> None:
    """One more than that and the grades say too little of the version."""
    before = suites.graded(["1"] * 10)
    lost = [suites.case(f"case-{n:03}", calls=[{"error_type": "E"}]) for n in range(failed)]
    told = suites.judged(before, [*lost, *before[failed:]], "pass_rate", where=_TOML).problems
    assert (
        told
        == (
            Problem(
                what="3 of 10 cases got no answer to grade",
                remedy="look at the errors of the calls, and run again",
            ),
        )[:problems]
    )


def test_cases_that_the_baseline_never_graded_lost_nothing(suites: Suites) -> None:
    """Neither a weightless case nor a newly graded one counts as lost."""
    before = [*suites.graded(["1", "1", "1"]), *(suites.case(f"x{n}", [None]) for n in range(5))]
    now = [
        *suites.graded(["1", "1"]),
        suites.case("case-002", [True], weight=0.0),
        *(suites.case(f"x{n}", [True]) for n in range(5)),
    ]
    assert suites.judged(before, now, "pass_rate", where=_TOML).problems == ()


def test_a_case_without_a_common_grade_decides_nothing(suites: Suites) -> None:
    """Graded only before here and only now there: the check says so."""
    before = [suites.case("a", [True]), suites.case("b", [None])]
    now = [suites.case("a", [None], calls=[{"error_type": "E"}]), suites.case("b", [True])]
    check = suites.judged(before, now, "pass_rate", where=_TOML).checks[0]
    assert (check.status, check.settle) == ("inconclusive", "")
    assert check.reason == "no case was graded both in the baseline and now"


@pytest.mark.parametrize(("size", "problems"), [(60, 0), (61, 1)])
def test_a_fifth_of_the_calls_may_fail_together(suites: Suites, size: int, problems: int) -> None:
    """More than that is an outage, not a version."""
    before = [suites.case(f"c{n}", calls=[{"order": n}]) for n in range(300)]
    now = [
        suites.case(f"c{n}", calls=[{"order": n, "error_type": "Timeout" if n < size else None}])
        for n in range(300)
    ]
    assert (
        suites.judged(before, now, "error_rate", where=_TOML).problems
        == (
            Problem(
                what="61 of 300 calls failed in bursts, as in an outage",
                remedy="run again when the provider is well",
            ),
        )[:problems]
    )
