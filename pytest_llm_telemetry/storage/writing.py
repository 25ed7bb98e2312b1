"""Writing a file so that a reader sees the old one or the new one, never a part."""

import os
from pathlib import Path

from pytest_llm_telemetry.core.errors import TelemetryError


def write_atomically(path: Path, text: str, *, error: type[TelemetryError]) -> None:
    """Write `text` as UTF-8 beside `path`, then put it in its place; the folder is made.

    A link at `path` is replaced, not followed.

    Raises:
        TelemetryError: Of the type `error`, if the folder or file cannot be written.
    """
    temporary = path.with_name(f".{path.name[:60]}.{os.urandom(6).hex()}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            with temporary.open("x", encoding="utf-8", errors="replace", newline="\n") as file:
                file.write(text)
                file.flush()
                os.fsync(file.fileno())
            temporary.replace(path)
        finally:
            temporary.unlink(missing_ok=True)
    except OSError as fault:
        raise error(
            f"cannot be written: {fault.strerror}",
            where=path.as_posix(),
            remedy="check the folder's permissions and the disk",
        ) from None
