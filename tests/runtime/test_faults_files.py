"""Faults of disks, folders and values, in this process: judged by the file that is left behind."""

import asyncio
import errno
import json
import os
import resource
import shutil
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from pytest_llm_telemetry import FileSink, QueueSink, TelemetryLogger


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "logs" / "llm.jsonl"


@pytest.fixture(params=[False, True], ids=["releasing", "holding"])
def telemetry(path: Path, request: pytest.FixtureRequest) -> Iterator[TelemetryLogger]:
    made = TelemetryLogger(FileSink(path, hold_gil=request.param), capture="full")
    yield made
    made.close()


def say(telemetry: TelemetryLogger, text: object = "hello", **fields: Any) -> str:
    with telemetry.observe(text, **fields) as call:
        pass
    return call.query_id


def ids(path: Path) -> list[str]:
    lines = path.read_bytes().splitlines(keepends=True)
    assert all(line.endswith(b"\n") for line in lines)
    return [json.loads(line)["query_id"] for line in lines]


def test_a_full_disk_costs_counted_lines_only(
    path: Path, telemetry: TelemetryLogger, monkeypatch: pytest.MonkeyPatch
) -> None:
    """While there is no space callers go on and losses are counted; with space lines come again."""

    def full(descriptor: int, line: bytes) -> int:
        raise OSError(errno.ENOSPC, "no space")

    first = say(telemetry)
    with monkeypatch.context() as patch:
        patch.setattr(telemetry._emitter.sinks[0], "_write", full)
        say(telemetry)
        say(telemetry)
    last = say(telemetry)
    assert ids(path) == [first] * 2 + [last] * 2
    assert telemetry.stats()["dropped"] == {"OSError": 4}


def test_a_log_whose_folder_cannot_be_made_is_counted(tmp_path: Path) -> None:
    """A path under a file can never be opened: the caller goes on, each line is counted."""
    (tmp_path / "file").write_text("")
    telemetry = TelemetryLogger(tmp_path / "file" / "llm.jsonl")
    say(telemetry)
    assert sum(telemetry.stats()["dropped"].values()) == 2


def test_no_free_descriptor_costs_counted_lines_only(
    path: Path, telemetry: TelemetryLogger
) -> None:
    """With every descriptor taken, an open log is written; one that must be opened is counted."""
    before = say(telemetry)
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    other = TelemetryLogger(path.parent / "other.jsonl")
    lowest = os.open(path, os.O_RDONLY)
    os.close(lowest)
    resource.setrlimit(resource.RLIMIT_NOFILE, (lowest, hard))
    try:
        during = say(telemetry)
        say(other)
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    after = say(other)
    assert ids(path) == [before] * 2 + [during] * 2
    assert ids(path.parent / "other.jsonl") == [after] * 2
    assert other.stats()["dropped"] == {"OSError": 2}
    other.close()


def test_a_clock_that_jumps_back_changes_no_latency(tmp_path: Path) -> None:
    """Times follow the wall clock, latencies a clock of their own that never jumps."""

    class Jumping:
        walls: Iterator[float] = iter((2_000_000_000.0, 1_000_000_000.0))
        stamps: Iterator[int] = iter((0, 5_000_000))

        def wall(self) -> float:
            return next(self.walls)

        def monotonic_ns(self) -> int:
            return next(self.stamps)

    path = tmp_path / "llm.jsonl"
    say(TelemetryLogger(FileSink(path), clock=Jumping()))
    start, end = [json.loads(line) for line in path.read_bytes().splitlines()]
    assert (start["timestamp"][:4], end["timestamp"][:4]) == ("2033", "2001")
    assert end["latency_ms"] == 5.0


class _Raises:
    def __init__(self, error: BaseException) -> None:
        self.error = error

    def __str__(self) -> str:
        raise self.error

    __repr__ = __str__


