"""The one record: four events, and their way to and from a JSON object.

The runtime writes lines without building these records (`core.lines`, for speed); everything that
reads back does so through `from_dict`. `FIELDS` is the one list of field names, in the order in
which they stand on a line; a test holds it against the published schema and against `core.lines`.

Events have no slots: each holds what its line tells, and the rest is its class's. To fill a slot for
each of 45 fields, of which a line tells a third, took longer than to parse the line.
"""

from collections.abc import Mapping
from math import isfinite
from typing import Any

from pytest_llm_telemetry.core.errors import SchemaError
from pytest_llm_telemetry.core.records import dataclass

SCHEMA_VERSION = 1


@dataclass(frozen=True, kw_only=True)
class QueryEvent:
    """What every event carries: identity, time and context. Absent means unknown."""

    query_id: str
    timestamp: str
    schema_version: int = SCHEMA_VERSION
    level: str = "INFO"
    message: str = ""
    parent_id: str | None = None
    trace_id: str | None = None
    span_id: str | None = None
    service: str | None = None
    environment: str | None = None
    service_version: str | None = None
    session_id: str | None = None
    user_hash: str | None = None
    feature_flags: Mapping[str, str | float | bool] | None = None
    variant: str | None = None
    tags: tuple[str, ...] | None = None
    run_id: str | None = None
    suite: str | None = None
    case_id: str | None = None
    attempt: int | None = None
    worker: str | None = None
    sample_rate: float | None = None


@dataclass(frozen=True, kw_only=True)
class QueryStart(QueryEvent):
    """A call was dispatched. Written at once, so a killed process leaves a trace of it."""

    query_preview: str | None = None
    query_hash: str | None = None
    query_length: int | None = None


@dataclass(frozen=True, kw_only=True)
class QueryEnd(QueryStart):
    """What both terminal events carry; self-contained, so no reader joins it with its start.

    `latency_ms` and `ttft_ms` are milliseconds, `cost_usd` is USD, the counts are tokens;
    `input_tokens` includes cache reads and writes, `output_tokens` includes reasoning (the
    OpenTelemetry convention).
    """

    provider: str | None = None
    operation: str | None = None
    model_requested: str | None = None
    model: str | None = None
    latency_ms: float | None = None
    ttft_ms: float | None = None
    streaming: bool | None = None
    cached: bool | None = None
    input_tokens: int | None = None
    output_tokens: int | None = None
    cache_read_tokens: int | None = None
    cache_write_tokens: int | None = None
    reasoning_tokens: int | None = None
    cost_usd: float | None = None
    cost_source: str | None = None
    price_table_version: str | None = None
    unit_prices: Mapping[str, float] | None = None
    nested_calls: int | None = None
    response_length: int | None = None
    finish_reason: str | None = None
    tool_calls: int | None = None
    response_id: str | None = None


@dataclass(frozen=True, kw_only=True)
class QuerySuccess(QueryEnd):
    """A call returned."""


@dataclass(frozen=True, kw_only=True)
class QueryError(QueryEnd):
    """A call raised, was cancelled, or its stream was abandoned or broke off."""

    error_type: str
    error_message: str | None = None
    status_code: int | None = None
    retry_after_s: float | None = None


@dataclass(frozen=True, kw_only=True)
class QueryScore(QueryEvent):
    """A grader's score in CI, or a user's feedback in production: the same event."""

    score_name: str
    score: float
    passed: bool | None = None
    explanation: str | None = None
    answer_preview: str | None = None


Event = QueryStart | QuerySuccess | QueryError | QueryScore

KINDS: Mapping[str, type[Event]] = {
    "query_start": QueryStart,
    "query_success": QuerySuccess,
    "query_error": QueryError,
    "query_score": QueryScore,
}
_NAMES = {kind: name for name, kind in KINDS.items()}

