"""The pattern reads lines as the full parser does, or leaves them to it."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_llm_telemetry.core.errors import SchemaError
from pytest_llm_telemetry.core.events import FIELDS, from_dict
from pytest_llm_telemetry.core.lines import SCORE, quote
from pytest_llm_telemetry.core.traffic.rows import (
    Reader,
    Row,
    Rows,
    is_time,
    row_of,
    widened,
)

NUMBERS = {
    "latency", "ttft", "input", "output", "cache_read", "cache_write", "reasoning", "cost", "rate",
    "score",
}  # fmt: skip
TEXTS = st.text(max_size=8) | st.sampled_from(['a"b', "a\\b", "a\nb", "é", "\ud800", "route:x"])
VALUES: dict[str, st.SearchStrategy[Any]] = {
    "string": TEXTS,
    "integer": st.integers(0, 10**18) | st.just(-1) | st.just(10**30),
    "number": st.floats(allow_nan=False, allow_infinity=False) | st.integers(0, 10**17),
    "boolean": st.booleans(),
    "array": st.lists(TEXTS, max_size=3),
    "object": st.dictionaries(TEXTS, TEXTS | st.booleans() | st.floats(0, 9), max_size=2),
}
USUAL: dict[str, Any] = {
    "schema_version": 1,
    "event": "query_success",
    "timestamp": "2026-11-23T11:20:04.512Z",
    "level": "INFO",
    "message": "a call",
    "query_id": "a1",
    "service": "bot",
    "user_hash": "u",
    "feature_flags": {"new": True},
    "tags": ["route:a"],
    "query_preview": 'what is "it"?',
    "query_hash": "h",
    "model": "m",
    "latency_ms": 812.4,
    "input_tokens": 10,
    "cost_usd": 0.001,
    "unit_prices": {"input": 0.15},
    "error_type": "Timeout",
    "sample_rate": 0.5,
    "score_name": "thumbs",
    "score": 1.0,
    "passed": True,
}

FAILED = {name: value for name, value in USUAL.items() if name not in SCORE}
FINE = {name: value for name, value in FAILED.items() if name != "error_type"}
NOTHING = Row(*[""] * len(Row._fields))
START = dict(list(USUAL.items())[: list(USUAL).index("query_preview")]) | {"query_hash": "h"}
KINDS = {"query_start": START, "query_success": FINE, "query_error": FAILED}


@st.composite
def records(draw: st.DrawFn) -> dict[str, Any]:
    """Records with fields in the order of a line, now and then of a wrong type or another order."""
    wanted = draw(st.sets(st.sampled_from(sorted(FIELDS))))
    record: dict[str, Any] = {}
    for name, kind in FIELDS.items():
        if name in wanted and name not in {"schema_version", "timestamp", "event"}:
            wrong = draw(st.integers(0, 30)) == 0
            record[name] = draw(st.one_of(*VALUES.values(), st.none()) if wrong else VALUES[kind])
        elif name in USUAL and draw(st.integers(0, 9)):
            record[name] = USUAL[name]
    kinds = ["query_start", "query_success", "query_error", "query_score", "query_end"]
    record["event"] = draw(st.sampled_from(kinds)) if "event" in record else "query_score"
    if not draw(st.integers(0, 20)):
        record = dict(draw(st.permutations(list(record.items()))))
    return {name: record[name] for name in ("schema_version", "event", *record) if name in record}


def written(record: dict[str, Any]) -> str:
    told = json.dumps(record, ensure_ascii=False, separators=(",", ":"))
    return told.encode("utf-8", "backslashreplace").decode()


def once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError("twice")
    return found


def parsed(line: str) -> Row | None:
    """What the full parser makes of a line."""
    try:
        record = json.loads(line, object_pairs_hook=once)
        if not isinstance(record, dict) or record.get("schema_version") != 1:
            return None
        event = from_dict(record)
    except (ValueError, SchemaError, RecursionError):
        return None
    return row_of(event) if is_time(event.timestamp) else None


def plain(row: Row) -> dict[str, Any]:
    """The row with its members and numbers as values, since there are several ways to write them."""
    found: dict[str, Any] = row._asdict()
    for name in ("service", "labels", "model"):
        found[name] = json.loads(f"{{{found[name][1:]}}}")
    for name in NUMBERS:
        found[name] = float(found[name]) if found[name] else None
    found["preview"] = json.loads(f'"{found["preview"]}"')
    found["prices"] = None  # they only have to be well formed
    return found | {name: bool(found[name]) for name in ("parent", "nested")}


def rows_of(block: bytes) -> Rows | None:
    """What a reader makes of a block that it was shown before, after usual lines."""
    reader = Reader(patience=1)
    usual = "".join(written({**KINDS[kind], "event": kind}) + "\n" for kind in KINDS)
    assert reader.rows_of(usual.encode() + block) is None
    return reader.rows_of(block)


def read(block: bytes, reader: Reader | None = None) -> list[Row] | None:
    """A row for each line: a start that another row tells of has one of its own."""
    rows = rows_of(block) if reader is None else reader.rows_of(block)
    if rows is None:
        return None
    found = []
    for row in (Row(*each) for each in widened(rows.fields, rows.each)):
        if row.started:
            found.append(NOTHING._replace(kind="start", hour=row.started))
        if row.kind or not row.started:
            found.append(row._replace(started=""))
    assert rows.lines == len(found)
    return found


@given(
    st.lists(records(), max_size=4), st.lists(records(), min_size=1, max_size=4), st.integers(0, 4)
)
def test_a_row_is_what_the_full_parser_says(
    shown: list[dict[str, Any]], some: list[dict[str, Any]], known: int
) -> None:
    """For any line: the same row, or the line is handed back, whichever lines were seen before."""
    lines = [written(record) for record in some]
    block = "".join(f"{line}\n" for line in lines).encode()
    reader = Reader(patience=1)
    usual = [{**KINDS[kind], "event": kind} for kind in KINDS]
    usual += [*shown, *some[:known]]
    assert reader.rows_of("".join(f"{written(record)}\n" for record in usual).encode()) is None
    rows = read(block, reader)
    if rows is None:
        assert any("error" in str(record) or "unit_prices" in record for record in some)
        return
    assert len(rows) == len(lines)
    for line, row in zip(lines, rows, strict=True):
        agree(row, line)


def agree(row: Row, line: str) -> None:
    """The row is the line's, or hands it back."""
    if not row.kind:
        assert row.other == line
        return
    full = parsed(line)
    assert full is not None
    if row.kind == "start":  # it only counts
        assert (row.kind, row.hour) == (full.kind, full.hour)
    else:
        assert plain(row) == plain(full)


