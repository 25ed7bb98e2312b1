"""Logs become hours of figures, whatever happened to their files and lines."""

import gzip
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from pytest_llm_telemetry.core.errors import ConfigError
from pytest_llm_telemetry.core.traffic import Traffic
from pytest_llm_telemetry.storage.traffic import read_traffic

BEGIN = datetime(2026, 11, 23, 11, tzinfo=UTC)


def line(at: datetime = BEGIN, event: str = "query_success", **fields: Any) -> bytes:
    stamp = at.strftime("%Y-%m-%dT%H:%M:%S.000Z")
    record = {"schema_version": 1, "event": event, "timestamp": stamp, "query_id": "q"}
    return json.dumps(record | fields, separators=(",", ":")).encode() + b"\n"


def read(*places: Path, hours: int = 24, **options: Any) -> Traffic:
    return read_traffic(places, BEGIN, BEGIN + timedelta(hours=hours), **options)


def test_rotated_and_packed_files_of_several_hosts_are_one_traffic(tmp_path: Path) -> None:
    """Plain, gzip, and a file that is still written to."""
    a, b = tmp_path / "a", tmp_path / "b"
    a.mkdir()
    b.mkdir()
    (a / "llm.2026-11-23.0001.jsonl.gz").write_bytes(gzip.compress(line() + line()))
    (a / "llm.jsonl").write_bytes(line(BEGIN + timedelta(hours=1)) + line()[:40])
    (b / "llm.jsonl").write_bytes(line(event="query_error", error_type="Timeout"))
    found = read(a / "llm.jsonl", b)
    assert (found.total.calls, found.total.errors, found.files) == (4, 1, 3)
    assert [hour.total.calls for hour in found.hours] == [3, 1]
    assert (found.lines, found.counted, found.skipped) == (5, 4, {"truncated": 1})
    assert found.last_event == BEGIN + timedelta(hours=1)


def test_events_of_other_hours_are_left_out(tmp_path: Path) -> None:
    """The window is whole hours of UTC, its end is not part of it."""
    log = tmp_path / "llm.jsonl"
    log.write_bytes(b"".join(line(BEGIN + timedelta(hours=each)) for each in (-1, 0, 2, 3)))
    found = read(log, hours=3)
    assert (found.total.calls, len(found.per_hour())) == (2, 3)


def test_all_kinds_of_damage_are_counted_by_reason(tmp_path: Path) -> None:
    """Counted and skipped lines are all lines, no figure is infinite, and nothing ends the read."""
    good = line(latency_ms=812.4)[:-1]
    lines = [
        good,
        good[:50],
        good[:50] + good,
        good.replace(b"812.4", b'"\xff"'),
        b"Traceback (most recent call last):",
        good.replace(b"812.4", b"NaN"),
        b"\0" * 40,
        b"",
        b"[1, 2]",
        good.replace(b"812.4", b'"812.4"'),
        good.replace(b"2026-", b"last "),
        good[:70],
    ]
    log = tmp_path / "llm.jsonl"
    log.write_bytes(b"\n".join(lines))
    found = read(log)
    assert found.skipped == {
        "wrong_types": 2,
        **dict.fromkeys(
            ["array", "blank", "glued", "junk", "nan", "not_utf8", "nul", "torn", "truncated"], 1
        ),
    }
    assert (found.counted, found.lines, found.total.avg_latency_ms) == (1, 12, 812.4)


def test_the_error_that_split_on_dashes_loses_is_counted(tmp_path: Path) -> None:
    """`Error code: 429 - ...` has the separator in it by which classic guides part a line."""
    log = tmp_path / "llm.jsonl"
    message = "Error code: 429 - {'error': {'message': 'Rate limit - retry', 'code': 429}}"
    log.write_bytes(line(event="query_error", error_type="RateLimitError", error_message=message))
    found = read(log).total
    assert (found.errors, found.error_types) == (1, {"RateLimitError": 1})


def test_a_file_of_damage_counts_in_the_hour_it_was_written(tmp_path: Path) -> None:
    """No line of it tells a time."""
    log = tmp_path / "llm.jsonl"
    log.write_bytes(b"junk\njunk\n")
    now = datetime.now(UTC)
    found = read_traffic([log], now - timedelta(hours=1), now)
    assert (found.skipped, found.last_event) == ({"junk": 2}, None)


def test_a_place_without_logs_is_said(tmp_path: Path) -> None:
    """Rather than telling a quiet day."""
    with pytest.raises(ConfigError, match="holds no log"):
        read(tmp_path)
