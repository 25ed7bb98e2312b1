"""Logs become hours of figures, whatever happened to their files and lines."""

import gzip
import json
import sys
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
    a, b = tmp_path / "a", tmp_path / "hosts" / "b"
    a.mkdir()
    b.mkdir(parents=True)
    (a / "llm.2026-11-23.0001.jsonl.gz").write_bytes(gzip.compress(line() + line()))
    (a / "llm.jsonl").write_bytes(line(BEGIN + timedelta(hours=1)) + line()[:40])
    (b / "llm.jsonl").write_bytes(line(event="query_error", error_type="Timeout"))
    found = read(a / "llm.jsonl", tmp_path / "hosts")
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


USUAL = (
    b'{"schema_version":1,"event":"query_success","timestamp":"2026-11-23T11:20:04.512Z",'
    b'"level":"INFO","message":"m","query_id":"q","latency_ms":812.4}\n'
)


@pytest.mark.parametrize("before", [0, 3000])
def test_all_kinds_of_damage_are_counted_by_reason(tmp_path: Path, before: int) -> None:
    """Counted and skipped lines are all lines, no figure is infinite, and nothing ends the read.

    Nor does it matter whether there were enough lines before to know how those of the log look.
    """
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
    log.write_bytes(USUAL * before + b"\n".join(lines))
    found = read(log)
    assert found.skipped == {
        "wrong_types": 2,
        **dict.fromkeys(
            ["array", "blank", "glued", "junk", "nan", "not_utf8", "nul", "torn", "truncated"], 1
        ),
    }
    assert (found.counted, found.lines) == (before + 1, before + 12)
    assert found.total.avg_latency_ms == pytest.approx(812.4)


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


def test_zstandard_files_are_read_as_well(tmp_path: Path) -> None:
    """Whole ones, and of one that breaks off what there is; the rest of it is said."""
    zstandard = pytest.importorskip("zstandard", reason="needs the package zstandard")
    log = tmp_path / "llm.jsonl.zst"
    many = b"".join(line(query_hash=f"{number * 7919:x}") for number in range(9000))
    packed = zstandard.ZstdCompressor().compress(many)
    log.write_bytes(packed)
    assert (read(log).total.calls, read(log).skipped) == (9000, {})
    log.write_bytes(packed[: len(packed) - 9])
    assert 0 < read(log).total.calls < 9000
    assert read(log).skipped == {"packed": 1}
    log.write_bytes(b"no such thing")
    long_ago, now = datetime(2020, 1, 1, tzinfo=UTC), datetime.now(UTC)
    assert read_traffic([log], long_ago, now).skipped == {"packed": 1}


def test_a_zstandard_file_without_the_package_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With the extra that brings it."""
    for name in ("zstandard", "compression", "compression.zstd"):
        monkeypatch.setitem(sys.modules, name, None)
    log = tmp_path / "llm.jsonl.zst"
    log.write_bytes(b"(\xb5/\xfd")
    with pytest.raises(ConfigError, match=r"\[zstd\]"):
        read(log)


def test_a_log_that_was_compressed_by_half_counts_once(tmp_path: Path) -> None:
    """A kill leaves both files, of which the compressed one is whole."""
    log = tmp_path / "llm.2026-11-23.0001.jsonl"
    log.write_bytes(line())
    log.with_name(log.name + ".gz").write_bytes(gzip.compress(line()))
    found = read(tmp_path)
    assert (found.total.calls, found.files) == (1, 1)
