"""`llm-telemetry compare`: two versions in turns."""

from pathlib import Path

import pytest

from pytest_llm_telemetry.cli import main
from tests.ci.conftest import bot, git, project

pytestmark = pytest.mark.usefixtures("alone")


def test_a_regression_against_another_commit_is_found(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    """Both versions are run, the worktree is gone afterwards, and no baseline is touched."""
    root = project(tmp_path, worse=True)
    before = (root / "baselines/bot.json").read_bytes()
    assert main(["compare", "--base", "HEAD~1", "--rounds", "2", "--root", str(root)]) == 1
    out = capfd.readouterr().out
    assert "round 2 of 2: base" in out
    assert "pass rate" in out
    assert (root / "baselines/bot.json").read_bytes() == before
    assert "worktrees" not in [path.name for path in (root / ".git").iterdir()] or not list(
        (root / ".git/worktrees").iterdir()
    )


def test_the_same_version_passes(tmp_path: Path) -> None:
    """Nothing changed, nothing fails; latency is binding, because both ran side by side."""
    root = project(tmp_path)
    assert main(["compare", "--base", "HEAD", "--rounds", "2", "--root", str(root)]) == 0


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["--base", "no-such-branch"], "git: "),
        (["--base", "--upload-pack=x"], "git: "),
        (["--base", "HEAD", "--rounds", "0"], "--rounds is 0"),
    ],
)
def test_what_cannot_be_compared_is_one_line(
    arguments: list[str], told: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """An unknown revision, or an option in the place of one, is refused."""
    root = project(tmp_path)
    joined = [f"{arguments[0]}={arguments[1]}", *arguments[2:]]
    assert main(["compare", *joined, "--root", str(root)]) == 4
    assert told in capsys.readouterr().err


def test_a_version_without_the_golden_set_cannot_be_compared(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """What pytest said there is shown, and nothing is left behind."""
    root = project(tmp_path)
    bot(root, answer="yes")
    (root / "test_bot.py").write_text("def test_nothing(): pass\n", encoding="utf-8")
    git(root, "commit", "-qam", "No golden set")
    assert main(["compare", "--base", "HEAD", "--rounds", "1", "--root", str(root)]) == 4
    assert "recorded no run" in capsys.readouterr().err