KNOT: list[Any] = []
KNOT.append(KNOT)
HOSTILE: dict[str, Any] = {
    "an object": object(),
    "raising": _Raises(ValueError("no")),
    "leaving": _Raises(SystemExit(3)),
    "not a number": float("nan"),
    "lone surrogate": "\ud800 and \udfff",
    "NUL and newlines": "a\x00b\nc\r\nd\u2028e",
    "bytes": b"\xff\xfe",
    "itself": KNOT,
}


@pytest.mark.parametrize("value", HOSTILE.values(), ids=HOSTILE.keys())
@pytest.mark.parametrize("place", ["query", "user_id", "session_id", "tags", "feature_flags"])
def test_a_value_that_cannot_be_told_costs_itself_only(
    path: Path, telemetry: TelemetryLogger, place: str, value: Any
) -> None:
    """Whatever a field holds, both events stand in the file, each one line of JSON."""
    fields = {place: value} if place != "query" else {}
    told = say(telemetry, value if place == "query" else "hello", **fields)
    assert ids(path) == [told] * 2
    assert b"NaN" not in path.read_bytes()


def test_a_hundred_megabytes_of_text(path: Path) -> None:
    """A huge query leaves two short lines."""
    telemetry = TelemetryLogger(path)
    told = say(telemetry, "word " * 20_000_000)
    assert ids(path) == [told] * 2
    assert path.stat().st_size < 3000
    telemetry.close()


@pytest.mark.parametrize(
    "harm",
    [
        lambda path: shutil.rmtree(path.parent),
        lambda path: path.unlink(),
        lambda path: path.rename(path.with_suffix(".1")),
        lambda path: os.truncate(path, 0),
    ],
    ids=["folder deleted", "file deleted", "logrotate", "copytruncate"],
)
def test_what_happens_to_the_file_costs_no_later_line(
    path: Path, telemetry: TelemetryLogger, harm: Callable[[Path], Any]
) -> None:
    """A folder or file that is deleted, moved or cut: every later line stands in some file."""
    say(telemetry)
    harm(path)
    later = [say(telemetry) for _ in range(3)]
    found = [told for part in path.parent.iterdir() for told in ids(part)]
    assert [found.count(told) for told in later] == [2, 2, 2]


def test_a_stalled_disk_does_not_stop_an_event_loop() -> None:
    """Behind a queue, a sink that hangs leaves the loop free; let go, it gets every line."""
    released, lines = threading.Event(), []

    class Stalled:
        def write(self, line: bytes) -> None:
            released.wait(30)
            lines.append(line)

        def close(self) -> None:
            pass

    queue = QueueSink(Stalled())
    telemetry = TelemetryLogger(queue)

    async def request() -> None:
        async with telemetry.observe("hello"):
            await asyncio.sleep(0)

    async def service() -> None:
        await asyncio.gather(*(request() for _ in range(50)))

    asyncio.run(service())
    assert lines == []
    released.set()
    assert queue.flush()
    assert len(lines) == 100


def test_a_file_of_somebody_else_is_written_all_the_same(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where the mode may not be touched, a torn line still gets its newline."""

    def refused(descriptor: int, mode: int) -> None:
        raise PermissionError(errno.EPERM, "not the owner")

    monkeypatch.setattr(os, "fchmod", refused)
    path.parent.mkdir()
    path.write_bytes(b'{"torn')
    sink = FileSink(path)
    sink.write(b"{}\n")
    sink.close()
    assert path.read_bytes() == b'{"torn\n{}\n'


def test_a_write_that_is_under_way_is_no_torn_line(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What another process finishes while its write is waited for gets no newline of ours."""
    path.parent.mkdir()
    path.write_bytes(b'{"half')
    changed = os.fchmod

    def late(descriptor: int, mode: int) -> None:
        with path.open("ab") as other:
            other.write(b'":1}\n')
        changed(descriptor, mode)

    monkeypatch.setattr(os, "fchmod", late)
    monkeypatch.setattr(time, "sleep", lambda _: None)
    sink = FileSink(path)
    sink.write(b"{}\n")
    sink.close()
    assert path.read_bytes() == b'{"half":1}\n{}\n'
