"""The text, the JSON value and the last number of an answer."""

from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_llm_telemetry.core.errors import GoldenSetError
from pytest_llm_telemetry.core.golden import answer_text
from pytest_llm_telemetry.core.golden.answers import (
    answer_value,
    last_number,
    only_number,
    quoted,
)

NUMBERS = [
    ("A: 18", 18),
    ("#### 1,234", 1234),
    ("It costs $1,234.50 in all.", 1234.5),
    ("16-3", 3),
    ("16 - 3 = 13", 13),
    ("x = -7", -7),
    ("(-4)", -4),
    ("\u22125 degrees", -5),
    ("-$5", -5),
    ("+3", 3),
    ("1.5e3", 1500),
    (".5", 0.5),
    ("18.", 18),
    ("45%", 45),
    ("12,345,67", 67),
    ("no number", None),
    ("", None),
    ("9" * 400, None),
]


@pytest.mark.parametrize(("text", "number"), NUMBERS, ids=[text[:12] for text, _ in NUMBERS])
def test_the_last_number_of_a_text_is_read(text: str, number: float | None) -> None:
    """Currency, thousands, signs and exponents belong to a number; a minus between two does not."""
    assert last_number(text) == number


@given(st.floats(allow_nan=False, allow_infinity=False, width=32), st.text())
def test_a_number_that_ends_an_answer_is_found_whatever_stands_before(
    number: float, before: str
) -> None:
    """The text before the last number does not matter."""
    found = last_number(f"{before} so the answer is {number!r}")
    assert found == pytest.approx(number)


@given(st.integers(min_value=-(10**12), max_value=10**12))
def test_thousands_separators_do_not_change_a_number(number: int) -> None:
    """1,234,567 is 1234567."""
    assert last_number(f"{number:,}") == number


@pytest.mark.parametrize(
    ("text", "number"), [("18", 18), (" $1,200 ", 1200), ("18 eggs", None), ("1 2", None)]
)
def test_a_text_is_a_number_only_when_it_says_nothing_else(text: str, number: float | None) -> None:
    """A golden file's "about 18" is no number."""
    assert only_number(text) == number


ANSWERS: list[tuple[str, object, str]] = [
    ("text", "Hello", "Hello"),
    ("none", None, ""),
    ("bytes", b"caf\xc3\xa9 \xff", "café \ufffd"),
    ("openai", {"choices": [{"message": {"content": "Hi"}}]}, "Hi"),
    (
        "openai object",
        SimpleNamespace(choices=[SimpleNamespace(message=SimpleNamespace(content="Hi"))]),
        "Hi",
    ),
    ("openai responses", SimpleNamespace(output_text="Hi"), "Hi"),
    ("completion", {"choices": [{"text": "Hi"}]}, "Hi"),
    (
        "anthropic",
        SimpleNamespace(content=[SimpleNamespace(text="Hi"), SimpleNamespace(text=" you")]),
        "Hi you",
    ),
    (
        "anthropic with a tool",
        {"content": [{"type": "tool_use", "input": {}}, {"type": "text", "text": "Hi"}]},
        "Hi",
    ),
    ("gemini", {"candidates": [{"content": {"parts": [{"text": "Hi"}]}}]}, "Hi"),
    ("bedrock", {"output": {"message": {"content": [{"text": "Hi"}]}}}, "Hi"),
    ("ollama", {"message": {"content": "Hi"}}, "Hi"),
    ("json object", {"a": 1, "b": "é"}, '{"a": 1, "b": "é"}'),
    ("no choice", {"choices": []}, '{"choices": []}'),
    ("tool call only", {"content": [{"type": "tool_use"}]}, '{"content": [{"type": "tool_use"}]}'),
    ("list", [1, 2], "[1, 2]"),
    ("number", 18, "18"),
    ("bool", True, "true"),
]


@pytest.mark.parametrize(
    ("answer", "text"), [row[1:] for row in ANSWERS], ids=[row[0] for row in ANSWERS]
)
def test_the_text_of_an_answer_is_what_the_model_said(answer: object, text: str) -> None:
    """Texts, provider responses as objects or dicts, and plain JSON values all have one."""
    assert answer_text(answer) == text


@pytest.mark.parametrize("answer", [object(), {"a": object()}, {"a": float("nan")} | {1: set()}])
def test_what_has_no_text_is_refused_and_not_spelled_out(answer: object) -> None:
    """`<object at 0x...>` must never be graded as if the model had said it."""
    with pytest.raises(GoldenSetError, match="hand the text over"):
        answer_text(answer)


def test_an_answer_that_holds_itself_is_refused() -> None:
    """A list inside itself is no JSON."""
    loop: list[object] = []
    loop.append(loop)
    with pytest.raises(GoldenSetError, match="is not JSON"):
        answer_text(loop)


def test_the_json_value_of_an_answer_is_parsed_from_its_text() -> None:
    """Texts are parsed, dicts and lists are themselves, a provider's response is its text."""
    assert answer_value('{"a": 1.5}') == {"a": 1.5}
    assert answer_value({"a": [1]}) == {"a": [1]}
    assert answer_value({"choices": [{"message": {"content": "[1]"}}]}) == [1]


@pytest.mark.parametrize("text", ["Hi", "NaN", "[Infinity]", "1e999", "[" * 100_000])
def test_what_is_not_json_has_no_value(text: str) -> None:
    """NaN and its kind, numbers too large and bottomless nesting are refused like any non-JSON."""
    with pytest.raises(ValueError, match=r"JSON|Expecting|too large|deeply"):
        answer_value(text)


def test_a_quoted_text_is_one_short_line() -> None:
    """Long texts are cut with a mark, and nothing invisible stays live."""
    assert quoted("14 days") == '"14 days"'
    assert quoted(" two\nlines ") == '"two lines"'
    assert quoted("x" * 81) == '"' + "x" * 76 + ' ..."'
    assert quoted("\x1b[2J\u202e") == '"\\x1b[2J\\u202e"'


@given(st.text(max_size=2000))
def test_a_quoted_text_is_printable_whatever_it_says(text: str) -> None:
    """No control character of a model reaches a report's line."""
    assert quoted(text).isprintable()
