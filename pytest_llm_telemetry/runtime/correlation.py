"""Beside the standard library's `logging`: the current query in other log lines, and events there.

Imported where it is asked for only: `logging` would make a production start a third slower.
"""

from __future__ import annotations

import logging

from pytest_llm_telemetry.runtime.calls import current_call

_NAME = "pytest_llm_telemetry"
_OPENING = 200  # bytes of a line within which its level stands


class QueryIdFilter(logging.Filter):
    """Puts `query_id` on every log record that is made inside a watched call.

    Add it to a handler, and `%(query_id)s` to its format. Nothing is ever filtered out.

    Args:
        absent: What stands there outside of a call.
    """

    def __init__(self, absent: str = "-") -> None:
        super().__init__()
        self._absent = absent

    def filter(self, record: logging.LogRecord) -> bool:
        """Put the id on the record, unless somebody has."""
        if not hasattr(record, "query_id"):
            call = current_call()
            record.query_id = self._absent if call is None else call.query_id
        return True


class HandlerSink:
    """A sink that hands each event to a `logging.Handler`: syslog, journald, a queue, a vendor's.

    The record's message is the line of JSON, its level INFO or ERROR, its logger's name
    `pytest_llm_telemetry`. What the handler raises is counted by the logger that writes here.
    """

    def __init__(self, handler: logging.Handler) -> None:
        self._handler = handler

    def write(self, line: bytes) -> None:
        """Hand the line on."""
        failed = b'"level":"ERROR"' in line[:_OPENING]
        level = logging.ERROR if failed else logging.INFO
        text = line.decode("utf-8").rstrip("\n")
        self._handler.handle(logging.LogRecord(_NAME, level, "", 0, text, None, None))

    def flush(self) -> None:
        """Let the handler hand on what it holds."""
        self._handler.flush()

    def close(self) -> None:
        """The handler is its owner's to close."""
