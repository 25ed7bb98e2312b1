"""What the hooks of other plugins give a session, asked once where it starts."""

from __future__ import annotations

import json
from dataclasses import replace

from pytest_llm_telemetry.core.verdict import Problem
from pytest_llm_telemetry.review.judging import with_problem
from pytest_llm_telemetry.storage.graders import Graders

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Any

    import pytest

    from pytest_llm_telemetry.core.report import Report
    from pytest_llm_telemetry.runtime.sinks import Sink

_FREE_TEXT = ("query_preview", "error_message", "explanation", "answer_preview")


def graders_of(config: pytest.Config) -> Graders:
    """The built-in graders, the team's own, and what they measure with."""
    custom: dict[str, Callable[..., object]] = {}
    for graders in config.hook.pytest_llm_graders(config=config):
        custom |= graders
    embed = config.hook.pytest_llm_embedder(config=config)
    return Graders(custom, embed, config.hook.pytest_llm_judge(config=config))


def prices_of(
    config: pytest.Config, own: Mapping[str, Mapping[str, Any]]
) -> Mapping[str, Mapping[str, Any]]:
    """The prices of plugins, below the team's own."""
    found: dict[str, Mapping[str, Any]] = {}
    for prices in config.hook.pytest_llm_prices(config=config):
        found |= prices
    return found | dict(own)


def hooked(sink: Sink, config: pytest.Config) -> Sink:
    """The sink behind the hooks that look at events; itself where nobody implements one."""
    hook = config.hook
    watched = hook.pytest_llm_event.get_hookimpls() or hook.pytest_llm_redact.get_hookimpls()
    return HookedSink(sink, config) if watched else sink


class HookedSink:
    """Shows each event to the hooks before it is written."""

    def __init__(self, sink: Sink, config: pytest.Config) -> None:
        self._sink = sink
        self._hook = config.hook
        redactors = config.hook.pytest_llm_redact.get_hookimpls()
        self._redactors = [found.function for found in reversed(redactors)]

    def write(self, line: bytes) -> None:
        """Enrich, redact, and write what is left of the event."""
        event: dict[str, Any] = json.loads(line)
        self._hook.pytest_llm_event(event=event)
        for name in _FREE_TEXT:
            for redact in self._redactors if name in event else ():
                event[name] = redact(text=event[name])
        if event:
            told = json.dumps(event, ensure_ascii=False, separators=(",", ":"))
            self._sink.write(told.encode("utf-8", "backslashreplace") + b"\n")

    def close(self) -> None:
        """Close the sink behind."""
        self._sink.close()


def tell(config: pytest.Config, report: Report) -> Report:
    """Hand the report to plugins that write it, then to those that tell people.

    Returns:
        The report, with what went wrong: a problem where it was not written, as with our own
        reports, and a note where nobody was told.
    """
    try:
        config.hook.pytest_llm_report(config=config, report=report)
    except Exception as error:  # noqa: BLE001 - a stranger's fault must not hide the verdict
        what = f"pytest_llm_report: {type(error).__name__}: {error}"
        report = with_problem(report, Problem(what=what, remedy="mend the hook"))
    try:
        config.hook.pytest_llm_notify(config=config, report=report)
    except Exception as error:  # noqa: BLE001 - a stranger's message that fails is no verdict
        note = f"pytest_llm_notify: {type(error).__name__}: {error}"
        report = replace(report, notes=(*report.notes, note))
    return report
