"""What a test's own outcome says of its case."""

import pytest

from pytest_llm_telemetry.core.golden import Score


def expect(report: pytest.TestReport, item: pytest.Item, error: BaseException) -> None:
    """Show a test that failed because a watched call raised as an expected failure.

    The call is in the log as an error and is judged with all others by the gate's error rate, so
    that one bad moment of a provider does not turn every run red.
    """
    if not _reruns_left(item):
        report.outcome = "skipped"
        report.wasxfail = f"the call failed ({type(error).__name__}): see the error rate"


def own_score(error: BaseException | None) -> Score:
    """A test without a grader is its own grader, and a failed assertion is a failed case."""
    text = "" if error is None else (str(error).splitlines() or [type(error).__name__])[0]
    return Score(name="test", value=float(error is None), passed=error is None, explanation=text)


def _reruns_left(item: pytest.Item) -> bool:
    """Whether pytest-rerunfailures will run the item again, which it does for failures only."""
    if not item.config.pluginmanager.hasplugin("rerunfailures"):
        return False
    marker = item.get_closest_marker("flaky")
    asked = marker.kwargs.get("reruns", 1) if marker else item.config.getoption("reruns", None)
    done: int = getattr(item, "execution_count", 1)
    return done <= int(asked or 0)
