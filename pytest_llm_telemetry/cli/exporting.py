"""`llm-telemetry export`: what the logs hold of a person or a window, for an auditor."""

import argparse
from pathlib import Path
from typing import Any

from pytest_llm_telemetry.cli.people import add_person, user_hash
from pytest_llm_telemetry.cli.project import Project, add_logs, say
from pytest_llm_telemetry.cli.times import moment
from pytest_llm_telemetry.core.errors import ConfigError
from pytest_llm_telemetry.core.text import clean
from pytest_llm_telemetry.review.erasing import logs_of
from pytest_llm_telemetry.review.exporting import Wish, export


def declare(commands: Any, shared: argparse.ArgumentParser) -> None:
    """Add the command to the parser."""
    parser = commands.add_parser(
        "export",
        parents=[shared],
        help="copy the events of a person or a window, with a manifest",
        description=f"{__doc__} The folder gets the lines as they stand (events.jsonl), their schema,"
        " and manifest.json: what was read and skipped, checksums, and what each field means.",
    )
    add_logs(parser)
    add_person(parser)
    parser.add_argument("--since", metavar="TIME", help="from this time on (ISO-8601)")
    parser.add_argument("--until", metavar="TIME", help="up to, not with, this time")
    parser.add_argument("--to", metavar="DIR", type=Path, required=True, help="a new folder")
    parser.set_defaults(command=export_events)


def export_events(arguments: argparse.Namespace) -> int:
    """Copy the events and say how many there are."""
    wish = Wish(
        user_hash=user_hash(arguments),
        since=moment(arguments.since, "--since") if arguments.since else None,
        until=moment(arguments.until, "--until") if arguments.until else None,
    )
    if wish == Wish():
        raise ConfigError(
            "nothing says what to export", remedy="give --user, or --since and --until"
        )
    logs = logs_of(Project.of(arguments).logs(arguments.logs))
    found = export(logs, arguments.to, wish)
    lines = sum(source.lines for source in found.sources)
    skipped = sum(source.skipped.total() for source in found.sources)
    damage = f", {skipped:,} of them unreadable" if skipped else ""
    say(
        f"{clean(str(arguments.to))}: {found.events:,} events; {lines:,} lines of"
        f" {len(found.sources)} files read{damage}"
    )
    return 0
