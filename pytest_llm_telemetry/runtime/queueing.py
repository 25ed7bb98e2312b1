"""A bounded queue before a sink, for disks that stall. An option, not the default."""

from __future__ import annotations

import atexit
import os
import time
from _queue import Empty, SimpleQueue
from _thread import allocate_lock, start_new_thread
from _weakref import ref

from pytest_llm_telemetry.core.errors import ConfigError
from pytest_llm_telemetry.runtime.guard import Guard, Losses
from pytest_llm_telemetry.runtime.sinks import sink_to

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pytest_llm_telemetry.runtime.sinks import Sink

_POLL_S = 0.002
_IDLE_S = 1.0
_BATCH = 512
_queues: set[ref[QueueSink]] = set()


class QueueSink:
    """Hands lines to another sink from a thread of its own, so the caller never waits for a disk.

    What it can lose: a process that is killed, or ends by `os._exit`, loses the lines that are
    still queued, at most `capacity`; while the queue is full new lines are dropped. All other
    ends (return, `sys.exit`, an exception) hand everything on first. Every line that is dropped,
    or that the other sink refuses, is counted in `dropped`.

    Args:
        sink: A path (a file as the logger would write it) or a sink.
        capacity: How many lines may wait.

    Raises:
        ConfigError: If the capacity is not positive, or lines cannot go there.
    """

    def __init__(self, sink: str | os.PathLike[str] | Sink, capacity: int = 10_000) -> None:
        if capacity <= 0:
            raise ConfigError(f"capacity is {capacity!r}", remedy="give the lines that may wait")
        self._sink = sink_to(sink)
        self._many = getattr(self._sink, "write_many", None)
        self._capacity = capacity
        self._losses = Losses()
        self._guard = Guard(self._losses)
        self.forked()
        _queues.add(ref(self, _queues.discard))

    @property
    def dropped(self) -> dict[str, int]:
        """Lines lost, by reason."""
        return self._losses.counts

    def forked(self) -> None:
        """In a child: what was queued is the parent's to write."""
        self._lines: SimpleQueue[bytes] = SimpleQueue()
        self._running = allocate_lock()
        self._writing = self._ended = False

    def write(self, line: bytes) -> None:
        """Queue the line, or count it as dropped where the queue is full."""
        if self._lines.qsize() >= self._capacity:
            self._losses.count("queue_full")
            return
        self._lines.put(line)
        if self._ended:
            self._empty()
        elif not self._running.locked():
            self._start()

    def _start(self) -> None:
        if not self._running.acquire(blocking=False):
            return
        try:
            start_new_thread(self._drain, ())
        except RuntimeError:  # no thread to be had: hand the lines on here
            self._running.release()
            self._empty()

    def _drain(self) -> None:
        """Hand lines on until none came for a second; then the thread ends."""
        running = self._running
        try:
            while True:
                try:
                    line = self._lines.get(timeout=_IDLE_S)
                except Empty:
                    break
                self._hand_on(line)
        finally:
            running.release()
        if self._lines.qsize():  # one came in just before the release
            self._start()

    def _hand_on(self, line: bytes) -> None:
        self._writing = True
        with self._guard:
            if self._many is None:
                self._sink.write(line)
            else:
                self._many([line], self._waiting)
        self._writing = False

    def _waiting(self) -> list[bytes]:
        """What came in meanwhile, for a sink that takes many lines at once."""
        taken: list[bytes] = []
        while len(taken) < _BATCH and self._lines.qsize():
            try:
                taken.append(self._lines.get_nowait())
            except Empty:
                break
        return taken

    def _empty(self) -> None:
        while self._lines.qsize():
            try:
                line = self._lines.get_nowait()
            except Empty:
                return
            self._hand_on(line)

    def flush(self, timeout_s: float = 10.0) -> bool:
        """Wait until all lines are handed on; false if that takes longer than `timeout_s`."""
        until = time.monotonic() + timeout_s
        while self._lines.qsize() or self._writing:
            if time.monotonic() >= until:
                return False
            time.sleep(_POLL_S)
        return True

    def end(self) -> None:
        """Hand on what waits, and from now on every line at once: the interpreter ends, and with it
        our thread, but other handlers of its end may log yet.
        """
        self.flush()
        self._ended = True

    def close(self) -> None:
        """Hand on what waits, count what cannot be handed on in time, and close the other sink."""
        if not self.flush():
            self._losses.count("not_flushed", self._lines.qsize())
            self._lines = SimpleQueue()
        self._sink.close()


def _each(method: str) -> None:
    for queue in filter(None, [held() for held in _queues]):
        getattr(queue, method)()


atexit.register(_each, "end")
if hasattr(os, "register_at_fork"):  # pragma: no branch - Windows has no fork
    os.register_at_fork(after_in_child=lambda: _each("forked"))
