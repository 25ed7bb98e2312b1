"""A record of a golden file becomes a case, or an error that says what to write."""

import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_llm_telemetry.core.errors import GoldenSetError
from pytest_llm_telemetry.core.golden import Case, Grader, parse_case
from pytest_llm_telemetry.core.golden.parse import CASE_KEYS


def case_of(**keys: Any) -> Case:
    return parse_case({"id": "a", "input": "Hi", **keys}, "golden/s.jsonl:3")


def test_a_case_carries_all_that_its_record_says() -> None:
    """Every key lands in its field, and the case knows its line."""
    case = case_of(
        expected="Hello", tags=["x", "y", "x"], weight=2, metadata={"source": "ticket 12"}
    )
    assert case == Case(
        id="a",
        input="Hi",
        expected="Hello",
        graders=(Grader(type="exact", name="exact", value="Hello"),),
        tags=("x", "y"),
        weight=2.0,
        where="golden/s.jsonl:3",
        metadata={"source": "ticket 12"},
    )


def test_a_null_is_a_key_left_out() -> None:
    """JSON's null and an absent key mean the same."""
    assert case_of(expected=None, graders=None, tags=None, weight=None, regex=None) == case_of()


GRADERS: list[tuple[str, dict[str, Any], Grader]] = [
    (
        "contains",
        {"contains": "14 days"},
        Grader(type="contains", name="contains", value=("14 days",)),
    ),
    (
        "all of",
        {"contains": ["a", "b"]},
        Grader(type="contains", name="contains", value=("a", "b")),
    ),
    ("regex", {"regex": "^Hallo"}, Grader(type="regex", name="regex", value="^Hallo")),
    ("numeric", {"numeric": 18}, Grader(type="numeric", name="numeric", value=18.0)),
    ("numeric text", {"numeric": "$1,200"}, Grader(type="numeric", name="numeric", value=1200.0)),
    (
        "json schema",
        {"json_schema": {"type": "object"}},
        Grader(type="json-schema", name="json-schema", value={"type": "object"}),
    ),
    ("custom", {"custom": "polite"}, Grader(type="custom", name="polite", value="polite")),
    (
        "by name with expected",
        {"expected": "18", "graders": ["numeric"]},
        Grader(type="numeric", name="numeric", value=18.0),
    ),
    (
        "long form",
        {"graders": [{"type": "numeric", "value": 18, "tolerance": 0.5}]},
        Grader(type="numeric", name="numeric", value=18.0, tolerance=0.5),
    ),
    (
        "ignoring case",
        {"graders": [{"type": "exact", "value": "Yes", "ignore_case": True}]},
        Grader(type="exact", name="exact", value="Yes", ignore_case=True),
    ),
    (
        "custom with a bar",
        {"graders": [{"type": "custom", "name": "polite", "min": 0.8}]},
        Grader(type="custom", name="polite", value="polite", min=0.8),
    ),
    ("exact json", {"expected": [1, 2]}, Grader(type="exact", name="exact", value=[1, 2])),
]


@pytest.mark.parametrize(
    ("keys", "grader"), [row[1:] for row in GRADERS], ids=[row[0] for row in GRADERS]
)
def test_a_grader_is_read_in_every_form(keys: dict[str, Any], grader: Grader) -> None:
    """Short forms, names that take `expected`, and long forms give the same graders."""
    assert case_of(**keys).graders == (grader,)


def test_expected_beside_graders_is_data_and_not_a_grader() -> None:
    """As soon as a case declares a grader, `expected` alone demands nothing."""
    assert [g.type for g in case_of(expected="Hello", contains="H").graders] == ["contains"]


def test_graders_of_one_kind_have_scores_of_their_own() -> None:
    """The second contains is contains#2."""
    case = case_of(
        contains="a",
        graders=[{"type": "contains", "value": "b"}, {"type": "contains", "value": "c"}],
    )
    assert [grader.name for grader in case.graders] == ["contains", "contains#2", "contains#3"]


def test_a_case_without_graders_is_allowed() -> None:
    """A test may assert by itself, and latency and cost need no grader."""
    assert case_of().graders == ()


