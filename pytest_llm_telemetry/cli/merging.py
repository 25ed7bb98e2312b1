"""`llm-telemetry merge`: shards of a golden set as one run; logs and rollups of hosts as one rollup."""

import argparse
from datetime import UTC, datetime
from pathlib import Path
from secrets import token_hex
from typing import Any

from pytest_llm_telemetry.cli.project import Project, now, say
from pytest_llm_telemetry.core.text import clean
from pytest_llm_telemetry.storage import merging, runs
from pytest_llm_telemetry.storage.traffic import read_traffic, write_rollup

_BEGIN = datetime(2000, 1, 1, tzinfo=UTC)
_END = datetime(2100, 1, 1, tzinfo=UTC)


def declare(commands: Any, shared: argparse.ArgumentParser) -> None:
    """Add the command to the parser."""
    parser = commands.add_parser(
        "merge", parents=[shared], help="join shards of a run, or hosts' logs", description=__doc__
    )
    parser.add_argument(
        "run", nargs="+", help="run ids, their ends, or folders; with --out logs and rollups"
    )
    parser.add_argument(
        "--out", type=Path, metavar="FILE", help="write one rollup of logs and rollups to it"
    )
    parser.set_defaults(command=merge)


def merge(arguments: argparse.Namespace) -> int:
    """Write the joined run, and say how to judge it; or write the rollup."""
    if arguments.out is not None:
        return _roll_up([Path(place) for place in arguments.run], arguments.out)
    project = Project.of(arguments)
    folders = [runs.find_run(project.runs, wanted) for wanted in arguments.run]
    target = project.runs / runs.new_run_id(now(), token_hex(2))
    run = merging.merge(folders, target, root=project.root)
    cases = sum(len(plan.cases) for plan in run.suites.values())
    say(
        f"merged {len(folders)} runs, {cases} cases, into {target.name}",
        f"judge it: llm-telemetry gate {target.name.rpartition('-')[2]}",
    )
    return 0


def _roll_up(places: list[Path], out: Path) -> int:
    found = read_traffic(places, _BEGIN, _END)
    write_rollup(out, found)
    say(
        *map(clean, found.notes),
        f"{found.lines:,} lines of {found.files} files, {len(found.hours)} hours, into"
        f" {clean(str(out))}",
    )
    return 0
