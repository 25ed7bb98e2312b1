"""`llm-telemetry gate`: judge a stored run again, for free: recording and deciding are two steps."""

import argparse
from typing import Any

from pytest_llm_telemetry.cli import screen
from pytest_llm_telemetry.cli.project import Project, now
from pytest_llm_telemetry.core.report import Report
from pytest_llm_telemetry.reporters import terminal
from pytest_llm_telemetry.reporters.kinds import KINDS
from pytest_llm_telemetry.review.judging import Request, conclude

RUN = "run id, its end, or a folder (latest)"


def declare(commands: Any, shared: argparse.ArgumentParser) -> None:
    """Add the command to the parser."""
    parser = commands.add_parser(
        "gate", parents=[shared], help="judge a stored run again", description=__doc__
    )
    parser.add_argument("run", nargs="?", default="latest", help=RUN)
    parser.add_argument(
        "--require-baseline", action="store_true", help="no baseline is exit 4, not a first run"
    )
    parser.add_argument(
        "--report",
        action="append",
        default=[],
        metavar="KIND[=PATH]",
        help=f"write a report: {', '.join(KINDS)}",
    )
    parser.add_argument("-v", "--verbose", action="count", default=0, help="every check")
    parser.set_defaults(command=gate)


def gate(arguments: argparse.Namespace) -> int:
    """Judge the run, show the report, and return the verdict's exit status."""
    project, run_dir = Project.of(arguments).as_judged(arguments.run)
    request = Request(
        settings=project.settings(),
        baselines=project.baselines,
        root=project.root,
        now=now(),
        require_baseline=arguments.require_baseline,
        reports=arguments.report,
    )
    return show(conclude(run_dir, request), arguments.verbose)


def show(report: Report, verbose: int) -> int:
    """Print a report, and return its exit status."""
    screen.show(
        terminal.render(
            report, width=screen.columns(), ascii_only=screen.is_plain(), verbose=verbose
        )
    )
    return report.exit_status
