"""The kinds of report a user may ask for, each loaded when it is asked for."""

from collections.abc import Callable, Mapping
from importlib import import_module

from pytest_llm_telemetry.core.report import Report

Render = Callable[[Report], str]

# kind -> where it is written when no path is given, and the room that renders it
KINDS: Mapping[str, tuple[str, str]] = {
    "html": ("llm-report.html", "html.page"),
    "json": ("llm-report.json", "json_report"),
    "junit": ("llm-report.xml", "junit"),
    "github": ("llm-report.md", "github"),
    "gitlab": ("llm-metrics.txt", "gitlab"),
    "slack": ("llm-slack.json", "slack"),
    "email": ("llm-report.eml", "mail"),
}


def renderer(kind: str) -> Render:
    """The function that renders a kind of report.

    Raises:
        KeyError: If there is no such kind.
    """
    render: Render = import_module(f"{__package__}.{KINDS[kind][1]}").render
    return render
