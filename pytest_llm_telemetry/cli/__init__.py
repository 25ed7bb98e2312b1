"""`llm-telemetry ...`: the same record and the same gate, from a shell."""

import argparse
from collections.abc import Sequence
from pathlib import Path

from pytest_llm_telemetry.cli import (
    accepting,
    alerting,
    commenting,
    comparing,
    dashboard,
    exporting,
    gating,
    merging,
    purging,
    querying,
    reviewing,
    setting_up,
    suggesting,
    validating,
)
from pytest_llm_telemetry.cli.project import complain
from pytest_llm_telemetry.core.errors import TelemetryError
from pytest_llm_telemetry.core.verdict import EXIT_STATUS

ROOMS = (
    setting_up,
    gating,
    comparing,
    dashboard,
    accepting,
    suggesting,
    merging,
    validating,
    commenting,
    alerting,
    reviewing,
    purging,
    exporting,
    querying,
)
_EPILOG = "exit status: 0 pass, 1 quality breach, 2 usage, 3 budget exceeded, 4 cannot judge"


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command and return its exit status; what is wrong is one line on stderr."""
    parser = _parser()
    arguments = parser.parse_args(argv)
    try:
        return int(arguments.command(arguments))
    except TelemetryError as error:
        complain(error)
        return EXIT_STATUS["error"]


def _parser() -> argparse.ArgumentParser:
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
    for room in ROOMS:
        room.declare(commands, shared)
    return parser
