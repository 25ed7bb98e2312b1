"""Where a report goes: into the project, or where the environment says."""

from pathlib import Path

import pytest

from pytest_llm_telemetry.core.errors import ConfigError, DeliveryError
from pytest_llm_telemetry.core.report import Report
from pytest_llm_telemetry.review.publishing import publish
from pytest_llm_telemetry.storage import revision
from tests.reporters.test_delivery_slack import serving

REPORT = Report(run_id="r-1", suites=(), status="pass", exit_status=0)
NAMES = ("GITHUB_SERVER_URL", "GITHUB_REPOSITORY", "GITHUB_RUN_ID", "CI_JOB_URL")


@pytest.fixture(autouse=True)
def _alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """No channel and no CI of the machine that tests."""
    for name in (*NAMES, "LLM_TELEMETRY_SLACK_WEBHOOK", "LLM_TELEMETRY_SLACK_WEBHOOK_FILE"):
        monkeypatch.delenv(name, raising=False)


def test_a_webhook_in_a_file_is_used_and_never_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A secret that is mounted as a file; another host than Slack's only where it is allowed."""
    file = tmp_path / "webhook"
    monkeypatch.setenv("LLM_TELEMETRY_SLACK_WEBHOOK_FILE", str(file))
    monkeypatch.setenv("NO_PROXY", "*")
    with serving() as fake:
        file.write_text(f"https://127.0.0.1:{fake.port}/services/SECRET\n", encoding="utf-8")
        with pytest.raises(DeliveryError, match="not allowed") as refused:
            publish(REPORT, "slack", tmp_path)
        monkeypatch.setenv("LLM_TELEMETRY_SLACK_HOSTS", "relay.example.org 127.0.0.1")
        with pytest.raises(DeliveryError, match="certificate could not be verified") as spoken:
            publish(REPORT, "slack", tmp_path)
    assert "SECRET" not in str(refused.value) + str(spoken.value)


def test_without_a_webhook_the_message_is_a_file(tmp_path: Path) -> None:
    """A team sees what would be posted before it names a channel."""
    assert publish(REPORT, "slack", tmp_path) == "report: llm-slack.json"
    assert (tmp_path / "llm-slack.json").is_file()


@pytest.mark.parametrize("target", ["link.json", "away/report.json", "../report.json"])
def test_a_report_does_not_leave_the_project(tmp_path: Path, target: str) -> None:
    """Neither by dots nor by a link that a stranger planted; a whole path is a user's own."""
    root, outside = tmp_path / "project", tmp_path / "outside"
    root.mkdir()
    outside.mkdir()
    (root / "link.json").symlink_to(outside / "report.json")
    (root / "away").symlink_to(outside)
    with pytest.raises(ConfigError, match="leads out of the project"):
        publish(REPORT, f"json={target}", root)
    assert list(outside.iterdir()) == []
    publish(REPORT, f"json={outside / 'report.json'}", root)
    assert (outside / "report.json").is_file()


@pytest.mark.parametrize(
    ("environment", "url"),
    [
        ({}, ""),
        (
            {"LLM_TELEMETRY_REPORT_URL": "https://pages.example.org/7"},
            "https://pages.example.org/7",
        ),
        (
            {
                "GITHUB_SERVER_URL": "https://github.com",
                "GITHUB_REPOSITORY": "team/shop",
                "GITHUB_RUN_ID": "42",
            },
            "https://github.com/team/shop/actions/runs/42#artifacts",
        ),
        (
            {"CI_JOB_URL": "https://gitlab.com/team/shop/-/jobs/42"},
            "https://gitlab.com/team/shop/-/jobs/42/artifacts/browse",
        ),
    ],
)
def test_the_report_is_where_the_ci_keeps_what_a_job_leaves(
    environment: dict[str, str], url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The second button of a message leads there."""
    for name, text in environment.items():
        monkeypatch.setenv(name, text)
    assert revision.report_url() == url
