"""The value that every reporter shows."""

import shlex
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_llm_telemetry.core.baseline import Acceptance, Baseline, PastRun
from pytest_llm_telemetry.core.metrics import Summary
from pytest_llm_telemetry.core.report import (
    Report,
    age_text,
    baseline_age_days,
    baseline_facts,
    quote,
    suggest,
    suite_report,
)
from pytest_llm_telemetry.core.samples import CaseSamples
from pytest_llm_telemetry.core.verdict import CaseChange, Check, Problem, Verdict

NOW = "2026-11-23T12:00:00.000Z"
SUMMARY = Summary(suite="support", run_id="r-7c1e", cases=(), metrics={}, unknown={})


def verdict(*cases: str, problems: tuple[Problem, ...] = ()) -> Verdict:
    changes = tuple(CaseChange(case_id=c, before="1", now="0", contribution=1.0) for c in cases)
    check = Check(metric="pass_rate", kind="relative", status="fail", cases=changes)
    return Verdict(suite="support", status="fail", checks=(check,), problems=problems)


def baseline(*decisions: Acceptance) -> Baseline:
    return Baseline(suite="support", cases={"a": CaseSamples(case_id="a")}, accepted=decisions)


@pytest.mark.parametrize(
    ("at", "age"),
    [
        ("2026-11-23T11:59:30.000Z", "just now"),
        ("2026-11-23T11:58:00.000Z", "2 minutes ago"),
        ("2026-11-23T10:00:00.000Z", "2 hours ago"),
        ("2026-11-17T12:00:00.000Z", "6 days ago"),
        ("2026-08-01T12:00:00.000Z", "3 months ago"),
        ("2026-11-24T12:00:00.000Z", ""),
        ("2026-11-17T12:00:00", ""),
        ("yesterday", ""),
    ],
)
def test_age_reads_well(at: str, age: str) -> None:
    """An age is told in the largest unit that it fills twice; what cannot be read has none."""
    assert age_text(at, now=NOW) == age


def test_baseline_facts_tell_the_latest_decision() -> None:
    """Who accepted last, when and why; how many decisions and cases there are."""
    first = Acceptance(run_id="r1", at="2026-11-01T00:00:00.000Z", by="ana")
    last = Acceptance(run_id="r2", at="2026-11-17T12:00:00.000Z", by="bo", why="new prompt")
    facts = baseline_facts(baseline(last, first), now=NOW)
    assert facts is not None
    assert (facts.by, facts.why, facts.age) == ("bo", "new prompt", "6 days ago")
    assert (facts.cases, facts.decisions) == (1, 2)


def test_a_baseline_that_nobody_accepted_has_no_facts() -> None:
    """An empty history of decisions is not invented."""
    assert baseline_facts(baseline(), now=NOW) is None
    assert baseline_age_days(baseline(), now=NOW) is None


def test_a_baselines_age_is_counted_in_whole_days() -> None:
    """From the latest decision; a date that cannot be read gives no age."""
    accepted = [Acceptance(run_id="r", at=at, by="ana") for at in ("2026-11-17T11:00:00Z", "?")]
    ages = [baseline_age_days(baseline(each), now=NOW) for each in accepted]
    assert ages == [6, None]


def test_a_suite_report_takes_the_baseline_apart() -> None:
    """The samples and the history of the baseline go along for the pages that draw them."""
    decision = Acceptance(run_id="r1", at=NOW, by="ana")
    suite = suite_report(SUMMARY, verdict(), baseline(decision), now=NOW, golden="g.jsonl")
    assert set(suite.before) == {"a"}
    assert suite_report(SUMMARY, verdict(), None, now=NOW).baseline is None


def test_the_runs_before_are_the_accepted_and_the_stored_ones() -> None:
    """Each once, the oldest first, and never the run itself."""
    runs = [PastRun(run_id=name, at=f"2026-11-0{n}", metrics={}) for n, name in enumerate("abcd")]
    suite = suite_report(SUMMARY, verdict(), None, now=NOW)
    own = PastRun(run_id=SUMMARY.run_id, at=NOW, metrics={})
    looked = replace(suite, history=(runs[2], runs[0]), recent=(runs[3], runs[2], runs[1], own))
    assert [run.run_id for run in looked.past] == ["a", "b", "c", "d"]


def test_short_id_is_what_a_user_types() -> None:
    """The last part of a run's identity stands for it."""
    report = Report(run_id="2026-11-23T11-20-04Z-7c1e", suites=(), status="pass", exit_status=0)
    assert report.short_id == "7c1e"


@pytest.mark.parametrize(
    ("case", "command"),
    [
        ("refund-1", "--case refund-1 --why"),
        ("two words; rm", "--case 'two words; rm' --why"),
        ("a\x1b[2J", "7c1e --why"),
    ],
)
def test_suggested_commands_are_safe_to_paste(case: str, command: str) -> None:
    """A case id is quoted for the shell, and left out if it cannot be seen."""
    decision = Acceptance(run_id="r1", at=NOW, by="ana")
    suite = suite_report(SUMMARY, verdict(case), baseline(decision), now=NOW)
    assert command in suggest("r-7c1e", [suite])[0]


def test_a_first_run_suggests_to_accept_it() -> None:
    """Without a baseline the next command makes one."""
    suite = suite_report(SUMMARY, verdict(), None, now=NOW)
    assert suggest("r-7c1e", [suite, suite]) == (
        'llm-telemetry baseline accept 7c1e --why "first baseline"',
    )


def test_nothing_is_suggested_where_nothing_can_be_accepted() -> None:
    """A run that could not be judged is not to be accepted."""
    broken = Verdict(suite="support", status="error", problems=(Problem(what="broken"),))
    assert suggest("r-7c1e", [suite_report(SUMMARY, broken, None, now=NOW)]) == ()


@pytest.mark.parametrize("lacks", [{"partial": True}, {"selected": True}, {"missing": ("a",)}])
def test_a_part_of_a_golden_set_is_no_first_baseline(lacks: dict[str, Any]) -> None:
    """A run that `baseline accept` would refuse is not suggested to it."""
    part = suite_report(replace(SUMMARY, **lacks), verdict(), None, now=NOW)
    assert suggest("r-7c1e", [part]) == ()


@given(st.text())
def test_a_quoted_word_is_one_word(word: str) -> None:
    """A POSIX shell reads back exactly the word that was quoted."""
    assert shlex.split(quote(word)) == [word]
