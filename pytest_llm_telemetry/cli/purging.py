"""`llm-telemetry purge`: delete old log files by hand, or all that is held of one person."""

import argparse
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from pytest_llm_telemetry.cli.people import add_person, user_hash
from pytest_llm_telemetry.cli.project import Project, add_logs, complain, say
from pytest_llm_telemetry.core.errors import ConfigError
from pytest_llm_telemetry.core.text import clean
from pytest_llm_telemetry.core.verdict import EXIT_STATUS
from pytest_llm_telemetry.review.erasing import Alerts, Erased, erase, logs_of
from pytest_llm_telemetry.runtime.rotation import purge as purge_log
from pytest_llm_telemetry.storage import alert_state

_DAYS = {"h": 1 / 24, "d": 1.0, "w": 7.0}
_BYTES = {"": 1.0, "k": 1e3, "M": 1e6, "G": 1e9, "T": 1e12}


def declare(commands: Any, shared: argparse.ArgumentParser) -> None:
    """Add the command to the parser."""
    parser = commands.add_parser(
        "purge",
        parents=[shared],
        help="delete old log files, or all lines of one person",
        description=f"{__doc__} By age and size rotated files go (llm.2026-11-23.0001.jsonl.gz beside"
        " llm.jsonl), never the log itself. A person's lines go from all of them.",
    )
    add_logs(parser)
    parser.add_argument("--older-than", metavar="AGE", help="delete files older than 30d, 12h, 4w")
    parser.add_argument("--max-bytes", metavar="SIZE", help="then the oldest above 500M, 2G in all")
    add_person(parser)
    parser.add_argument("--dry-run", action="store_true", help="say what would go, delete nothing")
    parser.set_defaults(command=purge)


def purge(arguments: argparse.Namespace) -> int:
    """Delete what is too old, too much or somebody's, and name it."""
    person = user_hash(arguments)
    files = (arguments.older_than, arguments.max_bytes) != (None, None)
    if files == (person is not None):
        raise ConfigError(
            "nothing says what may go" if person is None else "a person's lines go at any age",
            remedy="give --older-than or --max-bytes, or else --user",
        )
    project = Project.of(arguments)
    logs = logs_of(project.logs(arguments.logs))
    if person is None:
        return _files(logs, arguments)
    state = project.runs.parent / alert_state.STATE
    alerts = Alerts(state=state, plan=project.settings().alerts())
    return _told(erase(logs, person, dry_run=arguments.dry_run, alerts=alerts), arguments)


def _files(logs: Iterable[Path], arguments: argparse.Namespace) -> int:
    """Delete what is too old or too much, and name it."""
    age, size = arguments.older_than, arguments.max_bytes
    days = None if age is None else _amount(age, _DAYS, "--older-than")
    most = None if size is None else int(_amount(size, _BYTES, "--max-bytes"))
    verb = "would delete" if arguments.dry_run else "deleted"
    for log in logs:
        try:
            gone = purge_log(log, keep_days=days, keep_bytes=most, dry_run=arguments.dry_run)
        except OSError as error:
            raise ConfigError(
                f"a file cannot be deleted: {error.strerror}",
                where=str(error.filename),
                remedy="run it as the files' owner",
            ) from None
        say(*(f"{verb} {clean(name)}" for name in gone))
        say(f"{clean(str(log))}: {verb} {len(gone)} files")
    return 0


def _told(found: Erased, arguments: argparse.Namespace) -> int:
    """Say what went, and return 4 where something of the person is left."""
    person = user_hash(arguments)
    verb = "would delete" if arguments.dry_run else "deleted"
    say(*(f"{clean(str(path))}: {verb} {lines:,} lines" for path, lines in found.files.items()))
    say(
        f"user {person}: {verb} {found.lines:,} lines of {len(found.files)} files,"
        f" {found.read} files read"
    )
    for fault in found.faults:
        complain(fault)
    if found.left:
        say(f"{found.left:,} lines are left: run it again")
    return EXIT_STATUS["error"] if found.faults or found.left else 0


def _amount(text: str, units: dict[str, float], option: str) -> float:
    """A number with a unit, such as 30d; it is not negative."""
    unit = text[-1:] if text[-1:] in units else ""
    number = text.removesuffix(unit) if unit else text
    if unit in units and number.isascii() and number.replace(".", "", 1).isdigit():
        return float(number) * units[unit]
    known = ", ".join(f"30{name}" for name in units)
    raise ConfigError(f"{option} is {text!r}", remedy=f"give a number with a unit, such as {known}")
