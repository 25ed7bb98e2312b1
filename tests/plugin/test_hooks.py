"""Hooks: an installed third-party plugin grades, prices, redacts, enriches, reports and tells."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.plugin.conftest import Project

EXAMPLE = Path(__file__).parents[2] / "examples" / "third_party_plugin"
BOT = """
import pytest

def ask(question):
    usage = {"prompt_tokens": 1_000_000, "completion_tokens": 0}
    message = {"content": "It is 14 days for you"}
    return {"model": "house-model", "choices": [{"message": message}], "usage": usage}

@pytest.mark.golden_set("golden/bot.jsonl")
def test_bot(golden_case, llm_telemetry):
    answer = llm_telemetry.wrap(ask)(golden_case.input)
    golden_case.check(answer["choices"][0]["message"]["content"])
"""
GRADERS: list[dict[str, Any]] = [
    {"type": "custom", "name": "polite"},
    {"type": "semantic", "value": "it is 14 days for you"},
    {"type": "judge", "rubric": "14 days", "votes": 3},
    {"type": "similarity", "value": "It is 14 days for you!"},
]


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The example plugin, as pip installs it."""
    target = tmp_path_factory.mktemp("site")
    command = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps"]
    command += ["--no-build-isolation", "--disable-pip-version-check", "--target", str(target)]
    subprocess.run([*command, str(EXAMPLE)], check=True, capture_output=True)
    return target


@pytest.fixture
def house(project: Project, installed: Path, monkeypatch: pytest.MonkeyPatch) -> Project:
    """A project whose environment has the example plugin."""
    monkeypatch.setenv("PYTHONPATH", str(installed), prepend=":")
    monkeypatch.setenv("TEAM", "support")
    project.golden([{"id": "a", "input": "Where is ORD-123456?", "graders": GRADERS}])
    project.write("test_bot.py", BOT)
    return project


@pytest.mark.parametrize("spread", [(), ("-n", "2")])
def test_every_hook_of_an_installed_plugin_is_called(house: Project, spread: tuple[str]) -> None:
    """Graders, embedder, judge, price, redaction, enrichment, report: all from outside."""
    result, report = house.report(*spread)
    assert (result.ret, report["status"]) == (0, "pass")
    scores = {e["score_name"]: e for e in house.events() if e["event"] == "query_score"}
    assert set(scores) == {"polite", "semantic", "judge", "similarity"}
    assert all(score["passed"] for score in scores.values())
    (end,) = [event for event in house.events() if event["event"] == "query_success"]
    assert end["cost_usd"] == 1.0
    assert end["query_preview"] == "Where is <ORDER>?"
    assert end["tags"] == ["team:support"]
    written = (house.root / "house-report.txt").read_text("utf-8")
    assert written.split()[1:] == ["pass", "0"]
    assert not (house.root / "house-pager.txt").exists()


def test_a_failed_run_is_told_to_people(house: Project) -> None:
    """The notifier sees the verdict, and one that fails is a note that changes nothing."""
    house.write(
        "llm-telemetry.toml", "schema_version = 1\n[limits.cost_per_query_usd]\nmax = 0.1\n"
    )
    assert house.run().ret == 1
    assert (house.root / "house-pager.txt").read_text("utf-8") == "fail"
    house.write("conftest.py", "def pytest_llm_notify(report): raise OSError('pager is down')\n")
    (house.root / "llm-telemetry.toml").unlink()
    result = house.run("-v")
    assert result.ret == 0
    result.stdout.fnmatch_lines(["*pytest_llm_notify: OSError: pager is down*"])


def test_an_idle_plugin_is_well_and_never_called(house: Project) -> None:
    """Without the option its hooks are known to pytest, and nothing of it runs."""
    result = house.pytester.runpytest_subprocess()
    result.assert_outcomes(skipped=1)
    assert not (house.root / "house-report.txt").exists()


def test_an_event_can_be_left_out(project: Project) -> None:
    """A start event says nothing that its end does not: a team may do without."""
    project.write(
        "conftest.py",
        "def pytest_llm_event(event):\n"
        "    if event['event'] == 'query_start':\n"
        "        event.clear()\n",
    )
    assert project.run().ret == 0
    assert {event["event"] for event in project.events()} == {"query_success", "query_score"}


def test_what_a_hook_breaks_is_never_written(project: Project) -> None:
    """A redaction that fails loses the event instead of what it should hide; the gate says so."""
    project.write("conftest.py", "def pytest_llm_redact(text): raise ValueError('no')\n")
    result, report = project.report()
    assert result.ret != 0
    assert len(report["suites"][0]["missing"]) == 20


JUDGED = """
import pytest
from pytest_llm_telemetry import TelemetryLogger

telemetry = TelemetryLogger(prices={"judge-model": {"input": 1.0, "output": 1.0}})

def pytest_llm_judge(config):
    def judge(rubric, answer, case):
        with telemetry.observe(f"{rubric} {answer}", model="judge-model") as call:
            call.record({"model": "judge-model", "choices": [{"message": {"content": "yes"}}],
                         "usage": {"prompt_tokens": 1000, "completion_tokens": 0}})
        return "yes" in answer
    return judge
"""


def test_what_judges_cost_is_counted_apart(project: Project) -> None:
    """A judge's calls are in the log and in a note, and in no figure of the suite."""
    judge = {"type": "judge", "rubric": "Is it yes?", "votes": 3}
    project.golden([{"id": f"c{n}", "input": f"q{n}", "graders": [judge]} for n in range(4)])
    project.write("conftest.py", JUDGED)
    project.bot(repeats=2)
    result, report = project.report()
    assert result.ret == 0
    (suite,) = report["suites"]
    assert suite["metrics"]["queries"] == 8
    assert suite["metrics"]["total_cost_usd"] is None
    assert report["notes"] == ["bot: 24 calls of graders, $0.024, counted apart"]
    ends = [event for event in project.events() if event["event"] == "query_success"]
    assert [event["suite"] for event in ends].count("bot@judge") == 24


@pytest.mark.parametrize(
    ("grader", "told"),
    [("judge", "pytest_llm_judge(config)"), ("semantic", "pytest_llm_embedder(config)")],
)
def test_a_grader_without_its_model_says_which_hook_to_write(
    project: Project, grader: str, told: str
) -> None:
    """Nothing passes unasked: the case fails, with the remedy."""
    project.golden([{"id": "a", "input": "q", "expected": "yes", "graders": [grader]}])
    project.bot(repeats=1)
    result = project.run()
    assert result.ret != 0
    assert told in result.stdout.str()


def test_a_report_of_a_hook_that_cannot_be_written_hides_no_verdict(project: Project) -> None:
    """As with our own reports it is exit 4; the verdict is shown, and people are told of it."""
    project.write(
        "conftest.py",
        "def pytest_llm_report(report): raise OSError('no such share')\n"
        "def pytest_llm_notify(report): print('told:', report.status)\n",
    )
    result = project.run("-s")
    assert result.ret == 4
    result.stdout.fnmatch_lines(
        ["*told: error*", "*CANNOT JUDGE*", "*pytest_llm_report: OSError: no such share*"]
    )


def test_reports_of_hooks_hold_the_published_shape(project: Project) -> None:
    """A hook may read the JSON report's file as anybody else does."""
    project.write(
        "conftest.py",
        "def pytest_llm_report(config, report):\n"
        "    (config.rootpath / 'seen.json').write_text(\n"
        "        __import__('json').dumps([suite.verdict.status for suite in report.suites]))\n",
    )
    project.run()
    assert json.loads((project.root / "seen.json").read_text("utf-8")) == ["pass"]
