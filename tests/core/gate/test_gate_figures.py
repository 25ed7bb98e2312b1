"""The numbers in a comparison of costs, grades and errors: the change, its interval, its cases."""

from __future__ import annotations

from math import log, sqrt
from typing import TYPE_CHECKING, Any

import pytest

from pytest_llm_telemetry.core.gate import judge
from pytest_llm_telemetry.core.statistics.distributions import student_quantile
from pytest_llm_telemetry.core.thresholds import Thresholds
from tests.core.gate.conftest import near

if TYPE_CHECKING:
    from pytest_llm_telemetry.core.samples import CaseSamples
    from tests.core.gate.conftest import Suites


def test_a_passing_check_lists_no_cases(suites: Suites) -> None:
    """It counts those that got worse and better, and promises nothing more."""
    before = suites.costing(*[1.0] * 40)
    now = suites.costing(1.02, 0.98, 0.97, *[1.0] * 37)
    check = suites.checked(before, now, "cost_per_query_usd")
    assert (check.status, check.cases, check.settle) == ("pass", (), "")
    assert (check.cases_worse, check.cases_better) == (1, 2)


def test_a_compared_cost_is_told_whole(suites: Suites) -> None:
    """The ratio of totals, its interval on the logarithm, and each case's share of the old total."""
    before = suites.costing(1.0, 2.0, 3.0, 4.0)
    now = suites.costing(2.0, 4.0, 9.0, 3.0)
    check = suites.checked(before, now, "cost_per_query_usd", scope="", allowed=0.05)
    ratio = 18.0 / 10.0
    strays = sum((n - ratio * b) ** 2 for b, n in ((1, 2), (2, 4), (3, 9), (4, 3)))
    reach = student_quantile(0.99, 3) * sqrt(strays * 4 / 3) / 18.0
    assert (check.metric, check.kind, check.scope) == ("cost_per_query_usd", "relative", "")
    assert (check.baseline, check.now, check.limit) == (2.5, 4.5, 0.05)
    assert check.change == near(0.8)
    assert check.interval is not None
    assert [log(1 + end) for end in check.interval] == near(
        [log(ratio) - reach, log(ratio) + reach]
    )
    assert check.reason == (
        "cannot exclude +5.0 %: 3 of 4 cases got worse by more than 0.5 %, 1 got better"
    )
    assert [(c.case_id, c.contribution, c.now) for c in check.cases] == [
        ("c002", near(0.6), "$9.00"),
        ("c001", near(0.2), "$4.00"),
        ("c000", near(0.1), "$2.00"),
    ]
    assert (check.cases_worse, check.cases_better) == (3, 1)


def test_cases_count_by_their_weight_in_a_total(suites: Suites) -> None:
    """A case of weight nine moves the ratio nine times as much as one of weight one."""
    before = [suites.case("a"), suites.case("b")]
    now = [
        suites.case("a", calls=[{"cost_usd": 0.002}], weight=9.0),
        suites.case("b", calls=[{"cost_usd": 0.001}], weight=1.0),
    ]
    assert suites.checked(before, now, "cost_per_query_usd").change == near(0.9)


@pytest.mark.parametrize(
    ("metric", "change"),
    [("queries", 0.25), ("total_cost_usd", 0.25), ("cost_per_query_usd", 0.0)],
)
def test_totals_are_those_of_an_attempt(suites: Suites, metric: str, change: float) -> None:
    """Repeats do not add up; calls do, each for as many as it stands for."""
    once = [{"attempt": 1}, {"attempt": 1}]
    before = [suites.case(f"c{n}", calls=once) for n in range(4)]
    twice: list[dict[str, Any]] = [
        {"attempt": 1},
        {"attempt": 1},
        {"attempt": 2},
        {"attempt": 2, "weight": 2.0},
    ]
    now = [suites.case(f"c{n}", calls=twice) for n in range(4)]
    check = suites.checked(before, now, metric)
    assert check.change == near(change)


