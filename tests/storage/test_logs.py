"""Event logs: every line is an event or counted as damage."""

import gzip
import json
import os
import tempfile
import time
import tracemalloc
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_llm_telemetry.core.errors import ConfigError
from pytest_llm_telemetry.core.events import QueryStart, QuerySuccess
from pytest_llm_telemetry.storage import logs

AT = "2026-11-23T11:20:04.512Z"


def line(**fields: Any) -> bytes:
    record = {"schema_version": 1, "event": "query_success", "timestamp": AT, "query_id": "q"}
    return json.dumps(record | fields, separators=(",", ":")).encode()


GOOD = line(model="m", latency_ms=812.4)
DAMAGE: dict[str, bytes] = {
    "torn": GOOD[:50],
    "glued": GOOD[:50] + GOOD,
    "glued whole": GOOD + GOOD,
    "tail of a torn line": GOOD[50:],
    "not_utf8": GOOD.replace(b"812.4", b'"\xff"'),
    "junk": b"Traceback (most recent call last):",
    "junk behind": GOOD + b"}",
    "junk number": b"7",
    "nan": GOOD.replace(b"812.4", b"NaN"),
    "nan infinity": GOOD.replace(b"812.4", b"-Infinity"),
    "twice": GOOD.replace(b"812.4", b'812.4,"latency_ms":1'),
    "nul": b"\0" * 40,
    "nul inside": GOOD[:50] + b"\0\0" + GOOD[50:],
    "blank": b"",
    "blank space": b"  \r",
    "array": b"[1, 2]",
    "wrong_types": GOOD.replace(b"812.4", b'"812.4"'),
    "wrong_types 1e999": GOOD.replace(b"812.4", b"1e999"),
    "wrong_types event": GOOD.replace(b"query_success", b"query_end"),
    "wrong_types of another program": b'{"level": "INFO", "msg": "started"}',
    "newer": GOOD.replace(b'"schema_version":1', b'"schema_version":2'),
    "too_long": line(message="x" * 1_100_000),
    "wrong_types digits": GOOD.replace(b"812.4", b"1" * 400),
    "junk digits": GOOD.replace(b"812.4", b"1" * 5000),
    "junk depth": b'{"schema_version":' + b"[" * 100_000 + b"]" * 100_000 + b"}",
}
REASONS = {"glued whole": "glued", "tail of a torn line": "torn"}


def reason(name: str) -> str:
    return REASONS.get(name, name.split(maxsplit=1)[0])


def written(folder: Path, *lines: bytes, end: bytes = b"\n", name: str = "events.jsonl") -> Path:
    path = folder / name
    path.write_bytes(b"\n".join(lines) + end)
    return path


@pytest.mark.parametrize("name", DAMAGE)
def test_a_damaged_line_is_counted_and_its_neighbours_are_read(tmp_path: Path, name: str) -> None:
    """One bad line costs one line."""
    reading = logs.read([written(tmp_path, GOOD, DAMAGE[name], GOOD)])
    assert reading.lines == 3
    assert reading.skipped == {reason(name): 1}
    assert (
        reading.events
        == (QuerySuccess(query_id="q", timestamp=AT, model="m", latency_ms=812.4),) * 2
    )


def test_a_line_that_is_still_being_written_is_truncated(tmp_path: Path) -> None:
    """The last line without an end is cut off, in the middle of a character too, or whole."""
    assert logs.read([written(tmp_path, GOOD, GOOD[:50], end=b"")]).skipped == {"truncated": 1}
    cut = line(message="é").split(b"\\")[0] + "é".encode()[:1]
    assert logs.read([written(tmp_path, GOOD, cut, end=b"")]).skipped == {"truncated": 1}
    whole = logs.read([written(tmp_path, GOOD, GOOD, end=b"")])
    assert (len(whole.events), whole.skipped) == (2, {})


