"""Events -> a table of DuckDB.

Our own reader decides what a line is: DuckDB's takes NaN, and gives a whole file up for one bad
line. So DuckDB never sees a line, only columns of values that were read.
"""

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import islice
from operator import attrgetter
from typing import Any

import pyarrow as pa

from pytest_llm_telemetry.core.events import FIELDS, KINDS, Event

_IBIS = {
    "string": "string",
    "integer": "int64",
    "number": "float64",
    "boolean": "boolean",
    "array": "array<string>",
    "object": "string",  # as JSON: its keys are the user's own
}
SCHEMA: Mapping[str, str] = {
    name: "timestamp(6)" if name == "timestamp" else _IBIS[kind] for name, kind in FIELDS.items()
}
_DUCKDB = {
    "timestamp(6)": "TIMESTAMP",
    "string": "VARCHAR",
    "int64": "BIGINT",
    "float64": "DOUBLE",
    "boolean": "BOOLEAN",
    "array<string>": "VARCHAR[]",
}
COLUMNS: Mapping[str, str] = {name: _DUCKDB[kind] for name, kind in SCHEMA.items()}
_ARROW = {
    "string": pa.string(),
    "integer": pa.int64(),
    "number": pa.float64(),
    "boolean": pa.bool_(),
    "array": pa.list_(pa.string()),
    "object": pa.string(),
}
_MOST = 2**63
_BATCH = 20_000
_STAMPS = "['%Y-%m-%dT%H:%M:%S.%fZ', '%Y-%m-%dT%H:%M:%SZ']"  # any other is null: no time of ours


def create(connection: Any) -> None:
    """Make the empty table `events`: the fields of a line, `timestamp` as a time in UTC."""
    columns = (f"{name} {kind}" for name, kind in COLUMNS.items())
    connection.execute(f"CREATE TABLE events ({', '.join(columns)})")


def fill(connection: Any, events: Iterable[Event]) -> None:
    """Add events to the table, a batch at a time: memory stays bounded."""
    stream = iter(events)
    while batch := list(islice(stream, _BATCH)):
        for name, kind in KINDS.items():
            found = [event for event in batch if type(event) is kind]
            if found:
                _insert(connection, name, found)


def _insert(connection: Any, event: str, found: Sequence[Event]) -> None:
    fields = [name for name in FIELDS if name in type(found[0]).__dataclass_fields__]
    read: Callable[[Event], tuple[Any, ...]] = attrgetter(*fields)
    columns = zip(*map(read, found), strict=True)
    batch = pa.table(
        {
            name: _array(FIELDS[name], values)
            for name, values in zip(fields, columns, strict=True)
            if values.count(None) < len(values)
        }
    )
    connection.register("batch", batch)
    connection.execute(
        f"INSERT INTO events BY NAME SELECT '{event}' AS event, "  # noqa: S608 - one of our four
        f"* REPLACE (try_strptime(timestamp, {_STAMPS}) AS timestamp) FROM batch"
    )
    connection.unregister("batch")


def _array(kind: str, values: Sequence[Any]) -> Any:
    if kind in {"array", "object"}:
        values = [_plain(kind, value) for value in values]
    try:
        return pa.array(values, _ARROW[kind])
    except (UnicodeEncodeError, OverflowError, pa.ArrowException):
        return pa.array([_plain(kind, value) for value in values], _ARROW[kind])


def _plain(kind: str, value: Any) -> Any:
    if value is None:
        return None
    if kind == "array":
        return [text(str(item)) for item in value]
    if kind == "object":
        return json.dumps(value)
    if kind == "number":
        return float(value)
    if kind == "integer":
        return value if -_MOST <= value < _MOST else None  # no count of anything
    return text(value) if kind == "string" else value


def text(value: str) -> str:
    """Text as DuckDB can hold it: a lone surrogate is its escape."""
    return value.encode("utf-8", "backslashreplace").decode()
