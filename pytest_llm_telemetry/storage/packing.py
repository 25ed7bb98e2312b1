"""Log files as they were before they were compressed: plain, gzip or Zstandard."""

import io
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any, BinaryIO, Protocol

from pytest_llm_telemetry.core.errors import ConfigError

GZIP, ZSTD = ".gz", ".zst"
PACKED = frozenset({GZIP, ZSTD})
FREE = 1_000_000  # bytes that any compressed file may unpack to
_HEADER = 18  # bytes at most of the header of a Zstandard frame
MAX_RATIO = 100  # logs reach 8 to 30, a bomb 1000


class Readable(Protocol):
    """What can be read from."""

    def read(self, size: int, /) -> bytes:
        """At most so many bytes; none at the end."""


class Unpacking(Protocol):
    """What unpacks a file piece by piece."""

    def read1(self, size: int, /) -> bytes:
        """At most so many bytes, as many as unpack at once; none at the end."""


def unpacked(file: BinaryIO, path: Path) -> Readable:
    """What a file holds.

    Its `read` raises `EOFError` where a compressed file breaks off, is damaged, or is a bomb.

    Raises:
        ConfigError: If it takes a package that is not installed.
    """
    if path.suffix == GZIP:
        import gzip  # noqa: PLC0415 - 1 ms, where there is such a file
        import zlib  # noqa: PLC0415 - as above

        return _Bounded(gzip.GzipFile(fileobj=file), file, (OSError, zlib.error))
    if path.suffix == ZSTD:
        opened, fault = _zstd(path)
        return _Bounded(opened(file), file, (fault,))
    return file


def buffered(file: BinaryIO, path: Path) -> BinaryIO:
    """The same, to be read line by line from where the file stands; it can only go forward.

    Raises:
        ConfigError: If it takes a package that is not installed.
    """
    return file if path.suffix not in PACKED else io.BufferedReader(_Raw(unpacked(file, path)))


class Packer(Protocol):
    """What compresses."""

    def write(self, data: bytes, /) -> int:
        """Take bytes."""

    def close(self) -> None:
        """Write what is left; the file beneath stays open."""


def packer(file: BinaryIO, path: Path) -> Packer | None:
    """What writes a file of that name compressed into `file`; None where it is a plain one.

    Raises:
        ConfigError: If it takes a package that is not installed.
    """
    if path.suffix == GZIP:
        import gzip  # noqa: PLC0415 - as above

        return gzip.GzipFile(fileobj=file, mode="wb", filename="")
    if path.suffix != ZSTD:
        return None
    try:
        found: Packer = import_module("compression.zstd").ZstdFile(file, "w")
    except ImportError:
        _zstandard(path)
        zstandard = import_module("zstandard")
        found = zstandard.ZstdCompressor().stream_writer(file, closefd=False)
    return found


class _Raw(io.RawIOBase):
    def __init__(self, inside: Readable) -> None:
        super().__init__()
        self._inside = inside

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any, /) -> int:
        chunk = self._inside.read(len(buffer))
        buffer[: len(chunk)] = chunk
        return len(chunk)


class _Bounded:
    """A compressed file that ends with an error where it unpacks to more than any log would."""

    def __init__(
        self, inside: Unpacking, outside: BinaryIO, faults: tuple[type[Exception], ...]
    ) -> None:
        self._inside = inside
        self._outside = outside
        self._faults: tuple[type[Exception], ...] = (EOFError, *faults)
        self._unpacked = 0
        self._broken = False

    def read(self, size: int, /) -> bytes:
        """What is whole before the damage comes first, the error with the next read."""
        pieces: list[bytes] = []
        while size > 0 and (piece := self._piece(size)):
            pieces.append(piece)
            size -= len(piece)
        if self._broken and not pieces:
            raise EOFError
        return b"".join(pieces)

    def _piece(self, size: int) -> bytes:
        """What unpacks at once, or nothing at the end and behind damage."""
        if self._broken:
            return b""
        try:
            piece = self._inside.read1(size)
        except self._faults:
            self._broken = True
            return b""
        self._unpacked += len(piece)
        self._broken = self._unpacked > max(FREE, MAX_RATIO * self._outside.tell())
        return piece


def _zstd(path: Path) -> tuple[Callable[[BinaryIO], Unpacking], type[Exception]]:
    """How to open a Zstandard file, and what its damage raises; Python has it from 3.14 on."""
    try:
        zstd = import_module("compression.zstd")
    except ImportError:
        return _zstandard(path)
    return zstd.ZstdFile, zstd.ZstdError


def _zstandard(path: Path) -> tuple[Callable[[BinaryIO], Unpacking], type[Exception]]:
    try:
        import zstandard  # noqa: PLC0415 - only where such a file is read
    except ImportError:
        raise ConfigError(
            "is compressed with Zstandard, which needs a package",
            where=path.as_posix(),
            remedy="pip install 'pytest-llm-telemetry[zstd]'",
        ) from None

    def opened(file: BinaryIO) -> Unpacking:
        try:
            size = zstandard.frame_content_size(file.read(_HEADER))
        except zstandard.ZstdError:
            size = -1  # reading will say what is wrong
        file.seek(0)
        inside = zstandard.ZstdDecompressor().stream_reader(file, read_across_frames=True)
        return _Whole(inside, size)

    return opened, zstandard.ZstdError


class _Whole:
    """A Zstandard file that ends with an error where it holds less than it says."""

    def __init__(self, inside: Any, size: int) -> None:
        self._inside = inside
        self._left = size  # -1: it does not say

    def read1(self, size: int, /) -> bytes:
        chunk: bytes = self._inside.read1(size)
        self._left -= len(chunk) if self._left > 0 else 0
        if not chunk and self._left > 0:
            raise EOFError
        return chunk
