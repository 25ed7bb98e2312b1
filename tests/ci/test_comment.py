"""`llm-telemetry comment`: one sticky comment on a change."""

import os
from pathlib import Path

import pytest

from pytest_llm_telemetry.cli import main
from pytest_llm_telemetry.reporters.markdown import MARKER
from tests.ci.conftest import TOKEN, Forge

TEXT = f"{MARKER}\n## PASS\n"


@pytest.fixture
def report(tmp_path: Path, forge: Forge, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A report, and the environment of a GitHub job for pull request 7."""
    for name in ("GITLAB_CI", "LLM_TELEMETRY_COMMENT_AUTHOR"):
        monkeypatch.delenv(name, raising=False)
    (tmp_path / "event.json").write_text('{"pull_request": {"number": 7}}', encoding="utf-8")
    for name, text in {
        "GITHUB_API_URL": forge.url,
        "GITHUB_TOKEN": TOKEN,
        "GITHUB_REPOSITORY": "team/bot",
        "GITHUB_EVENT_PATH": str(tmp_path / "event.json"),
    }.items():
        monkeypatch.setenv(name, text)
    path = tmp_path / "llm-report.md"
    path.write_text(TEXT, encoding="utf-8")
    return path


def test_it_is_created_once_and_then_edited(
    report: Path, forge: Forge, capsys: pytest.CaptureFixture[str]
) -> None:
    """However often the gate runs, the change carries one comment with the last verdict."""
    for text in (TEXT, TEXT, TEXT + "more\n"):
        report.write_text(text, encoding="utf-8")
        assert main(["comment", "--file", str(report)]) == 0
    assert capsys.readouterr().out.split("\n")[:3] == [
        "comment created",
        "comment unchanged",
        "comment updated",
    ]
    assert [entry["body"] for entry in forge.comments] == [TEXT + "more\n"]
    assert forge.tokens == {f"Bearer {TOKEN}"}


def test_a_strangers_comment_with_our_marker_is_left_alone(report: Path, forge: Forge) -> None:
    """Who pastes the marker neither hides our comment nor has theirs edited."""
    forge.says(TEXT + "approved by the gate, honestly", author="stranger")
    for number in range(150):
        forge.says(f"chat {number}", author="somebody")
    assert main(["comment", "--file", str(report)]) == 0
    assert main(["comment", "--file", str(report), "--pull", "7"]) == 0
    assert forge.comments[0]["body"].endswith("honestly")
    assert [entry["body"] for entry in forge.comments[151:]] == [TEXT]


def test_gitlab_keeps_one_note(report: Path, forge: Forge, monkeypatch: pytest.MonkeyPatch) -> None:
    """The same on a merge request, by the account that the token belongs to."""
    for name, text in {
        "GITLAB_CI": "true",
        "CI_API_V4_URL": forge.url,
        "CI_PROJECT_ID": "42",
        "CI_MERGE_REQUEST_IID": "3",
        "LLM_TELEMETRY_GITLAB_TOKEN": TOKEN,
    }.items():
        monkeypatch.setenv(name, text)
    for text in (TEXT, TEXT + "more\n"):
        report.write_text(text, encoding="utf-8")
        assert main(["comment", "--file", str(report)]) == 0
    assert ("POST", "/projects/42/merge_requests/3/notes") in forge.calls
    assert forge.tokens == {TOKEN}


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"GITHUB_TOKEN": ""}, "GITHUB_TOKEN is not set"),
        ({"GITHUB_EVENT_PATH": ""}, "no pull or merge request"),
        ({"GITHUB_EVENT_PATH": "/nowhere"}, "/nowhere: does not exist"),
        ({"GITHUB_API_URL": "http://example.com"}, "not https"),
        ({"GITHUB_API_URL": "http://127.0.0.1:1"}, "not posted: ConnectionError"),
    ],
)
def test_what_is_missing_is_named(
    change: dict[str, str],
    told: str,
    report: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """One line, no traceback, and never the token."""
    for name, text in change.items():
        monkeypatch.setenv(name, text)
    assert main(["comment", "--file", str(report)]) == 4
    error = capsys.readouterr().err
    assert told in error
    assert TOKEN not in error


@pytest.mark.parametrize(
    ("event", "told"),
    [
        ('{"pull_request": {"number": 7}, "pull_request": {"number": 8}}', "stands twice"),
        ('{"pull_request": {"number": NaN}}', "NaN is no number"),
        ('{"pull_request": {"number": 1e999}}', "too large"),
        ('{"pull_request": {"number": ' + "9" * 5000 + "}}", "an integer of 5000 digits"),
        ("[" * 100_000, "64 levels"),
        ("{", "bad JSON"),
        ("[]", "no pull or merge request"),
        ('{"pull_request": 7}', "no pull or merge request"),
    ],
)
def test_an_event_that_nobody_means_is_refused(
    event: str, told: str, report: Path, forge: Forge, capsys: pytest.CaptureFixture[str]
) -> None:
    """The file that says where to comment is read as strictly as every other."""
    Path(os.environ["GITHUB_EVENT_PATH"]).write_text(event, encoding="utf-8")
    assert main(["comment", "--file", str(report)]) == 4
    assert told in capsys.readouterr().err
    assert forge.calls == []


@pytest.mark.parametrize("status", [302, 401, 403, 404, 422, 500])
def test_a_refusal_is_told_by_its_status(
    status: int, report: Path, forge: Forge, capsys: pytest.CaptureFixture[str]
) -> None:
    """What the forge says beside it may echo secrets, and is left out."""
    forge.fails_with = status
    assert main(["comment", "--file", str(report)]) == 4
    error = capsys.readouterr().err
    assert f"status {status}" in error
    assert TOKEN not in error


def test_an_answer_of_another_shape_is_a_refusal(
    report: Path, forge: Forge, capsys: pytest.CaptureFixture[str]
) -> None:
    """A proxy that answers with a page of its own is told as such."""
    forge.comments = [{"message": "hello"}]
    assert main(["comment", "--file", str(report)]) == 4
    assert "not what its API promises" in capsys.readouterr().err


def test_a_text_that_is_no_report_is_not_posted(
    report: Path, forge: Forge, capsys: pytest.CaptureFixture[str]
) -> None:
    """Nor is one that is too large for a comment, or a file that is not there."""
    for text in ("hello", TEXT + "x" * 70_000):
        report.write_text(text, encoding="utf-8")
        assert main(["comment", "--file", str(report)]) == 4
    assert main(["comment", "--file", str(report) + "x"]) == 4
    assert "FileNotFoundError" in capsys.readouterr().err
    assert forge.calls == []


def test_a_commit_without_a_request_is_not_commented(
    report: Path, forge: Forge, capsys: pytest.CaptureFixture[str]
) -> None:
    """A newer push has its own run; the old one's verdict is not put beside it."""
    forge.pulls = [{"number": 7, "head": {"sha": "newer"}}]
    arguments = ["comment", "--file", str(report), "--head", "a:b", "--commit", "old"]
    assert main(arguments) == 4
    assert "no open pull request has this commit" in capsys.readouterr().err
    assert forge.comments == []
