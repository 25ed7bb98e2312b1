"""`llm-telemetry review`: the checklist of a day, a week or a month of production."""

import argparse
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from pytest_llm_telemetry.cli import screen
from pytest_llm_telemetry.cli.project import Project, add_logs, say
from pytest_llm_telemetry.cli.times import moment
from pytest_llm_telemetry.core.errors import ConfigError
from pytest_llm_telemetry.core.reviews import PERIODS, Review
from pytest_llm_telemetry.core.text import clean
from pytest_llm_telemetry.reporters.html import review_page
from pytest_llm_telemetry.reporters.reviews import document, markdown, terminal
from pytest_llm_telemetry.review import reviewing
from pytest_llm_telemetry.storage import alert_state
from pytest_llm_telemetry.storage.writing import write_atomically


def declare(commands: Any, shared: argparse.ArgumentParser) -> None:
    """Add the command to the parser."""
    parser = commands.add_parser(
        "review",
        parents=[shared],
        help="what changed since when, and what to do about it",
        description=f"{__doc__} It looks at whole days of UTC, up to the last midnight. Exit status: 0"
        " nothing got worse, 1 something did, 4 no calls; with --run that of the golden set.",
    )
    parser.add_argument("period", choices=PERIODS)
    add_logs(parser)
    parser.add_argument("--until", metavar="TIME", help="the days up to this time (now)")
    parser.add_argument("--markdown", type=Path, metavar="PATH", help="write it as Markdown")
    parser.add_argument("--html", type=Path, metavar="PATH", help="write it as one page")
    parser.add_argument("--json", action="store_true", help="print it as JSON")
    parser.add_argument(
        "--run", action="store_true", help="run the golden set first and open with its verdict"
    )
    parser.add_argument(
        "--pytest",
        action="append",
        default=[],
        metavar="OPTION",
        help="an option for the run, such as --pytest=--llm-repeats=3; may be repeated",
    )
    parser.set_defaults(command=review)


def review(arguments: argparse.Namespace) -> int:
    """Look back, tell it wherever it was asked for, and return its exit status."""
    project = Project.of(arguments)
    places = reviewing.Places(
        settings=project.settings(),
        logs=project.logs(arguments.logs),
        state=project.runs.parent / alert_state.STATE,
        runs=project.runs,
        baselines=project.baselines,
        root=project.root,
    )
    now = moment(arguments.until, "--until") if arguments.until else datetime.now(UTC)
    ran = reviewing.run_golden_set(places, _options(project, arguments)) if arguments.run else None
    found = reviewing.look_back(PERIODS[arguments.period], places, now)
    if ran is not None:
        found = reviewing.opened_by(found, *ran, places, now)
    _tell(found, arguments)
    return found.exit_status


def _options(project: Project, arguments: argparse.Namespace) -> list[str]:
    """The options for pytest: what was named for this command counts for the run as well."""
    named = {
        "--llm-baseline": project.named_baselines,
        "--llm-thresholds": project.named_thresholds,
    }
    return [*(f"{name}={path}" for name, path in named.items() if path), *arguments.pytest]


def _tell(found: Review, arguments: argparse.Namespace) -> None:
    if arguments.json:
        say(document.render(found).rstrip("\n"))
    else:
        screen.show(terminal.render(found, width=screen.columns(), ascii_only=screen.is_plain()))
    for path, render in (
        (arguments.markdown, markdown.render),
        (arguments.html, review_page.render),
    ):
        if path is not None:
            write_atomically(path, render(found), error=ConfigError)
            if not arguments.json:
                say(f"written: {clean(str(path))}")
