"""`llm-telemetry dashboard`: how is production doing, against the window before?"""

import argparse
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from pytest_llm_telemetry.cli import screen
from pytest_llm_telemetry.cli.project import Project
from pytest_llm_telemetry.cli.windows import add_window, window
from pytest_llm_telemetry.core.dashboard import Dashboard
from pytest_llm_telemetry.core.traffic import DIMENSIONS
from pytest_llm_telemetry.reporters import dashboard_terminal
from pytest_llm_telemetry.reporters.layout import Line
from pytest_llm_telemetry.review.dashboard import look

_HOURS = 24
_EVERY_S = 10.0


def declare(commands: Any, shared: argparse.ArgumentParser) -> None:
    """Add the command to the parser."""
    parser = commands.add_parser(
        "dashboard", parents=[shared], help="how production is doing", description=__doc__
    )
    parser.add_argument(
        "logs", nargs="*", type=Path, metavar="LOG", help="log files or folders (logs)"
    )
    add_window(parser, _HOURS)
    parser.add_argument("--by", choices=DIMENSIONS, default="", help="tell the calls apart")
    parser.add_argument(
        "--watch",
        nargs="?",
        type=float,
        const=_EVERY_S,
        metavar="SECONDS",
        help=f"redraw in place ({_EVERY_S:g})",
    )
    parser.set_defaults(command=dashboard)


def dashboard(arguments: argparse.Namespace) -> int:
    """Show how production is doing, and return 0: a dashboard judges nothing."""
    logs = Project.of(arguments).logs(arguments.logs)
    if arguments.watch is not None:
        screen.watch(lambda: _drawn(_look(arguments, logs)), max(arguments.watch, 0.1))
        return 0
    board = _look(arguments, logs)
    screen.show(_drawn(board))
    return 0


def _look(arguments: argparse.Namespace, logs: Sequence[Path]) -> Dashboard:
    now = datetime.now(UTC)
    return look(logs, window(arguments, now), now, by=arguments.by)


def _drawn(board: Dashboard) -> Sequence[Line]:
    return dashboard_terminal.render(board, width=screen.columns(), ascii_only=screen.is_plain())
