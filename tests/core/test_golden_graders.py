"""Graders: what passes, what does not, and what a person is told."""

import re
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_llm_telemetry.core.errors import GoldenSetError
from pytest_llm_telemetry.core.golden import Case, Engines, Score, grade, parse_case

ENGINES = Engines(
    regex=lambda pattern, text: None if re.search(pattern, text) else "",
    json_schema=lambda schema, value: None if isinstance(value, dict) else "not an object",
    similarity=lambda text, answer: 0.85 if text[:4] == answer[:4] else 0.1,
    semantic=lambda text, answer: 0.9 if "return" in answer else 0.2,
    judge=lambda rubric, answer, case: "sorry" in answer,
)


def score_of(answer: object, **keys: Any) -> Score:
    case = parse_case({"id": "a", "input": "Hi", **keys}, "s.jsonl:1")
    (score,) = grade(answer, case, {}, ENGINES)
    return score


ROWS: list[tuple[str, object, dict[str, Any], float]] = [
    ("exact", "Paris", {"expected": "Paris"}, 1),
    ("exact but for its ends", " Paris\n", {"expected": "Paris"}, 1),
    ("exact minds the case", "paris", {"expected": "Paris"}, 0),
    ("exact says no more", "Paris.", {"expected": "Paris"}, 0),
    ("exact in NFC", "Cafe\u0301", {"expected": "Café"}, 1),
    ("exact number", "18", {"expected": 18}, 1),
    ("exact number as float", "18.0", {"expected": 18}, 1),
    ("exact number is no bool", "true", {"expected": 1}, 0),
    (
        "exact object",
        '{"b": [1, {"c": null}], "a": 1}',
        {"expected": {"a": 1, "b": [1, {"c": None}]}},
        1,
    ),
    ("exact object differs", {"a": 2}, {"expected": {"a": 1}}, 0),
    ("exact object has more", {"a": 1, "b": 2}, {"expected": {"a": 1}}, 0),
    ("exact list", [1, 2], {"expected": [1, 2]}, 1),
    ("exact list is longer", [1, 2, 3], {"expected": [1, 2]}, 0),
    ("exact list is no text", "[1, 2", {"expected": [1, 2]}, 0),
    ("contains", "It is 14 days.", {"contains": "14 days"}, 1),
    ("contains not", "It is 30 days.", {"contains": "14 days"}, 0),
    ("contains half", "a c", {"contains": ["a", "b"]}, 0.5),
    ("contains minds the case", "PARIS", {"contains": "Paris"}, 0),
    (
        "contains in any case",
        "PARIS",
        {"graders": [{"type": "contains", "value": "Paris", "ignore_case": True}]},
        1,
    ),
    ("regex", "Guten Tag", {"regex": "^(Hallo|Guten)"}, 1),
    ("regex not", "Hello", {"regex": "^(Hallo|Guten)"}, 0),
    ("numeric", "So A: 18", {"numeric": 18}, 1),
    ("numeric text", "$1,200.00", {"numeric": "1200"}, 1),
    ("numeric decimals", "0.30000000000000004", {"numeric": 0.3}, 1),
    ("numeric off", "17", {"numeric": 18}, 0),
    (
        "numeric within",
        "17.9",
        {"graders": [{"type": "numeric", "value": 18, "tolerance": 0.2}]},
        1,
    ),
    ("numeric none", "eighteen", {"numeric": 18}, 0),
    ("json schema", '{"a": 1}', {"json_schema": {}}, 1),
    ("json schema of a dict", {"a": 1}, {"json_schema": {}}, 1),
    ("json schema not", "[1]", {"json_schema": {}}, 0),
    ("json schema no json", "Sure! {}", {"json_schema": {}}, 0),
]


@pytest.mark.parametrize(
    ("answer", "keys", "value"), [row[1:] for row in ROWS], ids=[row[0] for row in ROWS]
)
def test_a_grader_gives_the_value_that_its_name_promises(
    answer: object, keys: dict[str, Any], value: float
) -> None:
    """1 passes; everything below, a part of several texts included, does not."""
    score = score_of(answer, **keys)
    assert (score.value, score.passed) == (value, value == 1)


def test_a_failed_score_says_what_was_expected_and_what_came() -> None:
    """The words of the report: expected ..., got ..., each cut to a short line."""
    told = score_of("You can return it within 30 days.\n" * 9, contains="14 days").explanation
    assert told == (
        'expected contains "14 days", got '
        '"You can return it within 30 days. You can return it within 30 days. You can ..."'
    )