def test_fewer_calls_are_the_worse_way(suites: Suites) -> None:
    """A case that lost calls got worse, and carries the change."""
    one = [{"attempt": 1, "cost_usd": None}]
    two = one * 2
    before = [suites.case(f"c{n}", calls=two if n else one) for n in range(4)]
    now = [suites.case(f"c{n}", calls=one if n else two) for n in range(4)]
    check = suites.checked(before, now, "queries")
    assert (check.cases_worse, check.cases_better) == (3, 1)
    assert check.limit == -0.0
    assert [(case.case_id, case.contribution) for case in check.cases] == [
        (f"c{n}", near(1 / 7)) for n in (1, 2, 3)
    ]


def test_half_a_per_cent_is_no_change_of_a_cost(suites: Suites) -> None:
    """Exactly that much more or less counts neither as worse nor as better."""
    before = suites.costing(*[200.0] * 4)
    now = suites.costing(201.0, 199.0, 202.0, 198.0)
    check = suites.checked(before, now, "cost_per_query_usd")
    assert (check.cases_worse, check.cases_better) == (1, 1)


def test_tokens_have_no_price(suites: Suites) -> None:
    """A change of tokens is not split, and neither is one too small to matter."""
    tokens = {"input_tokens": 100, "output_tokens": 10}
    before = [suites.case(f"c{n}", calls=[{**tokens, "cost_usd": 0.1}]) for n in range(3)]
    now = [
        suites.case(f"c{n}", calls=[{"input_tokens": 200, "output_tokens": 10, "cost_usd": 0.1004}])
        for n in range(3)
    ]
    told = suites.checks(before, now, "input_tokens", "cost_per_query_usd", allowed=9.0)
    assert told[0].reason == "3 of 3 cases got worse by more than 0.5 %, 0 got better"
    assert told[1].reason == "0 of 3 cases got worse by more than 0.5 %, 0 got better"


@pytest.mark.parametrize(
    ("before", "now", "split"),
    [
        ((1000, 0.1), (1123, 0.2), "tokens +12.3 %, price per token +78.1 %"),
        ((10000, 0.1), (9996, 0.2), "tokens +0.0 %, price per token +100.1 %"),
        ((10000, 0.1), (9000, 0.09), "tokens -10.0 %, price per token +0.0 %"),
    ],
)
def test_a_split_is_told_to_a_tenth_of_a_per_cent(
    suites: Suites, before: tuple[int, float], now: tuple[int, float], split: str
) -> None:
    """What rounds to nothing has a plus."""

    def sides(tokens: int, cost: float) -> list[CaseSamples]:
        call = {"input_tokens": tokens, "output_tokens": 0, "cost_usd": cost}
        return [suites.case(f"c{n}", calls=[call]) for n in range(3)]

    check = suites.checked(sides(*before), sides(*now), "cost_per_query_usd", allowed=9.0)
    assert check.reason.split("; ")[1:] == [split]


def test_a_split_reads_only_cases_that_have_tokens_on_both_sides(suites: Suites) -> None:
    """A case without them now does not switch the split off."""
    call = {"input_tokens": 100, "output_tokens": 0, "cost_usd": 0.1}
    before = [suites.case(f"c{n}", calls=[call]) for n in range(3)]
    dearer = {**call, "cost_usd": 0.2}
    now = [suites.case(f"c{n}", calls=[dearer]) for n in range(2)]
    now.append(suites.case("c2", calls=[{"cost_usd": 0.2}]))
    check = suites.checked(before, now, "cost_per_query_usd", allowed=9.0)
    assert check.reason.endswith("tokens +0.0 %, price per token +100.0 %")


