"""`llm-telemetry baseline ...`: accept a run, or one case of it, and see what is accepted."""

import argparse
from typing import Any

from tabulate import tabulate

from pytest_llm_telemetry.cli.gating import RUN
from pytest_llm_telemetry.cli.project import Project, now, say
from pytest_llm_telemetry.core.baseline import Acceptance, Baseline
from pytest_llm_telemetry.core.errors import BaselineError
from pytest_llm_telemetry.core.metrics import METRICS, change, measure
from pytest_llm_telemetry.core.text import clean
from pytest_llm_telemetry.reporters import figures
from pytest_llm_telemetry.review import accepting
from pytest_llm_telemetry.storage import baselines, revision, runs
from pytest_llm_telemetry.storage.baseline_files import path_for


def declare(commands: Any, shared: argparse.ArgumentParser) -> None:
    """Add the commands to the parser."""
    parser = commands.add_parser("baseline", help="accept, show, diff, list", description=__doc__)
    below = parser.add_subparsers(required=True, metavar="ACTION")
    accept_parser = below.add_parser(
        "accept",
        parents=[shared],
        help="accept a stored run",
        description="Make a stored run, or single cases of it, what later runs are compared with.",
    )
    accept_parser.add_argument("run", nargs="?", default="latest", help=RUN)
    accept_parser.add_argument("--case", action="append", metavar="ID", help="only this case")
    accept_parser.add_argument("--suite", metavar="NAME", help="only this suite")
    accept_parser.add_argument("--why", default="", help="the reason, kept in the baseline")
    accept_parser.add_argument(
        "--per-model", action="store_true", help="as the baseline of the model that answered"
    )
    accept_parser.set_defaults(command=accept)
    for name, action, text in (
        ("show", show, "what a baseline holds and who accepted it"),
        ("diff", diff, "a stored run against the baseline, figure by figure"),
        ("list", list_all, "all baselines, one line each"),
    ):
        sub = below.add_parser(name, parents=[shared], help=text, description=f"Show {text}.")
        if name == "diff":
            sub.add_argument("run", nargs="?", default="latest", help=RUN)
        if name != "list":
            sub.add_argument("--suite", metavar="NAME", help="only this suite")
        sub.set_defaults(command=action)


def accept(arguments: argparse.Namespace) -> int:
    """Accept a stored run, whole or by case, and say which file to commit."""
    project, run_dir = Project.of(arguments).as_judged(arguments.run)
    acceptance = Acceptance(
        run_id=run_dir.name,
        at=now(),
        by=revision.person(project.root),
        why=arguments.why,
        cases=tuple(arguments.case or ()),
    )
    written = accepting.accept(
        run_dir,
        project.baselines,
        acceptance,
        suite=arguments.suite,
        per_model=arguments.per_model,
    )
    for path in written:
        what = ", ".join(acceptance.cases) or "all cases"
        say(clean(f"accepted {what} into {project.shown(path)}: commit it"))
    return 0


def show(arguments: argparse.Namespace) -> int:
    """Print the figures of each baseline and the decisions behind it."""
    for baseline in chosen(Project.of(arguments), arguments.suite):
        measured, _ = measure(baseline.cases.values())
        rows = [
            (METRICS[name].label, figures.value(name, value))
            for name, value in measured.items()
            if value is not None
        ]
        say(clean(f"{baseline.suite}: {len(baseline.cases)} cases x {baseline.repeats}"))
        say(tabulate(rows, tablefmt="plain", disable_numparse=True))
        for decision in baseline.accepted:
            cases = ", ".join(decision.cases) or "all cases"
            say(clean(f"{decision.at}  {decision.by}  {cases}  {decision.why}"))
        say("")
    return 0


def diff(arguments: argparse.Namespace) -> int:
    """Print each figure of a stored run beside the baseline's. Shows, never judges."""
    project, run_dir = Project.of(arguments).as_judged(arguments.run)
    for suite, summary in runs.summaries(run_dir).items():
        if arguments.suite not in (None, suite):
            continue
        baseline = accepting.find_baseline(project.baselines, suite, summary.models)
        if baseline is None:
            say(clean(f"{suite}: no baseline yet"))
            continue
        before, _ = measure(baseline.cases.values())
        rows = [
            (
                METRICS[name].label,
                figures.value(name, before.get(name)),
                figures.value(name, now_value),
                figures.change(name, change(METRICS[name], before.get(name), now_value)),
            )
            for name, now_value in summary.metrics.items()
            if (before.get(name), now_value) != (None, None)
        ]
        say(clean(f"{suite}: {run_dir.name} against the baseline"))
        say(tabulate(rows, headers=("metric", "baseline", "now", "change"), disable_numparse=True))
        gone = sorted(baseline.cases.keys() - {case.case_id for case in summary.cases})
        new = sorted({case.case_id for case in summary.cases} - baseline.cases.keys())
        say(*(clean(f"gone: {case}") for case in gone), *(clean(f"new: {case}") for case in new))
    return 0


def list_all(arguments: argparse.Namespace) -> int:
    """Print one line a baseline: suite, cases, last decision."""
    project = Project.of(arguments)
    for baseline in chosen(project, None):
        last = baseline.accepted[-1] if baseline.accepted else None
        by = f"accepted {last.at} by {last.by}" if last else "never accepted"
        say(clean(f"{baseline.suite}: {len(baseline.cases)} cases, {by}"))
    return 0


def chosen(project: Project, suite: str | None) -> list[Baseline]:
    """The baselines of a project, or of one suite.

    Raises:
        BaselineError: If there is none, or one cannot be used.
    """
    paths = (
        [project.baselines]
        if project.baselines.is_file()
        else sorted(project.baselines.glob("*.json"))
        if suite is None
        else [path_for(project.baselines, suite)]
    )
    if not paths or not paths[0].is_file():
        raise BaselineError(
            "no baseline" if suite is None else f"no baseline of suite {suite!r}",
            where=str(project.baselines),
            remedy="accept a run first: llm-telemetry baseline accept",
        )
    return [baselines.read(path) for path in paths]
