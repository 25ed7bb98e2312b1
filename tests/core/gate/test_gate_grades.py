"""Pass rate, score, errors and costs against the baseline."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest

from pytest_llm_telemetry.core.gate import judge
from pytest_llm_telemetry.core.thresholds import Thresholds

if TYPE_CHECKING:
    from pytest_llm_telemetry.core.samples import CaseSamples
    from tests.core.gate.conftest import Suites


def test_a_few_broken_cases_in_many_fail(suites: Suites) -> None:
    """Seven of 120 cases that always passed and never pass now are no noise."""
    before = suites.graded(["111"] * 120)
    now = suites.graded(["000"] * 7 + ["111"] * 113)
    check = suites.judged(before, now, "pass_rate").breaches[0]
    assert check.reason == "7 of 120 cases got worse, 0 got better"
    assert (check.cases_worse, check.cases[0].before, check.cases[0].now) == (7, "3/3", "0/3")
    assert sum(case.contribution for case in check.cases) == pytest.approx(-(check.change or 0.0))


def test_flaky_cases_that_flip_do_not_fail(suites: Suites) -> None:
    """As many cases the other way round are noise, and the limit they leave open is named."""
    before, now = suites.graded(["110", "100"] * 10), suites.graded(["100", "110"] * 10)
    verdict = suites.judged(before, now, "pass_rate")
    assert (verdict.status, verdict.checks[0].status) == ("pass", "inconclusive")
    assert verdict.checks[0].reason.startswith("cannot exclude -5.0 pp: 10 of 20 cases")


def test_an_undecided_check_says_what_would_settle_it(suites: Suites) -> None:
    """A little noise needs a few repeats, much noise more cases than repeats can replace."""
    flaky = suites.graded(["110", "100"] * 4 + ["111"] * 80)
    turned = suites.graded(["100", "110"] * 4 + ["111"] * 80)
    few = judge(
        suites.run(turned, repeats=3),
        suites.accepted(flaky),
        Thresholds(rules=(suites.rule("pass_rate", allowed=0.02),)),
    )
    assert "more repeat" in few.checks[0].settle
    many = suites.judged(flaky[:20], turned[:20], "pass_rate", allowed=0.001)
    assert many.checks[0].settle.endswith("more cases would settle it")
    assert "repeat" not in many.checks[0].settle


def test_half_the_allowed_change_needs_four_times_the_cases(suites: Suites) -> None:
    """The advice follows the square law of noise: cases at hand and asked for, together."""
    flaky = suites.graded(["110", "100"] * 10)
    turned = suites.graded(["100", "110"] * 10)

    def needed(allowed: float) -> int:
        check = suites.judged(flaky, turned, "pass_rate", allowed=allowed).checks[0]
        return 20 + int(check.settle.split()[0])

    assert needed(0.002) == pytest.approx(4 * needed(0.004), rel=0.001)


def test_repeats_are_advised_by_the_same_law(suites: Suites) -> None:
    """Twice the repeats or twice the cases: the advice names both, for the same precision."""
    flaky = suites.graded(["110", "100"] * 4 + ["111"] * 80)
    turned = suites.graded(["100", "110"] * 4 + ["111"] * 80)
    rule = Thresholds(rules=(suites.rule("pass_rate", allowed=0.02),))
    settle = judge(suites.run(turned, repeats=3), suites.accepted(flaky), rule).checks[0].settle
    repeats, cases = (int(number) for number in re.findall(r"\d+", settle))
    assert (3 + repeats) / 3 == pytest.approx((88 + cases) / 88, abs=1 / 3)


def test_nothing_settles_a_rule_that_allows_nothing(suites: Suites) -> None:
    """Zero cannot be excluded by any number of repeats, so no number is promised."""
    flaky, turned = suites.graded(["10", "01"]), suites.graded(["01", "10"])
    assert suites.judged(flaky, turned, "pass_rate", allowed=0.0).checks[0].settle == ""


def test_on_inconclusive_fail_holds_the_run(suites: Suites) -> None:
    """Who wants a proof of no regression gets it."""
    flaky, turned = suites.graded(["10", "01"]), suites.graded(["01", "10"])
    rules = suites.compare("pass_rate", on_inconclusive="fail")
    assert judge(suites.run(turned), suites.accepted(flaky), rules).status == "fail"


def test_a_proven_change_below_the_minimum_effect_passes(suites: Suites) -> None:
    """Cost up by a certain 1 % is below the 2 % that matter."""
    before = [suites.case(f"c{n}", calls=[{"cost_usd": 0.01}]) for n in range(20)]
    now = [suites.case(f"c{n}", calls=[{"cost_usd": 0.0101}]) for n in range(20)]
    check = suites.judged(before, now, "cost_per_query_usd").checks[0]
    assert (check.status, check.p_value) == ("pass", 0.0)
    assert check.change == pytest.approx(0.01)


def test_a_fall_in_score_fails(suites: Suites) -> None:
    """Sixty noisy scores that all lost about 0.1 fail on score."""
    before = [suites.case(f"c{n}", scores=[0.9 - n / 500]) for n in range(60)]
    now = [suites.case(f"c{n}", scores=[0.8 - n / 400], notes=["vague"]) for n in range(60)]
    check = suites.judged(before, now, "score").breaches[0]
    assert check.change is not None
    assert check.change < -0.1
    assert (check.cases[0].now, check.cases[0].reason) == ("0.653", "vague")


def test_cases_without_a_grade_on_one_side_are_left_out(suites: Suites) -> None:
    """A weightless case and one that the baseline never graded do not count."""
    before = [*suites.graded(["11", "11"]), suites.case("x", [None])]
    now = [
        *suites.graded(["11"]),
        suites.case("case-001", [False], weight=0.0),
        suites.case("x", [True]),
    ]
    check = suites.judged(before, now, "pass_rate").checks[0]
    assert check.reason.endswith("none of 1 case changed")


def test_answers_that_nothing_graded_cannot_be_judged(suites: Suites) -> None:
    """A case that had a grade and now has an answer without one is a problem with its place."""
    before = suites.graded(["11", "11"])
    now = [before[0], suites.case("case-001", where="tests/test_bot.py:9")]
    verdict = suites.judged(before, now, "pass_rate")
    assert verdict.status == "error"
    assert str(verdict.problems[0]).startswith("tests/test_bot.py:9: 1 case had a pass rate")


@pytest.mark.parametrize(("lost", "status"), [(1, "pass"), (5, "error")])
def test_a_run_that_got_too_few_answers_cannot_be_judged(
    suites: Suites, lost: int, status: str
) -> None:
    """One case of ten without an answer is the error rate's business; half of them are not."""
    before = suites.graded(["1"] * 10)
    failed = [
        suites.case(f"case-{n:03}", calls=[{"error_type": "APITimeoutError"}]) for n in range(lost)
    ]
    verdict = suites.judged(before, [*failed, *before[lost:]], "pass_rate")
    assert verdict.status == status


