"""The words every report shares."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from pytest_llm_telemetry.core.report import Report
from pytest_llm_telemetry.core.verdict import Check, CheckStatus, Problem
from pytest_llm_telemetry.reporters import facts

Make = Callable[..., Report]


def test_the_headline_is_the_message(make: Make) -> None:
    """One line says which suite, the verdict, where, and what moved."""
    assert facts.headline(make()) == (
        "support: FAIL on main @ 9ab12cd - pass rate 94.2 % -> 88.6 %, latency P95 2.90 s -> 4.35 s"
    )


def test_the_headline_of_a_limit_names_the_limit(make: Make) -> None:
    """A broken absolute limit has no figure before, so the limit stands behind it."""
    check = make().suites[0].verdict.checks[1]
    broken = replace(check, status="fail", now=0.8)
    assert facts.headline(make(checks=(broken,))).endswith("pass rate 80.0 % (min 85 %)")


def test_the_headline_of_an_error_says_what_is_wrong(make: Make) -> None:
    """Without a breach the first problems take its place."""
    report = make("error", checks=(), problems=(Problem(what="baseline unreadable"),))
    assert facts.headline(report).endswith("CANNOT JUDGE on main @ 9ab12cd - baseline unreadable")


def test_the_headline_counts_many_suites(make: Make) -> None:
    """Three suites are named, the others counted."""
    report = replace(make(), suites=make().suites * 5, commit=None, branch=None, partial=True)
    assert facts.headline(report).startswith(
        "support, support, support and 2 more: FAIL, partial run - "
    )


def test_a_run_without_suites_still_has_a_headline(make: Make) -> None:
    """A run that could not be read has its verdict and its problem."""
    report = replace(make("error"), suites=(), problems=(Problem(what="no events"),))
    assert facts.headline(report) == "CANNOT JUDGE on main @ 9ab12cd - no events"


def test_the_size_tells_what_is_missing_or_unknown(make: Make) -> None:
    """Missing cases, a selection, a partial run and an unknown cost are said, never guessed."""
    report = make()
    suite = report.suites[0]
    summary = replace(
        suite.summary,
        missing=("case-001",),
        metrics={},
        unknown={"cost_per_query_usd": 3},
        models=("a", "b", "c", "d"),
        selected=True,
        partial=True,
        repeats=1,
    )
    assert facts.size(replace(suite, summary=summary), report) == (
        "119 of 120 cases, a, b, c, ..., 1m 42s, cost unknown, selected cases only, partial"
    )


@pytest.mark.parametrize(
    ("started", "finished", "told"),
    [
        ("2026-11-23T11:00:00.000Z", "2026-11-23T11:00:42.000Z", ", 42 s, "),
        (None, "2026-11-23T11:00:42.000Z", ", gpt-4o-mini, $"),
        ("2026-11-23T11:00:00", "2026-11-23T11:00:42.000Z", ", gpt-4o-mini, $"),
    ],
)
def test_a_suite_among_several_has_its_own_duration(
    make: Make, started: str | None, finished: str, told: str
) -> None:
    """The duration of one suite comes from its own start and end, or is left out."""
    suite = make().suites[0]
    suite = replace(suite, summary=replace(suite.summary, started=started, finished=finished))
    assert told in facts.size(suite, replace(make(), suites=(suite, suite)))


def test_a_baseline_without_a_commit_is_named_by_its_run(make: Make) -> None:
    """A baseline made outside a repository still says where it comes from."""
    base = make().suites[0].baseline
    assert base is not None
    bare = replace(base, commit=None, branch=None, age="", why="")
    assert facts.origin(bare) == "run 2026-11-17T09-00-00Z-1a2b"
    assert facts.acceptance(bare) == "accepted 2026-11-17T09:00:00.000Z by ana"


def test_rows_show_the_figure_of_the_suite_where_a_check_has_none(make: Make) -> None:
    """A check that could not compare still shows what was measured."""
    check = replace(make().suites[0].verdict.checks[0], now=None)
    assert facts.rows(make(checks=(check,)).suites[0])[0].now == "88.6 %"
    scoped = replace(check, scope="tag:refund")
    assert facts.rows(make(checks=(scoped,)).suites[0])[0].now == "-"


@pytest.mark.parametrize(
    ("status", "binding", "word"),
    [
        ("pass", False, "pass"),
        ("fail", True, "FAIL"),
        ("fail", False, "advisory"),
        ("inconclusive", True, "inconclusive"),
        ("inconclusive", False, "advisory"),
    ],
)
def test_a_check_ends_in_one_word(
    make: Make, status: CheckStatus, word: str, *, binding: bool
) -> None:
    """Only a binding check that failed is called FAIL."""
    check = replace(make().suites[0].verdict.checks[0], status=status, binding=binding)
    assert facts.outcome(check)[0] == word


def test_one_lost_line_is_singular(make: Make) -> None:
    """A single lost line reads as one."""
    lost = replace(make(), skipped_lines={"torn": 1})
    assert facts.skipped(lost) == "1 log line could not be read (1 torn)"
    assert facts.skipped(make()) == ""


def test_what_could_not_be_decided_goes_before_remarks_and_advice(make: Make) -> None:
    """Notes are ordered by what a person may do about them."""
    suite = make(notes=("the golden set changed",)).suites[0]
    assert facts.notes(suite) == [
        "error rate: cannot exclude +1 pp; 2 more repeats would settle it",
        "the golden set changed",
        "latency avg: advisory without controls",
    ]


def test_a_first_run_is_not_told_twice(first_run: Report) -> None:
    """Every report says that there is no baseline where it would stand, so no note repeats it."""
    suite = first_run.suites[0]
    noted = replace(suite.verdict, notes=("first run: there is no baseline yet", "other"))
    assert facts.notes(replace(suite, verdict=noted)) == ["other"]


@pytest.mark.parametrize(
    ("metric", "scope", "reason", "told"),
    [
        ("pass_rate", "tag:x", "pass rate of tag:x is 25 %", "pass rate of tag:x is 25 %"),
        ("pass_rate", "tag:x", "9 cases got worse.", "pass rate [tag:x]: 9 cases got worse"),
        ("unheard_of", "", "", "unheard_of 1 -> 2; 0 cases worse, 0 better"),
    ],
)
def test_a_check_is_told_with_its_subject_once(
    make: Make, metric: str, scope: str, reason: str, told: str
) -> None:
    """A reason that names its metric is not given the name again."""
    check = Check(
        metric=metric, kind="relative", status="fail", scope=scope, reason=reason, baseline=1, now=2
    )
    assert facts.told(check) == told
