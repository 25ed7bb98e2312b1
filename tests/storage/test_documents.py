"""Strict reading: what is refused, on which line, and how fast."""

import json
import time
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_llm_telemetry.core.errors import BaselineError, ConfigError
from pytest_llm_telemetry.storage import documents, places

JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(10**30), 10**30)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_categories=["Cs"])),
    lambda below: (
        st.lists(below) | st.dictionaries(st.text(st.characters(exclude_categories=["Cs"])), below)
    ),
    max_leaves=20,
)

REFUSED_JSON: list[tuple[str, str, str]] = [
    ("syntax", '{\n"a": }', "f:2: bad JSON: Expecting value at column 6; mend the syntax"),
    ("empty", "", "f:1: bad JSON: Expecting value at column 1"),
    ("rest", "{} {}", "f:1: bad JSON: Extra data at column 4"),
    ("nan", '{"a": 1,\n"b": NaN}', "f:2: NaN is no number that can be compared; write a finite"),
    ("infinity", "[1,\n\n-Infinity]", "f:3: -Infinity is no number"),
    ("1e999", '{\n"max": 1e999}', "f:2: 1e999 is too large for a number"),
    ("twice", '{"a": {"b": 1,\n"b": 2}}', "f:2: key 'b' stands twice; keep one of them"),
    (
        "digits",
        '{"a":\n' + "1" * 5000 + "}",
        "f:1: an integer of 5000 digits; write a number of at most 40",
    ),
    ("minus digits", "-" + "1" * 41, "f:1: an integer of 42 digits"),
    ("surrogate", '{\n"a": "\\ud83d"}', "f:2: half of a surrogate pair; write the whole character"),
    ("surrogate key", '{"\\ud83d": 1}', "f:1: half of a surrogate pair"),
    ("deep", "[" * 70 + "]" * 70, "f:1: nested more than 64 levels deep; flatten it"),
    ("bottomless", '{"a":\n' * 100_000 + "1" + "}" * 100_000, "nested more than 64 levels deep"),
]


@pytest.mark.parametrize(
    ("text", "told"), [row[1:] for row in REFUSED_JSON], ids=[row[0] for row in REFUSED_JSON]
)
def test_json_that_nobody_means_is_refused_with_its_line(text: str, told: str) -> None:
    """What json.load takes and a gate must not."""
    started = time.monotonic()
    with pytest.raises(ConfigError) as caught:
        documents.parse_json(text, "f")
    assert told in str(caught.value)
    assert time.monotonic() - started < 2


REFUSED_TOML: list[tuple[str, str, str]] = [
    ("syntax", "a = 1\nb =", "f:2: bad TOML: Invalid value; mend the syntax"),
    ("twice", "a = 1\na = 2", "f:2: bad TOML: Cannot overwrite a value"),
    ("nan", "[limits.score]\nmax = nan", "f:2: nan is no number that can be compared"),
    ("inf in a list", 'a = [\n"]", # ]\n1, inf]', "f:1: inf is no number"),
    ("1e999", "a.b = 1e999", "f:1: inf is no number"),
    ("date", "x = 1\nwhen = 2026-11-23", "f:2: a date is no JSON value; write it as text"),
    ("digits", "a = " + "1" * 50, "f:1: an integer of too many digits"),
    ("more digits", "a = " + "1" * 5000, "f: bad TOML: Exceeds the limit"),
    ("deep", "a = " + "[" * 70 + "]" * 70, "f:1: nested more than 64 levels deep"),
    ("bottomless", "a = " + "[" * 100_000, "f: nested more than 64 levels deep"),
    (
        "long way",
        "x = 1\n" + ".".join("a" * 50_000) + " = 1",
        "f:2: nested more than 64 levels deep",
    ),
    ("long quoted way", "[" + " . ".join(['"a"'] * 9_000) + "]", "f:1: nested more than 64 levels"),
    ("way of 64 in pieces", "[" + ".".join("a" * 60) + "]\nb.c.d.e.f.g.h = 1", "f:2: nested more"),
]


@pytest.mark.parametrize(
    ("text", "told"), [row[1:] for row in REFUSED_TOML], ids=[row[0] for row in REFUSED_TOML]
)
def test_toml_that_nobody_means_is_refused_with_its_line(text: str, told: str) -> None:
    """TOML has nan, inf and dates; thresholds and golden sets have not."""
    started = time.monotonic()
    with pytest.raises(ConfigError) as caught:
        documents.parse_toml(text, "f")
    assert told in str(caught.value)
    assert time.monotonic() - started < 2


@given(JSON)
def test_every_other_json_is_read_as_it_was_written(value: Any) -> None:
    """Strict is not narrow."""
    assert documents.parse_json(json.dumps(value), "f").value == value
    assert documents.parse_json(json.dumps(value, ensure_ascii=False, indent=1), "f").value == value


def test_a_place_is_found_by_its_line() -> None:
    """Keys, list elements, and whatever has no line of its own by what is around it."""
    document = documents.parse_json('{"a": {\n"b,": [1,\n{"c": "}"}],\n"d": {}},\n"e": 1}', "f")
    assert document.where() == "f:1"
    assert document.where(("a", "b,")) == "f:2"
    assert document.where(("a", "b,", 1, "c")) == "f:3"
    assert document.where(("a", "d", "missing")) == "f:4"
    assert document.where(("e",)) == "f:5"