TOLD: list[tuple[str, object, dict[str, Any], str]] = [
    (
        "which text is missing",
        "a",
        {"contains": ["a", "b"]},
        'contains "a", "b", got "a" without "b"',
    ),
    ("regex", "Hello", {"regex": "^Hallo"}, 'expected matches "^Hallo", got "Hello"'),
    ("backslashes", "x", {"regex": r"^\d+$"}, r'expected matches "^\d+$", got "x"'),
    ("numeric", "A: 17", {"numeric": 18}, 'expected number 18, got 17 in "A: 17"'),
    ("no number", "none", {"numeric": 18}, 'got no number in "none"'),
    (
        "tolerance",
        "17",
        {"graders": [{"type": "numeric", "value": 18, "tolerance": 0.5}]},
        "expected number 18 (within 0.5)",
    ),
    ("schema", "[1]", {"json_schema": {}}, 'JSON that fits the schema, got "[1]": not an object'),
    ("no json", "Sure!", {"json_schema": {}}, 'got "Sure!", which is not JSON'),
    ("exact", "Lyon", {"expected": "Paris"}, 'expected exactly "Paris", got "Lyon"'),
    ("exact json", "Lyon", {"expected": [1]}, 'expected exactly "[1]", got "Lyon"'),
    ("passed", "Paris", {"expected": "Paris"}, 'exactly "Paris"'),
]


@pytest.mark.parametrize(
    ("answer", "keys", "told"), [row[1:] for row in TOLD], ids=[row[0] for row in TOLD]
)
def test_every_grader_explains_itself(answer: object, keys: dict[str, Any], told: str) -> None:
    """A person sees the demand and the find in one line."""
    explanation = score_of(answer, **keys).explanation
    assert told in explanation
    assert explanation.isprintable()


def test_what_an_engine_says_is_passed_on() -> None:
    """A search that ran out of time says so."""
    slow = replace(ENGINES, regex=lambda *_: "took longer than 1 s")
    case = parse_case({"id": "a", "input": "x", "regex": "(a+)+$"}, "s:1")
    (score,) = grade("aab", case, {}, slow)
    assert score.explanation.endswith('got "aab" (took longer than 1 s)')


def test_scores_stand_in_the_order_of_the_graders() -> None:
    """Short forms first, then the list."""
    case = parse_case(
        {"id": "a", "input": "x", "numeric": 1, "graders": [{"type": "exact", "value": "1"}]}, "s:1"
    )
    assert [score.name for score in grade("1", case, {}, ENGINES)] == ["numeric", "exact"]


def test_a_case_without_graders_has_no_scores() -> None:
    """What demands nothing is not passed, it is not graded."""
    assert grade("1", Case(id="a", input="x"), {}, ENGINES) == ()


def custom(result: object, **keys: Any) -> Score:
    case = parse_case(
        {"id": "a", "input": "x", "graders": [{"type": "custom", "name": "polite", **keys}]}, "s:1"
    )
    (score,) = grade("Hi", case, {"polite": lambda answer, case: result}, ENGINES)
    return score


@pytest.mark.parametrize(
    ("result", "keys", "value", "passed"),
    [
        (True, {}, 1, True),
        (False, {}, 0, False),
        (1, {}, 1, True),
        (0.5, {}, 0.5, True),
        (0.49, {}, 0.49, False),
        (0.7, {"min": 0.8}, 0.7, False),
        (Score(name="x", value=0.2, passed=True), {}, 0.2, True),
        (Score(name="x", value=0.9), {}, 0.9, None),
    ],
)
def test_a_custom_grader_may_return_a_bool_a_number_or_a_score(
    result: object, keys: dict[str, Any], value: float, passed: object
) -> None:
    """A number passes from `min` on; a Score decides by itself; the name is the registered one."""
    score = custom(result, **keys)
    assert (score.name, score.value, score.passed) == ("polite", value, passed)


@pytest.mark.parametrize(
    "result", [None, "good", 1.5, -0.1, float("nan"), Score(name="x", value=7)]
)
def test_a_custom_grader_that_returns_something_else_is_refused(result: object) -> None:
    """A value outside [0, 1] would be averaged into nonsense."""
    with pytest.raises(GoldenSetError, match="return a bool, a number from 0 to 1, or a Score"):
        custom(result)


def test_a_custom_grader_is_explained_by_itself_or_by_its_value() -> None:
    """Its own words win; without any, what it gave and what was needed."""
    assert custom(Score(name="x", value=0, passed=False, explanation="rude")).explanation == "rude"
    assert custom(0).explanation == 'expected polite of at least 0.5, got 0 for "Hi"'
    assert custom(0.75).explanation == "polite (0.75)"


def test_a_custom_grader_sees_the_answer_as_it_is() -> None:
    """Nothing is turned into text before a custom grader asks for it."""
    seen: list[object] = []
    case = parse_case({"id": "a", "input": "x", "custom": "look"}, "s:1")

    def look(answer: object, case: Case) -> bool:
        seen.extend([answer, case.id])
        return False

    (score,) = grade({"a": {1}}, case, {"look": look}, ENGINES)
    assert seen == [{"a": {1}}, "a"]
    assert score.explanation.endswith("got 0 for a dict")


