"""What a stranger wrote, printed by every command: shown as text, never obeyed."""

import json
import re
from dataclasses import replace
from pathlib import Path

import pytest

from pytest_llm_telemetry.cli import main
from pytest_llm_telemetry.core.samples import CasePlan
from pytest_llm_telemetry.storage import runs
from tests.reporters.conftest import hostile_strings

LIVE = re.compile(r"^\s*::|##\[|##vso\[|##teamcity\[", re.IGNORECASE)
AT = "2026-11-25T10:00:00.000Z"
COMMANDS = (
    ("gate",),
    ("gate", "-v"),
    ("baseline", "accept", "latest", "--why", "x"),
    ("gate", "-v"),
    ("baseline", "list"),
    ("baseline", "show"),
    ("baseline", "diff"),
    ("thresholds", "suggest"),
    ("validate",),
    ("merge", "aaaa", "bbbb"),
)


def texts() -> list[str]:
    """The hostile texts that may be an id: not empty, and no half of a surrogate pair."""
    found = [text[:200] for text in hostile_strings().values()]
    whole = [text for text in found if text.encode("utf-8", "replace").decode() == text]
    return [text for text in whole if text.strip()]


def write_run(folder: Path, run_id: str, *, passed: bool) -> None:
    """A run of a suite a text, with a case and a tag of the same name."""
    folder = folder / run_id
    folder.mkdir(parents=True)
    names = texts()
    plan = {
        name: runs.SuitePlan(cases=(CasePlan(case_id=name, tags=(name,), where=f"{name}:1"),))
        for name in names
    }
    run = runs.Run(run_id=run_id, started=AT, finished=AT, complete=True, suites=plan)
    runs.write_manifest(folder, replace(run, commit=names[0], branch=names[-1]))
    lines = [
        {
            "schema_version": 1,
            "event": "query_score",
            "query_id": str(place),
            "timestamp": AT,
            "suite": name,
            "case_id": name,
            "score_name": name,
            "score": float(passed),
            "passed": passed,
            "explanation": name,
        }
        for place, name in enumerate(names)
    ]
    text = "".join(json.dumps(line) + "\n" for line in lines)
    (folder / runs.EVENTS).write_text(text, encoding="utf-8")


def assert_dead(printed: str) -> None:
    """No line holds a character that a terminal obeys, or a command that a CI obeys."""
    for line in printed.split("\n"):
        assert line.isprintable(), repr(line)
        assert not LIVE.search(line), line


def test_no_command_prints_what_a_terminal_or_a_ci_obeys(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Suites, cases, tags, places, branches and graders' words of every hostile class."""
    stored = tmp_path / ".llm-telemetry/runs"
    write_run(stored, "2026-11-24T10-00-00Z-aaaa", passed=True)
    for command in COMMANDS:
        main([*command, "--root", str(tmp_path)])
        assert_dead("".join(capsys.readouterr()))
    write_run(stored, "2026-11-25T10-00-00Z-bbbb", passed=False)
    for command in COMMANDS:
        main([*command, "--root", str(tmp_path)])
        assert_dead("".join(capsys.readouterr()))


def test_no_error_quotes_a_file_so_that_it_is_obeyed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Unknown keys, wrong values and ids that stand twice, in each file that a stranger may send."""
    (tmp_path / "golden").mkdir()
    (tmp_path / "baselines").mkdir()
    for text in texts():
        case = json.dumps({"id": text, "input": "a"})
        files = {
            "llm-telemetry.json": json.dumps({"schema_version": 1, text: text}),
            "golden/a.jsonl": f"{case}\n{case}\n",
            "golden/b.json": json.dumps({"cases": [{"id": "a", "input": "b", text: text}]}),
            "golden/c.jsonl": json.dumps({"id": "a", "input": "b", "regex": text}) + "\n",
            "baselines/a.json": json.dumps({"schema_version": 1, "suite": text, text: text}),
        }
        for name, content in files.items():
            (tmp_path / name).write_text(content, encoding="utf-8")
            main(["validate", str(tmp_path / name), "--root", str(tmp_path)])
        assert_dead("".join(capsys.readouterr()))
