"""GitHub Actions."""

from collections.abc import Callable
from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from pytest_llm_telemetry.core.report import Report
from pytest_llm_telemetry.core.verdict import CaseChange, Problem
from pytest_llm_telemetry.reporters import github

Make = Callable[..., Report]


def test_a_breach_is_an_error_on_the_line_of_its_worst_case(make: Make) -> None:
    """The annotation stands where the case is written, and says what got worse."""
    assert github.annotations(make())[0] == (
        "::error file=golden/support.jsonl,line=14,title=support%3A pass rate::"
        "pass rate: 7 of 120 cases got worse, 1 got better; "
        'worst: refund-eu-014 3/3 -> 0/3 contains "14 days": "You can return it within 30 days"'
    )


def test_a_breach_without_cases_has_no_line(make: Make) -> None:
    """What cannot be placed is an error of the whole run."""
    check = replace(make().suites[0].verdict.checks[0], cases=())
    assert github.annotations(make(checks=(check,)))[0].startswith("::error title=support%3A pass")


def test_problems_stand_where_they_are(make: Make) -> None:
    """A broken thresholds file is marked on its line, whether of the run or of a suite."""
    problem = Problem(what="100 % wrong", where="llm-telemetry.toml:12")
    report = replace(make("error", checks=(), problems=(problem,)), problems=(problem,))
    first, second = github.annotations(report)
    assert first == (
        "::error file=llm-telemetry.toml,line=12,title=llm telemetry::"
        "llm-telemetry.toml:12: 100 %25 wrong"
    )
    assert ",title=support::" in second


def test_a_pass_annotates_nothing(passing: Report) -> None:
    """Nothing failed, nothing is marked."""
    assert github.annotations(passing) == []


def test_no_more_annotations_than_github_shows(make: Make) -> None:
    """GitHub drops the eleventh error of a step, so it is not written."""
    problems = tuple(Problem(what=f"{number}") for number in range(50))
    assert len(github.annotations(replace(make(), problems=problems))) == 10


def test_hostile_text_starts_no_command(
    poisoned: Callable[[str], Report], hostile_text: str
) -> None:
    """Each annotation is one line with one command: ours."""
    for line in github.annotations(poisoned(hostile_text)):
        assert line.isprintable()
        assert line.startswith("::error ")
        assert line.encode()


@given(st.text(), st.text())
def test_any_text_leaves_neither_property_nor_message(make: Make, where: str, words: str) -> None:
    """Undone by GitHub's own rule, properties and message are one line of the text each."""
    change = CaseChange(case_id=words, before="1", now="0", contribution=1.0, where=f"{where}:7")
    check = replace(make().suites[0].verdict.checks[0], scope=words, cases=(change,))
    line = github.annotations(make(checks=(check,)))[0]
    head, _, _ = line.removeprefix("::error ").partition("::")
    assert {part.partition("=")[0] for part in head.split(",")} <= {"file", "line", "title"}
