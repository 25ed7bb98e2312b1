"""Golden sets in four formats, and what is wrong with broken ones."""

import hashlib
import json
import os
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from pytest_llm_telemetry.core.errors import GoldenSetError
from pytest_llm_telemetry.core.golden import Case, Grader, parse_case
from pytest_llm_telemetry.storage import goldens, schemas
from pytest_llm_telemetry.storage.goldens import GoldenSet, load

JSONL = """{"id": "a", "input": "How long?", "contains": "14 days", "tags": ["x", "y"]}

{"id": "b", "input": "9 * 2?", "expected": "18", "graders": ["numeric"], "weight": 2}
"""
JSON = """{"cases": [
{"id": "a", "input": "How long?", "contains": "14 days", "tags": ["x", "y"]},
{"id": "b",
"input": "9 * 2?", "expected": "18", "graders": ["numeric"], "weight": 2}]}
"""
TOML = """[[cases]]
id = "a"
input = "How long?"
contains = "14 days"
tags = ["x", "y"]

[[cases]]
id = "b"
input = "9 * 2?"
expected = "18"
graders = ["numeric"]
weight = 2
"""
CSV = """id,input,contains,tags,expected,graders,weight
a,How long?,14 days,x;y,,,
b,9 * 2?,,,18,"[""numeric""]",2
"""
FORMATS = {
    ".jsonl": (JSONL, 1, 3),
    ".json": (JSON, 2, 3),
    ".toml": (TOML, 1, 7),
    ".csv": (CSV, 2, 3),
}


def written(folder: Path, text: str, suffix: str = ".jsonl") -> Path:
    path = folder / f"support{suffix}"
    path.write_text(text, encoding="utf-8")
    return path


def read(folder: Path, text: str, suffix: str = ".jsonl") -> GoldenSet:
    return load(written(folder, text, suffix), root=folder)


@pytest.mark.parametrize("suffix", FORMATS)
def test_every_format_gives_the_same_cases_with_their_lines(tmp_path: Path, suffix: str) -> None:
    """Content, order and identity do not depend on the format; the line is the format's own."""
    text, first, second = FORMATS[suffix]
    found = read(tmp_path, text, suffix)
    assert [case.where for case in found.cases] == [
        f"support{suffix}:{first}",
        f"support{suffix}:{second}",
    ]
    reference = read(tmp_path, JSONL)
    assert [goldens.digest([case]) for case in found.cases] == [
        goldens.digest([case]) for case in reference.cases
    ]
    assert (found.name, found.digest) == ("support", reference.digest)


def test_a_bare_list_is_a_golden_set_too(tmp_path: Path) -> None:
    """JSON without the object around it."""
    assert read(tmp_path, '[{"id": "a", "input": 1}]', ".json").cases[0].input == 1


def test_the_digest_is_of_content_and_not_of_order(tmp_path: Path) -> None:
    """Sorting a file changes nothing, editing a demand does."""
    lines = JSONL.split("\n")
    assert read(tmp_path, "\n".join(reversed(lines))).digest == read(tmp_path, JSONL).digest
    assert read(tmp_path, JSONL.replace("14", "30")).digest != read(tmp_path, JSONL).digest


@given(
    st.lists(st.text(st.characters(categories=["L"]), min_size=1), unique=True, min_size=1),
    st.randoms(),
)
def test_no_order_changes_a_digest(ids: list[str], random: Any) -> None:
    """For any set of cases."""
    cases = [Case(id=name, input=name) for name in ids]
    shuffled = random.sample(cases, len(cases))
    assert goldens.digest(cases) == goldens.digest(shuffled)


def test_csv_metadata_columns_and_empty_cells(tmp_path: Path) -> None:
    """metadata.x is metadata's x; an empty cell is a key left out."""
    (case,) = read(tmp_path, "id,input,expected,metadata.source\n a ,x, ,ticket 12\n", ".csv").cases
    assert (case.id, case.expected, case.metadata) == ("a", None, {"source": "ticket 12"})


