"""`--llm-stop-early`: repeats that would decide nothing are not paid for."""

import json

from tests.plugin.conftest import Project


def ran(project: Project) -> int:
    return sum(event["event"] == "query_success" for event in project.events())


def test_an_unchanged_bot_needs_one_repeat(project: Project) -> None:
    """After the first of five repeats nothing more can be proven: the rest is skipped."""
    project.bot(repeats=5)
    project.accept()
    before = ran(project)
    result, report = project.report("--llm-stop-early", "-rs")
    assert result.ret == 0
    result.assert_outcomes(passed=20, skipped=80)
    result.stdout.fnmatch_lines(["*decided after 1 repeat: no change*"])
    assert ran(project) - before == 20
    assert report["suites"][0]["repeats"] == 1
    (manifest,) = [p for p in project.root.glob(".llm-telemetry/runs/*/run.json")
                   if json.loads(p.read_text("utf-8"))["suites"]["bot"]["stopped_after"]]  # fmt: skip
    assert project.command("gate", manifest.parent.name).ret == 0


def test_a_clear_regression_stops_as_soon_as_it_is_proven(project: Project) -> None:
    """A fall that one repeat proves needs no second one, and fails."""
    project.bot(repeats=5)
    project.accept()
    project.bot(worse=20, repeats=5)
    result = project.run("--llm-stop-early", "-rs")
    assert result.ret == 1
    result.stdout.fnmatch_lines(["*decided after * repeat*: worse*"])


def test_without_a_baseline_every_repeat_is_run(project: Project) -> None:
    """There is nothing to compare with, so nothing is decided early."""
    project.run("--llm-stop-early").assert_outcomes(passed=60)


def test_workers_stop_together(project: Project) -> None:
    """Under xdist a decision of one worker is seen by all, and the verdict is the same."""
    project.bot(repeats=5)
    project.accept()
    result, report = project.report("--llm-stop-early", "-n", "2")
    assert (result.ret, report["status"]) == (0, "pass")
