"""`llm-telemetry init`: what it writes runs as it is."""

import subprocess
import sys
from pathlib import Path

import pytest

from pytest_llm_telemetry.cli import main

pytestmark = pytest.mark.usefixtures("alone")


def test_its_files_run_as_they_are(tmp_path: Path) -> None:
    """A first run, an accepted baseline and a second run all end with exit status 0."""
    assert main(["init", "--root", str(tmp_path)]) == 0
    for arguments in ([], ["--llm-update-baseline"], ["--llm-require-baseline"]):
        command = [sys.executable, "-m", "pytest", "-q", "--llm-telemetry", *arguments]
        done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr


def test_it_never_overwrites(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A file that is there already is kept, and that is said."""
    (tmp_path / "llm-telemetry.toml").write_text("# mine\n", encoding="utf-8")
    assert main(["init", "--root", str(tmp_path)]) == 0
    assert (tmp_path / "llm-telemetry.toml").read_text(encoding="utf-8") == "# mine\n"
    assert "kept     llm-telemetry.toml" in capsys.readouterr().out


def test_it_validates(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Everything that init writes passes `llm-telemetry validate`."""
    main(["init", "--root", str(tmp_path)])
    assert main(["validate", "--root", str(tmp_path)]) == 0
    assert "ok, golden set of 5 cases" in capsys.readouterr().out
