"""`llm-telemetry ...`: the same record and the same gate, from a shell."""

import argparse
import io
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
    sys.stdout = sys.stdout or io.StringIO()  # closed (`>&-`): nobody listens
    words = sys.argv[1:] if argv is None else list(argv)
    arguments = _parser(words[0] if words else "").parse_args(words)
    try:
        return int(arguments.command(arguments))
    except TelemetryError as error:
        complain(error)
    except OSError as fault:  # the output's disk is full, a folder is not ours, ...
        complain(f"{fault.filename or 'the output'} cannot be written or read: {fault.strerror}")
        sys.stdout = None  # it would fail again when Python ends
    return EXIT_STATUS["error"]


def _parser(command: str) -> argparse.ArgumentParser:
    """The parser of one command, or of all where none of them is named first."""
    parser = argparse.ArgumentParser(
        prog="llm-telemetry",
        description="One record from production to CI: judge, accept and look at LLM quality.",
        epilog=_EPILOG,
    )
    shared = argparse.ArgumentParser(add_help=False)
    places = shared.add_argument_group("where the project's files are")
    for option, metavar, standard in (
        ("--root", "DIR", "the project's folder (the nearest one with stored runs)"),
        ("--run-dir", "DIR", "stored runs (.llm-telemetry/runs)"),
        ("--baseline", "PATH", "baselines (baselines/)"),
        ("--thresholds", "PATH", "thresholds (llm-telemetry.toml or .json)"),
    ):
        places.add_argument(option, type=Path, metavar=metavar, help=standard)
    commands = parser.add_subparsers(title="commands", required=True, metavar="COMMAND")
    if command in ROOMS:
        rooms = [ROOMS[command]]
    else:
        rooms = [*dict.fromkeys(ROOMS.values())]
        parser.add_argument("--version", action="version", version=_version(), help="print it")
    for room in rooms:
        import_module(f"{__name__}.{room}").declare(commands, shared)
    return parser


def _version() -> str:
    from importlib.metadata import version  # noqa: PLC0415 - 20 ms, for the one who asks

    return f"pytest-llm-telemetry {version('pytest-llm-telemetry')}"
