"""The logger beside `logging`, and in an image that holds nothing but our package."""

import json
import logging
import shutil
import subprocess
import sys
from io import StringIO
from pathlib import Path

import pytest

from pytest_llm_telemetry import HandlerSink, QueryIdFilter, TelemetryLogger

PACKAGE = Path(__file__).parents[2] / "pytest_llm_telemetry"


def test_other_log_lines_name_the_query() -> None:
    """Inside a call `%(query_id)s` is its id, outside a dash, and what is there is left alone."""
    stream = StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(logging.Formatter("%(query_id)s %(message)s"))
    handler.addFilter(QueryIdFilter())
    logger = logging.getLogger("tests.correlation")
    logger.propagate = False
    logger.handlers = [handler]
    with TelemetryLogger().observe("hello") as call:
        logger.warning("inside")
        logger.warning("told", extra={"query_id": "mine"})
    logger.warning("outside")
    assert stream.getvalue().splitlines() == [f"{call.query_id} inside", "mine told", "- outside"]


def test_events_go_to_a_handler_of_logging() -> None:
    """Each event is a record: its message the line, its level that of the event."""
    records: list[logging.LogRecord] = []

    class Keeping(logging.Handler):
        flushed = 0

        def emit(self, record: logging.LogRecord) -> None:
            records.append(record)

        def flush(self) -> None:
            self.flushed += 1

    handler = Keeping()
    telemetry = TelemetryLogger(HandlerSink(handler))
    with pytest.raises(ZeroDivisionError), telemetry.observe("hello"):
        _ = 1 / 0
    telemetry.flush()
    telemetry.close()
    assert [record.levelname for record in records] == ["INFO", "ERROR"]
    assert json.loads(records[1].getMessage())["error_type"] == "ZeroDivisionError"
    assert handler.flushed >= 1


def test_a_bare_image_without_pytest_runs_the_logger(tmp_path: Path) -> None:
    """With our package's folder alone on the path, and no site-packages, calls are written."""
    shutil.copytree(
        PACKAGE,
        tmp_path / "lib" / PACKAGE.name,
        ignore=shutil.ignore_patterns("__pycache__", "plugin", "loopback", "reporters"),
    )
    code = f"""
import sys
sys.path.insert(0, {str(tmp_path / "lib")!r})
for name in ("pytest", "pluggy", "requests", "jsonschema", "tabulate"):
    try:
        __import__(name)
    except ImportError:
        continue
    sys.exit(name + " is here")
from pytest_llm_telemetry import FileSink, QueueSink, Rotation, TelemetryLogger
telemetry = TelemetryLogger({str(tmp_path / "llm.jsonl")!r}, service="bare")
@telemetry.wrap
def answer(question):
    usage = {{"prompt_tokens": 3, "completion_tokens": 2, "total_tokens": 5}}
    choice = {{"index": 0, "finish_reason": "stop", "message": {{"content": "yes"}}}}
    return {{"object": "chat.completion", "model": "m", "choices": [choice], "usage": usage}}
answer("hello")
telemetry.close()
"""
    command = [sys.executable, "-I", "-S", "-c", code]
    told = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    assert (told.returncode, told.stderr) == (0, "")
    events = [json.loads(line) for line in (tmp_path / "llm.jsonl").read_bytes().splitlines()]
    assert [event["event"] for event in events] == ["query_start", "query_success"]
    assert events[1]["input_tokens"] == 3
