"""`--llm-controls`: the unchanged version beside the new one tells the provider's drift."""

from itertools import pairwise

from tests.plugin.conftest import Project

BOT = """
import time
import pytest

def answer(question):
    time.sleep({seconds})
    return "{word}"

def previous(question):
    time.sleep({before})
    return "{old}"

@pytest.mark.golden_set("golden/bot.jsonl", repeats=2)
def test_bot(golden_case, llm_telemetry):
    golden_case.check(llm_telemetry.wrap(answer)(golden_case.input))

@pytest.mark.llm_control("golden/bot.jsonl", repeats=2)
def test_previous(golden_case, llm_telemetry):
    golden_case.check(llm_telemetry.wrap(previous)(golden_case.input))
"""


def write(project: Project, **changed: object) -> None:
    told = {"seconds": 0.02, "before": 0.02, "word": "yes", "old": "yes"} | changed
    project.write("test_bot.py", BOT.format(**told))


def test_without_the_option_controls_cost_nothing(project: Project) -> None:
    """One skip says how to run them, and nothing else changes."""
    write(project)
    result = project.run("-rs")
    result.assert_outcomes(passed=40, skipped=1)
    result.stdout.fnmatch_lines(["*controls: run with --llm-controls N*"])


def test_controls_take_the_drift_out(project: Project) -> None:
    """A slow provider is no regression of ours; a slow handler is one, and holds the run."""
    write(project)
    project.accept()
    write(project, seconds=0.1, before=0.1)
    result, report = project.report("--llm-controls", "10")
    result.assert_outcomes(passed=60)
    latency = {c["metric"]: c for c in report["suites"][0]["checks"]}["avg_latency_ms"]
    assert result.ret == 0
    assert (latency["status"], latency["binding"]) == ("pass", True)
    write(project, seconds=0.1)
    result, report = project.report("--llm-controls", "10")
    latency = {c["metric"]: c for c in report["suites"][0]["checks"]}["avg_latency_ms"]
    assert result.ret == 1
    assert (latency["status"], latency["binding"]) == ("fail", True)
    assert [suite["suite"] for suite in report["suites"]] == ["bot"]


def test_controls_run_between_the_cases(project: Project) -> None:
    """What the provider does in the course of a run falls on both alike."""
    write(project, seconds=0, before=0)
    project.accept()
    project.run("--llm-controls", "5")
    names = [e["suite"] for e in project.events() if e["event"] == "query_start"]
    names = names[-50:]
    places = [place for place, name in enumerate(names) if name == "bot@control"]
    assert len(places) == 10, names
    assert max(b - a for a, b in pairwise(places)) <= 6


def test_a_model_that_moved_is_told_apart(project: Project) -> None:
    """Where the unchanged version fell too, the report says so."""
    write(project, seconds=0, before=0)
    project.accept()
    write(project, seconds=0, before=0, word="no", old="no")
    result, report = project.report("--llm-controls", "20")
    assert result.ret == 1
    assert any("the model moved" in note for note in report["suites"][0]["notes"])


def test_a_control_is_never_accepted_as_a_baseline(project: Project) -> None:
    """Only the suite itself gets a baseline."""
    write(project, seconds=0, before=0)
    project.accept()
    assert project.run("--llm-controls", "5", "--llm-update-baseline").ret == 0
    assert [path.name for path in (project.root / "baselines").iterdir()] == ["bot.json"]


def test_a_control_that_cannot_be_used_is_named(project: Project) -> None:
    """A wrong marker is told as a golden set's is."""
    project.write(
        "test_bot.py",
        BOT.format(seconds=0, before=0, word="y", old="y").replace(
            'llm_control("golden/bot.jsonl", repeats=2)', "llm_control(repeats=0)"
        ),
    )
    result = project.run("--llm-controls", "3")
    assert result.ret == 4
    result.stdout.fnmatch_lines(["*llm_control: file is None*"])
