"""While a run runs: each case's figures with `-v`, and how it is going at the edge of the screen.

Only a terminal that a person looks at gets the second; a log has no use for it. Pytest itself writes
there when a line of dots is full, which takes minutes where cases take seconds: between, we do.
"""

import os
import time
from typing import Any

import pytest

from pytest_llm_telemetry.plugin.junit import found_in
from pytest_llm_telemetry.reporters import figures

_REDRAWN_S = 0.1
_KEEP, _BACK, _TO_THE_END = "\x1b7", "\x1b8", "\x1b[K"  # the cursor; erase
_WORDS = {"passed": ("PASSED", "green"), "failed": ("FAILED", "red")}


class Progress:
    """What is known so far, in the process that displays it on a terminal."""

    def __init__(self, config: pytest.Config) -> None:
        self._config = config
        self._began = time.monotonic()
        self._done = 0
        self._passed = 0
        self._judged = 0
        self._cost_usd = 0.0
        self._planned = 0
        self._told: Any = None  # pytest's own per cent
        self._drawn = 0.0

    @pytest.hookimpl(trylast=True)
    def pytest_sessionstart(self) -> None:
        """Stand beside pytest's own per cent, where a person sees it."""
        terminal: Any = self._config.pluginmanager.get_plugin("terminalreporter")
        told = getattr(terminal, "_get_progress_information_message", None)
        if told is None or not terminal.isatty or self._config.get_verbosity() < 0:
            self._config.pluginmanager.unregister(self)
            return

        def message() -> str:
            return self._beside(told())

        terminal._get_progress_information_message = message  # noqa: SLF001 - pytest has no public way to that place
        moves = os.name == "posix" and os.environ.get("TERM", "dumb") != "dumb"
        if moves and self._config.get_verbosity() == 0:
            self._told = message

    def pytest_collection_finish(self, session: pytest.Session) -> None:
        """Learn how much there is to do."""
        self._planned = max(self._planned, len(session.items))

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Count a case that is done."""
        found = found_in(report) if report.when == "call" else {}
        if not found:
            return
        self._done += 1
        self._judged += "passed" in found
        self._passed += found.get("passed") is True
        self._cost_usd += found.get("cost_usd") or 0.0

    @pytest.hookimpl(trylast=True)
    def pytest_runtest_logfinish(self) -> None:
        """Say how it is going behind the dots, and leave the cursor where the next one belongs."""
        now = time.monotonic()
        if self._told is None or not self._done or now - self._drawn < _REDRAWN_S:
            return
        self._drawn = now
        writer = self._config.get_terminal_writer()
        message = self._told().strip()
        column = writer.fullwidth - len(message)
        if 0 < writer.width_of_current_line < column - 1:
            shown = f"{_KEEP}{_TO_THE_END}\x1b[{column}G{message}{_BACK}"
            writer._file.write(shown)  # noqa: SLF001 - what goes through `write` counts as written in the line
            writer.flush()

    def _beside(self, message: str) -> str:
        """Pytest's own message, and before its bracket closes what a person wants to know."""
        if not self._done or not message.endswith("]"):
            return message
        parts = [f"{self._done}/{self._planned}"]
        if self._judged:
            parts.append(f"{100 * self._passed / self._judged:.0f} % pass")
        if self._cost_usd:
            parts.append(figures.value("total_cost_usd", self._cost_usd))
        left = self._planned - self._done
        if left > 0:
            seconds = (time.monotonic() - self._began) / self._done * left
            parts.append(f"{figures.duration(seconds)} left")
        return f"{message[:-1]}, {', '.join(parts)}]"


class CaseLines:
    """With `-v`: what a case's line says."""

    def pytest_report_teststatus(
        self, report: pytest.CollectReport | pytest.TestReport
    ) -> tuple[str, str, tuple[str, dict[str, bool]]] | None:
        """The word, and beside it the case's score, latency and cost."""
        if not isinstance(report, pytest.TestReport) or report.when != "call":
            return None
        found = found_in(report)
        if not found or report.outcome not in _WORDS or hasattr(report, "wasxfail"):
            return None
        word, colour = _WORDS[report.outcome]
        parts = [
            f"score {found['score']:.2f}" if "score" in found else "",
            figures.value("avg_latency_ms", found["latency_ms"]) if "latency_ms" in found else "",
            figures.value("total_cost_usd", found["cost_usd"]) if "cost_usd" in found else "",
        ]
        told = ", ".join(part for part in parts if part)
        letter = "." if report.outcome == "passed" else "F"
        return report.outcome, letter, (f"{word} {told}".strip(), {colour: True})
