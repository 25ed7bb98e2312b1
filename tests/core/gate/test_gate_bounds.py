"""A limit's check, whole: its figure, its scope, and the cases that carry it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from pytest_llm_telemetry.core.gate import judge
from pytest_llm_telemetry.core.gate.wording import figure
from pytest_llm_telemetry.core.thresholds import Thresholds
from pytest_llm_telemetry.core.verdict import CaseChange, Check
from tests.core.gate.conftest import near

if TYPE_CHECKING:
    from pytest_llm_telemetry.core.metrics import Unit
    from tests.core.gate.conftest import Suites


def test_a_broken_limit_is_told_whole(suites: Suites) -> None:
    """Each bound is a check of its own; the cases' shares add up to what the mean lacks."""
    cases = [
        suites.case("fine", calls=[{"cost_usd": 0.1}], tags=("long",)),
        suites.case("dear", calls=[{"cost_usd": 0.5}], tags=("long",), where="golden.jsonl:2"),
        suites.case("other", calls=[{"cost_usd": 9.0}]),
    ]
    run = suites.run(cases)
    limits = suites.limit("cost_per_query_usd", max=0.2, min=0.1, scope="tag:long")
    assert judge(run, None, limits).checks == (
        Check(
            metric="cost_per_query_usd",
            kind="absolute",
            status="fail",
            scope="tag:long",
            now=near(0.3),
            limit=0.2,
            reason="cost / query of tag:long is $0.3000, above the limit $0.2000",
            cases=(
                CaseChange(
                    case_id="dear",
                    before="",
                    now="$0.5000",
                    contribution=near(0.1),
                    where="golden.jsonl:2",
                ),
            ),
            cases_worse=1,
        ),
        Check(
            metric="cost_per_query_usd",
            kind="absolute",
            status="pass",
            scope="tag:long",
            now=near(0.3),
            limit=0.1,
            reason="cost / query of tag:long is $0.3000, within the limit $0.1000",
        ),
    )


def test_a_limit_of_the_suite_is_held_against_the_figure_of_the_run(suites: Suites) -> None:
    """What the run says of itself counts, not what its cases would add up to again."""
    run = suites.run(suites.graded(["1", "1"]), metrics={"pass_rate": 0.25}, unknown={})
    check = judge(run, None, suites.limit("pass_rate", min=0.5)).checks[0]
    assert (check.status, check.now) == ("fail", 0.25)


def test_a_figure_that_no_case_has_a_share_in_has_no_carriers(suites: Suites) -> None:
    """The limit is broken all the same."""
    run = suites.run([suites.case("a", [True], calls=[])], metrics={"avg_latency_ms": 9.0})
    check = judge(run, None, suites.limit("avg_latency_ms", max=1.0)).checks[0]
    assert (check.status, check.cases) == ("fail", ())


def test_every_attempt_counts_once_in_a_case_of_its_own(suites: Suites) -> None:
    """A share of a broken minimum is how far the case is from the best, over all cases."""
    cases = [
        suites.case("good", [True, True]),
        suites.case("half", [True, False]),
        suites.case("bad", [False, False]),
        suites.case("none", [None]),
    ]
    check = judge(suites.run(cases), None, suites.limit("pass_rate", min=0.9)).checks[0]
    assert [(case.case_id, case.contribution) for case in check.cases] == [
        ("bad", near(1 / 3)),
        ("half", near(1 / 6)),
    ]


@pytest.mark.parametrize(
    ("metric", "calls", "text"),
    [
        ("cost_per_query_usd", [{"cost_usd": 1.0, "weight": 3.0}, {"cost_usd": 5.0}], "$2.00"),
        ("error_rate", [{"error_type": "E"}, {}, {}, {}], "1/4"),
        ("total_cost_usd", [{"cost_usd": 4.0, "error_type": "E"}, {"cost_usd": 2.0}], "$3.00"),
        ("cost_per_query_usd", [{"cost_usd": 4.0, "error_type": "E"}, {"cost_usd": 2.0}], "$2.00"),
        ("avg_latency_ms", [{"latency_ms": 9e3, "error_type": "E"}, {"latency_ms": 7e3}], "7.00 s"),
        ("avg_latency_ms", [{"latency_ms": 9e3, "cached": True}, {"latency_ms": 7e3}], "7.00 s"),
        ("queries", [{"weight": 2.0}, {"weight": 3.0}], "5"),
    ],
)
def test_a_case_has_its_own_figure(
    suites: Suites, metric: str, calls: list[dict[str, Any]], text: str
) -> None:
    """Weighted by what a call stands for; failed and cached calls count where they should."""
    low = suites.case("low", calls=[{"latency_ms": 1.0, "cost_usd": 0.0}])
    run = suites.run([suites.case("a", calls=calls), low])
    told = judge(run, None, suites.limit(metric, max=0.0)).checks[0].cases
    assert [(case.case_id, case.now) for case in told] == [("a", text)]


def test_calls_that_failed_differ_in_weight(suites: Suites) -> None:
    """A case's share of an error rate is by what its calls stand for."""
    calls: list[dict[str, Any]] = [{"error_type": "E", "weight": 3.0}, {}]
    cases = [suites.case("a", calls=calls), suites.case("b")]
    check = judge(suites.run(cases), None, suites.limit("error_rate", max=0.0)).checks[0]
    assert [(case.case_id, case.contribution) for case in check.cases] == [("a", near(0.75 / 2))]


def test_a_whole_run_is_compared_by_its_own_figures(suites: Suites) -> None:
    """Where every case has a partner, the figure shown is the one the run reports."""
    cases = suites.graded(["1", "1"])
    run = suites.run(cases, metrics={"pass_rate": 0.75}, unknown={})
    rules = Thresholds(
        rules=tuple(suites.rule("pass_rate", scope=s) for s in ("", "case:case-000"))
    )
    checks = judge(run, suites.accepted(cases), rules).checks
    assert [check.now for check in checks] == [0.75, 1.0]


@pytest.mark.parametrize(
    ("unit", "value", "text"),
    [
        ("ms", 999.4, "999 ms"),
        ("ms", 1000.0, "1.00 s"),
        ("USD", 0.00999, "$0.009990"),
        ("USD", 0.01, "$0.0100"),
        ("USD", 1.0, "$1.00"),
        ("USD", 1.5, "$1.50"),
        ("calls", 3.0, "3"),
    ],
)
def test_figures_change_their_digits_at_a_whole_unit(unit: Unit, value: float, text: str) -> None:
    """A second, a cent and a dollar are told in the larger unit's digits."""
    assert figure(unit, value) == text


def test_three_names_are_all_named(suites: Suites) -> None:
    """The count of others begins with the fourth."""
    before = suites.graded(["1"])
    for size, tail in ((3, "new0, new1, new2"), (4, "new0, new1, new2 and 1 more")):
        new = [suites.case(f"new{n}", [True]) for n in range(size)]
        verdict = judge(suites.run([*before, *new]), suites.accepted(before), Thresholds())
        assert verdict.notes[0].endswith(f"are not in the baseline yet: {tail}")