def test_a_metric_that_the_run_lost_cannot_be_compared(suites: Suites) -> None:
    """The baseline has grades and the run has none: an error, not a silent pass."""
    before = suites.graded(["11"])
    verdict = suites.judged(before, [suites.case("case-000")], "pass_rate")
    assert verdict.status == "error"
    assert "the run has none" in str(verdict.problems[0])


def test_a_cost_that_some_calls_lack_cannot_be_compared(suites: Suites) -> None:
    """The problem counts what is missing."""
    before = [suites.case("a"), suites.case("b")]
    now = [before[0], suites.case("b", calls=[{"cost_usd": None}])]
    verdict = suites.judged(before, now, "cost_per_query_usd")
    assert "1 sample of the run lack it" in str(verdict.problems[0])


def test_a_metric_that_only_the_run_has_is_noted(suites: Suites) -> None:
    """It can be compared once a baseline with it is accepted."""
    verdict = suites.judged([suites.case("case-000")], suites.graded(["1"]), "pass_rate")
    assert (verdict.status, verdict.checks) == ("pass", ())
    assert verdict.notes == (
        "pass rate: the baseline has none; accept a new baseline to compare it",
    )


@pytest.mark.parametrize(("where", "status"), [("", "pass"), ("llm-telemetry.toml:5", "error")])
def test_a_metric_that_neither_has_is_a_problem_if_asked_for(
    suites: Suites, where: str, status: str
) -> None:
    """Defaults leave it out; a comparison that a team wrote down does not vanish."""
    cases = [suites.case("a")]
    assert suites.judged(cases, cases, "score", where=where).status == status