def test_a_custom_grader_that_nobody_registered_is_told_by_name() -> None:
    """With the nearest registered one, and all of them."""
    case = parse_case({"id": "a", "input": "x", "custom": "polit"}, "s.jsonl:4")
    with pytest.raises(GoldenSetError) as caught:
        grade("Hi", case, {"polite": lambda *_: True}, ENGINES)
    assert str(caught.value) == (
        's.jsonl:4: case "a" asks for a custom grader "polit" that nobody registered; '
        'did you mean "polite"? registered graders: polite'
    )
    with pytest.raises(GoldenSetError, match="registered graders: none"):
        grade("Hi", case, {}, ENGINES)


def test_what_a_custom_grader_raises_is_the_callers_to_see() -> None:
    """A fault in a grader is a fault in the test, and no bad answer."""
    case = parse_case({"id": "a", "input": "x", "custom": "broken"}, "s:1")

    def broken(answer: object, case: Case) -> bool:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        grade("Hi", case, {"broken": broken}, ENGINES)


@given(st.text())
def test_every_text_is_exactly_itself_and_contains_itself(text: str) -> None:
    """Whatever a golden file says, the same answer passes."""
    if not text.strip():
        return
    assert score_of(text, expected=text).passed
    assert score_of(f"so: {text}.", contains=text).passed


CLOSE: list[tuple[dict[str, Any], str, float, bool]] = [
    ({"type": "similarity", "value": "14 days"}, "14 dyas", 0.85, True),
    ({"type": "similarity", "value": "14 days", "min": 0.9}, "14 dyas", 0.85, False),
    ({"type": "semantic", "value": "send it back"}, "you may return it", 0.9, True),
    ({"type": "semantic", "value": "send it back"}, "no", 0.2, False),
    ({"type": "judge", "rubric": "Does it apologise?"}, "so sorry", 1.0, True),
    ({"type": "judge", "rubric": "Does it apologise?", "votes": 3}, "no", 0.0, False),
]


@pytest.mark.parametrize(("grader", "answer", "value", "passed"), CLOSE)
def test_closeness_passes_from_its_minimum(
    grader: dict[str, Any], answer: str, value: float, *, passed: bool
) -> None:
    """Similarity, meaning and judges measure from 0 to 1, and say what was asked and found."""
    score = score_of(answer, graders=[grader])
    assert (score.value, score.passed, score.name) == (value, passed, grader["type"])
    if not passed and "value" in grader:
        assert score.explanation == (
            f"expected {grader['type']} of at least {grader.get('min', 0.8):g} to "
            f'"{grader["value"]}", got {value:.2f} for "{answer}"'
        )


def votes(said: list[object]) -> Score:
    told = iter(said)
    engines = replace(ENGINES, judge=lambda *_: next(told))
    keys = {"graders": [{"type": "judge", "rubric": "Is it kind?", "votes": len(said)}]}
    case = parse_case({"id": "a", "input": "x", **keys}, "s:1")
    (score,) = grade("go away", case, {}, engines)
    return score


def test_the_majority_of_a_judges_votes_decides() -> None:
    """Two of three pass; the value is their mean; a lost vote tells why in its own words."""
    assert (votes([True, 0.9, False]).passed, votes([True, True, False]).value) == (True, 2 / 3)
    lost = votes([Score(name="x", value=0.2, passed=False, explanation="it is rude"), 0.1, True])
    assert (lost.passed, lost.explanation) == (False, "1 of 3 votes: it is rude")
    assert votes([False]).explanation == 'judge: "go away"'
    assert votes([True]).explanation == "judge"


def test_a_judge_that_says_no_figure_is_refused() -> None:
    """What a judge returns is checked like a custom grader's."""
    with pytest.raises(GoldenSetError, match=r'the judge returned "\'yes\'"'):
        votes(["yes"])


@pytest.mark.parametrize(
    ("grader", "told"),
    [
        ({"type": "judge", "rubric": "x", "votes": 2}, "votes is 2"),
        ({"type": "judge", "rubric": "x", "votes": True}, "votes is True"),
        ({"type": "judge", "rubric": " "}, "judge is"),
        ({"type": "semantic", "value": 3}, "semantic is 3"),
        ({"type": "similarity", "value": "a", "min": 2}, "min is 2"),
    ],
)
def test_a_closeness_that_cannot_be_measured_is_refused(grader: dict[str, Any], told: str) -> None:
    """The golden file's fault is told with its place, before anything is asked."""
    with pytest.raises(GoldenSetError, match=told) as fault:
        parse_case({"id": "a", "input": "x", "graders": [grader]}, "s.jsonl:7")
    assert fault.value.where == "s.jsonl:7"
