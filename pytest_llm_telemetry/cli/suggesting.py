"""`llm-telemetry thresholds suggest`: limits from the history of accepted runs."""

import argparse
from typing import Any

from pytest_llm_telemetry.cli.accepting import chosen
from pytest_llm_telemetry.cli.project import Project, say
from pytest_llm_telemetry.core.errors import ConfigError
from pytest_llm_telemetry.core.gate import Suggestion, suggest
from pytest_llm_telemetry.core.gate.wording import count
from pytest_llm_telemetry.core.text import clean


def declare(commands: Any, shared: argparse.ArgumentParser) -> None:
    """Add the command to the parser."""
    parser = commands.add_parser("thresholds", help="suggest", description=__doc__)
    below = parser.add_subparsers(required=True, metavar="ACTION")
    sub = below.add_parser(
        "suggest", parents=[shared], help="limits from accepted runs", description=__doc__
    )
    sub.add_argument("--suite", metavar="NAME", help="only this suite")
    sub.add_argument(
        "--false-alarm",
        type=float,
        default=0.01,
        metavar="P",
        help="the share of sound runs that may break a limit by chance (0.01)",
    )
    sub.set_defaults(command=thresholds)


def thresholds(arguments: argparse.Namespace) -> int:
    """Print the proposed limits as the part of a thresholds file."""
    if not 0.0 < arguments.false_alarm < 0.5:  # noqa: PLR2004 - beyond it a limit warns of nothing
        raise ConfigError(
            f"--false-alarm is {arguments.false_alarm}", remedy="give a share such as 0.01"
        )
    for baseline in chosen(Project.of(arguments), arguments.suite):
        found = suggest(baseline.history, false_alarm=arguments.false_alarm)
        if not found:
            say(
                clean(
                    f"# {baseline.suite}: {count(len(baseline.history), 'accepted run')}, 3 are needed"
                )
            )
        for proposal in found:
            say(*_block(baseline.suite, proposal))
    return 0


def _block(suite: str, proposal: Suggestion) -> tuple[str, ...]:
    name = suite if suite.replace("-", "").replace("_", "").isalnum() and suite.isascii() else None
    key = name or '"' + clean(suite).replace("\\", "\\\\").replace('"', '\\"') + '"'
    return (
        (
            f"# {proposal.runs} accepted runs, the worst {proposal.worst:.4g}; one in "
            f"{1 / proposal.false_alarm:.0f} like them breaks it ({proposal.broken} would have)"
        ),
        f"[suites.{key}.limits.{proposal.metric}]",
        f"{proposal.bound} = {proposal.limit:.4g}",
        "",
    )
