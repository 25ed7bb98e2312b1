"""`llm-telemetry gate`: judge a stored run again, for free: recording and deciding are two steps."""

import argparse
import shutil
import sys
from typing import Any

from pytest_llm_telemetry.cli.project import Project, now, say
from pytest_llm_telemetry.core.report import Report
from pytest_llm_telemetry.reporters import terminal
from pytest_llm_telemetry.review.judging import Request, conclude
from pytest_llm_telemetry.storage import runs


def declare(commands: Any, shared: argparse.ArgumentParser) -> None:
    """Add the command to the parser."""
    parser = commands.add_parser(
        "gate", parents=[shared], help="judge a stored run again", description=__doc__
    )
    parser.add_argument("run", nargs="?", default="latest", help="run id, its end, or a folder")
    parser.add_argument(
        "--require-baseline", action="store_true", help="no baseline is exit 4, not a first run"
    )
    parser.add_argument(
        "--report", action="append", default=[], metavar="KIND[=PATH]", help="write a report"
    )
    parser.add_argument("-v", "--verbose", action="count", default=0, help="every check")
    parser.set_defaults(command=gate)


def gate(arguments: argparse.Namespace) -> int:
    """Judge the run, show the report, and return the verdict's exit status."""
    project = Project.of(arguments)
    run_dir = runs.find_run(project.runs, arguments.run)
    project = project.as_judged(run_dir)
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
    lines = terminal.render(
        report,
        width=min(shutil.get_terminal_size().columns, 100),
        ascii_only=not _can_encode("…±"),
        verbose=verbose,
    )
    say(*(line.text for line in lines))
    return report.exit_status


def _can_encode(text: str) -> bool:
    try:
        text.encode(sys.stdout.encoding or "ascii")
    except (UnicodeEncodeError, LookupError):
        return False
    return True