def test_without_a_root_errors_name_the_path_as_given(tmp_path: Path) -> None:
    """A script may load a golden set from anywhere."""
    path = written(tmp_path, JSONL)
    assert load(path).cases[0].where == f"{path.as_posix()}:1"


BROKEN: list[tuple[str, str, str, str]] = [
    (
        "bad line",
        ".jsonl",
        '{"id": "a", "input": 1}\n{"id": }',
        "s.jsonl:2: bad JSON: Expecting value at column 8; write one",
    ),
    ("nan", ".jsonl", '{"id": "a", "input": NaN}', "s.jsonl:1: NaN is no number"),
    (
        "id twice",
        ".jsonl",
        '{"id": "a", "input": 1}\n\n{"id": "a", "input": 2}',
        's.jsonl:3: case id "a" stands twice, first at s.jsonl:1; rename one',
    ),
    (
        "typo",
        ".jsonl",
        '{"id": "a", "input": 1, "expcted": 2}',
        's.jsonl:1: unknown key "expcted"; did you mean "expected"?',
    ),
    ("empty", ".jsonl", "\n", "s.jsonl: a golden set without a case; add a case"),
    ("empty list", ".json", "[]", "s.json: a golden set without a case"),
    ("no list", ".json", '{"cases": 7}', "s.json:1: no list of cases; write a list"),
    ("a number", ".json", "7", "s.json:1: no list of cases"),
    (
        "other key",
        ".json",
        '{"cases": [],\n"rows": []}',
        "s.json:2: unknown key 'rows'; a golden set is",
    ),
    (
        "bad json",
        ".json",
        '[{"id": "a"\n"input": 1}]',
        "s.json:2: bad JSON: Expecting ',' delimiter at column 1",
    ),
    ("bad toml", ".toml", '[[cases]]\nid = "a', "s.toml:2: bad TOML"),
    (
        "toml case",
        ".toml",
        '[[cases]]\nid = "a"\ninput = 1\n[[cases]]\nid = 2',
        "s.toml:4: id is 2; write text",
    ),
    ("csv column", ".csv", "id,input,question\na,b,c", 's.csv:2: unknown key "question"'),
    ("csv weight", ".csv", "id,input,weight\na,b,heavy", "s.csv:2: column 'weight' is no JSON"),
    (
        "csv nan",
        ".csv",
        "id,input,weight\na,b,NaN",
        "s.csv:2: column 'weight' is no JSON: NaN is no",
    ),
    (
        "yaml",
        ".yaml",
        "",
        "s.yaml: a golden set cannot be a .yaml; use one of .jsonl, .json, .csv, .toml",
    ),
    ("no suffix", "", "", "s: a golden set cannot be a file without a suffix"),
    (
        "bad schema",
        ".jsonl",
        '{"id": "a", "input": 1, "json_schema": {"type": "strnig"}}',
        "s.jsonl:1: json-schema grader: no JSON Schema",
    ),
]


@pytest.mark.parametrize(
    ("suffix", "text", "told"), [row[1:] for row in BROKEN], ids=[row[0] for row in BROKEN]
)
def test_a_broken_golden_set_is_one_error_with_place_and_remedy(
    tmp_path: Path, suffix: str, text: str, told: str
) -> None:
    """The first fault is told, with file and line, relative to the root."""
    path = tmp_path / f"s{suffix}"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(GoldenSetError) as caught:
        load(path, root=tmp_path)
    assert str(caught.value).startswith(told)


def test_a_missing_file_is_told(tmp_path: Path) -> None:
    """With the path that was looked at."""
    with pytest.raises(GoldenSetError, match=r"^golden/s\.jsonl: does not exist; check the path$"):
        load(tmp_path / "golden" / "s.jsonl", root=tmp_path)


def test_a_toml_file_that_would_take_seconds_is_refused(tmp_path: Path) -> None:
    """The same set as JSONL is read in a moment."""
    with pytest.raises(GoldenSetError, match="is larger than 5 MB; split it, or make it smaller"):
        read(tmp_path, "#" * 5_000_001, ".toml")


