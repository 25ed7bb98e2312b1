"""Fields become the members of a JSON line, whatever their values are."""

import enum
import json
import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_llm_telemetry.core import lines
from pytest_llm_telemetry.core.events import FIELDS

JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


def read(fields: dict[str, Any]) -> dict[str, Any]:
    members = lines.Members(tuple(fields))(fields, lines.quote)
    told = lines.encoded(f'{{"first":1{members}}}\n')
    assert told.endswith(b"}\n")
    assert told.count(b"\n") == 1
    found = json.loads(told)
    assert found.pop("first") == 1
    assert isinstance(found, dict)
    return found


@given(st.dictionaries(st.sampled_from(["a", "b", "c"]), JSON_VALUES))
def test_every_line_is_json_of_one_line(fields: dict[str, Any]) -> None:
    """Whatever the values, a line is one line of valid JSON, and finite numbers come back exact."""
    found = read(fields)
    for name, value in fields.items():
        if isinstance(value, (bool, str)) or (isinstance(value, float) and math.isfinite(value)):
            assert found[name] == value
        elif isinstance(value, int):
            assert found.get(name) == (value if abs(value) < 2**63 else found.get(name))
        elif value is None or isinstance(value, float):
            assert name not in found


@pytest.mark.parametrize("value", [None, math.nan, math.inf, -math.inf, 2**63, object(), {1}])
def test_what_json_cannot_say_is_left_out(value: object) -> None:
    """Nothing, a number that is not finite or too large, and an object leave no field behind."""
    assert read({"a": value, "b": [value, 1], "c": {"x": value, "y": 1}}) == {
        "b": [1],
        "c": {"y": 1},
    }


def test_an_unknown_cost_with_a_reason_is_null() -> None:
    """A cost that is not known stands as null beside its reason, and without one not at all."""
    assert read({"cost_usd": None, "cost_source": "unknown_model"})["cost_usd"] is None
    assert read({"cost_usd": None}) == {}


def test_subclasses_are_told_by_their_base() -> None:
    """An enumeration or a subclass cannot decide how it is written."""

    class Loud(str):
        __slots__ = ()

        def __str__(self) -> str:
            raise AssertionError

    class Real(float):
        def __repr__(self) -> str:
            raise AssertionError

    level = enum.IntEnum("level", "LOW")
    assert read({"a": Loud("text"), "b": Real(0.5), "c": level(1)}) == {
        "a": "text",
        "b": 0.5,
        "c": 1,
    }


def test_containers_are_cut_in_depth_and_length() -> None:
    """A structure without end or with too many items is cut, not followed."""
    endless: list[Any] = [1]
    endless.append(endless)
    assert str(read({"a": endless})["a"]).count("1") == 4
    assert len(read({"a": list(range(1000))})["a"]) == 64
    assert len(read({"a": {str(n): n for n in range(1000)}})["a"]) == 64
    assert read({"a": {1: 2, "b": (3,)}}) == {"a": {"b": [3]}}


def test_text_goes_through_the_function_that_is_given() -> None:
    """Each text, keys and nested ones included, is what the caller's function makes of it."""
    fields = {"a": "x", "b": ["x"], "c": {"x": "x"}}
    told = lines.Members(("a", "b", "c"))(fields, lambda text: f'"<{text}>"')
    assert told == ',"a":"<x>","b":["<x>"],"c":{"<x>":"<x>"}'


def test_only_the_names_asked_for_are_told_in_their_order() -> None:
    """Members stand in the order of the names, and a field without a name is left out."""
    assert lines.Members(("a", "b", "q"))({"b": 1, "a": 2, "z": 3}, lines.quote) == ',"a":2,"b":1'


def test_the_order_is_the_events() -> None:
    """The parts of a line, put together, are the one list of fields of `core.events`."""
    opening = ("schema_version", "event", "timestamp", "level", "message", "query_id")
    parts = (*opening, *lines.TRACE, *lines.SERVICE, *lines.CONTEXT, *lines.QUERY, *lines.OUTCOME)
    assert (*parts, "sample_rate", *lines.SCORE) == tuple(FIELDS)