@given(st.data(), st.binary(max_size=60), st.integers(0, 500), st.integers(0, 60))
def test_damage_is_never_taken_for_an_event(
    data: st.DataObject, junk: bytes, place: int, cut: int
) -> None:
    """Bytes put into a line, or taken out of it: what the pattern takes is what the parser takes."""
    kind = data.draw(st.sampled_from(sorted(KINDS)))
    whole = written({**KINDS[kind], "event": kind}).encode()
    junk = data.draw(st.sampled_from([junk, b"\\", b'"', b'\\"', b"\t", b"}", b',"', whole]))
    damaged = (whole[:place] + junk + whole[place + cut :]).replace(b"\n", b"")
    lines = [damaged.decode(errors="replace"), whole.decode()]
    for line in data.draw(st.permutations(lines)), lines:
        rows = read("".join(f"{each}\n" for each in line).encode())
        for row, text in zip(rows or (), line, strict=rows is not None):
            agree(row, text)


@pytest.mark.parametrize(
    "text",
    [
        'a\\"b', 'a\\\\"b', 'a\\\\\\"b', 'a\\n\\"b', '\\"\\","query_hash":"b', 'a\n","query_id":"b',
        "a\\qb", "a\\", "a\\\\", "a\\u00e9", "a\\u00\\\\e9", "a\tb", "a\x7fb", "é", "",
    ],
)  # fmt: skip
@pytest.mark.parametrize("field", ["message", "session_id", "query_hash", "query_preview"])
def test_what_no_text_may_hold_is_found_in_any_field(field: str, text: str) -> None:
    """Escapes that are none, control characters, and the end of a line."""
    record = {name: "MARK" if name == field else FINE.get(name) for name in FIELDS}
    told = written({name: value for name, value in record.items() if value is not None})
    for kind in ("query_start", "query_success"):
        whole = told.replace("query_success", kind)
        block = f"{whole}\n{whole.replace('MARK', text)}\n{whole}\n"
        lines = block.split("\n")[:-1]
        rows = read(block.encode())
        assert rows is not None
        assert len(rows) == len(lines)
        for row, line in zip(rows, lines, strict=True):
            agree(row, line)


def test_usual_lines_are_taken_by_the_pattern() -> None:
    """Or reading would be as slow as parsing; a start and what follows it even in one."""
    start, fine, failed = (written({**KINDS[kind], "event": kind}) for kind in KINDS)
    block = f"{fine}\n{start}\n{fine.replace('_success', '_start')}\n{start}\n{failed}\n\n{{}}\n"
    rows = read(block.encode())
    assert rows is not None
    kinds = ["success", "start", "start", "start", "error", "", ""]
    assert [row.kind for row in rows] == kinds
    assert rows[0].preview == quote(USUAL["query_preview"])[1:-1]
    assert [row.other for row in rows] == ["", "", "", "", "", "", "{}"]
    both = rows_of(f"{start}\n{fine}\n".encode())
    assert both is not None
    assert len(both.each) == 1
    assert rows_of(f"{fine.replace('query_success', 'query_error')}\n".encode()) is None
    for twice in ('"new":true', '"input":0.15'):
        assert rows_of(f"{fine.replace(twice, f'{twice},{twice}')}\n".encode()) is None
    for right, wrong in {'"new":true': '"new":', "0.15": "00.15", '["route:a"]': "[,]"}.items():
        assert rows_of(f"{fine.replace(right, wrong)}\n".encode()) is None


def test_flags_of_a_start_are_read_as_those_of_its_end() -> None:
    """Any number of them, but none twice."""
    start, fine, _ = (written({**KINDS[kind], "event": kind}) for kind in KINDS)
    for flags, read_by_pattern in {'"new":true,"old":"no"': True, '"new":1,"new":2': False}.items():
        told = start.replace('"new":true', flags)
        rows = rows_of(f"{told}\n{fine}\n".encode())
        assert (rows is not None and len(rows.each) == 1) is read_by_pattern


def test_a_reader_learns_what_it_missed_often() -> None:
    """Lines that tell other members are handed back at first, and what is no event always."""
    reader = Reader(patience=2)
    fine = written(FINE)
    other = fine.replace(',"service"', ',"trace_id":"t","service"')
    junk = '["query_success"]\n{'
    for line, kinds in (
        (fine, None),  # three lines missed: it learns
        (fine, ["success", "", ""]),
        (other, ["", "", ""]),  # five, twice as many
        (other, ["success", "", ""]),
        (fine, ["success", "", ""]),
    ):
        rows = read(f"{line}\n{junk}\n".encode(), reader)
        assert (rows if rows is None else [row.kind for row in rows]) == kinds
