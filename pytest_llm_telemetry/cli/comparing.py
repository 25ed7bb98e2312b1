"""`llm-telemetry compare --base REV`: this version against another one, run in turns."""

import argparse
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

from pytest_llm_telemetry.cli.gating import show
from pytest_llm_telemetry.cli.project import Project, now, say
from pytest_llm_telemetry.core.errors import ConfigError
from pytest_llm_telemetry.review import comparing
from pytest_llm_telemetry.storage import runs

_SHOWN = 2_000  # characters of a run's own words, where it left no record


def declare(commands: Any, shared: argparse.ArgumentParser) -> None:
    """Add the command to the parser."""
    parser = commands.add_parser(
        "compare",
        parents=[shared],
        help="this version against another one, run in turns",
        description=f"{__doc__} The other version is checked out into a worktree of its own, and "
        "rounds alternate, so that the provider's drift falls on both.",
    )
    parser.add_argument("--base", required=True, metavar="REV", help="commit, branch or tag")
    parser.add_argument("--rounds", type=int, default=3, metavar="N", help="repeats of each (3)")
    parser.add_argument("-v", "--verbose", action="count", default=0, help="every check")
    parser.add_argument("pytest", nargs="*", metavar="-- ARG", help="more arguments for pytest")
    parser.set_defaults(command=compare)


def compare(arguments: argparse.Namespace) -> int:
    """Run both versions in turns, judge, show, and return the verdict's exit status."""
    if arguments.rounds < 1:
        raise ConfigError(f"--rounds is {arguments.rounds}", remedy="give 1 or more")
    project = Project.of(arguments)
    inside = Path(_git(project.root, "rev-parse", "--show-prefix"))
    base: list[Path] = []
    this: list[Path] = []
    store = project.runs.parent / "compare"
    with _worktree(project.root, arguments.base) as other:
        for round_ in range(1, arguments.rounds + 1):
            turns = [(other / inside, base, "base"), (project.root, this, "now")]
            for folder, found, name in turns if round_ % 2 else reversed(turns):
                say(f"round {round_} of {arguments.rounds}: {name}")
                found.append(_round(folder, store / f"{now().replace(':', '')}-{name}", arguments))
    report = comparing.compare(
        base, this, name=arguments.base, settings=project.settings(), at=now()
    )
    return show(report, arguments.verbose)


def _round(folder: Path, store: Path, arguments: argparse.Namespace) -> Path:
    """The stored run of one repeat of everything in a folder."""
    command = [sys.executable, "-m", "pytest", "-q", "--llm-telemetry", "--llm-repeats=1"]
    command += [f"--llm-run-dir={store}", *arguments.pytest]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)  # noqa: S603 - our own interpreter, and what the user asked for
    try:
        return runs.find_run(store, "latest")
    except ConfigError:
        raise ConfigError(
            f"pytest recorded no run (exit {done.returncode}):\n{_tail(done)}",
            where=str(folder),
            remedy="see what it said",
        ) from None


def _tail(done: subprocess.CompletedProcess[str]) -> str:
    return (done.stdout + done.stderr).strip()[-_SHOWN:]


@contextmanager
def _worktree(root: Path, revision: str) -> Iterator[Path]:
    """Another version's files, for as long as they are needed."""
    commit = _git(root, "rev-parse", "--verify", "--end-of-options", f"{revision}^{{commit}}")
    folder = Path(mkdtemp(prefix="llm-telemetry-")) / "base"
    _git(root, "worktree", "add", "--detach", "--quiet", str(folder), commit)
    try:
        yield folder
    finally:
        _git(root, "worktree", "remove", "--force", str(folder))
        shutil.rmtree(folder.parent, ignore_errors=True)


def _git(root: Path, *arguments: str) -> str:
    command: Sequence[str] = ["git", "-C", str(root), *arguments]
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 - git, with arguments that cannot be options
    except OSError:
        raise ConfigError("git cannot be run", remedy="install git") from None
    if done.returncode:
        words = (done.stderr.strip().splitlines() or ["no words"])[-1]
        raise ConfigError(f"git: {words}", where=str(root), remedy="name a commit of this project")
    return done.stdout.strip()
