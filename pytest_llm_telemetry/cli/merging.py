"""`llm-telemetry merge`: the shards of a golden set, run on several machines, as one run."""

import argparse
from secrets import token_hex
from typing import Any

from pytest_llm_telemetry.cli.project import Project, now, say
from pytest_llm_telemetry.storage import merging, runs


def declare(commands: Any, shared: argparse.ArgumentParser) -> None:
    """Add the command to the parser."""
    parser = commands.add_parser(
        "merge", parents=[shared], help="join the shards of a run", description=__doc__
    )
    parser.add_argument("run", nargs="+", help="run ids, their ends, or folders")
    parser.set_defaults(command=merge)


def merge(arguments: argparse.Namespace) -> int:
    """Write the joined run, and say how to judge it."""
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