def test_a_comparison_of_a_tag_that_nothing_has_is_a_problem(suites: Suites) -> None:
    """As with limits, a misspelt scope is named, except in a selection."""
    cases = suites.graded(["1"])
    rules = Thresholds(rules=(suites.rule("pass_rate", scope="tag:x"),))
    assert judge(suites.run(cases), suites.accepted(cases), rules).status == "error"
    assert judge(suites.run(cases, selected=True), suites.accepted(cases), rules).status == "pass"


def test_a_model_is_compared_by_its_own_attempts(suites: Suites) -> None:
    """With two models in a case only the attempts of the one named count."""
    calls = [{"model": "a"}, {"model": "b"}]
    before = [suites.case(f"c{n}", [True, True], calls=calls) for n in range(20)]
    now = [suites.case(f"c{n}", [False, True], calls=calls) for n in range(20)]
    other = suites.case("z", [True], calls=[{"model": "b"}])
    moved = suites.case("z", [True], calls=[{"model": "a"}])
    for scope, status in (("model:a", "fail"), ("model:b", "pass")):
        verdict = suites.judged([*before, other], [*now, moved], "pass_rate", scope=scope)
        assert verdict.status == status


def test_when_the_model_moved_a_note_says_so(suites: Suites) -> None:
    """Controls that fell as well show that the provider changed, not only the version."""
    before = suites.graded(["111"] * 30)
    now = suites.graded(["000"] * 30)
    verdict = judge(
        suites.run(now), suites.accepted(before), suites.compare("pass_rate"), controls=now[:20]
    )
    assert "the model moved, not only you" in verdict.notes[0]
    steady = judge(
        suites.run(now), suites.accepted(before), suites.compare("pass_rate"), controls=before[:20]
    )
    assert steady.notes == ()


def test_many_more_errors_fail(suites: Suites) -> None:
    """Thirty spread errors of 300 against three are no chance, and their kind is named."""
    before = [suites.case(f"c{n}", calls=[_call(n, n % 100 == 0)]) for n in range(300)]
    now = [suites.case(f"c{n}", calls=[_call(n, n % 10 == 0)]) for n in range(300)]
    check = suites.judged(before, now, "error_rate").breaches[0]
    assert check.reason == "30 of 300 calls failed, 3 of 300 before: RateLimitError"
    assert check.cases[0].now == "1/1"


def test_one_storm_is_no_regression(suites: Suites) -> None:
    """Twelve calls in a row that hit a rate limit are one event, so nothing is proven."""
    before = [suites.case(f"c{n}", calls=[_call(n, n == 7)]) for n in range(300)]
    now = [suites.case(f"c{n}", calls=[_call(n, 100 <= n < 112)]) for n in range(300)]
    verdict = suites.judged(before, now, "error_rate")
    assert verdict.status == "pass"
    assert verdict.checks[0].reason.endswith("12 of them in bursts")


def test_a_row_of_our_own_errors_is_no_storm(suites: Suites) -> None:
    """Forty cases in a row that raise ValueError are forty errors."""
    before = [suites.case(f"c{n}", calls=[_call(n, failed=False)]) for n in range(300)]
    now = [suites.case(f"c{n}", calls=[_call(n, 100 <= n < 140, "ValueError")]) for n in range(300)]
    assert suites.judged(before, now, "error_rate").status == "fail"


def test_errors_of_our_own_count_one_each(suites: Suites) -> None:
    """Four of a hundred are proven to be none but four: their interval is that of four events."""
    before = [suites.case(f"c{n}", calls=[_call(n, failed=False)]) for n in range(100)]
    ours = [suites.case(f"c{n}", calls=[_call(n, n < 4, "ValueError")]) for n in range(100)]
    apart = [suites.case(f"c{n}", calls=[_call(n, n % 25 == 0)]) for n in range(100)]
    told = [suites.judged(before, now, "error_rate").checks[0] for now in (ours, apart)]
    assert told[0].p_value == told[1].p_value
    assert told[0].change == told[1].change == pytest.approx(0.04)


