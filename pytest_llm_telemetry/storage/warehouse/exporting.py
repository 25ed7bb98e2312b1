"""Events -> Parquet files by day and service, which any engine reads."""

import re
import shutil
from pathlib import Path
from typing import Any

from pytest_llm_telemetry.core.errors import ConfigError

FILES = "day=*/service=*/*.parquet"
_HOST = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9._-]{0,99}", re.ASCII)


def export(connection: Any, folder: Path, host: str) -> int:
    """Write the table `events`; the number of files. See `Warehouse.export`.

    A file gets its place when it is whole, so a reader never meets half of one.
    """
    if not _HOST.fullmatch(host):
        raise ConfigError(
            f"{host!r} cannot be in the name of a file",
            remedy="give --host a name of letters, digits, dots, dashes and underscores",
        )
    folder.mkdir(parents=True, exist_ok=True)
    unfinished = folder / f"_writing.{host}"
    shutil.rmtree(unfinished, ignore_errors=True)
    target = str(unfinished).replace("'", "''")
    connection.execute(
        "COPY (SELECT * REPLACE (nullif(service, '') AS service), "  # noqa: S608 - quoted, and a checked name
        "strftime(timestamp, '%Y-%m-%d') AS day FROM events ORDER BY timestamp) "
        f"TO '{target}' (FORMAT parquet, COMPRESSION zstd, PARTITION_BY (day, service), "
        f"FILENAME_PATTERN '{host}.{{i}}')"
    )
    written = sorted(unfinished.glob(FILES))
    replaced = {path.parent.relative_to(unfinished) for path in written}
    for partition in replaced:
        _remove(folder / partition, host)
    for path in written:
        place = folder / path.relative_to(unfinished)
        place.parent.mkdir(parents=True, exist_ok=True)
        path.replace(place)
    shutil.rmtree(unfinished, ignore_errors=True)
    return len(written)


def _remove(partition: Path, host: str) -> None:
    mine = re.compile(rf"{re.escape(host)}\.\d+\.parquet", re.ASCII)
    for path in partition.glob("*.parquet"):
        if mine.fullmatch(path.name):
            path.unlink()
