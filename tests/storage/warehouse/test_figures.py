"""The metric expressions give the core's answers."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pytest_llm_telemetry.core.metrics import quantile
from pytest_llm_telemetry.storage import logs, runs
from pytest_llm_telemetry.storage.traffic import read_traffic
from tests.storage.warehouse.world import (
    FIGURES,
    SERVICES,
    World,
    assert_same,
    core_figures,
    written,
)

duckdb = pytest.importorskip("duckdb", reason="needs the extra warehouse")
ibis = pytest.importorskip("ibis", reason="needs the extra warehouse")
# after the check, because they import what it checks for
from pytest_llm_telemetry.storage.warehouse import (  # noqa: E402
    expressions,
    filling,
    folding,
    quantiles,
)

EVENTS = ibis.table(filling.SCHEMA, name="events")


class Engine:
    """DuckDB with the events of some logs."""

    def __init__(self, *paths: Path) -> None:
        self.connection = duckdb.connect()
        filling.create(self.connection)
        filling.fill(self.connection, logs.scan(paths, logs.Tally()))

    def rows(self, expression: Any) -> list[dict[str, Any]]:
        """What an expression gives."""
        found = self.connection.execute(str(ibis.to_sql(expression, dialect="duckdb")))
        names = [column[0] for column in found.description]
        return [dict(zip(names, row, strict=True)) for row in found.fetchall()]

    def by(self, key: str) -> dict[str, dict[str, Any]]:
        """The figures of each group."""
        return {row[key]: row for row in self.rows(expressions.figures(EVENTS, [key]))}


@pytest.fixture(scope="module")
def production(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("production")
    return written(folder / "llm.jsonl", World(7).production(1500))


def test_the_figures_of_each_service_are_the_cores(production: Path) -> None:
    """Nested, sampled, cached, failed, unpriced and scored calls of a production log."""
    found, expected = Engine(production).by("service"), core_figures(production)
    assert set(found) == set(expected) == set(SERVICES)
    for service, figures in expected.items():
        assert_same(found[service], figures)
    assert expected["unpriced"]["total_cost_usd"] is None
    assert found["unpriced"]["unpriced"] > 0
    assert all(figure is not None for figure in expected["whole"].values())


def test_the_figures_of_a_golden_run_are_the_cores(tmp_path: Path) -> None:
    """Attempts count once, controls are a suite of their own, and judges are counted apart."""
    written(tmp_path / "run" / runs.EVENTS, World(3).golden("support", cases=40, repeats=3))
    engine, expected = Engine(tmp_path / "run" / runs.EVENTS), core_figures(tmp_path / "run")
    found = engine.by("suite")
    assert set(found) == set(expected) == {"support", "support@control"}
    for suite, figures in expected.items():
        assert_same(found[suite], figures)
    assert_same(engine.rows(expressions.figures(EVENTS))[0], expected["support"])
    (judges,) = engine.rows(expressions.judges(EVENTS))
    summary = runs.summaries(tmp_path / "run")["support"]
    assert (judges["suite"], judges["judge_calls"]) == ("support", summary.judge_calls)
    assert judges["judge_cost_usd"] == pytest.approx(summary.judge_cost_usd, rel=1e-9)


def test_errors_are_counted_by_type(production: Path) -> None:
    """The weighted errors of all types make up the error rate."""
    engine = Engine(production)
    kinds = engine.rows(expressions.errors_by_type(EVENTS))
    assert {row["error_type"] for row in kinds} == {"RateLimitError", "Timeout"}
    (whole,) = engine.rows(expressions.figures(EVENTS))
    failed = sum(row["queries"] for row in kinds)
    assert failed / whole["queries"] == pytest.approx(whole["error_rate"], rel=1e-9)


def test_groups_make_up_the_whole_and_a_nameless_group_is_one(tmp_path: Path) -> None:
    """Calls without a model are a group, hours are times, and nothing is lost or doubled."""
    log = written(tmp_path / "llm.jsonl", World(5).production(300))
    engine = Engine(log)
    (whole,) = engine.rows(expressions.figures(EVENTS))
    for by in (["model"], ["hour"], ["day", "service", "model"], ["variant"]):
        parts = engine.rows(expressions.figures(EVENTS, by))
        assert sum(row["calls"] for row in parts) == whole["calls"]
        assert sum(row["queries"] for row in parts) == pytest.approx(whole["queries"], rel=1e-9)
    assert [row["variant"] for row in parts] == [None]


def test_an_empty_log_has_no_figures(tmp_path: Path) -> None:
    """Every figure is null, not 0; only counts are."""
    (row,) = Engine(written(tmp_path / "llm.jsonl", [])).rows(expressions.figures(EVENTS))
    assert {name: row[name] for name in FIGURES} == dict.fromkeys(FIGURES)
    assert row["calls"] in {0, None}


def test_hours_are_those_of_the_rollups(tmp_path: Path) -> None:
    """What a dashboard says of an hour is what SQL says of it: counts, means, cost, percentiles."""
    whole = (record | {"service": "bot"} for record in World(9).production(400))
    simple = [each for each in whole if "parent_id" not in each and "nested_calls" not in each]
    for record in simple:
        record.pop("sample_rate", None)
    log = written(tmp_path / "llm.jsonl", simple)
    begin = datetime(2026, 11, 20, tzinfo=UTC)
    hours = read_traffic([log], begin, begin + timedelta(days=1), rollups=False).hours
    rows = Engine(log).rows(expressions.figures(EVENTS, ["hour"]))
    found = {row["hour"].replace(tzinfo=UTC): row for row in rows}
    assert set(found) == {hour.start for hour in hours}
    for hour in hours:
        row = found[hour.start]
        assert row["calls"] == hour.total.calls
        for name in ("error_rate", "avg_latency_ms", "avg_ttft_ms"):
            assert row[name] == pytest.approx(getattr(hour.total, name), rel=1e-9), name
        for name in ("p50_latency_ms", "p95_latency_ms", "p99_latency_ms", "p95_ttft_ms"):
            assert row[name] == pytest.approx(getattr(hour.total, name), rel=1e-6), name
        assert row["unpriced"] == hour.total.unpriced
        if not hour.total.cost_is_partial:
            assert row["total_cost_usd"] == pytest.approx(hour.total.total_cost_usd, rel=1e-9)


def test_calls_nested_as_deep_as_can_be_followed_belong_to_their_root(tmp_path: Path) -> None:
    """The cost of the innermost call is the root's; the calls around it cost nothing."""
    deepest = folding.DEEPEST
    chain = [
        {"query_id": str(level), "cost_usd": None if level < deepest else 0.5}
        | ({"parent_id": str(level - 1)} if level else {})
        for level in range(deepest, -1, -1)
    ]
    shared = {"schema_version": 1, "event": "query_success", "timestamp": "2026-11-20T00:00:00Z"}
    log = written(tmp_path / "llm.jsonl", [shared | each for each in chain])
    (row,) = Engine(log).rows(expressions.figures(EVENTS))
    assert (row["calls"], row["total_cost_usd"]) == (1, 0.5)
    assert core_figures(log)["llm"]["total_cost_usd"] == 0.5


