"""System calls that keep the interpreter lock, for services whose threads compute.

`os.write` gives the lock away for as long as it takes. Beside a thread that computes it comes back
up to `sys.getswitchinterval()` (5 ms) later, for a write of a microsecond. These calls do not give
it away: the caller is held up by nobody, and a disk that stalls holds up every thread.

They look by Linux's `statx(2)`, and ask it for no times: whoever asks for those makes the next
write note them anew, at four times its cost (Linux 6.13 and later, ext4).
"""

from __future__ import annotations

import os

from pytest_llm_telemetry.core.errors import ConfigError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

_AT_FDCWD, _AT_SYMLINK_NOFOLLOW, _AT_EMPTY_PATH = -100, 0x100, 0x1000
_WANTED = 0x4 | 0x100 | 0x200  # STATX_NLINK, STATX_INO, STATX_SIZE
# Links, inode, size, and the device's two numbers, where a `struct statx` has them everywhere.
_TOLD = "=16xI12xQQ88xII"
_BUFFER = 256  # its bytes


class Standing:
    """What a look at a file tells, named as in `os.stat_result`."""

    __slots__ = ("st_dev", "st_ino", "st_nlink", "st_size")

    def __init__(self, links: int, inode: int, size: int, major: int, minor: int) -> None:
        self.st_nlink = links
        self.st_ino = inode
        self.st_size = size
        self.st_dev = os.makedev(major, minor)


class Holding:
    """`write`, `fstat` and `lstat` that keep the interpreter lock.

    Raises:
        ConfigError: If the system has no `statx`.
    """

    def __init__(self) -> None:
        try:
            import ctypes  # noqa: PLC0415 - by choice only: 2 ms that other starts do not pay
            import struct  # noqa: PLC0415 - ctypes has brought it

            library: Any = ctypes.PyDLL(None)
            self._write, self._statx = library.write, library.statx
        except (ImportError, OSError, TypeError, AttributeError) as error:
            raise ConfigError(
                f"hold_gil=True needs statx(2) through ctypes: {error}",
                remedy="leave it out (glibc 2.28 or musl 1.2.5 on Linux have it)",
            ) from error
        self._write.argtypes = (ctypes.c_int, ctypes.c_char_p, ctypes.c_size_t)
        self._write.restype = ctypes.c_ssize_t
        # Integers and pointers are what `statx` takes: told nothing, ctypes is twice as fast.
        self._buffer = ctypes.c_char * _BUFFER
        self._told = struct.Struct(_TOLD).unpack_from

    def write(self, descriptor: int, line: bytes) -> int:
        """As `os.write`, which is asked again where the system refuses: it knows what to raise."""
        append = self._write
        written: int = append(descriptor, line, len(line))
        return written if written >= 0 else os.write(descriptor, line)

    def fstat(self, descriptor: int) -> Standing | os.stat_result:
        """As `os.fstat`, with four fields."""
        return self._look(descriptor, b"", _AT_EMPTY_PATH) or os.fstat(descriptor)

    def lstat(self, path: str) -> Standing | os.stat_result:
        """As `os.lstat`, with four fields."""
        name = os.fsencode(path)
        return self._look(_AT_FDCWD, name, _AT_SYMLINK_NOFOLLOW) or os.lstat(path)

    def _look(self, descriptor: int, name: bytes, flags: int) -> Standing | None:
        found = self._buffer()
        if self._statx(descriptor, name, flags, _WANTED, found):
            return None
        return Standing(*self._told(found))


class Releasing:
    """The same as the interpreter has it: other threads run meanwhile."""

    write = staticmethod(os.write)
    fstat = staticmethod(os.fstat)
    lstat = staticmethod(os.lstat)
