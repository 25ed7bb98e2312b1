"""Where lines go. A sink takes one whole line of bytes and may raise OSError; loggers count it."""

from __future__ import annotations

import os

from pytest_llm_telemetry.core.errors import ConfigError
from pytest_llm_telemetry.runtime.files import FileSink
from pytest_llm_telemetry.runtime.rotation import Rotation

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, BinaryIO, Protocol

    class Sink(Protocol):
        """Takes whole lines, from any thread."""

        def write(self, line: bytes) -> None:
            """Keep one line. Raises OSError where it cannot."""

        def close(self) -> None:
            """Let go of what is held. May be called twice."""


__all__ = ["FileSink", "MemorySink", "StreamSink", "sink_to"]


def sink_to(destination: str | os.PathLike[str] | Sink) -> Sink:
    """The sink, or for a path the file that a logger writes: `FileSink` with `Rotation()`.

    Raises:
        ConfigError: If it is neither.
    """
    if isinstance(destination, (str, os.PathLike)):
        return FileSink(destination, rotation=Rotation())
    if not callable(getattr(destination, "write", None)):
        raise ConfigError(f"{destination!r} takes no lines", remedy="give a path or a sink")
    return destination


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
