"""`llm-telemetry ...`: the same record and the same gate, from a shell."""

import argparse
import sys
from collections.abc import Sequence
from importlib import import_module
from pathlib import Path

from pytest_llm_telemetry.cli.project import complain
from pytest_llm_telemetry.core.errors import TelemetryError
from pytest_llm_telemetry.core.verdict import EXIT_STATUS

# Command -> the room that declares it. Only the room of the command that is run is imported: all
# of them together take half a second, which an alert check from cron would pay each minute.
ROOMS = {
    "init": "setting_up",
    "gate": "gating",
    "compare": "comparing",
    "dashboard": "dashboard",
    "baseline": "accepting",
    "thresholds": "suggesting",
    "merge": "merging",
    "validate": "validating",
    "schema": "validating",
    "comment": "commenting",
    "alert": "alerting",
    "review": "reviewing",
    "purge": "purging",
    "export": "exporting",
    "query": "querying",
}
_EPILOG = "exit status: 0 pass, 1 quality breach, 2 usage, 3 budget exceeded, 4 cannot judge"


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command and return its exit status; what is wrong is one line on stderr."""
    words = sys.argv[1:] if argv is None else list(argv)
    arguments = _parser(words[0] if words else "").parse_args(words)
    try:
        return int(arguments.command(arguments))
    except TelemetryError as error:
        complain(error)
        return EXIT_STATUS["error"]


def _parser(command: str) -> argparse.ArgumentParser:
    """The parser of one command, or of all where none of them is named first."""
    parser = argparse.ArgumentParser(
        prog="llm-telemetry",
        description="One record from production to CI: judge, accept and look at LLM quality.",
        epilog=_EPILOG,
    )
    shared = argparse.ArgumentParser(add_help=False)
    shared.add_argument(
        "--root", type=Path, metavar="DIR", help="project folder (where the runs are)"
    )
    shared.add_argument(
        "--run-dir", type=Path, metavar="DIR", help="stored runs (.llm-telemetry/runs)"
    )
    shared.add_argument("--baseline", type=Path, metavar="PATH", help="baselines (baselines/)")
    shared.add_argument(
        "--thresholds", type=Path, metavar="PATH", help="thresholds (llm-telemetry.toml or .json)"
    )
    commands = parser.add_subparsers(title="commands", required=True, metavar="COMMAND")
    for room in [ROOMS[command]] if command in ROOMS else dict.fromkeys(ROOMS.values()):
        import_module(f"{__name__}.{room}").declare(commands, shared)
    return parser
