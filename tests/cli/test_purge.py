"""`llm-telemetry purge`."""

import os
import time
from pathlib import Path

import pytest

from pytest_llm_telemetry.cli import main


@pytest.fixture
def log(tmp_path: Path) -> Path:
    """A log, with closed files of 40, 20 and 1 days, 1000 bytes each."""
    path = tmp_path / "llm.jsonl"
    path.write_text("{}\n")
    for number, days in enumerate((40, 20, 1), 1):
        closed = tmp_path / f"llm.2026-11-0{number}.0001.jsonl.gz"
        closed.write_bytes(b"x" * 1000)
        then = time.time() - days * 86_400
        os.utime(closed, (then, then))
    (tmp_path / "other.2026-11-01.0001.jsonl").write_text("{}\n")
    return path


def names(log: Path) -> list[str]:
    return sorted(path.name for path in log.parent.iterdir())


def test_old_files_go_and_a_dry_run_only_tells(
    log: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """By age the oldest file goes; a dry run names the same one and leaves it."""
    assert main(["purge", str(log), "--older-than", "30d", "--dry-run"]) == 0
    told = capsys.readouterr().out
    assert "would delete" in told
    assert "llm.2026-11-01" in told
    assert len(names(log)) == 5
    assert main(["purge", str(log), "--older-than", "30d"]) == 0
    assert "deleted 1 files" in capsys.readouterr().out
    assert "llm.2026-11-01.0001.jsonl.gz" not in names(log)
    assert len(names(log)) == 4


def test_a_closed_file_that_somebody_compressed_by_zstandard_goes_too(log: Path) -> None:
    """Retention is of every closed file that a dashboard reads."""
    closed = log.parent / "llm.2026-11-01.0002.jsonl.zst"
    closed.write_bytes(b"x")
    os.utime(closed, (0, 0))
    assert main(["purge", str(log), "--older-than", "30d"]) == 0
    assert not closed.exists()


def test_the_oldest_go_while_there_is_too_much(log: Path) -> None:
    """By size the oldest go first; the log and other logs' files stay."""
    assert main(["purge", str(log), "--max-bytes", "1.5k"]) == 0
    assert names(log) == [
        "llm.2026-11-03.0001.jsonl.gz",
        "llm.jsonl",
        "other.2026-11-01.0001.jsonl",
    ]


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ([], "nothing says what may go"),
        (["--older-than", "soon"], "--older-than is 'soon'"),
        (["--older-than", "30"], "--older-than is '30'"),
        (["--max-bytes", "nanM"], "--max-bytes is 'nanM'"),
        (["--max-bytes", "-1"], "--max-bytes is '-1'"),
    ],
)
def test_what_is_not_understood_deletes_nothing(
    log: Path, capsys: pytest.CaptureFixture[str], options: list[str], said: str
) -> None:
    """A wrong age or size is said, with the exit status of wrong usage or of no judgement."""
    try:
        status = main(["purge", str(log), *options])
    except SystemExit as error:
        status = int(str(error.code))
    assert status in {2, 4}
    assert said in capsys.readouterr().err
    assert len(names(log)) == 5


def test_a_file_that_cannot_be_deleted_is_named(
    log: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """What the system refuses is one line with the file's name."""

    def refused(path: str) -> None:
        raise PermissionError(13, "Permission denied", path)

    monkeypatch.setattr(os, "unlink", refused)
    assert main(["purge", str(log), "--older-than", "30d"]) == 4
    assert "llm.2026-11-01.0001.jsonl.gz" in capsys.readouterr().err
