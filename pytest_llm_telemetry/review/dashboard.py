"""Logs -> the dashboard of a window, beside the window before."""

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from pytest_llm_telemetry.core.dashboard import Dashboard, compose
from pytest_llm_telemetry.core.trends import Window
from pytest_llm_telemetry.storage.traffic import read_traffic


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
    traffic = read_traffic(logs, window.before.since, min(now, window.until))
    return compose(traffic, window, now, by=by, sources=[log.name for log in logs])
