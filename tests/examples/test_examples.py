"""The examples that are golden sets, run as their READMEs say, in a copy that leaves nothing behind."""

import html
import json
import os
import re
import shutil
import subprocess
import sys
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jsonschema
import pytest

ROOT = Path(__file__).parents[2]
LEFT_OUT = shutil.ignore_patterns("logs", ".llm-telemetry", "__pycache__", ".pytest_cache")


@dataclass(frozen=True, slots=True, kw_only=True)
class Ran:
    """An example that has run: what it ended with, said and wrote."""

    folder: Path
    exit_status: int
    out: str
    report: dict[str, Any]

    def suite(self) -> dict[str, Any]:
        """The one suite of the report."""
        (suite,) = self.report["suites"]
        return dict(suite)

    def failing(self) -> list[str]:
        """The metrics of the checks that failed, each with its scope."""
        return [
            f"{check['metric']} {check['scope']}".strip()
            for check in self.suite()["checks"]
            if check["status"] == "fail"
        ]

    def events(self, where: str) -> list[dict[str, Any]]:
        """Every line of the one log that matches, in the example or its rootdir, parsed."""
        (path,) = [*self.folder.glob(where)] or self.folder.parent.glob(where)
        return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def run(folder: Path) -> Ran:
    """Run an example as its README says; the key in the environment must not be spent."""
    report = folder / "report.json"
    inherited = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("OPENAI_", "PYTEST_", "COV_", "COVERAGE_"))
    }
    finished = subprocess.run(
        [sys.executable, "-m", "pytest", "--llm-telemetry", f"--llm-report=json={report}"],
        cwd=folder,
        env=inherited | {"OPENAI_API_KEY": "sk-must-not-be-used", "COLUMNS": "80"},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    said = finished.stdout + finished.stderr
    assert report.is_file(), said
    return Ran(
        folder=folder,
        exit_status=finished.returncode,
        out=said,
        report=json.loads(report.read_text(encoding="utf-8")),
    )


@pytest.fixture(scope="module")
def copied(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The examples, where they may write."""
    folder = tmp_path_factory.mktemp("copied") / "examples"
    shutil.copytree(ROOT / "examples", folder, ignore=LEFT_OUT)
    return folder


@pytest.fixture(scope="module")
def support_bot(copied: Path) -> Ran:
    """The example that passes."""
    return run(copied / "support_bot")


@pytest.fixture(scope="module")
def regression(copied: Path) -> Ran:
    """The example that fails."""
    return run(copied / "regression")


def test_the_support_bot_passes(support_bot: Ran) -> None:
    """The verdict is PASS, the exit status 0, and every case of the golden set was graded."""
    assert support_bot.exit_status == 0, support_bot.out
    assert "llm telemetry: PASS" in support_bot.out
    assert support_bot.report["status"] == "pass"
    suite = support_bot.suite()
    assert suite["baseline"] is not None
    assert "golden set changed" not in json.dumps(suite)
    assert suite["models"] == ["gpt-4o-mini"]
    assert len(suite["cases"]) == 39
    assert all(case["graded"] == 3 for case in suite["cases"])
    assert suite["metrics"]["pass_rate"] == pytest.approx(0.94, abs=0.01)


def test_the_regression_fails_and_says_why(regression: Ran) -> None:
    """The exit status is 1, pass rate and cost are what failed, and the refund cases are named."""
    assert regression.exit_status == 1, regression.out
    assert "llm telemetry: FAIL" in regression.out
    assert {"pass_rate", "cost_per_query_usd"} <= set(regression.failing())
    assert "pass_rate tag:refund" in regression.failing()
    (check,) = (
        check
        for check in regression.suite()["checks"]
        if check["metric"] == "pass_rate" and check["kind"] == "relative"
    )
    assert check["cases_worse"] >= 7
    worse = {case["case_id"]: case for case in check["cases"]}
    assert (worse["refund-window"]["before"], worse["refund-window"]["now"]) == ("3/3", "0/3")
    assert "within 30 days" in worse["refund-window"]["reason"]
    assert any(case_id in regression.out for case_id in worse)
    assert "llm-telemetry baseline accept" in regression.out


def test_the_picture_in_the_readme_is_of_this_run(regression: Ran) -> None:
    """What does not depend on the clock stands in docs/terminal.svg as the terminal shows it."""
    picture = re.sub(r"<[^>]+>", "", (ROOT / "docs" / "terminal.svg").read_text(encoding="utf-8"))
    drawn = [html.unescape(line) for line in picture.splitlines()]
    steady = [
        line
        for line in regression.out.splitlines()
        if re.match(r"(pass rate|score|cost / query|error rate)  ", line)
    ]
    assert len(steady) >= 4
    assert [line for line in steady if line not in drawn] == []
    assert any(line.startswith("  refund-back ") for line in drawn)


def test_the_streaming_example_holds_the_first_token(copied: Path) -> None:
    """Each answer is a followed stream: its first token is timed, and its usage known."""
    ran = run(copied / "streaming")
    assert ran.exit_status == 0, ran.out
    assert "first token P95" in ran.out
    ends = [
        event
        for event in ran.events(".llm-telemetry/runs/*/events.jsonl")
        if event["event"] == "query_success"
    ]
    assert len(ends) == 9
    assert all(end["streaming"] and end["output_tokens"] > 0 for end in ends)
    assert all(0 < end["ttft_ms"] <= end["latency_ms"] for end in ends)


def test_the_judge_finds_the_rude_answer(copied: Path) -> None:
    """Three votes a case decide, the gate fails, and judging is counted apart from the bot."""
    ran = run(copied / "judge")
    assert ran.exit_status == 1, ran.out
    assert "pass_rate" in ran.failing()
    assert "18 calls of graders, $" in ran.out
    worst = {case["case_id"]: case for case in ran.suite()["cases"]}
    assert worst["rude"]["passed"] == 0
    assert worst["late"]["passed"] == worst["late"]["graded"] == 2


def test_a_bad_answer_is_no_failed_test(regression: Ran) -> None:
    """Each of the 117 tests passes in pytest's own count: the gate is what fails."""
    assert "117 passed" in regression.out
    assert "Traceback" not in regression.out


@pytest.mark.parametrize("log", [".llm-telemetry/runs/*/events.jsonl", "logs/llm.jsonl"])
@pytest.mark.parametrize("name", ["support_bot", "regression"])
def test_every_event_fits_the_published_schema(
    name: str, log: str, request: pytest.FixtureRequest
) -> None:
    """The run's log and the bot's own production log hold valid events and nothing else."""
    ran: Ran = request.getfixturevalue(name)
    schema = json.loads((ROOT / "schemas" / "event.schema.json").read_text(encoding="utf-8"))
    validator = jsonschema.Draft202012Validator(schema)
    events = ran.events(log)
    assert [error for event in events for error in validator.iter_errors(event)] == []
    kinds = Counter(event["event"] for event in events)
    assert kinds["query_start"] == kinds["query_success"] == 117
    assert kinds["query_error"] == 0


def test_a_call_is_recorded_whole(support_bot: Ran) -> None:
    """Model, tokens, cost, latency and the case come with every success, and none is cached."""
    for event in support_bot.events(".llm-telemetry/runs/*/events.jsonl"):
        if event["event"] == "query_success":
            assert event["service"] == "support-bot"
            assert event["model"] == "gpt-4o-mini"
            assert event["input_tokens"] > 400
            assert event["cost_usd"] == pytest.approx(
                (0.15 * event["input_tokens"] + 0.6 * event["output_tokens"]) / 1e6
            )
            assert event["latency_ms"] > 5
            assert not event.get("cached", False)
            assert event["suite"] == "support"
            assert event["attempt"] in {1, 2, 3}


def test_the_golden_set_shows_every_grader() -> None:
    """At least thirty cases, with tags, that use each kind of grader a file can declare."""
    text = (ROOT / "examples" / "support_bot" / "golden" / "support.jsonl").read_text("utf-8")
    cases = [json.loads(line) for line in text.splitlines()]
    used = Counter(key for case in cases for key in case)
    assert len(cases) >= 30
    assert len({case["id"] for case in cases}) == len(cases)
    assert used["tags"] == len(cases)
    assert {"contains", "regex", "numeric", "json_schema", "expected", "graders"} <= set(used)


def test_the_baseline_is_that_of_the_golden_set() -> None:
    """The accepted baseline was recorded with the golden set as it stands, and nothing private."""
    folder = ROOT / "examples" / "support_bot"
    text = (folder / "baselines" / "support.json").read_text("utf-8")
    golden = (folder / "golden" / "support.jsonl").read_text("utf-8").splitlines()
    assert set(json.loads(text)["cases"]) == {json.loads(line)["id"] for line in golden}
    assert str(ROOT) not in text