def test_prices_that_do_not_explain_the_baseline_are_not_told(suites: Suites) -> None:
    """Equal tokens at two prices have no one price a token."""
    calls = [{"input_tokens": 100, "output_tokens": 0, "cost_usd": cost} for cost in (0.1, 0.2)]
    before = [suites.case(f"c{n}", calls=[call]) for n, call in enumerate(calls)]
    now = [suites.case(f"c{n}", calls=[{**call, "cost_usd": 0.4}]) for n, call in enumerate(calls)]
    check = suites.checked(before, now, "cost_per_query_usd", allowed=1e9)
    assert check.reason == "2 of 2 cases got worse by more than 0.5 %, 0 got better"


@pytest.mark.parametrize(("now", "grain"), [("111", 1 / 3), ("11", 1 / 2)])
def test_a_handful_of_steady_cases_does_not_prove_steadiness(
    suites: Suites, now: str, grain: float
) -> None:
    """The interval is that of one case a grade up and one down more than were seen."""
    before, steady = suites.graded(["111"] * 10), suites.graded([now] * 10)
    check = suites.checked(before, steady, "pass_rate")
    reach = student_quantile(0.99, 11) * sqrt(2) * grain / 12
    assert check.interval == (near(-reach), near(reach))
    assert check.limit == -0.05


def test_a_fall_of_grades_is_told_whole(suites: Suites) -> None:
    """Figures of both sides, the fall, and the share of each case by its weight."""
    before = suites.graded(["11", "11", "00", "10"])
    now = [
        suites.case("case-000", [False, False], weight=3.0, notes=["vague", "vague", "short"]),
        suites.case("case-001", [True, False], notes=["a", "b", "c", "d"], where="t.py:9"),
        suites.case("case-002", [True, True]),
        suites.case("case-003", [True, False]),
    ]
    check = suites.checked(before, now, "pass_rate")
    assert (check.baseline, check.now) == (0.625, near(1 / 3))
    assert check.change == near((-3.0 - 0.5 + 1.0) / 6.0)
    assert check.reason == "cannot exclude -5.0 pp: 2 of 4 cases got worse, 1 got better"
    assert [(c.contribution, c.reason, c.where) for c in check.cases] == [
        (near(3 / 6), "vague; short", ""),
        (near(0.5 / 6), "a; b; c", "t.py:9"),
    ]
    assert (check.cases_worse, check.cases_better) == (2, 1)


def test_a_flaky_case_that_came_out_the_same_is_noise_all_the_same(suites: Suites) -> None:
    """Its grades could have fallen otherwise, so a fall beside it proves less."""
    fell, kept = ["11"] * 4, ["00", "00", "11", "11"]
    alone = suites.checked(suites.graded(fell), suites.graded(kept), "pass_rate")
    flaky = ["10"] * 9
    beside = suites.checked(suites.graded(fell + flaky), suites.graded(kept + flaky), "pass_rate")
    assert beside.p_value is not None
    assert alone.p_value is not None
    assert beside.p_value > 2 * alone.p_value


def test_a_heavy_case_outweighs_a_light_one(suites: Suites) -> None:
    """One fell and one rose: by their weights that is a fall, and not the middle of chance."""
    before = suites.graded(["11", "00"])
    weights = {"case-000": 9.0, "case-001": 1.0}
    now = [
        suites.case("case-000", [False, False], weight=weights["case-000"]),
        suites.case("case-001", [True, True], weight=weights["case-001"]),
    ]
    light = suites.graded(["00", "11"])
    assert suites.checked(before, light, "pass_rate").p_value == near(0.5)
    assert (suites.checked(before, now, "pass_rate").p_value or 1.0) < 0.2


def test_a_model_is_compared_by_its_own_calls(suites: Suites) -> None:
    """Where two models answer a case, each has its own cost."""

    def side(dear: float) -> list[CaseSamples]:
        calls = [{"model": "a", "cost_usd": dear}, {"model": "b", "cost_usd": 1.0}]
        return [suites.case(f"c{n}", calls=calls) for n in range(3)]

    changes = [
        suites.checked(side(1.0), side(2.0), "cost_per_query_usd", scope=f"model:{name}").change
        for name in ("a", "b")
    ]
    assert changes == [near(1.0), 0.0]


