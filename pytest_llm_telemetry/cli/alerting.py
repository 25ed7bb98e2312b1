"""`llm-telemetry alert`: is production well, and who has to know if it is not?"""

import argparse
import os
import time
from pathlib import Path
from typing import Any

from pytest_llm_telemetry.cli.project import Project, add_logs, complain, say
from pytest_llm_telemetry.cli.times import moment
from pytest_llm_telemetry.core.alerts.document import seconds
from pytest_llm_telemetry.core.errors import ConfigError
from pytest_llm_telemetry.core.text import clean
from pytest_llm_telemetry.core.verdict import EXIT_STATUS
from pytest_llm_telemetry.reporters import alert_messages
from pytest_llm_telemetry.review import alerting
from pytest_llm_telemetry.storage import alert_state


def declare(commands: Any, shared: argparse.ArgumentParser) -> None:
    """Add the command to the parser."""
    parser = commands.add_parser(
        "alert",
        parents=[shared],
        help="check production, and tell who has to know",
        description=f"{__doc__} Run it from cron or a systemd timer; docs/alerts.md has the lines.",
    )
    add_logs(parser)
    parser.add_argument("--window", metavar="SPAN", help="window of rules without their own (1h)")
    parser.add_argument("--state", type=Path, metavar="FILE", help=f"(.../{alert_state.STATE})")
    parser.add_argument(
        "--at", metavar="TIME", help="as if it were then (ISO-8601); with --dry-run"
    )
    parser.add_argument("--dry-run", action="store_true", help="print; send and remember nothing")
    parser.add_argument("--test", action="store_true", help="send a test message to every channel")
    parser.set_defaults(command=alert)


def alert(arguments: argparse.Namespace) -> int:
    """Check, tell, and return 0 where nothing fires, 1 where something does, 4 for a fault."""
    project = Project.of(arguments)
    watch = watch_of(project, arguments)
    if arguments.test:
        say(f"test message sent: {', '.join(alerting.try_channels(watch, time.time()))}")
        return 0
    if arguments.at and not arguments.dry_run:
        raise ConfigError("--at looks at another time", remedy="add --dry-run")
    now = moment(arguments.at, "--at").timestamp() if arguments.at else time.time()
    found = alerting.check(watch, now, dry_run=arguments.dry_run)
    if found.busy:
        say("another check is running: nothing done")
        return 0
    say(*_lines(found))
    for fault in found.faults:
        complain(fault)
    if found.faults:
        return EXIT_STATUS["error"]
    return EXIT_STATUS["fail"] if found.firing else 0


def watch_of(project: Project, arguments: argparse.Namespace) -> alerting.Watch:
    """What the project watches, with what the command line says beside it.

    Raises:
        ConfigError: If the thresholds file or a span of time cannot be used.
    """
    window = getattr(arguments, "window", None)
    plan = project.settings().alerts(window_s=seconds(window) if window else None)
    return alerting.Watch(
        plan=plan,
        logs=project.logs(getattr(arguments, "logs", ())),
        state=getattr(arguments, "state", None) or project.runs.parent / alert_state.STATE,
        environment=os.environ,
    )


def _lines(found: alerting.Checked) -> list[str]:
    told = alert_messages.text(found.notices)
    if not found.notices:
        firing = ", ".join(key.rstrip("|") for key in found.firing)
        told = [f"still firing: {firing}" if firing else "nothing fires"]
    read = f"{found.lines:,} new lines read"
    damage = f", {found.skipped:,} of them unreadable" if found.skipped else ""
    return [*map(clean, [*told, *found.notes]), f"{read}{damage}"]
