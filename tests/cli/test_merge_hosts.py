"""`llm-telemetry merge --out`: what hosts ship in place of their logs."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from pytest_llm_telemetry import TelemetryLogger
from pytest_llm_telemetry.cli import main
from pytest_llm_telemetry.storage.traffic import read_traffic


def serve(log: Path, calls: int) -> None:
    """A host's calls."""
    telemetry = TelemetryLogger(log, service=log.parent.name)
    for number in range(calls):
        with telemetry.observe(f"question {number}"):
            pass
    telemetry.close()


def test_hosts_rollups_become_one(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Each host rolls its logs up, and what was shipped is read and merged as the logs are."""
    shipped = []
    for host, calls in (("a", 3), ("b", 4)):
        log = tmp_path / host / "llm.jsonl"
        serve(log, calls)
        shipped.append(str(tmp_path / f"{host}.rollup"))
        assert main(["merge", str(log), "--out", shipped[-1]]) == 0
    assert "8 lines of 1 files, 1 hours, into" in capsys.readouterr().out
    fleet = tmp_path / "fleet.rollup"
    assert main(["merge", *shipped, "--out", str(fleet)]) == 0
    now = datetime.now(UTC)
    found = read_traffic([fleet], now - timedelta(hours=2), now)
    assert {name: each.calls for name, each in found.by("service").named.items()} == {
        "a": 3,
        "b": 4,
    }
    assert (found.lines, found.last_event is not None) == (14, True)


def test_a_missing_rollup_is_an_error(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A host that was forgotten must not look like a quiet one."""
    missing = str(tmp_path / "c.rollup")
    assert main(["merge", missing, "--out", str(tmp_path / "x.rollup")]) == 4
    assert "is no rollup" in capsys.readouterr().err
