"""Lines -> rows: by the pattern for lines as our logger writes them, by the parser for the rest."""

from pytest_llm_telemetry.core.traffic.counting import WRONG
from pytest_llm_telemetry.core.traffic.rows import (
    Reader,
    Row,
    Rows,
    is_time,
    row_of,
)
from pytest_llm_telemetry.storage import logs

_NOTHING = Row(*[""] * len(Row._fields))


def rows_in(block: bytes | None, reader: Reader, *, ended: bool) -> Rows:
    """A row for each line of a block of `logs.blocks`.

    It is of no kind, with the reason as `other`, where a line is no event.
    """
    if block is None or not ended:
        return Rows.of([_row(block, ended=False)])
    return _fast(block, reader) or Rows.of(
        [_row(line, ended=True) for line in block.split(b"\n")[:-1]]
    )


def _fast(block: bytes, reader: Reader) -> Rows | None:
    """The rows of a block by the pattern, where it can be used for all of it."""
    if len(block) > logs.MAX_LINE:
        return None
    try:
        rows = reader.rows_of(block)
    except UnicodeDecodeError:
        return None
    if rows is None or not rows.lost:
        return rows
    return rows.mended(lambda line: _row(line.encode(), ended=True))


def _row(line: bytes | None, *, ended: bool) -> Row:
    event = logs.event_of(line, ended=ended)
    if isinstance(event, str):
        return _NOTHING._replace(other=event)
    return row_of(event) if is_time(event.timestamp) else _NOTHING._replace(other=WRONG)
