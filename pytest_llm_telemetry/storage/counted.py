"""Log files -> hours: the pattern for lines as our logger writes them, the parser for the rest."""

from collections.abc import Iterator, Sequence
from pathlib import Path

from pytest_llm_telemetry.core.traffic.counting import WRONG, Counting
from pytest_llm_telemetry.core.traffic.rows import OTHER, Row, is_time, row_of, rows_of
from pytest_llm_telemetry.storage import logs

_NOTHING = Row(*[""] * len(Row._fields))

Rows = Sequence[tuple[str, ...]]


def count(path: Path, into: Counting, span: slice = slice(0, None)) -> None:
    """Count the lines of a file, or of some bytes of it.

    Raises:
        ConfigError: If it cannot be read.
    """
    for rows in read_rows(path, span):
        into.add(rows)


def read_rows(path: Path, span: slice = slice(0, None)) -> Iterator[Rows]:
    """A row for each line of a file; of no kind, with the reason as `other`, where it is no event.

    Raises:
        ConfigError: If it cannot be read.
    """
    for block, ended in logs.blocks(path, span):
        if block is None or not ended:
            yield [_row(block, ended=False)]
        else:
            yield _fast(block) or [_row(line, ended=True) for line in block.split(b"\n")[:-1]]


def _fast(block: bytes) -> Rows | None:
    """The rows of a block by the pattern, where it can be used for all of it."""
    if len(block) > logs.MAX_LINE:
        return None
    try:
        rows = rows_of(block.decode())
    except UnicodeDecodeError:
        return None
    if rows is None or all(row[0] for row in rows):
        return rows
    return [row if row[0] else _row(row[OTHER].encode(), ended=True) for row in rows]


def _row(line: bytes | None, *, ended: bool) -> Row:
    event = logs.event_of(line, ended=ended)
    if isinstance(event, str):
        return _NOTHING._replace(other=event)
    return row_of(event) if is_time(event.timestamp) else _NOTHING._replace(other=WRONG)
