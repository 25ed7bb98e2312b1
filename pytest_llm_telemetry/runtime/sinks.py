"""Where lines go. A sink takes one whole line of bytes and may raise OSError; loggers count it."""

from __future__ import annotations

import os

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, BinaryIO, Protocol

    class Sink(Protocol):
        """Takes whole lines, from any thread."""

        def write(self, line: bytes) -> None:
            """Keep one line. Raises OSError where it cannot."""

        def close(self) -> None:
            """Let go of what is held. May be called twice."""


_FLAGS = os.O_WRONLY | os.O_CREAT | os.O_APPEND | getattr(os, "O_CLOEXEC", 0)
_FLAGS |= getattr(os, "O_NOFOLLOW", 0)  # a planted symlink must not choose our file


class FileSink:
    """One `os.write` of one line to a file opened for appending; several processes may share it.

    Nothing is buffered: a line that was written survives the process.
    """

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self.path = os.fspath(path)
        self._descriptor = -1

    def write(self, line: bytes) -> None:
        """Append the line.

        Raises:
            OSError: If the file cannot be opened or written.
        """
        if self._descriptor < 0:
            self._open()
        written = os.write(self._descriptor, line)
        if written != len(line):
            raise OSError(28, f"{self.path}: a line was cut, the disk is full")

    def _open(self) -> None:
        folder = os.path.dirname(self.path)
        if folder:
            os.makedirs(folder, exist_ok=True)
        self._descriptor = os.open(self.path, _FLAGS, 0o600)

    def close(self) -> None:
        """Close the file; the next write opens it again."""
        descriptor, self._descriptor = self._descriptor, -1
        if descriptor >= 0:
            os.close(descriptor)


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
