"""Logs in DuckDB: all that our reader reads, and nothing that a query could do beside asking."""

import json
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from pytest_llm_telemetry.core.errors import ConfigError
from pytest_llm_telemetry.core.events import FIELDS, QueryError
from pytest_llm_telemetry.storage.warehouse import open_warehouse
from tests.storage.warehouse.world import World, written

pytest.importorskip("duckdb", reason="needs the extra warehouse")
pytest.importorskip("ibis", reason="needs the extra warehouse")

AT = "2026-11-23T11:20:04.512Z"
GOOD = {"schema_version": 1, "event": "query_success", "timestamp": AT, "query_id": "q"}


def asked(place: Path, sql: str) -> list[tuple[Any, ...]]:
    """What a query gives over a log, or over a lake."""
    with open_warehouse() as warehouse:
        if place.is_dir():
            warehouse.attach(place)
        else:
            warehouse.load([place])
        return list(warehouse.ask(sql).rows)


def test_every_field_of_an_event_is_a_column_with_its_value(tmp_path: Path) -> None:
    """Texts, numbers, lists, objects as JSON; the time is a time, and what is absent is null."""
    values: dict[str, Any] = {
        "string": "ä\u0000'\"",
        "integer": 2**53 + 1,
        "number": 0.1,
        "boolean": True,
        "array": ["a", "b"],
        "object": {"k": 1},
    }
    error: dict[str, Any] = {name: values[kind] for name, kind in FIELDS.items()}
    error |= GOOD | {"event": "query_error"}
    absent = set(FIELDS) - {"event", *QueryError.__dataclass_fields__}
    expected = [
        json.dumps(error[name]) if kind == "object" else error[name]
        for name, kind in FIELDS.items()
        if name not in absent | {"timestamp"}
    ]
    columns = f"* EXCLUDE (timestamp, {', '.join(absent)})"
    log = written(tmp_path / "llm.jsonl", [error])
    assert asked(log, f"SELECT {columns} FROM events") == [tuple(expected)]
    rest = ", ".join(f"{name}::VARCHAR" for name in absent)
    at = datetime.fromisoformat(AT).replace(tzinfo=None)
    assert asked(log, f"SELECT timestamp, coalesce({rest}) FROM events") == [(at, None)]


HOSTILE: dict[str, dict[str, Any]] = {
    "lone surrogate": {"message": "\ud800"},
    "tags of any kind": {"tags": [1, None, "\udfff", {"a": []}]},
    "whole numbers": {"latency_ms": 2**60, "cost_usd": 1},
    "counts of no thing": {"input_tokens": 10**39, "output_tokens": -(2**63), "cached": True},
    "no time": {"timestamp": "yesterday"},
    "a time that never ends": {"timestamp": "infinity"},
    "sql": {"service": "'; DROP TABLE events; --"},
    "nul": {"service": "\0", "model": "\0"},
}


@pytest.mark.parametrize("name", HOSTILE)
def test_what_our_reader_takes_is_never_refused(tmp_path: Path, name: str) -> None:
    """An event between two others, whatever it holds, is one of three; unknown times are null."""
    log = written(tmp_path / "llm.jsonl", [GOOD, GOOD | HOSTILE[name], GOOD])
    assert asked(log, "SELECT count(*), count(timestamp) >= 2 FROM calls") == [(3, True)]
    assert sum(row[0] for row in asked(log, "SELECT calls FROM hourly")) == 3


def test_damage_is_counted_and_its_neighbours_are_there(tmp_path: Path) -> None:
    """NaN, torn lines, binary and other programs' lines, in a file that DuckDB would give up."""
    log = written(tmp_path / "llm.jsonl", [GOOD])
    with log.open("ab") as file:
        file.write(b'{"schema_version":1,"latency_ms":NaN}\n{"schema_ver\n\xff\xfe\n\0\0\n[1]\n')
        file.write(json.dumps(GOOD).encode() + b"\n")
    with open_warehouse() as warehouse:
        tally = warehouse.load([log])
        assert list(warehouse.ask("SELECT count(*) FROM events").rows) == [(2,)]
    assert tally.lines == 7
    assert dict(tally.skipped) == {"nan": 1, "torn": 1, "not_utf8": 1, "nul": 1, "array": 1}


def test_the_views_split_the_events(tmp_path: Path) -> None:
    """Starts, calls and scores are all events, errors are calls, queries are calls in no other."""
    log = written(tmp_path / "llm.jsonl", World(1).production(60))
    with open_warehouse() as warehouse:
        warehouse.load([log])
        counts = {
            view: next(warehouse.ask(f"SELECT count(*) FROM {view}").rows)[0]
            for view in ("events", "starts", "calls", "errors", "scores", "queries")
        }
        weights = next(warehouse.ask("SELECT max(weight) FROM calls WHERE sample_rate = 0.1").rows)
        hourly = next(warehouse.ask("SELECT sum(calls) FROM hourly").rows)
        daily = next(warehouse.ask("SELECT sum(calls) FROM daily").rows)
    assert counts["starts"] + counts["calls"] + counts["scores"] == counts["events"]
    assert 0 < counts["errors"] < counts["queries"] < counts["calls"] == counts["starts"]
    assert hourly == daily == (counts["queries"],) == (60,)
    assert weights == (10.0,)


