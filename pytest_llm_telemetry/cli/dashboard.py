"""`llm-telemetry dashboard`: how is production doing, against the window before?"""

import argparse
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from pytest_llm_telemetry.cli import screen
from pytest_llm_telemetry.cli.project import Project, add_logs, say
from pytest_llm_telemetry.cli.windows import add_window, window
from pytest_llm_telemetry.core.dashboard import Dashboard
from pytest_llm_telemetry.core.traffic import DIMENSIONS
from pytest_llm_telemetry.reporters import dashboard_json, dashboard_terminal, prometheus
from pytest_llm_telemetry.reporters.layout import Line
from pytest_llm_telemetry.review.dashboard import look, write

_HOURS = 24
_EVERY_S = 10.0
_STDOUT = Path("-")


def declare(commands: Any, shared: argparse.ArgumentParser) -> None:
    """Add the command to the parser."""
    parser = commands.add_parser(
        "dashboard",
        parents=[shared],
        help="how production is doing",
        description=f"{__doc__} docs/production.md explains each figure.",
    )
    add_logs(parser)
    add_window(parser, _HOURS)
    parser.add_argument("--by", choices=DIMENSIONS, default="", help="tell the calls apart")
    form = parser.add_mutually_exclusive_group()
    form.add_argument(
        "--watch",
        nargs="?",
        type=float,
        const=_EVERY_S,
        metavar="SECONDS",
        help=f"redraw in place ({_EVERY_S:g})",
    )
    form.add_argument("--json", action="store_true", help="print JSON (schema dashboard)")
    form.add_argument(
        "--html", type=_ending(".html"), metavar="PATH", help="write one page that needs nothing"
    )
    form.add_argument(
        "--prometheus",
        nargs="?",
        type=_ending(".prom"),
        const=_STDOUT,
        metavar="PATH",
        help="print Prometheus text, or write it for a textfile collector",
    )
    parser.set_defaults(command=dashboard)


def dashboard(arguments: argparse.Namespace) -> int:
    """Show how production is doing, and return 0: a dashboard judges nothing."""
    logs = Project.of(arguments).logs(arguments.logs)
    if arguments.watch is not None:
        screen.watch(
            lambda: _drawn(_look(arguments, logs), height=screen.rows()),
            max(arguments.watch, 0.1),
        )
    elif arguments.json:
        say(dashboard_json.render(_look(arguments, logs)).rstrip())
    elif arguments.html:
        write(_look(arguments, logs), arguments.html)
        say(f"written: {arguments.html}")
    elif arguments.prometheus == _STDOUT:
        say(prometheus.render(_look(arguments, logs, by="model")).rstrip())
    elif arguments.prometheus:
        write(_look(arguments, logs, by="model"), arguments.prometheus)
    else:
        screen.show(_drawn(_look(arguments, logs)))
    return 0


def _ending(ending: str) -> Callable[[str], Path]:
    """A path that ends so: a log that stands behind the option is not written over."""

    def path(text: str) -> Path:
        if Path(text).suffix != ending:
            raise argparse.ArgumentTypeError(f"{text!r} does not end in {ending}")
        return Path(text)

    return path


def _look(arguments: argparse.Namespace, logs: Sequence[Path], *, by: str = "") -> Dashboard:
    now = datetime.now(UTC)
    return look(logs, window(arguments, now), now, by=arguments.by or by)


def _drawn(board: Dashboard, *, height: int | None = None) -> Sequence[Line]:
    return dashboard_terminal.render(
        board, width=screen.columns(), height=height, ascii_only=screen.is_plain()
    )
