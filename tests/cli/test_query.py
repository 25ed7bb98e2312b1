"""`llm-telemetry query`: answers for people and for programs."""

import csv
import io
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from pytest_llm_telemetry.cli import main

pytest.importorskip("duckdb", reason="needs the extra warehouse")
pytest.importorskip("ibis", reason="needs the extra warehouse")

EVENT = {
    "schema_version": 1,
    "event": "query_success",
    "timestamp": "2026-11-23T11:20:04.512Z",
    "query_id": "q",
    "service": "\x1b[31m=1+1",
    "latency_ms": 812.5,
}


@pytest.fixture
def logs(tmp_path: Path) -> Path:
    folder = tmp_path / "logs"
    folder.mkdir()
    (folder / "llm.jsonl").write_text(json.dumps(EVENT) + "\njunk\n", encoding="utf-8")
    rotated = folder / "llm.2026-11-22.0001.jsonl"
    rotated.write_text(json.dumps(EVENT) + "\n", encoding="utf-8")
    return folder


def ran(capsys: pytest.CaptureFixture[str], *arguments: object) -> tuple[int, str, str]:
    status = main(["query", *map(str, arguments)])
    captured = capsys.readouterr()
    return status, captured.out, captured.err


def test_a_table_is_for_people(logs: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Nothing in it is live, unknown is a dash, and damage is told beside the answer."""
    sql = "SELECT service, sum(latency_ms) AS ms, NULL AS none, max(timestamp) AS at FROM calls GROUP BY 1"
    status, out, err = ran(capsys, sql, "--logs", logs / "llm.jsonl")
    head, _, row = out.splitlines()
    assert (status, head.split()) == (0, ["service", "ms", "none", "at"])
    assert row.split() == ["\\x1b[31m=1+1", "1,625", "-", "2026-11-23T11:20:04.512000Z"]
    assert err == "llm-telemetry: 3 lines read, unreadable: 1 junk\n"


def test_json_is_one_list_of_objects(logs: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Of JSON values only: what is not finite is null; no rows are an empty list."""
    sql = (
        (
            "SELECT query_id, 'nan'::DOUBLE AS nan, 1.5::DECIMAL(4, 2) AS exact, [1.5, NULL] AS list,"
            " {{'a': date '2026-11-23'}} AS pairs, true AS yes, timestamp FROM events"
        )
        .replace("{{", "{")
        .replace("}}", "}")
    )
    _, out, _ = ran(capsys, sql, "--logs", logs, "--format", "json")
    record: dict[str, Any] = {
        "query_id": "q",
        "nan": None,
        "exact": 1.5,
        "list": [1.5, None],
        "pairs": {"a": "2026-11-23"},
        "yes": True,
        "timestamp": "2026-11-23T11:20:04.512000Z",
    }
    assert json.loads(out) == [record, record]
    _, out, _ = ran(capsys, "SELECT 1 WHERE false", "--logs", logs, "--format", "json")
    assert json.loads(out) == []


def test_csv_holds_no_formula(logs: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """What a spreadsheet would run is text, numbers stay numbers, and unknown is empty."""
    sql = "SELECT '=1+1' AS a, '@x' AS \"=b\", -1.5 AS c, NULL AS d, service FROM events LIMIT 1"
    _, out, _ = ran(capsys, sql, "--logs", logs, "--format", "csv")
    assert list(csv.reader(io.StringIO(out))) == [
        ["a", "'=b", "c", "d", "service"],
        ["'=1+1", "'@x", "-1.5", "", "\x1b[31m=1+1"],
    ]


def test_csv_keeps_a_carriage_return_in_its_field(
    logs: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A field that holds a lone carriage return is quoted, or it would end the row."""
    sql = "SELECT 'a' || chr(13) || 'b' AS a, 1 AS b"
    _, out, _ = ran(capsys, sql, "--logs", logs, "--format", "csv")
    assert out == 'a,b\n"a\rb",1\n'


def test_csv_on_a_terminal_shows_what_it_holds(
    logs: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A terminal gets no escape out of a log; a file or a pipe gets every character."""
    monkeypatch.setattr("sys.stdout.isatty", lambda: True)
    _, out, _ = ran(capsys, "SELECT service FROM events LIMIT 1", "--logs", logs, "--format", "csv")
    assert out == "service\n\\x1b[31m=1+1\n"


def test_a_long_table_is_cut_and_says_so(logs: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A thousand rows are more than a person reads."""
    _, out, _ = ran(capsys, "SELECT * FROM range(1001)", "--logs", logs)
    assert len(out.splitlines()) == 1003
    assert out.endswith("(the first 1,000 rows; --format csv or json gives all)\n")


def test_logs_are_found_where_the_logger_writes_them(
    logs: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Without --logs it is the project's folder of logs, or what its alerts watch."""
    sql, root = "SELECT count(*) FROM events", logs.parent
    _, out, _ = ran(capsys, sql, "--root", root, "--format", "csv")
    assert out.split()[-1] == "2"
    (root / "other.jsonl").write_text(json.dumps(EVENT) + "\n", encoding="utf-8")
    (root / "llm-telemetry.toml").write_text('[alerts]\nlogs = ["other.jsonl"]\n', encoding="utf-8")
    _, out, _ = ran(capsys, sql, "--root", root, "--format", "csv")
    assert out.split()[-1] == "1"


def test_an_export_is_a_lake_that_can_be_asked(
    logs: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """One file a host, day and service."""
    status, out, _ = ran(capsys, "--parquet", tmp_path / "lake", "--logs", logs, "--host", "web-1")
    assert (status, out) == (0, f"1 files in {tmp_path / 'lake'}\n")
    (file,) = (tmp_path / "lake").glob("day=2026-11-23/*/web-1.0.parquet")
    assert file.stat().st_size > 0
    _, out, _ = ran(
        capsys, "SELECT calls FROM daily", "--lake", tmp_path / "lake", "--format", "csv"
    )
    assert out.split() == ["calls", "2"]


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ([], "what to do is not clear; give a SELECT or --parquet DIR"),
        (["SELECT 1", "--parquet", "x"], "what to do is not clear"),
        (["SELECT 1", "--logs", "logs", "--lake", "x"], "what to do is not clear"),
        (["--parquet", "x", "--lake", "x"], "what to do is not clear"),
        (["SELECT 1", "--lake", "x"], "x: holds no exported events; write it with"),
        (["SELECT 1", "--logs", "none.jsonl"], "none.jsonl: holds no log; name log files"),
        (["DROP TABLE events", "--logs", "logs"], "is no single SELECT; logs are read"),
        (["SELECT 1 FROM cals", "--logs", "logs"], "views: events, starts, calls, errors"),
    ],
)
def test_what_cannot_be_done_is_told_in_one_line(
    logs: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    arguments: list[str],
    told: str,
) -> None:
    """With its remedy, and exit status 4."""
    monkeypatch.chdir(logs.parent)
    status, out, err = ran(capsys, *arguments)
    assert (status, out) == (4, "")
    assert told in err.splitlines()[-1]
    assert "Traceback" not in err


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs Linux's /dev/full")
@pytest.mark.parametrize(("to", "status"), [(">/dev/full", 4), (">&-", 0)])
def test_an_output_that_takes_nothing_is_no_traceback(logs: Path, to: str, status: int) -> None:
    """A full disk is status 4 and says so; a closed output is nobody who listens."""
    command = f"{sys.executable} -m pytest_llm_telemetry query 'SELECT 1' --logs {logs} {to}"
    ended = subprocess.run(command, shell=True, capture_output=True, text=True, check=False)
    assert ended.returncode == status
    assert "Traceback" not in ended.stderr
    assert ("the output cannot be written" in ended.stderr) == (status != 0)


def test_a_closed_pipe_is_no_error(logs: Path) -> None:
    """As in `llm-telemetry query ... | head -1`."""
    command = f"{sys.executable} -m pytest_llm_telemetry query"
    sql = "SELECT * FROM range(300000)"
    shown = subprocess.run(
        f"{command} '{sql}' --logs {logs} --format csv | head -1",
        shell=True,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert shown.stdout == "range\n"
    assert "Traceback" not in shown.stderr


def test_without_the_extra_its_name_is_told(
    logs: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """What to install, instead of a traceback."""
    monkeypatch.setitem(sys.modules, "duckdb", None)
    monkeypatch.delitem(
        sys.modules, "pytest_llm_telemetry.storage.warehouse.embedded", raising=False
    )
    status, _, err = ran(capsys, "SELECT 1", "--logs", logs)
    assert status == 4
    assert err == (
        "llm-telemetry: SQL over logs needs duckdb; pip install 'pytest-llm-telemetry[warehouse]'\n"
    )
