"""The one record, there and back."""

import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_llm_telemetry.core.errors import SchemaError
from pytest_llm_telemetry.core.events import (
    FIELDS,
    KINDS,
    Event,
    QueryError,
    QueryScore,
    QueryStart,
    QuerySuccess,
    from_dict,
    to_dict,
    with_fields,
)

AT = "2026-11-23T11:20:04.512Z"
VALUES: dict[str, st.SearchStrategy[Any]] = {
    "string": st.text(),
    "integer": st.integers(),
    "number": st.floats(allow_nan=False, allow_infinity=False) | st.integers(),
    "boolean": st.booleans(),
    "array": st.lists(st.text()),
    "object": st.dictionaries(st.text(), st.floats(allow_nan=False) | st.text() | st.booleans()),
}
REQUIRED: dict[str, dict[str, Any]] = {
    "query_error": {"error_type": "E"},
    "query_score": {"score_name": "s", "score": 0.5},
}


@st.composite
def records(draw: st.DrawFn) -> dict[str, Any]:
    """Any valid line: the required fields, and any of the others that its kind has."""
    kind = draw(st.sampled_from(sorted(KINDS)))
    own = [name for name in FIELDS if name in KINDS[kind].__dataclass_fields__]
    optional = {name: VALUES[FIELDS[name]] for name in own}
    found = draw(st.fixed_dictionaries({}, optional=optional))
    record = {"query_id": "q", "timestamp": AT, **REQUIRED.get(kind, {}), **found, "event": kind}
    return {name: record[name] for name in FIELDS if name in record}


@given(records())
def test_a_record_comes_back_as_it_was_read(record: dict[str, Any]) -> None:
    """Nothing is lost or made up, but for what every line carries."""
    again = to_dict(from_dict(record))
    assert again == {"schema_version": 1, "level": "INFO", "message": ""} | record | (
        {"cost_usd": None} if "cost_source" in record and "cost_usd" not in record else {}
    )
    assert from_dict(again) == from_dict(record)


@given(records())
def test_fields_stand_in_the_one_order(record: dict[str, Any]) -> None:
    """A line reads the same wherever it was written."""
    names = list(to_dict(from_dict(record)))
    assert names == [name for name in FIELDS if name in names]


def test_an_event_that_was_read_equals_one_that_was_made() -> None:
    """Reading takes a faster way into the same frozen record."""
    made = QuerySuccess(query_id="q", timestamp=AT, latency_ms=812.4, tags=("a",))
    read = from_dict(json.loads(json.dumps(to_dict(made))))
    assert read == made
    assert hash(read) == hash(made)
    with pytest.raises(AttributeError):
        read.query_id = "r"  # type: ignore[misc]


def test_every_kind_has_its_class() -> None:
    """The name on the line decides."""
    kinds: list[Event] = [
        QueryStart(query_id="q", timestamp=AT),
        QuerySuccess(query_id="q", timestamp=AT),
        QueryError(query_id="q", timestamp=AT, error_type="E"),
        QueryScore(query_id="q", timestamp=AT, score_name="s", score=1.0),
    ]
    assert [to_dict(event)["event"] for event in kinds] == list(KINDS)
    assert [from_dict(to_dict(event)) for event in kinds] == kinds


def test_the_cost_that_is_unknown_for_a_reason_stays_on_the_line() -> None:
    """Null beside its reason; without a reason the field is left out."""
    told = QuerySuccess(query_id="q", timestamp=AT, cost_source="unknown_model")
    assert to_dict(told)["cost_usd"] is None
    assert "cost_usd" not in to_dict(QuerySuccess(query_id="q", timestamp=AT))
    assert from_dict(to_dict(told)) == told


def test_fields_of_a_newer_minor_version_are_left_out() -> None:
    """A reader of version 1 takes a line with fields it does not know."""
    event = from_dict({"event": "query_start", "query_id": "q", "timestamp": AT, "new_field": [1]})
    assert event == QueryStart(query_id="q", timestamp=AT)


def test_a_null_is_a_field_left_out() -> None:
    """Absent and null are both unknown."""
    event = from_dict({"event": "query_start", "query_id": "q", "timestamp": AT, "level": None})
    assert event == QueryStart(query_id="q", timestamp=AT)


class Text(str):
    """A text by inheritance, as an enum member may be."""

    __slots__ = ()


def test_a_text_by_inheritance_is_a_text() -> None:
    """What a program in the same process hands over need not come from JSON."""
    event = from_dict({"event": "query_start", "query_id": Text("q"), "timestamp": AT})
    assert event.query_id == "q"


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"event": "query_end"}, "unknown event 'query_end'; known events: query_start"),
        ({"event": None}, "unknown event None"),
        ({"event": 7}, "unknown event 7"),
        ({"query_id": None}, "query_error without 'query_id'"),
        ({"error_type": None}, "query_error without 'error_type'"),
        ({"latency_ms": "812"}, "latency_ms is '812', expected number"),
        ({"latency_ms": float("nan")}, "latency_ms is nan, expected number"),
        ({"latency_ms": float("inf")}, "latency_ms is inf, expected number"),
        ({"latency_ms": 10**40}, "latency_ms is 10000"),
        ({"latency_ms": True}, "latency_ms is True, expected number"),
        ({"input_tokens": -(10**400)}, "input_tokens is -1"),
        ({"input_tokens": 1.0}, "input_tokens is 1.0, expected integer"),
        ({"input_tokens": True}, "input_tokens is True, expected integer"),
        ({"cached": 1}, "cached is 1, expected boolean"),
        ({"tags": "a"}, "tags is 'a', expected array"),
        ({"feature_flags": []}, "feature_flags is [], expected object"),
        ({"query_id": 7}, "query_id is 7, expected string"),
    ],
)
def test_what_is_no_event_is_refused(change: dict[str, Any], told: str) -> None:
    """A wrong type in one line must not become a figure of a run."""
    line = {"event": "query_error", "query_id": "q", "timestamp": AT, "error_type": "E", **change}
    with pytest.raises(SchemaError) as caught:
        from_dict(line)
    assert told in str(caught.value)


def test_an_event_with_other_fields_keeps_the_rest() -> None:
    """What is not named stays, and the event that was is as it was."""
    event = QueryStart(query_id="q", timestamp=AT, query_length=3)
    read = from_dict(to_dict(event))
    assert with_fields(read, suite="s", attempt=2) == replace(event, suite="s", attempt=2)
    assert read == event