def test_files_are_read_one_after_the_other(tmp_path: Path) -> None:
    """Plain and compressed ones, an empty one too."""
    plain = written(tmp_path, line(query_id="1"), name="a.jsonl")
    packed = tmp_path / "b.jsonl.gz"
    packed.write_bytes(gzip.compress(line(query_id="2") + b"\n" + line(query_id="3")))
    empty = written(tmp_path, end=b"", name="c.jsonl")
    reading = logs.read([packed, plain, empty])
    assert [event.query_id for event in reading.events] == ["2", "3", "1"]
    assert (reading.lines, reading.skipped) == (3, {})


def test_windows_line_ends_and_fields_of_newer_minor_versions_are_read(tmp_path: Path) -> None:
    """They are no damage."""
    path = written(tmp_path, line(event="query_start", new_field={"a": 1}), end=b"\r\n")
    assert logs.read([path]).events == (QueryStart(query_id="q", timestamp=AT),)


PIECES = st.sampled_from([GOOD, *(text for name, text in DAMAGE.items() if name != "too_long")])


@given(pieces=st.lists(PIECES | st.binary(max_size=40), max_size=12), ended=st.booleans())
def test_events_and_damage_add_up_to_the_lines(
    tmp_path_factory: pytest.TempPathFactory, pieces: list[bytes], *, ended: bool
) -> None:
    """For any mixture, none is lost and none is counted twice."""
    data = b"\n".join(pieces) + (b"\n" if ended and pieces else b"")
    path = tmp_path_factory.getbasetemp() / "mixed.jsonl"
    path.write_bytes(data)
    reading = logs.read([path])
    assert reading.lines == data.count(b"\n") + (not data.endswith(b"\n") and bool(data))
    assert len(reading.events) + sum(reading.skipped.values()) == reading.lines


