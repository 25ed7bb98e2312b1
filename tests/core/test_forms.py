"""Objects of a form that was met before are read like any other."""

import copy
from typing import Any

import pytest
from hypothesis import given

from pytest_llm_telemetry.core import forms
from pytest_llm_telemetry.core.events import QueryStart, QuerySuccess, from_dict
from tests.core.test_events import AT, records

START: dict[str, Any] = {
    "schema_version": 1,
    "event": "query_start",
    "query_id": "q",
    "timestamp": AT,
}


@given(records())
def test_a_form_reads_what_is_read_without_it(record: dict[str, Any]) -> None:
    """The same event or none: the first of a form, and those behind it."""
    for _ in range(2):
        found = forms.events_of([{"schema_version": 1} | copy.deepcopy(record)])
        assert found is None or found == [from_dict(record)]


@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"tags": ["a", "b"], "feature_flags": {"fast": True, "share": 0.5}},
        {"latency_ms": 3, "cost_usd": None, "cost_source": "unknown_model"},
    ],
    ids=["few", "nested", "unknown cost"],
)
def test_usual_forms_are_known(fields: dict[str, Any]) -> None:
    """What our own logger writes is read by its form."""
    record = START | {"event": "query_success"} | fields
    assert forms.events_of([dict(START), dict(record)]) == [from_dict(START), from_dict(record)]
    assert isinstance(from_dict(record), QuerySuccess)


@pytest.mark.parametrize(
    "fields",
    [
        {"event": ["query_start"]},
        {"event": "query_end"},
        {"schema_version": 2},
        {"schema_version": None},
        {"query_id": 7},
        {"query_id": None},
        {"level": None},
        {"attempt": True},
        {"attempt": 10**41},
        {"sample_rate": float("inf")},
        {"sample_rate": float("nan")},
        {"new_field": 1},
        {"tags": [["a"]]},
        {"feature_flags": {"a": [{}]}},
        {"event": "query_score"},
    ],
    ids=repr,
)
def test_unusual_forms_are_left_to_the_full_reader(fields: dict[str, Any]) -> None:
    """No matter how often they come; and a line of theirs hides none of a usual form."""
    for _ in range(2):
        record = START | fields
        assert forms.events_of([dict(START), record]) is None
        assert record == START | fields
    assert forms.events_of([dict(START)]) == [QueryStart(query_id="q", timestamp=AT)]


def test_a_log_of_ever_new_forms_takes_no_memory() -> None:
    """A stranger's fields are forgotten, and known forms are known again."""
    for number in range(2_500):
        record = START | {f"field{number}": 1}
        assert forms.events_of([record]) is None
    assert forms.events_of([dict(START)]) == [from_dict(START)]
