"""Where lines go. A sink takes one whole line of bytes and may raise OSError; loggers count it."""

from __future__ import annotations

from pytest_llm_telemetry.runtime.files import FileSink

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, BinaryIO, Protocol

    class Sink(Protocol):
        """Takes whole lines, from any thread."""

        def write(self, line: bytes) -> None:
            """Keep one line. Raises OSError where it cannot."""

        def close(self) -> None:
            """Let go of what is held. May be called twice."""


__all__ = ["FileSink", "MemorySink", "StreamSink"]


class MemorySink:
    """Keeps lines in memory, for tests."""

    def __init__(self) -> None:
        self.lines: list[bytes] = []

    def write(self, line: bytes) -> None:
        """Keep the line."""
        self.lines.append(line)

    def close(self) -> None:
        """Nothing is held that would need it."""

    @property
    def events(self) -> list[dict[str, Any]]:
        """The lines, read."""
        import json  # noqa: PLC0415 - a production start does not pay for a test's sink

        return [json.loads(line) for line in self.lines]


class StreamSink:
    """Writes lines to a binary stream, such as `sys.stderr.buffer`."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream

    def write(self, line: bytes) -> None:
        """Write and flush the line."""
        self._stream.write(line)
        self._stream.flush()

    def close(self) -> None:
        """The stream is its owner's to close."""
