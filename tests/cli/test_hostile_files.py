"""What a stranger's pull request can put into a file: refused with one clear error, never a pass."""

import gzip
import json
import os
import shutil
from pathlib import Path

import pytest

from pytest_llm_telemetry import TelemetryLogger
from pytest_llm_telemetry.cli import main
from tests.ci.conftest import project

# what json.load takes, or dies of, and nobody means
JSON = {
    "NaN": '"x": NaN',
    "Infinity": '"x": -Infinity',
    "too large": '"x": 1e999',
    "stands twice": '"x": 1, "x": 1',
    "digits": f'"x": {"9" * 5000}',
    "64 levels": f'"x": {"[" * 50_000}{"]" * 50_000}',
}
FILES = {
    "golden": "golden/bot.jsonl",
    "golden as one document": "golden/bot.json",
    "thresholds": "llm-telemetry.json",
    "baseline": "baselines/bot.json",
}

GATE = ("gate", "--thresholds", "llm-telemetry.json")


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project with a baseline and a stored run that passes."""
    root = project(tmp_path_factory.mktemp("hostile"))
    (root / "llm-telemetry.toml").unlink()
    (root / "llm-telemetry.json").write_text('{"schema_version": 1}', encoding="utf-8")
    (root / "golden/bot.json").write_text('{"cases": [{"id": "a", "input": "b"}]}', "utf-8")
    return root


@pytest.fixture
def root(made: Path, tmp_path: Path) -> Path:
    """A copy of the project to damage."""
    shutil.copytree(made, tmp_path / "project", symlinks=True)
    return tmp_path / "project"


def told(root: Path, capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str]:
    """The exit status of a command in the project, and all that it printed."""
    capsys.readouterr()
    status = main([*arguments, "--root", str(root)])
    return status, " ".join("".join(capsys.readouterr()).split())


@pytest.mark.parametrize("word", JSON)
@pytest.mark.parametrize("name", FILES)
def test_a_file_that_nobody_means_is_refused_by_name_and_line(
    root: Path, capsys: pytest.CaptureFixture[str], name: str, word: str
) -> None:
    """The error names the file, the line and the fault."""
    path = root / FILES[name]
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace("{", f"{{{JSON[word]}, ", 1), encoding="utf-8")
    status, printed = told(root, capsys, "validate", str(path))
    assert status == 4
    assert f"{FILES[name]}:1" in printed
    assert word in printed


@pytest.mark.parametrize("word", JSON)
@pytest.mark.parametrize("name", ["thresholds", "baseline", "manifest"])
def test_the_gate_never_passes_on_what_it_cannot_read(
    root: Path, capsys: pytest.CaptureFixture[str], name: str, word: str
) -> None:
    """Thresholds, baseline or plan of a run: exit status 4, and the reason."""
    (run,) = (root / ".llm-telemetry/runs").iterdir()
    path = run / "run.json" if name == "manifest" else root / FILES[name]
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace("{", f"{{{JSON[word]}, ", 1), encoding="utf-8")
    status, printed = told(root, capsys, *GATE)
    assert status == 4
    assert word in printed


@pytest.mark.parametrize("name", FILES)
def test_a_file_of_any_size_is_bounded(
    root: Path, capsys: pytest.CaptureFixture[str], name: str
) -> None:
    """Two hundred megabytes on one line are not read to their end."""
    path = root / FILES[name]
    with path.open("r+b") as file:
        file.truncate(200_000_000)
    status, printed = told(root, capsys, "validate", str(path))
    assert status == 4
    assert "is larger than" in printed


LOGS = {
    "nan": '"latency_ms":NaN',
    "wrong_types": '"ttft_ms":1e999',
    "twice": '"latency_ms":1,"latency_ms":2',
    "junk": f'"latency_ms":{"9" * 5000}',
    "wrong_types of 400 digits": f'"input_tokens":{"9" * 400}',
    "wrong_types of cost": f'"cost_usd":1{"0" * 400}',
    "junk of depth": f'"x":{"[" * 50_000}{"]" * 50_000}',
    "too_long": f'"x":"{"a" * 50_000_000}"',
}


@pytest.mark.parametrize("name", LOGS)
def test_a_run_with_a_damaged_line_is_no_pass(
    root: Path, capsys: pytest.CaptureFixture[str], name: str
) -> None:
    """The line is counted by its reason, and since it may be the one that failed, exit status 4."""
    (run,) = (root / ".llm-telemetry/runs").iterdir()
    path = run / "events.jsonl"
    lines = path.read_text(encoding="utf-8").splitlines()
    said = next(line for line in lines if "query_success" in line)
    poisoned = f"{{{LOGS[name]},{said.removeprefix('{')}"
    path.write_text("\n".join([*lines, poisoned]) + "\n", encoding="utf-8")
    status, printed = told(root, capsys, *GATE, "-v")
    assert status == 4
    assert f"1 {name.split(maxsplit=1)[0]}" in printed


def test_the_damage_of_a_production_log_is_a_note(
    root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Months of traffic hold a torn line somewhere: it is counted, and the rest is judged."""
    (run,) = (root / ".llm-telemetry/runs").iterdir()
    log = root / "production.jsonl"
    log.write_bytes((run / "events.jsonl").read_bytes() + b'{"schema_version":1,"ev\n')
    status, printed = told(root, capsys, *GATE, str(log), "-v")
    assert status == 0
    assert "1 torn" in printed