REFUSED = [
    "",
    "SELECT 1; SELECT 2",
    "DROP TABLE events",
    "INSERT INTO events SELECT * FROM events",
    "WITH a AS (SELECT 1) INSERT INTO events BY NAME SELECT 'x' AS event",
    "EXPLAIN ANALYZE DELETE FROM events",
    "COPY events TO '{out}'",
    "COPY (SELECT 1) TO '{out}' (FORMAT parquet)",
    "EXPORT DATABASE '{out}'",
    "ATTACH '{out}'",
    "INSTALL httpfs",
    "LOAD httpfs",
    "SET threads = 1",
    "SET enable_external_access = true",
    "PRAGMA enable_profiling",
    "CALL pragma_version()",
    "SELECT * FROM read_text('{secret}')",
    "SELECT * FROM read_csv('{secret}')",
    "SELECT * FROM '{secret}'",
    "SELECT * FROM glob('{secret}')",
    "SELECT * FROM read_parquet('http://127.0.0.1:9/x.parquet')",
    "SELECT * FROM 'https://127.0.0.1:9/x.csv'",
    "SELECT * FROM query('COPY events TO ''{out}''')",
    "SELECT * FROM place",
    "SELECT getenv('HOME')",
    "SELECT nothing FROM events",
    "SELEC",
]


@pytest.mark.parametrize("lake", [False, True])
def test_a_query_can_only_ask(tmp_path: Path, *, lake: bool) -> None:
    """It writes nothing, reads nothing else, loads nothing, reaches nothing, sets nothing."""
    log = written(tmp_path / "llm.jsonl", [GOOD])
    (tmp_path / "secret.csv").write_text("a,b\n1,2\n", encoding="utf-8")
    place = tmp_path / "lake"
    with open_warehouse() as warehouse:
        warehouse.load([log])
        warehouse.export(place, "host")
    before = sorted(tmp_path.rglob("*"))
    with open_warehouse() as warehouse:
        if lake:
            warehouse.attach(place)
        else:
            warehouse.load([log])
        for sql in REFUSED:
            with pytest.raises(ConfigError) as refused:
                list(
                    warehouse.ask(sql.format(out=place / "x", secret=place / "../secret.csv")).rows
                )
            assert len(str(refused.value)) < 600
        assert list(warehouse.ask("SELECT count(*) FROM events").rows) == [(1,)]
    assert sorted(tmp_path.rglob("*")) == before


def test_any_text_can_be_asked_with(tmp_path: Path) -> None:
    """Half a character from a shell is told as its escape."""
    log = written(tmp_path / "llm.jsonl", [GOOD])
    assert asked(log, "SELECT '\ud800' AS half") == [("\\ud800",)]


def test_a_lake_holds_what_its_hosts_exported_once(tmp_path: Path) -> None:
    """Exporting again replaces a host's own files; another host's stay."""
    lake, logs = tmp_path / "lake", {}
    for seed, host in enumerate(["web-1", "web-1.1", "web-2", "web-1"]):
        logs[host] = written(tmp_path / f"{seed}.jsonl", World(seed).production(40))
        with open_warehouse() as warehouse:
            warehouse.load([logs[host]])
            assert warehouse.export(lake, host) == 5
    assert {path.name for path in lake.rglob("*.parquet")} == {
        "web-1.0.parquet",
        "web-1.1.0.parquet",
        "web-2.0.parquet",
    }
    sql = "SELECT service, calls, total_cost_usd FROM daily ORDER BY ALL"
    merged = asked(lake, sql)
    with open_warehouse() as warehouse:
        warehouse.load(logs.values())
        assert merged == [
            (service, calls, cost if cost is None else pytest.approx(cost))
            for service, calls, cost in warehouse.ask(sql).rows
        ]
    assert not list(lake.glob("_writing*"))


def test_a_service_is_a_folder_and_never_a_path(tmp_path: Path) -> None:
    """Whatever it is called, it comes back by its name; no name and no time are null."""
    names = ["../../up", "a/b=c", "123", "", None, "\n", "%2e", "ä"]
    log = written(tmp_path / "llm.jsonl", [GOOD | {"service": name} for name in names])
    with log.open("a", encoding="utf-8") as file:
        file.write(json.dumps(GOOD | {"timestamp": "?", "service": "timeless"}) + "\n")
    with open_warehouse() as warehouse:
        warehouse.load([log])
        warehouse.export(tmp_path / "deep" / "lake", "host")
    inside = tmp_path / "deep" / "lake"
    assert {path.parent.parent.parent for path in tmp_path.rglob("*.parquet")} == {inside}
    found = [row[0] for row in asked(inside, "SELECT service FROM events")]
    assert sorted(found, key=str) == sorted([*(n or None for n in names), "timeless"], key=str)
    assert len(asked(inside, "SELECT 1 FROM events WHERE timestamp IS NULL")) == 1


@pytest.mark.parametrize("host", ["", "../up", "a/b", "-{i}", "a'b", "." * 3, "x" * 200])
def test_a_host_that_is_no_name_is_refused(tmp_path: Path, host: str) -> None:
    """Nothing is written."""
    with open_warehouse() as warehouse:
        warehouse.load([written(tmp_path / "llm.jsonl", [GOOD])])
        with pytest.raises(ConfigError, match="cannot be in the name of a file; give --host"):
            warehouse.export(tmp_path / "lake", host)
    assert not (tmp_path / "lake").exists()


def test_a_folder_without_an_export_is_no_lake(tmp_path: Path) -> None:
    """Nor is one that holds other Parquet files in the places of ours, or cannot be written."""
    with open_warehouse() as warehouse, pytest.raises(ConfigError, match="no exported events"):
        warehouse.attach(tmp_path)
    other = tmp_path / "day=2026-11-23" / "service=a" / "x.parquet"
    other.parent.mkdir(parents=True)
    other.write_bytes(b"not parquet")
    with open_warehouse() as warehouse, pytest.raises(ConfigError):
        warehouse.attach(tmp_path)
    with open_warehouse() as warehouse:
        warehouse.load([written(tmp_path / "llm.jsonl", [GOOD])])
        with pytest.raises(ConfigError):
            warehouse.export(tmp_path / "llm.jsonl" / "lake", "host")
