"""The verdict is decided before anything is displayed, so no display option changes it."""

import pytest

from tests.plugin.conftest import Project

WAYS = {
    "plain": [],
    "quiet": ["-q"],
    "until the first failure": ["-x"],
    "no terminal": ["-p", "no:terminal"],
    "junit": ["--junitxml=junit.xml"],
    "two workers": ["-n", "2"],
    "no cache": ["-p", "no:cacheprovider"],
}


@pytest.mark.parametrize("way", WAYS)
def test_a_regression_exits_1_with_the_same_failing_checks(project: Project, way: str) -> None:
    """However the run is displayed or spread, the same checks fail and the exit status is 1."""
    project.accept()
    project.bot(worse=8)
    result, report = project.report(*WAYS[way])
    assert result.ret == 1
    (suite,) = report["suites"]
    failed = {c["metric"] for c in suite["checks"] if c["status"] == "fail" and c["binding"]}
    assert failed == {"pass_rate", "score"}
    assert report["exit_status"] == 1


@pytest.mark.parametrize("way", WAYS)
def test_an_unchanged_run_exits_0(project: Project, way: str) -> None:
    """However the run is displayed or spread, nothing changed means exit status 0."""
    project.accept()
    result, report = project.report(*WAYS[way])
    assert (result.ret, report["status"]) == (0, "pass")
