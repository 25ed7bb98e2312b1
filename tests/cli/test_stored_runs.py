"""`gate` and `baseline`: a stored run is judged, accepted and compared without a new call."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from pytest_llm_telemetry.cli import main

pytestmark = pytest.mark.usefixtures("alone")


@pytest.fixture(scope="module")
def stored(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project with one stored run and no baseline."""
    root = tmp_path_factory.mktemp("stored")
    main(["init", "--root", str(root)])
    command = [sys.executable, "-m", "pytest", "-q", "--llm-telemetry"]
    subprocess.run(command, cwd=root, check=True, capture_output=True)
    return root


def _run(root: Path, *arguments: str) -> int:
    return main([*arguments, "--root", str(root)])


def test_gate_judges_the_latest_run(stored: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Without a name the latest run is judged, and the verdict is shown."""
    assert _run(stored, "gate") == 0
    assert "PASS" in capsys.readouterr().out


def test_gate_judges_under_other_thresholds(stored: Path) -> None:
    """The same stored run fails under a stricter limit, with no new call."""
    strict = stored / "strict.toml"
    strict.write_text("schema_version = 1\n[limits.pass_rate]\nmin = 1.0\n", encoding="utf-8")
    assert _run(stored, "gate", "--thresholds", "strict.toml") == 0
    strict.write_text("schema_version = 1\n[limits.queries]\nmax = 3\n", encoding="utf-8")
    assert _run(stored, "gate", "--thresholds", "strict.toml") == 1


def test_gate_writes_the_report(stored: Path) -> None:
    """--report json=PATH writes the verdict for a program to read."""
    assert _run(stored, "gate", "--report", "json=out/report.json") == 0
    assert json.loads((stored / "out/report.json").read_text("utf-8"))["status"] == "pass"


def test_an_unknown_run_is_one_clear_error(
    stored: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A run that does not exist cannot be judged: exit 4, and the runs that do are named."""
    assert _run(stored, "gate", "nope") == 4
    assert "nope" in capsys.readouterr().err


def test_a_run_is_accepted_shown_and_compared(
    stored: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Accepting writes the baseline with its reason; show, list and diff read it."""
    assert _run(stored, "baseline", "accept", "--why", "first look") == 0
    assert _run(stored, "baseline", "show") == 0
    assert _run(stored, "baseline", "list") == 0
    assert _run(stored, "baseline", "diff") == 0
    text = capsys.readouterr().out
    assert "first look" in text
    assert "support: 5 cases" in text
    assert "pass rate" in text


def test_one_case_is_accepted_alone(stored: Path) -> None:
    """Accepting with --case replaces one case and records who decided what and why."""
    assert _run(stored, "baseline", "accept", "--why", "all") == 0
    assert _run(stored, "baseline", "accept", "--case", "greeting", "--why", "new wording") == 0
    baseline = json.loads((stored / "baselines/support.json").read_text("utf-8"))
    assert baseline["accepted"][-1]["cases"] == ["greeting"]
    assert baseline["accepted"][-1]["why"] == "new wording"
    assert len(baseline["cases"]) == 5


def test_accepting_a_case_that_is_not_there_is_one_clear_error(
    stored: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """An unknown case id is refused by name."""
    assert _run(stored, "baseline", "accept", "--case", "nope") == 4
    assert "no such suite or case" in capsys.readouterr().err


def test_validate_names_the_fault(stored: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A broken file is named with its line; the others are still checked."""
    broken = stored / "golden" / "broken.jsonl"
    broken.write_text("{\n", encoding="utf-8")
    assert _run(stored, "validate") == 4
    broken.unlink()
    text = capsys.readouterr().out
    assert "broken.jsonl:1" in text
    assert "ok, thresholds" in text


def test_validate_reads_a_log(stored: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A stored run's log is valid line by line."""
    (log,) = stored.glob(".llm-telemetry/runs/*/events.jsonl")
    assert _run(stored, "validate", str(log)) == 0
    assert "15 QuerySuccess" in capsys.readouterr().out


def test_schema_prints_the_published_schema(capsys: pytest.CaptureFixture[str]) -> None:
    """An editor or a reader gets the schema itself."""
    assert main(["schema", "thresholds"]) == 0
    assert json.loads(capsys.readouterr().out)["$id"]


def test_usage_errors_exit_with_2() -> None:
    """A command that does not exist is a usage error."""
    with pytest.raises(SystemExit) as ended:
        main(["nope"])
    assert ended.value.code == 2


def test_a_run_is_judged_again_by_what_it_was_judged_by(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    """From any folder of the project, with its own thresholds and baselines, no option needed."""
    main(["init", "--root", str(pytester.path)])
    strict = pytester.mkdir("quality") / "strict.toml"
    strict.write_text("schema_version = 1\n[limits.queries]\nmax = 3\n", encoding="utf-8")
    ran = pytester.runpytest_subprocess("--llm-telemetry", "--llm-thresholds=quality/strict.toml")
    assert ran.ret == 1
    monkeypatch.chdir(strict.parent)
    assert main(["gate"]) == 1
    assert main(["gate", "--thresholds", "../llm-telemetry.toml"]) == 0