def test_what_lies_outside_of_the_root_is_refused(tmp_path: Path) -> None:
    """By dots or by a link that a stranger's pull request planted."""
    root = tmp_path / "root"
    root.mkdir()
    outside = written(tmp_path, JSONL)
    (root / "link.jsonl").symlink_to(outside)
    (root / "circle.jsonl").symlink_to(root / "circle.jsonl")
    for path in (root / ".." / "support.jsonl", root / "link.jsonl"):
        with pytest.raises(GoldenSetError, match=r"lies outside of .*; keep golden sets in the"):
            load(path, root=root)
    for path in (root / "circle.jsonl", root / "a\0b.jsonl"):
        with pytest.raises(GoldenSetError, match="check the path"):
            load(path, root=root)


def test_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    """A named pipe would block for ever."""
    os.mkfifo(tmp_path / "s.jsonl")
    with pytest.raises(GoldenSetError, match="is no file"):
        load(tmp_path / "s.jsonl", root=tmp_path)


def _accepted(record: dict[str, Any]) -> bool:
    try:
        parse_case(record, "s:1")
    except GoldenSetError:
        return False
    return True


SCHEMA = Draft202012Validator(schemas.load("golden"))
VALUE: st.SearchStrategy[Any] = (
    st.none()
    | st.booleans()
    | st.integers(-2, 2)
    | st.sampled_from(["", "x", "18"])
    | st.just([])
    | st.just(["x"])
    | st.just({})
)
GRADER = st.sampled_from(["exact", "contains", "regex", "numeric", "json-schema", "custom", "zzz"])
LONG = st.fixed_dictionaries(
    {},
    optional={
        "type": GRADER,
        **dict.fromkeys(
            ("value", "pattern", "schema", "name", "tolerance", "min", "ignore_case"), VALUE
        ),
    },
)


@given(
    st.fixed_dictionaries(
        {"id": st.sampled_from(["a", "a#2", "", 7]), "input": VALUE},
        optional={
            "graders": st.lists(GRADER | LONG, max_size=2) | VALUE,
            "expected": st.just("18"),
            **dict.fromkeys(("contains", "regex", "numeric", "json_schema", "custom"), VALUE),
            **dict.fromkeys(("tags", "weight", "metadata", "other"), VALUE),
        },
    )
)
def test_what_the_parser_takes_the_published_schema_takes(record: dict[str, Any]) -> None:
    """An editor must not complain about a golden set that runs."""
    if _accepted(record):
        assert not list(SCHEMA.iter_errors([json.loads(json.dumps(record))]))


PARTS: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=8,
)
GRADERS = st.builds(
    Grader,
    type=st.sampled_from(["exact", "contains", "judge"]),
    name=st.sampled_from(["exact", 'a "b"']),
    value=PARTS | st.tuples(st.text()),
    ignore_case=st.booleans(),
    min=st.sampled_from([0.5, 1.0, 1, 0]),
    tolerance=st.sampled_from([0.0, 0, 1e-9]),
    votes=st.sampled_from([1, 3]),
)
CASES = st.builds(
    Case,
    id=st.text(),
    input=PARTS,
    expected=PARTS,
    graders=st.lists(GRADERS, max_size=3).map(tuple),
    tags=st.lists(st.text()).map(tuple),
    weight=st.floats(0, 9),
    metadata=st.dictionaries(st.text(), PARTS, max_size=2),
)


@given(CASES)
def test_a_digest_is_of_the_json_of_a_case(case: Case) -> None:
    """All of it but where it stands, with sorted keys: a baseline remembers the hash for years."""
    content = {name: value for name, value in asdict(case).items() if name != "where"}
    told = json.dumps(content, sort_keys=True)
    assert goldens.digest([case]) == hashlib.sha256(told.encode()).hexdigest()[:32]