def test_a_gzip_bomb_is_no_run(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A log that unpacks to more than any log would is not a pass."""
    (run,) = (root / ".llm-telemetry/runs").iterdir()
    (run / "events.jsonl").unlink()
    with gzip.open(run / "events.jsonl.gz", "wb") as file:
        for _ in range(100):
            file.write(b"\n" * 1_000_000)
    status, printed = told(root, capsys, *GATE)
    assert status in {1, 4}  # its cases left no record, and the log is damaged
    assert "1 packed" in printed


@pytest.mark.parametrize("name", ["golden", "baseline", "thresholds"])
def test_a_pipe_or_a_folder_in_a_files_place_blocks_nothing(
    root: Path, capsys: pytest.CaptureFixture[str], name: str
) -> None:
    """A named pipe would wait for a writer for ever; neither it nor a folder is opened."""
    path = root / FILES[name]
    path.unlink()
    os.mkfifo(path)
    assert told(root, capsys, "validate", str(path))[0] == 4
    path.unlink()
    path.mkdir()
    assert told(root, capsys, "validate", str(path))[0] == 4


def test_what_is_no_file_is_no_log(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Pipes, folders and links to nothing beside a log hinder no command; a link counts nothing twice."""
    logs = tmp_path / "logs"
    with TelemetryLogger(logs / "llm.jsonl").observe("q"):
        pass
    (logs / "folder.jsonl").mkdir()
    os.mkfifo(logs / "pipe.jsonl")
    (logs / "nothing.jsonl").symlink_to("nowhere")
    (logs / "a-current.jsonl").symlink_to("llm.jsonl")
    (logs / "again").symlink_to(".")
    for command in (
        ["dashboard", "--json"],
        ["alert", "--dry-run"],
        ["review", "daily"],
        ["merge", str(logs), "--out", str(tmp_path / "all.rollup")],
        ["purge", "--user-hash", "0" * 32],
        ["export", "--since", "2026-01-01", "--to", str(tmp_path / "out")],
    ):
        status, printed = told(tmp_path, capsys, *command)
        assert (command[0], status) == (command[0], 4 if "no call was logged" in printed else 0)
        if command[0] == "dashboard":
            assert json.loads(printed)["metrics"]["queries"]["now"] == 1.0
    assert len((tmp_path / "out" / "events.jsonl").read_text().splitlines()) == 2


def test_a_golden_set_outside_the_root_is_not_read(
    root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Neither by dots nor by a link that a stranger planted."""
    outside = root.parent / "secret.jsonl"
    outside.write_text('{"id": "a", "input": "the secret"}\n', encoding="utf-8")
    link = root / "golden/link.jsonl"
    link.symlink_to(outside)
    for path in (str(link), str(root / "golden/../../secret.jsonl")):
        status, printed = told(root, capsys, "validate", path)
        assert status == 4
        assert "the secret" not in printed
