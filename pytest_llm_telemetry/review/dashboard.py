"""Logs -> the dashboard of a window, beside the window before, and into a file where asked."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from pathlib import Path

from pytest_llm_telemetry.core.dashboard import PAST, Dashboard, compose
from pytest_llm_telemetry.core.errors import ConfigError
from pytest_llm_telemetry.core.traffic import Hour
from pytest_llm_telemetry.core.trends import Window
from pytest_llm_telemetry.reporters import prometheus
from pytest_llm_telemetry.reporters.html import dashboard_page
from pytest_llm_telemetry.storage.traffic import read_traffic
from pytest_llm_telemetry.storage.writing import write_atomically

FILES: Mapping[str, Callable[[Dashboard], str]] = {
    ".html": dashboard_page.render,
    ".prom": prometheus.render,
}


def look(logs: Sequence[Path], window: Window, now: datetime, *, by: str = "") -> Dashboard:
    """What a window of production came to.

    Args:
        logs: Files and folders.
        window: Whole hours.
        now: The time of the look.
        by: What to tell the calls apart by besides.

    Raises:
        ConfigError: If a log cannot be read.
    """
    since = window.before.since
    traffic = read_traffic(logs, since, min(now, window.until))

    def past() -> Sequence[Hour]:
        return read_traffic(logs, since - PAST, since).hours

    return compose(traffic, window, now, by=by, sources=[log.name for log in logs], past=past)


def write(board: Dashboard, path: Path) -> None:
    """Write a dashboard to a file in one step: a reader sees the old one or the new one.

    Args:
        board: What to write.
        path: Where to; its ending, one of `FILES`, says what.

    Raises:
        ConfigError: If the file cannot be written.
    """
    write_atomically(path, FILES[path.suffix](board), error=ConfigError)
