"""What a test's own outcome says of its case."""

from tests.plugin.conftest import Project

HEAD = """
import pytest

@pytest.mark.golden_set("golden/bot.jsonl")
def test_bot(golden_case, llm_telemetry):
"""


def test_a_bad_answer_does_not_fail_the_test(project: Project) -> None:
    """One bad answer is judged by the gate with all others, not by pytest alone."""
    project.bot(worse=1)
    result = project.run()
    result.assert_outcomes(passed=60)
    assert result.ret == 0


def test_an_assertion_fails_as_always(project: Project) -> None:
    """A plain assert is the user's own word: the test fails, and so does the run."""
    project.write("test_bot.py", HEAD + "    assert golden_case.id != 'case-03', 'not this one'\n")
    result, report = project.report()
    result.assert_outcomes(passed=19, failed=1)
    assert result.ret == 1
    assert report["suites"][0]["metrics"]["pass_rate"] == 0.95


def test_a_test_without_a_grader_is_its_own_grader(project: Project) -> None:
    """Where nothing graded the answer, a test that passes is a case that passed."""
    project.write("test_bot.py", HEAD + "    llm_telemetry.wrap(str)(golden_case.input)\n")
    _, report = project.report()
    assert report["suites"][0]["metrics"]["pass_rate"] == 1.0


def test_a_call_that_raised_is_judged_by_the_error_rate(project: Project) -> None:
    """One failed call is an expected failure for pytest and an error for the gate."""
    project.write(
        "test_bot.py",
        HEAD
        + """
    def answer(question):
        if question == "question 3":
            raise TimeoutError("slow provider")
        return "yes"
    golden_case.check(llm_telemetry.wrap(answer)(golden_case.input))
""",
    )
    result, report = project.report()
    result.assert_outcomes(passed=19, xfailed=1)
    assert result.ret == 0
    assert report["suites"][0]["metrics"]["error_rate"] == 0.05


def test_a_fault_of_the_test_itself_fails(project: Project) -> None:
    """An exception that no watched call raised is a failure like any other."""
    project.write("test_bot.py", HEAD + "    raise RuntimeError('test is wrong')\n")
    assert project.run("-q").ret == 1


def test_the_answer_to_check_is_true_when_it_passed(project: Project) -> None:
    """`assert golden_case.check(answer)` makes a case strict."""
    project.bot(worse=1, repeats=1)
    path = project.root / "test_bot.py"
    path.write_text(
        path.read_text("utf-8").replace("    golden_case.check", "    assert golden_case.check"),
        "utf-8",
    )
    result = project.run()
    result.assert_outcomes(passed=19, failed=1)


def test_golden_case_without_a_golden_set_says_what_to_write(project: Project) -> None:
    """The fixture without the marker names the remedy."""
    project.write("test_bot.py", "def test_bot(golden_case): pass\n")
    result = project.run()
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(["*@pytest.mark.golden_set*"])
