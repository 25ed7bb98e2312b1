"""`llm-telemetry alert` over a log."""

import json
from pathlib import Path

import pytest

from pytest_llm_telemetry.cli import main


def test_a_check_prints_what_fires_and_remembers_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A dry run at a time of the past leaves nothing behind, and exits 1 while something fires."""
    monkeypatch.delenv("LLM_TELEMETRY_SLACK_WEBHOOK", raising=False)
    monkeypatch.delenv("LLM_TELEMETRY_SMTP", raising=False)
    lines = [
        json.dumps(
            {
                "schema_version": 1,
                "event": "query_error",
                "timestamp": f"2026-11-23T11:{number:02}:04.512Z",
                "query_id": str(number),
                "error_type": "RateLimitError",
            }
        )
        for number in range(50)
    ]
    (tmp_path / "logs").mkdir()
    (tmp_path / "logs/llm.jsonl").write_text("\n".join(lines) + "\n", encoding="utf-8")
    root = ["alert", "--root", str(tmp_path)]
    assert main([*root, "--dry-run", "--at", "2026-11-23T12:00:00Z"]) == 1
    text = capsys.readouterr().out
    assert text.startswith("FIRING: error rate 100.0 %")
    assert "50 RateLimitError" in text
    assert not (tmp_path / ".llm-telemetry").exists()
    assert main(root) == 0
    assert (tmp_path / ".llm-telemetry/alerts.json").is_file()
    assert main([*root, "--at", "2026-11-23T12:00:00Z"]) == 4
    assert main([*root, "--test"]) == 4
