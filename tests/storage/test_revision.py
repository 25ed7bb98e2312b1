"""Which commit and branch a run is of, and who accepts a baseline."""

import getpass
import subprocess
from pathlib import Path

import pytest

from pytest_llm_telemetry.storage import revision

OF_CI = ("GITHUB_HEAD_REF", "GITHUB_REF_NAME", "CI_COMMIT_REF_NAME")


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A repository with one commit, on the branch `work`, outside of any CI."""
    for name in OF_CI:
        monkeypatch.delenv(name, raising=False)
    git(tmp_path, "init", "--quiet", "--initial-branch", "work")
    git(tmp_path, "commit", "--quiet", "--allow-empty", "--message", "first")
    return tmp_path


def git(root: Path, *arguments: str) -> str:
    """What git says."""
    own = ["-c", "user.name=a", "-c", "user.email=a@example.com"]
    ran = subprocess.run(
        ["git", *own, *arguments], cwd=root, check=True, capture_output=True, text=True
    )
    return ran.stdout.strip()


def test_the_commit_and_branch_that_are_checked_out(repository: Path) -> None:
    """Both as git tells them."""
    assert revision.under_test(repository) == (git(repository, "rev-parse", "HEAD"), "work")


def test_a_commit_by_itself_is_on_no_branch(repository: Path) -> None:
    """As most CI systems check it out."""
    git(repository, "checkout", "--quiet", "--detach")
    assert revision.under_test(repository) == (git(repository, "rev-parse", "HEAD"), None)


@pytest.mark.parametrize("name", OF_CI)
def test_the_ci_knows_the_branch_better(
    repository: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    """The branch of a pull request goes before what is checked out for it."""
    monkeypatch.setenv(name, "feature")
    assert revision.under_test(repository)[1] == "feature"


def test_outside_of_a_repository_nothing_is_known(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither is an error."""
    for name in OF_CI:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))
    assert revision.under_test(tmp_path) == (None, None)


@pytest.mark.parametrize(
    "steps",
    [
        [],
        ["checkout -q -b feature/eu-rules"],
        ["checkout -q -b feature/eu-rules", "pack-refs --all"],
        ["checkout -q --detach"],
    ],
    ids=["a branch", "a branch with a path", "packed", "no branch"],
)
def test_what_is_usual_is_read_without_git(
    repository: Path, monkeypatch: pytest.MonkeyPatch, steps: list[str]
) -> None:
    """The same as git says, from a folder below, and no process is started for it."""
    for step in steps:
        git(repository, *step.split())
    told = git(repository, "rev-parse", "HEAD", "--abbrev-ref", "HEAD").split("\n")
    (repository / "below").mkdir()
    monkeypatch.setattr(subprocess, "run", None)
    expected = (told[0], None if told[1] == "HEAD" else told[1])
    assert revision.under_test(repository / "below") == expected


def test_what_is_unusual_is_asked_of_git(
    repository: Path, monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """A worktree, a repository elsewhere, one that is broken, and a branch without a commit."""
    first = git(repository, "rev-parse", "HEAD")
    beside = tmp_path_factory.mktemp("beside") / "tree"
    git(repository, "worktree", "add", "--quiet", "-b", "side", str(beside))
    assert revision.under_test(beside) == (first, "side")
    git(repository, "symbolic-ref", "refs/heads/alias", "refs/heads/work")
    git(repository, "symbolic-ref", "HEAD", "refs/heads/alias")
    assert revision.under_test(repository)[0] == first
    git(repository, "checkout", "--quiet", "--orphan", "unborn")
    assert revision.under_test(repository) == (None, None)
    (repository / ".git" / "HEAD").unlink()
    assert revision.under_test(repository) == (None, None)
    monkeypatch.setenv("GIT_DIR", str(repository / ".git"))
    assert revision.under_test(beside) == (None, None)


def test_a_person_is_named_by_the_ci_then_by_git_then_by_the_account(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A baseline names somebody even on a machine that has no git yet."""
    for name in ("GITHUB_ACTOR", "GITLAB_USER_LOGIN", "LOGNAME", "USER", "LNAME", "USERNAME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("GIT_CONFIG_NOSYSTEM", "1")
    assert revision.person(tmp_path) == getpass.getuser()
    monkeypatch.setenv("GIT_CONFIG_COUNT", "1")
    monkeypatch.setenv("GIT_CONFIG_KEY_0", "user.name")
    monkeypatch.setenv("GIT_CONFIG_VALUE_0", "Ana")
    assert revision.person(tmp_path) == "Ana"
    monkeypatch.setenv("GITHUB_ACTOR", "ana-of-github")
    assert revision.person(tmp_path) == "ana-of-github"


def test_an_account_without_a_name_is_unknown(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A container may run as a number that nobody has."""
    monkeypatch.setenv("PATH", str(tmp_path))
    for name in ("GITHUB_ACTOR", "GITLAB_USER_LOGIN", "LOGNAME", "USER", "LNAME", "USERNAME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr("os.getuid", lambda: 4_000_000_000)
    assert revision.person(tmp_path) == "unknown"