def test_an_outage_cannot_be_judged(suites: Suites) -> None:
    """When a third of the run failed together, the run says nothing about the version."""
    before = [suites.case(f"c{n}", calls=[_call(n, failed=False)]) for n in range(300)]
    now = [suites.case(f"c{n}", calls=[_call(n, n >= 200)]) for n in range(300)]
    verdict = suites.judged(before, now, "error_rate")
    assert verdict.status == "error"
    assert "failed in bursts, as in an outage" in str(verdict.problems[0])


def _call(order: int, failed: bool, kind: str = "RateLimitError") -> dict[str, Any]:  # noqa: FBT001 - a test's own shorthand
    return {"order": order, "error_type": kind if failed else None}


def test_errors_without_calls_are_not_compared(suites: Suites) -> None:
    """A baseline of grades alone has no calls to compare."""
    graded = [suites.case("a", [True], calls=[])]
    calling = [suites.case("a", [True])]
    assert suites.judged(graded, calling, "error_rate").checks == ()


def test_dearer_tokens_and_more_tokens_are_told_apart(suites: Suites) -> None:
    """Ten per cent more tokens at twice the price: the reason says both."""
    before = [_priced(suites, n, 1.0, 1.0) for n in range(20)]
    now = [_priced(suites, n, 1.1, 2.0) for n in range(20)]
    check = suites.judged(before, now, "cost_per_query_usd").breaches[0]
    assert check.change == pytest.approx(1.2, abs=0.01)
    assert check.reason.endswith("tokens +10.0 %, price per token +100.0 %")


def _priced(suites: Suites, n: int, more: float, dearer: float) -> CaseSamples:
    tokens, out = round((500 + 40 * n) * more), round((900 - 30 * n) * more)
    cost = dearer * (tokens * 1e-6 + out * 4e-6)
    return suites.case(
        f"c{n}", calls=[{"input_tokens": tokens, "output_tokens": out, "cost_usd": cost}]
    )


@pytest.mark.parametrize(
    ("tokens", "split"),
    [
        ({"input_tokens": 100, "output_tokens": 10}, True),
        ({"input_tokens": 0, "output_tokens": 0}, False),
        ({}, False),
    ],
)
def test_a_split_is_told_only_where_it_is_known(
    suites: Suites, tokens: dict[str, int], *, split: bool
) -> None:
    """Equal shapes have one price a token; no tokens have none."""
    before = [suites.case(f"c{n}", calls=[{"cost_usd": 0.01, **tokens}]) for n in range(9)]
    now = [suites.case(f"c{n}", calls=[{"cost_usd": 0.02, **tokens}]) for n in range(9)]
    check = suites.judged(before, now, "cost_per_query_usd").breaches[0]
    assert ("price per token +100.0 %" in check.reason) is split


@pytest.mark.parametrize("metric", ["total_cost_usd", "input_tokens", "queries"])
def test_totals_count_what_an_attempt_needed(suites: Suites, metric: str) -> None:
    """Two calls where one did cost more in total; fewer calls are the worse way for queries."""
    one = [suites.case(f"c{n}", calls=[{"input_tokens": 9}]) for n in range(9)]
    two = [suites.case(f"c{n}", calls=[{"input_tokens": 9, "attempt": 1}] * 2) for n in range(9)]
    sides = (two, one) if metric == "queries" else (one, two)
    statuses = {metric: "pass" if metric == "input_tokens" else "fail"}
    assert suites.judged(*sides, metric).status == statuses[metric]


def test_totals_need_two_cases_that_measured_them(suites: Suites) -> None:
    """Cases without calls, without cost or all failed have no share in a total."""
    before = [suites.case("a"), suites.case("b", [True], calls=[])]
    now = [suites.case("a"), suites.case("b")]
    for metric in ("total_cost_usd", "queries"):
        check = suites.judged(before, now, metric).checks[0]
        assert check.reason.startswith("fewer than two cases")
    failed = [suites.case("a"), suites.case("b", calls=[{"error_type": "E", "cost_usd": None}])]
    assert suites.judged(failed, failed, "total_cost_usd").checks[0].status == "inconclusive"