def test_only_what_failed_is_complained_of(suites: Suites) -> None:
    """Notes of an attempt that passed are no reason of a lower score."""
    before = [suites.case(f"c{n}", [True], scores=[0.9]) for n in range(2)]
    now = [suites.case(f"c{n}", [True], scores=[0.5], notes=["nice"]) for n in range(2)]
    assert [case.reason for case in suites.checked(before, now, "score").cases] == ["", ""]


def test_the_place_of_a_case_is_that_of_now_or_else_the_old_one(suites: Suites) -> None:
    """A case whose run does not know its place has the baseline's."""
    before = [suites.case(f"c{n}", [True], where=f"old:{n}") for n in range(2)]
    now = [suites.case("c0", [False]), suites.case("c1", [False], where="new:1")]
    told = suites.checked(before, now, "pass_rate").cases
    assert [(case.case_id, case.where) for case in told] == [("c0", "old:0"), ("c1", "new:1")]


def test_errors_are_told_whole(suites: Suites) -> None:
    """Weighted rates of both sides, and each case's share of the difference."""
    fails: dict[str, Any] = {"error_type": "ValueError"}
    works: dict[str, Any] = {}
    before = [suites.case(f"c{n}", calls=[works, works]) for n in range(8)]
    before[4] = suites.case("c4", calls=[fails, fails])
    before[5] = suites.case("c5", calls=[fails, works])
    before[6] = suites.case("c6", [True], calls=[])
    now = [suites.case(f"c{n}", calls=[works, works]) for n in range(8)]
    now[0] = suites.case("c0", calls=[fails, works])
    now[1] = suites.case("c1", calls=[fails, fails])
    now[5] = suites.case("c5", calls=[fails, works])
    now[7] = suites.case("c7", [True], calls=[])
    check = suites.checked(before, now, "error_rate")
    assert check.change == near(4 / 14 - 3 / 14)
    assert (check.baseline, check.now) == (near(3 / 14), near(4 / 14))
    assert [(case.case_id, case.contribution, case.reason) for case in check.cases] == [
        ("c1", near(1 / 8), "ValueError"),
        ("c0", near(0.5 / 8), "ValueError"),
    ]
    assert (check.cases_worse, check.cases_better) == (2, 1)


def test_a_storm_on_either_side_widens_the_interval(suites: Suites) -> None:
    """Twelve errors in a row say less of the rate than twelve apart, now or before."""

    def side(*failed: int, kind: str = "Timeout") -> list[CaseSamples]:
        return [
            suites.case(f"c{n}", calls=[{"order": n, "error_type": kind if n in failed else None}])
            for n in range(300)
        ]

    calm, apart, storm = side(), side(*range(0, 300, 25)), side(*range(100, 112))
    own = side(*range(100, 112), kind="ValueError")

    def width(before: list[CaseSamples], now: list[CaseSamples]) -> float:
        low, high = suites.checked(before, now, "error_rate").interval or (0.0, 0.0)
        return high - low

    assert width(calm, storm) > 1.5 * width(calm, apart)
    assert width(storm, calm) > 1.5 * width(apart, calm)
    assert width(calm, own) == width(calm, apart)


def test_a_figure_of_the_paired_cases_alone_is_compared(suites: Suites) -> None:
    """A new case does not move what the common ones show, in the suite or in a tag."""
    before = [suites.case(f"c{n}", [True], tags=("x",)) for n in range(3)]
    now = [*before[:2], suites.case("c2", [False]), suites.case("new", [False], tags=("x",))]
    rules = Thresholds(rules=tuple(suites.rule("pass_rate", scope=s) for s in ("", "tag:x")))
    checks = judge(suites.run(now), suites.accepted(before), rules).checks
    told = [(check.scope, check.baseline, check.now) for check in checks]
    assert told == [("", 1.0, near(2 / 3)), ("tag:x", 1.0, 1.0)]
