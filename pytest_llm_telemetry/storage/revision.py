"""Where the code under test stands, and who is asking: read from git and from the CI's variables."""

import os
import re
import subprocess
from pathlib import Path

_TIMEOUT_S = 5
_OF_GIT = ("GIT_DIR", "GIT_COMMON_DIR", "GIT_CEILING_DIRECTORIES", "GIT_NAMESPACE")
_BRANCH = "ref: refs/heads/"
_COMMIT = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")
_BRANCH_OF_CI = ("GITHUB_HEAD_REF", "GITHUB_REF_NAME", "CI_COMMIT_REF_NAME")


def under_test(root: Path) -> tuple[str | None, str | None]:
    """The full hash of the commit that is checked out, and the branch; `None` is unknown.

    In a pull request the branch is the one that it comes from.
    """
    found = _read_head(root)
    if found is None:
        found = _git(root, "rev-parse", "HEAD", "--abbrev-ref", "HEAD") or ""
    commit, _, branch = found.partition("\n")
    if branch == "HEAD":  # a commit that is checked out by itself
        branch = ""
    named = (os.environ.get(name) for name in _BRANCH_OF_CI)
    return commit or None, next(filter(None, named), branch) or None


def _read_head(root: Path) -> str | None:
    """What git would say, read from its files, as to start a process takes 5 ms; None asks git.

    It is asked about all but the usual: worktrees and submodules, whose `.git` is a file, bare
    repositories, references that are no branches, branches without a commit, and other formats.
    """
    if any(name in os.environ for name in _OF_GIT):
        return None
    folders = (root.absolute(), *root.absolute().parents)
    git = next((place for folder in folders if (place := folder / ".git").exists()), None)
    if git is None:
        return None if any((folder / "HEAD").exists() for folder in folders) else ""
    try:
        head = (git / "HEAD").read_text("ascii").strip()
        if not head.startswith(_BRANCH):
            return f"{head}\nHEAD" if _COMMIT.fullmatch(head) else None
        commit = _commit_of(git, head.removeprefix("ref: "))
    except (OSError, ValueError):
        return None
    return f"{commit}\n{head.removeprefix(_BRANCH)}" if _COMMIT.fullmatch(commit) else None


def _commit_of(git: Path, reference: str) -> str:
    """The commit of a branch, loose or packed; an empty text where it is neither."""
    loose = git / reference
    if loose.exists():
        return loose.read_text("ascii").strip()
    for line in (git / "packed-refs").read_text("utf-8").splitlines():
        commit, _, name = line.partition(" ")
        if name == reference:
            return commit
    return ""


def person(root: Path) -> str:
    """Who accepts a baseline: the CI's actor, else git's user, else the account's name."""
    for name in ("GITHUB_ACTOR", "GITLAB_USER_LOGIN"):
        if os.environ.get(name):
            return os.environ[name]
    return _git(root, "config", "user.name") or _account()


def _account() -> str:
    import getpass  # noqa: PLC0415 - few runs accept anything, and fewer without git

    try:
        return getpass.getuser()
    except (OSError, KeyError, ImportError):  # nobody has this number; which error is the version's
        return "unknown"


def run_url() -> str:
    """The page of the CI job that is running, on GitHub or GitLab; empty elsewhere."""
    found = [os.environ.get(f"GITHUB_{name}") for name in ("SERVER_URL", "REPOSITORY", "RUN_ID")]
    if all(found):
        server, repository, run = found
        return f"{server}/{repository}/actions/runs/{run}"
    return os.environ.get("CI_JOB_URL", "")


def report_url() -> str:
    """Where the CI keeps what the job leaves behind, or what the environment says; empty elsewhere."""
    named = os.environ.get("LLM_TELEMETRY_REPORT_URL", "")
    page = run_url()
    if named or not page:
        return named
    return (
        f"{page}/artifacts/browse" if page == os.environ.get("CI_JOB_URL") else f"{page}#artifacts"
    )


def _git(root: Path, *arguments: str) -> str | None:
    try:
        done = subprocess.run(  # noqa: S603 - fixed arguments of our own, no shell
            ["git", *arguments],  # noqa: S607 - git is where the user's PATH says
            cwd=root,
            capture_output=True,
            text=True,
            timeout=_TIMEOUT_S,
            check=True,
        )
    except (OSError, subprocess.SubprocessError):
        return None
    return done.stdout.strip() or None