@given(st.integers(0, len(GOOD) * 3 + 2))
def test_a_log_that_breaks_off_anywhere_loses_the_last_line_only(
    tmp_path_factory: pytest.TempPathFactory, size: int
) -> None:
    """A crash at any byte."""
    path = tmp_path_factory.getbasetemp() / "cut.jsonl"
    path.write_bytes((GOOD + b"\n" + GOOD + b"\n" + GOOD)[:size])
    reading = logs.read([path])
    assert len(reading.events) in {size // (len(GOOD) + 1), (size + 1) // (len(GOOD) + 1)}
    assert set(reading.skipped) <= {"truncated"}


def test_a_line_of_50_mb_is_skipped_in_bounded_memory(tmp_path: Path) -> None:
    """And the line behind it is read."""
    path = tmp_path / "events.jsonl"
    path.write_bytes(GOOD + b"\n" + b"x" * 50_000_000 + b"\n" + GOOD + b"\n")
    tracemalloc.start()
    reading = logs.read([path])
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert (len(reading.events), reading.skipped, reading.lines) == (2, {"too_long": 1}, 3)
    assert peak < 10_000_000


@pytest.mark.parametrize("unit", [b"\0", b"\n", b"x"])
def test_a_gzip_bomb_is_given_up_at_once(tmp_path: Path, unit: bytes) -> None:
    """A file of a megabyte that unpacks to a gigabyte costs no second of it."""
    path = tmp_path / "events.jsonl.gz"
    with gzip.open(path, "wb") as file:
        for _ in range(100):
            file.write(unit * 1_000_000)
    started = time.process_time()
    reading = logs.read([path])
    assert reading.skipped["packed"] == 1
    assert time.process_time() - started < 5


def test_a_damaged_compressed_file_gives_what_it_can(tmp_path: Path) -> None:
    """Cut off, wrong in its checksum, or no gzip at all: one line of damage."""
    whole = gzip.compress(b"".join(line(query_id=str(n)) + b"\n" for n in range(5000)))
    path = tmp_path / "events.jsonl.gz"
    for data in (
        whole[: len(whole) // 2],
        whole[:-8] + b"\1" * 8,
        GOOD,
        whole[:400] + b"\xff" * 50,
    ):
        path.write_bytes(data)
        reading = logs.read([path])
        assert reading.skipped["packed"] == 1
        assert len(reading.events) + sum(reading.skipped.values()) == reading.lines


@pytest.mark.parametrize("cut", [4, 8])
def test_lines_before_the_damage_of_a_small_file_are_read(tmp_path: Path, cut: int) -> None:
    """A file that lacks its end alone gives every line, however little it holds."""
    path = tmp_path / "events.jsonl.gz"
    path.write_bytes(
        gzip.compress(b"".join(line(query_id=str(n)) + b"\n" for n in range(50)))[:-cut]
    )
    reading = logs.read([path])
    assert len(reading.events) == 50
    assert reading.skipped == {"packed": 1}


def test_a_log_can_be_streamed(tmp_path: Path) -> None:
    """Events come one by one, and the tally is kept on the way."""
    tally = logs.Tally()
    events = logs.scan([written(tmp_path, GOOD, b"", GOOD)], tally)
    assert next(events).query_id == "q"
    assert (tally.lines, dict(tally.skipped)) == (1, {})
    assert len(list(events)) == 1
    assert (tally.lines, dict(tally.skipped)) == (3, {"blank": 1})


def test_a_log_that_is_no_file_is_told(tmp_path: Path) -> None:
    """Missing, a folder, a pipe that would block, or a name that no file can have."""
    os.mkfifo(tmp_path / "pipe")
    for name, told in [
        ("none.jsonl", "does not exist"),
        ("", "is no file"),
        ("pipe", "is no file"),
        ("a" * 300, "cannot be read: File name too long"),
    ]:
        with pytest.raises(ConfigError, match=f"{told}; check the path"):
            logs.read([tmp_path / name])


TOGETHER = [
    GOOD,
    line(tags=["a"], feature_flags={"b": 1}),
    line(query_preview='say "a": [{"schema_version"},\n{}'),
    line(query_preview="a : b"),
    line(latency_ms=10**30, unit_prices={"input": 1.0}),
]


@pytest.mark.parametrize("end", [b"\n", b""], ids=["whole", "open"])
@pytest.mark.parametrize("good", TOGETHER, ids=range(len(TOGETHER)))
def test_lines_are_read_together_as_they_are_by_themselves(
    tmp_path: Path, good: bytes, end: bytes
) -> None:
    """A block that is parsed at once gives the events of its lines, in their order."""
    path = written(tmp_path, *[good, GOOD] * 3, end=end)
    each = [logs.event_of(one, ended=True) for one in path.read_bytes().rstrip().split(b"\n")]
    assert list(logs.each(path)) == each
    assert not any(isinstance(event, str) for event in each)


# Pieces that are no events by themselves, and records of their own once a comma joins them.
FRAGMENTS = [
    GOOD[:-1] + b',"x":[{"a":1}',
    b"{}]}",
    GOOD[:-1] + b',"x":[{}',
    GOOD[:-1] + b"}]}",
    GOOD[:-1] + b',"tags":[{}',
    b"{}]}," + GOOD,
    GOOD + b"," + GOOD,
    b"[" + GOOD,
    GOOD + b"]",
    b"1," + GOOD,
    b"{" + GOOD,
    b'{"a":' + GOOD + b"}",
    GOOD.replace(b":", b" :").replace(b"812.4", b'1,"latency_ms" :2'),
    GOOD.replace(b":", b"\t:").replace(b"812.4", b'1,"latency_ms"\t:2'),
    GOOD.replace(b"812.4", b'1,"latency_ms":2'),
    GOOD.replace(b'"m"', b'"a}'),
    b'{b"}',
    b"",
]


@given(st.lists(st.sampled_from([GOOD, *FRAGMENTS]), min_size=1, max_size=6))
def test_pieces_make_no_event_that_none_of_them_is(pieces: list[bytes]) -> None:
    """Damage of one line is not mended by that of another."""
    block = b"".join(piece + b"\n" for piece in pieces)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "events.jsonl"
        path.write_bytes(block)
        assert list(logs.each(path)) == [logs.event_of(piece, ended=True) for piece in pieces]