# field -> JSON type, in the order of a line
FIELDS: Mapping[str, str] = {
    "schema_version": "integer",
    "event": "string",
    "timestamp": "string",
    "level": "string",
    "message": "string",
    "query_id": "string",
    "parent_id": "string",
    "trace_id": "string",
    "span_id": "string",
    "service": "string",
    "environment": "string",
    "service_version": "string",
    "session_id": "string",
    "user_hash": "string",
    "feature_flags": "object",
    "variant": "string",
    "tags": "array",
    "run_id": "string",
    "suite": "string",
    "case_id": "string",
    "attempt": "integer",
    "worker": "string",
    "query_preview": "string",
    "query_hash": "string",
    "query_length": "integer",
    "provider": "string",
    "operation": "string",
    "model_requested": "string",
    "model": "string",
    "latency_ms": "number",
    "ttft_ms": "number",
    "streaming": "boolean",
    "cached": "boolean",
    "input_tokens": "integer",
    "output_tokens": "integer",
    "cache_read_tokens": "integer",
    "cache_write_tokens": "integer",
    "reasoning_tokens": "integer",
    "cost_usd": "number",
    "cost_source": "string",
    "price_table_version": "string",
    "unit_prices": "object",
    "nested_calls": "integer",
    "response_length": "integer",
    "finish_reason": "string",
    "tool_calls": "integer",
    "response_id": "string",
    "error_type": "string",
    "error_message": "string",
    "status_code": "integer",
    "retry_after_s": "number",
    "sample_rate": "number",
    "score_name": "string",
    "score": "number",
    "passed": "boolean",
    "explanation": "string",
    "answer_preview": "string",
}
_REQUIRED = {
    "query_start": ("query_id", "timestamp"),
    "query_success": ("query_id", "timestamp"),
    "query_error": ("query_id", "timestamp", "error_type"),
    "query_score": ("query_id", "timestamp", "score_name", "score"),
}
TYPES: Mapping[str, tuple[type, ...]] = {
    "string": (str,),
    "boolean": (bool,),
    "integer": (int,),
    "number": (int, float),
    "array": (list, tuple),
    "object": (dict,),
}


_NUMBERS = frozenset({int, float})
MOST = 10**40  # no integer has more digits


# kind -> its fields: the name as all events share it, and its types
_SHAPES: Mapping[type[Event], Mapping[str, tuple[str, tuple[type, ...]]]] = {
    kind: {name: (name, TYPES[FIELDS[name]]) for name in kind.__dataclass_fields__}
    for kind in KINDS.values()
}


def from_dict(record: Mapping[str, Any]) -> Event:
    """Read one event from a JSON object. Fields of a newer minor version are left out.

    Raises:
        SchemaError: If it is no event, lacks a required field, or a field has the wrong type or
            is not a finite number of at most 40 digits.
    """
    name = record.get("event")
    kind = KINDS.get(name) if isinstance(name, str) else None
    if kind is None:
        raise SchemaError(f"unknown event {name!r}", remedy=f"known events: {', '.join(KINDS)}")
    for field in _REQUIRED[str(name)]:
        if record.get(field) is None:
            raise SchemaError(f"{name} without {field!r}")
    shape = _SHAPES[kind]
    values: dict[str, Any] = {}
    for field, value in record.items():
        if field not in shape or value is None:
            continue
        shared, types = shape[field]
        plain = type(value) in types and (type(value) not in _NUMBERS or _is_measure(value))
        if not plain and not _fits(FIELDS[field], value):
            raise SchemaError(f"{name}: {field} is {value!r}, expected {FIELDS[field]}")
        values[shared] = value
    if "tags" in values:
        values["tags"] = tuple(values["tags"])
    return holding(kind, values)


def holding(kind: type[Event], values: dict[str, Any]) -> Event:
    """An event that takes the fields as its own, unseen: `kind(**values)` in a tenth of the time."""
    event: Event = object.__new__(kind)
    object.__setattr__(event, "__dict__", values)
    return event


def with_fields(event: Event, **changes: Any) -> Event:
    """The event with some fields changed: `dataclasses.replace`, which would fill the rest in."""
    return holding(type(event), vars(event) | changes)


def to_dict(event: Event) -> dict[str, Any]:
    """The JSON object of an event: fields in the fixed order, what is unknown left out.

    The one null that is kept is a cost with a reason (`cost_source`) for being unknown.
    """
    record: dict[str, Any] = {}
    for field in FIELDS:
        value = _NAMES[type(event)] if field == "event" else getattr(event, field, None)
        if value is not None:
            record[field] = list(value) if field == "tags" else value
        elif field == "cost_usd" and getattr(event, "cost_source", None) is not None:
            record[field] = None
    return record


def _fits(kind: str, value: object) -> bool:
    if isinstance(value, bool):
        return kind == "boolean"
    return isinstance(value, TYPES[kind]) and (
        not isinstance(value, int | float) or _is_measure(value)
    )


def _is_measure(value: float) -> bool:
    """Whether it can be counted with: finite, and an integer of at most 40 digits."""
    return isfinite(value) if type(value) is float else -MOST < value < MOST