def test_a_place_in_toml_is_found_by_its_line() -> None:
    """Tables, dotted and quoted keys, arrays of tables, and values over several lines."""
    text = '''schema_version = 1 # [no.table]
text = """
[not.a.table]
key = 1
"""
list = [
  "]", # [
  { a = 1 },
]
[limits."p95.ms"]
max = 3

[suites.'support bot'.limits]
score.min = 0.5
"quoted \\u00e9" = 1
[[cases]]
id = "a"
[cases.metadata]
x = 1
[[cases]]
  id = "b"
'''
    document = documents.parse_toml(text, "f")
    places = {
        ("schema_version",): 1,
        ("text",): 2,
        ("list", 1, "a"): 6,
        ("limits", "p95.ms", "max"): 11,
        ("suites", "support bot", "limits", "score", "min"): 14,
        ("suites", "support bot", "limits", "quoted é"): 15,
        ("cases", 0, "id"): 17,
        ("cases", 0, "metadata", "x"): 19,
        ("cases", 1): 20,
        ("cases", 1, "id"): 21,
    }
    assert {place: document.where(place) for place in places} == {
        place: f"f:{line}" for place, line in places.items()
    }


@given(st.text())
def test_any_text_is_a_document_or_a_told_error(text: str) -> None:
    """Whatever stands in a file, nothing but a typed error comes out."""
    for parse in (documents.parse_json, documents.parse_toml):
        try:
            document = parse(text, "f")
        except ConfigError as fault:
            assert fault.where.startswith("f")  # noqa: PT017 - most texts are refused, some are not
        else:
            assert document.where(("a", 1)).startswith("f:")


@given(st.text(alphabet='[]{}"\\:,\n 1aN.=#'))
def test_the_walks_survive_text_that_no_parser_took(text: str) -> None:
    """They run after a refusal too, over whatever stands behind the fault."""
    places.json_places(text)
    places.toml_places(text)
    places.json_fault(text, max_digits=40)


def test_a_statement_without_a_key_has_no_place() -> None:
    """The walk goes on behind what no parser would take."""
    assert places.toml_places("= 1\na = 1") == {(): 1, ("a",): 2}


def test_a_fault_of_a_newer_tomllib_is_told_all_the_same() -> None:
    """Its wording may change; the line is then the first."""
    assert places.toml_fault("Something new", "a") == ("Something new", 1)
    assert places.toml_fault("Bad (at end of document)", "a\nb") == ("Bad", 2)


def test_csv_rows_know_their_line() -> None:
    """A quoted cell may hold line breaks; the row is where it starts."""
    text = 'id, input\r\na,"x\ny"\r\n\r\nb,z\r\n'
    assert list(documents.parse_csv(text, "f")) == [
        (2, {"id": "a", "input": "x\ny"}),
        (5, {"id": "b", "input": "z"}),
    ]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("a,b\n1,2,3", "f:2: a row of 3 cells under a header of 2; quote cells that hold commas"),
        ("a,a\n1,2", 'f:1: column "a" stands twice'),
        ('a\n"x"y', "f:2: bad CSV: ',' expected after '\"'"),
        ('a\n"x', "f:2: bad CSV: unexpected end of data"),
        ("a\n" + "x" * 200_000, "f:2: bad CSV: field larger than field limit"),
    ],
)
def test_csv_that_is_none_is_refused_with_its_line(text: str, told: str) -> None:
    """Rows of another length would shift every column behind."""
    with pytest.raises(ConfigError) as caught:
        list(documents.parse_csv(text, "f"))
    assert told in str(caught.value)


def test_a_file_is_read_as_utf8_with_or_without_a_byte_order_mark(tmp_path: Path) -> None:
    """Editors and spreadsheets on Windows write one."""
    path = tmp_path / "f.txt"
    path.write_bytes(b"\xef\xbb\xbfcaf\xc3\xa9")
    assert documents.read_text(path, "f") == "café"


def test_a_file_that_cannot_be_read_is_told(tmp_path: Path) -> None:
    """Missing, a folder, too large, not UTF-8, or a name that no file can have."""
    path = tmp_path / "f.txt"
    with pytest.raises(BaselineError, match="f: does not exist; check the path"):
        documents.read_text(path, "f", error=BaselineError)
    with pytest.raises(ConfigError, match="f: is no file"):
        documents.read_text(tmp_path, "f")
    with pytest.raises(ConfigError, match="f: does not exist"):
        documents.read_text(tmp_path / "a\0b", "f")
    with pytest.raises(ConfigError, match="f: cannot be read: File name too long"):
        documents.read_text(tmp_path / ("a" * 300), "f")
    path.write_bytes(b"x" * 2_000_001)
    with pytest.raises(ConfigError, match="f: is larger than 2 MB"):
        documents.read_text(path, "f", limit=2_000_000)
    path.write_bytes(b"ok\nok\n\xff")
    with pytest.raises(ConfigError, match="f:3: byte 0xff is not UTF-8; save the file as UTF-8"):
        documents.read_text(path, "f")


def test_a_device_is_no_file() -> None:
    """/dev/zero never ends and is never opened."""
    with pytest.raises(ConfigError, match="is no file"):
        documents.read_text(Path("/dev/zero"), "f")
