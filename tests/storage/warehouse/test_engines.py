"""The same expressions for engines that are not at hand: they compile, and their SQL parses."""

from collections.abc import Callable
from typing import Any

import pytest

ibis = pytest.importorskip("ibis", reason="needs the extra warehouse")
sqlglot = pytest.importorskip("sqlglot", reason="needs the extra warehouse")
# after the check, because they import what it checks for
from pytest_llm_telemetry.storage.warehouse import expressions, filling  # noqa: E402

EVENTS = ibis.table(filling.SCHEMA, name="events")
QUESTIONS: dict[str, Callable[[], Any]] = {
    "figures": lambda: expressions.figures(EVENTS),
    "figures by day and model": lambda: expressions.figures(EVENTS, ["day", "model"]),
    "errors by type": lambda: expressions.errors_by_type(EVENTS, ["service"]),
    "judges": lambda: expressions.judges(EVENTS),
}


@pytest.mark.parametrize("dialect", ["clickhouse", "bigquery", "trino", "databricks"])
@pytest.mark.parametrize("question", QUESTIONS)
def test_an_expression_is_one_select_of_every_engine(dialect: str, question: str) -> None:
    """It reads the table `events` and no other; `databricks` is Spark's SQL without a Spark."""
    sql = str(ibis.to_sql(QUESTIONS[question](), dialect=dialect))
    (statement,) = sqlglot.parse(sql, read=dialect)
    tables = {table.name for table in statement.find_all(sqlglot.exp.Table)}
    named = {cte.alias for cte in statement.find_all(sqlglot.exp.CTE)}
    assert isinstance(statement, sqlglot.exp.Query)
    assert tables - named == {"events"}
