"""`QueueSink`: the caller does not wait, and what is lost is counted."""

import os
import queue
import threading
from pathlib import Path

import pytest

from pytest_llm_telemetry import FileSink, MemorySink, QueueSink, StreamSink, TelemetryLogger
from pytest_llm_telemetry.core.errors import ConfigError
from pytest_llm_telemetry.runtime import queueing


class Stalled(MemorySink):
    """A disk that takes nothing until it is let go."""

    def __init__(self) -> None:
        super().__init__()
        self.go = threading.Event()
        self.closed = False

    def write(self, line: bytes) -> None:
        """Wait, then keep the line."""
        self.go.wait(10)
        if line == b"bad":
            raise OSError(28, "full")
        super().write(line)

    def close(self) -> None:
        """Remember it."""
        self.closed = True


def test_lines_are_handed_on_in_order_without_waiting() -> None:
    """A stalled disk delays nobody; let go, it gets every line in order."""
    disk = Stalled()
    sink = QueueSink(disk)
    telemetry = TelemetryLogger(sink)
    for _ in range(50):
        with telemetry.observe("q"):
            pass
    assert disk.lines == []
    disk.go.set()
    telemetry.close()
    assert len(disk.lines) == telemetry.stats()["written"] == 100
    assert disk.closed


def test_a_full_queue_drops_and_counts() -> None:
    """Above its capacity the queue drops what is new; a refusal of the disk is counted too."""
    disk = Stalled()
    sink = QueueSink(disk, capacity=3)
    for line in (b"bad", *[b"%d" % number for number in range(20)]):
        sink.write(line)
    disk.go.set()
    assert sink.flush()
    assert sink.dropped["OSError"] == 1
    assert len(disk.lines) + sink.dropped["queue_full"] == 20
    telemetry = TelemetryLogger(sink)
    assert telemetry.stats()["dropped"] == sink.dropped


def test_a_disk_that_never_comes_back_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    """Closing gives up after the time limit, and counts what was left."""
    disk = Stalled()
    sink = QueueSink(disk)
    for _ in range(5):
        sink.write(b"x")
    assert not sink.flush(timeout_s=0.05)
    monkeypatch.setattr(sink, "flush", lambda: False)
    sink.close()
    assert sink.dropped["not_flushed"] >= 4
    disk.go.set()


def test_without_a_thread_lines_are_handed_on_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where no thread can be started, such as at the interpreter's end, nothing is lost."""

    def refusing(*_: object) -> int:
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(queueing, "start_new_thread", refusing)
    disk = MemorySink()
    sink = QueueSink(disk)
    sink.write(b"x")
    sink.write(b"y")
    assert disk.lines == [b"x", b"y"]


def test_a_thread_that_finds_nothing_ends_and_another_begins(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """An idle queue holds no thread, and the next line starts one."""
    monkeypatch.setattr(queueing, "_IDLE_S", 0.01)
    disk = MemorySink()
    sink = QueueSink(disk)
    for number in range(3):
        sink.write(b"%d" % number)
        assert sink.flush()
        while sink._running.locked():
            pass
    assert disk.lines == [b"0", b"1", b"2"]


def test_a_forked_child_starts_with_an_empty_queue(tmp_path: Path) -> None:
    """A child writes its own lines once, and none of its parent's."""
    path = tmp_path / "llm.jsonl"
    sink = QueueSink(FileSink(path))
    for number in range(100):
        sink.write(b"parent %d\n" % number)
    child = os.fork()
    if not child:
        sink.write(b"child\n")
        sink.close()
        os._exit(0)
    assert os.waitpid(child, 0)[1] == 0
    sink.close()
    assert sorted(path.read_bytes().splitlines()) == sorted(
        [*(b"parent %d" % number for number in range(100)), b"child"]
    )


def test_a_queue_before_a_path_writes_that_file(tmp_path: Path) -> None:
    """A path will do as a destination, as for a logger."""
    path = tmp_path / "llm.jsonl"
    sink = QueueSink(path)
    sink.write(b"{}\n")
    sink.close()
    assert path.read_bytes() == b"{}\n"


def test_behind_its_end_a_queue_hands_on_at_once() -> None:
    """When the interpreter ends nobody waits for the queue's thread: what is written is there."""
    disk = MemorySink()
    sink = QueueSink(disk)
    sink.write(b"1")
    sink.end()
    sink.write(b"2")
    assert disk.lines == [b"1", b"2"]


def test_what_takes_no_lines_is_refused() -> None:
    """A destination that is neither path nor sink is refused where it is given, not line by line."""
    for made in (QueueSink, TelemetryLogger):
        with pytest.raises(ConfigError, match="42 takes no lines"):
            made(42)  # type: ignore[arg-type]


def test_a_queue_without_room_is_refused() -> None:
    """A capacity that is not positive is refused."""
    with pytest.raises(ConfigError, match="capacity"):
        QueueSink(MemorySink(), capacity=0)


def test_a_stream_gets_each_line_at_once(tmp_path: Path) -> None:
    """`StreamSink` writes and flushes, and leaves the stream open."""
    with (tmp_path / "out").open("wb") as stream:
        sink = StreamSink(stream)
        sink.write(b"{}\n")
        assert (tmp_path / "out").read_bytes() == b"{}\n"
        sink.close()
        assert not stream.closed
    MemorySink().close()


def test_a_line_that_comes_while_the_thread_ends_starts_another(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Between the last look and the end of the thread nothing is left lying."""
    monkeypatch.setattr(queueing, "_IDLE_S", 0.0)
    disk = MemorySink()
    sink = QueueSink(disk)
    late = [b"late"]

    class Queue(queue.SimpleQueue[bytes]):
        def get(self, block: bool = True, timeout: float | None = None) -> bytes:  # noqa: FBT001, FBT002 - the base class's own
            try:
                return super().get(block, timeout)
            except queue.Empty:
                if late:  # it comes in after the thread had given up
                    self.put(late.pop())
                raise

    sink._lines = Queue()
    sink.write(b"first")
    assert sink.flush()
    assert disk.lines == [b"first", b"late"]


def test_another_caller_may_have_taken_what_was_left(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two callers without a thread hand on the same queue, each line once."""
    monkeypatch.setattr(queueing, "start_new_thread", _refusing)
    disk = MemorySink()
    sink = QueueSink(disk)

    class Raced(queue.SimpleQueue[bytes]):
        def get_nowait(self) -> bytes:
            raise queue.Empty

    sink._lines = Raced()
    sink.write(b"x")
    sink._lines = queue.SimpleQueue()
    assert disk.lines == []


def test_a_caller_who_finds_the_thread_starting_leaves_it_to_start() -> None:
    """A queue has one thread at most."""
    sink = QueueSink(MemorySink())
    sink._running.acquire()
    sink._start()
    assert sink._running.locked()
    sink._running.release()


def _refusing(*_: object) -> int:
    raise RuntimeError("can't start new thread")
