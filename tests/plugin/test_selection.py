"""Golden cases are ordinary items: stable ids, -k, -m, --lf, --collect-only."""

import pytest

from tests.plugin.conftest import Project


def test_ids_are_the_case_ids_and_the_repeat(project: Project) -> None:
    """An item is named after its case; repeats from the second on carry their number."""
    result = project.run("--collect-only", "-q")
    ids = [line for line in result.outlines if "::" in line]
    assert ids[0] == "test_bot.py::test_bot[case-00]"
    assert ids[20] == "test_bot.py::test_bot[case-00#2]"
    assert len(ids) == 60


def test_collect_only_leaves_nothing_behind(project: Project) -> None:
    """--collect-only stores no run and gives no verdict."""
    result = project.run("--collect-only")
    assert result.ret == 0
    assert not (project.root / ".llm-telemetry").exists()
    result.stdout.no_fnmatch_line("*llm telemetry*")


@pytest.mark.parametrize(
    "selection", [["-k", "case-03"], ["test_bot.py::test_bot[case-03]"], ["-k", "case-03", "-n2"]]
)
def test_a_selected_case_is_judged_alone(project: Project, selection: list[str]) -> None:
    """Cases that were not asked for are not missed."""
    project.accept()
    result, report = project.report(*selection)
    assert result.ret == 0
    (suite,) = report["suites"]
    assert [case["case_id"] for case in suite["cases"]] == ["case-03"]
    assert suite["selected"]


def test_markers_select_golden_sets(project: Project) -> None:
    """`-m golden_set` runs the golden sets and nothing else."""
    project.write("test_other.py", "def test_other(): pass\n")
    result = project.run("-m", "golden_set", "-q")
    result.assert_outcomes(passed=60, deselected=1)


def test_a_selection_is_not_accepted_as_a_baseline(project: Project) -> None:
    """A part of the golden set cannot become the baseline of all of it."""
    result = project.run("-k", "case-03", "--llm-update-baseline")
    assert result.ret == 4
    result.stdout.fnmatch_lines(["*only a part of*"])


def test_last_failed_runs_the_cases_that_a_breach_names(project: Project) -> None:
    """After a failed gate, --lf runs just the cases that got worse."""
    project.accept()
    project.bot(worse=8)
    assert project.run("-q").ret == 1
    _, report = project.report("--lf")
    (suite,) = report["suites"]
    assert [case["case_id"] for case in suite["cases"]] == [f"case-{n:02}" for n in range(8)]


def test_a_run_without_a_case_says_that_nothing_was_judged(project: Project) -> None:
    """A forgotten marker does not look like a pass: one line tells that there was nothing to judge."""
    project.write("test_other.py", "def test_other(): pass\n")
    result = project.run("test_other.py")
    assert result.ret == 0
    result.stdout.fnmatch_lines(["llm telemetry: no case of a golden set ran, *"])