WEIGHTED = ibis.table({"value": "float64", "weight": "float64"}, name="rows")
WANTED = {"low": 0.05, "middle": 0.5, "high": 0.99}
WANTED_SQL = ibis.to_sql(quantiles.quantiles(WEIGHTED, [], "value", WANTED), dialect="duckdb")
VALUES = st.floats(min_value=1e-5, max_value=1e9)


@settings(max_examples=40)
@given(
    rows=st.lists(st.tuples(VALUES, st.sampled_from([1.0, 2.5, 10.0])), max_size=40),
    even=st.booleans(),
)
def test_a_quantile_is_the_cores_within_half_a_per_cent(
    rows: list[tuple[float, float]], *, even: bool
) -> None:
    """Of few values and of many, with equal weights and unequal ones."""
    rows = [(value, 2.0 if even else weight) for value, weight in rows]
    connection = duckdb.connect()
    connection.execute("CREATE TABLE rows (value DOUBLE, weight DOUBLE)")
    if rows:
        connection.executemany("INSERT INTO rows VALUES (?, ?)", rows)
    found = connection.execute(str(WANTED_SQL)).fetchone()
    for value, q in zip(found, WANTED.values(), strict=True):
        exact = quantile(rows, q)
        assert value is exact is None or value == pytest.approx(exact, rel=0.005 + 1e-9)
