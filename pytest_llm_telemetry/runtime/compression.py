"""gzip of closed log files: whole or not at all, whenever the process dies."""

from __future__ import annotations

import gzip
import os
import shutil
from fcntl import LOCK_EX, LOCK_NB, flock

from pytest_llm_telemetry.runtime.opening import names

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import BinaryIO

_CHUNK = 1 << 20


def compress(name: str) -> bool:
    """Replace a closed file by `name.gz`; false while a process has it open or replaces it.

    The compressed file gets its name when it is complete and on disk, and only then the plain one
    goes: a kill leaves a `.tmp` that the next round writes anew, or both files, of which the next
    round deletes the plain one.

    Raises:
        OSError: If a file cannot be read or written.
    """
    source = os.open(name, os.O_RDONLY | os.O_NOFOLLOW)
    with open(source, "rb") as plain:
        try:
            flock(source, LOCK_EX | LOCK_NB)
        except BlockingIOError:
            return False
        if not names(name, source):  # erased lines must not come back
            return False
        done = name + ".gz"
        if not os.path.lexists(done):
            about = os.fstat(source)
            _write(plain, done + ".tmp")
            os.utime(done + ".tmp", ns=(about.st_atime_ns, about.st_mtime_ns))
            os.rename(done + ".tmp", done)
        os.unlink(name)
    return True


def _write(plain: BinaryIO, name: str) -> None:
    flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW
    with open(os.open(name, flags, 0o600), "wb") as target:
        with gzip.GzipFile(fileobj=target, mode="wb", filename="") as packed:
            shutil.copyfileobj(plain, packed, _CHUNK)
        target.flush()
        os.fsync(target.fileno())