BROKEN: list[tuple[str, object, str]] = [
    ("no object", ["a"], r"a case is ['a']; write an object"),
    (
        "typo",
        {"id": "a", "input": "x", "expcted": "y"},
        'unknown key "expcted"; did you mean "expected"?',
    ),
    ("own data", {"id": "a", "input": "x", "zzz": 1}, 'your own data goes under "metadata"'),
    ("no id", {"input": "x"}, 'a case without an id; add "id"'),
    ("number as id", {"id": 7, "input": "x"}, 'id is 7; write text: "7"'),
    ("list as id", {"id": [], "input": "x"}, "id is []; write text"),
    ("empty id", {"id": "", "input": "x"}, 'id is ""; write printable text'),
    ("blank at its end", {"id": "a ", "input": "x"}, "without white space at its ends"),
    ("control in id", {"id": "a\x1b", "input": "x"}, r'id is "a\x1b"; write printable text'),
    ("long id", {"id": "a" * 201, "input": "x"}, "at most 200 characters"),
    ("id like a repeat", {"id": "a#2", "input": "x"}, "repeats do"),
    ("no input", {"id": "a"}, 'case "a" has no input; add "input"'),
    ("tags as text", {"id": "a", "input": "x", "tags": "t"}, 'tags is "t"; write a list of texts'),
    ("empty tag", {"id": "a", "input": "x", "tags": [""]}, "tags is ['']"),
    ("weight 0", {"id": "a", "input": "x", "weight": 0}, "weight is 0; write a number above 0"),
    ("weight true", {"id": "a", "input": "x", "weight": True}, "weight is True"),
    ("weight too large", {"id": "a", "input": "x", "weight": 10**400}, "weight is 1000"),
    (
        "metadata as list",
        {"id": "a", "input": "x", "metadata": []},
        "metadata is []; write an object",
    ),
]


@pytest.mark.parametrize(
    ("record", "told"), [row[1:] for row in BROKEN], ids=[row[0] for row in BROKEN]
)
def test_a_broken_case_is_told_with_place_and_remedy(record: object, told: str) -> None:
    """The error starts with the line, says what was found and what to write."""
    with pytest.raises(GoldenSetError, match=re.escape(told)) as caught:
        parse_case(record, "s.jsonl:3")
    assert str(caught.value).startswith("s.jsonl:3: ")


BROKEN_GRADERS: list[tuple[str, dict[str, Any], str]] = [
    ("no list", {"graders": "exact"}, 'graders is "exact"; write a list'),
    ("no grader", {"graders": [7]}, "a grader is 7; write"),
    ("typo", {"graders": ["contians"]}, 'unknown grader "contians"; did you mean "contains"?'),
    ("no type", {"graders": [{}]}, 'unknown grader ""'),
    ("own grader by name", {"graders": ["zzz"]}, '{"type": "custom", "name": "polite"}'),
    (
        "unknown key",
        {"graders": [{"type": "regex", "patern": "x"}]},
        'unknown key "patern"; did you mean "pattern"? known keys: type, pattern',
    ),
    ("no value", {"graders": ["contains"]}, 'grader contains has no value; add "value" to it, or'),
    ("custom has no name", {"graders": [{"type": "custom"}]}, 'has no name; add "name"'),
    ("contains a number", {"contains": 14}, "contains is 14; write a text or a list of texts"),
    ("contains nothing", {"contains": []}, "contains is []"),
    ("contains empty", {"contains": ""}, 'contains is ""'),
    ("regex no text", {"regex": 5}, "regex is 5; write a pattern"),
    ("regex too long", {"regex": "a" * 2001}, "at most 2000 characters"),
    ("regex broken", {"regex": "(a"}, "is no pattern: missing )"),
    ("regex bottomless", {"regex": "(" * 1000 + ")" * 1000}, "is no pattern: "),
    ("regex too many", {"regex": "a{99999999999}"}, "is no pattern: "),
    ("numeric text", {"numeric": "about 18"}, 'numeric is "about 18"; write a number'),
    ("numeric bool", {"numeric": True}, "numeric is True"),
    (
        "tolerance",
        {"graders": [{"type": "numeric", "value": 1, "tolerance": -1}]},
        "tolerance is -1",
    ),
    ("schema", {"json_schema": "object"}, 'schema is "object"; write a JSON Schema'),
    ("custom no text", {"custom": 5}, "custom is 5; write the name"),
    (
        "min",
        {"graders": [{"type": "custom", "name": "p", "min": 80}]},
        "min is 80; write a number from",
    ),
    ("flag", {"graders": [{"type": "exact", "value": "x", "ignore_case": 1}]}, "ignore_case is 1"),
]


@pytest.mark.parametrize(
    ("keys", "told"), [row[1:] for row in BROKEN_GRADERS], ids=[row[0] for row in BROKEN_GRADERS]
)
def test_a_broken_grader_is_told_with_place_and_remedy(keys: dict[str, Any], told: str) -> None:
    """A demand that cannot be read would be a demand that is not made."""
    with pytest.raises(GoldenSetError, match=re.escape(told)) as caught:
        case_of(**keys)
    assert caught.value.where == "golden/s.jsonl:3"


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda below: (
        st.lists(below, max_size=3) | st.dictionaries(st.text(max_size=8), below, max_size=3)
    ),
    max_leaves=8,
)
KEYS = st.sampled_from([*CASE_KEYS, "type", "other"])


@given(st.dictionaries(KEYS, JSON))
def test_any_record_is_a_case_or_a_told_error(record: dict[str, Any]) -> None:
    """Whatever JSON a file holds, nothing but GoldenSetError comes out."""
    told = ""
    try:
        parse_case(record, "s.jsonl:1")
    except GoldenSetError as fault:
        told = str(fault)
    assert told.isprintable()
