"""Reports that are asked for: each kind, its usual place, and what happens when it cannot be."""

import http.server
import json
import threading
from collections.abc import Iterator

import pytest

from tests.plugin.conftest import Project

USUAL = {
    "html": "llm-report.html",
    "json": "llm-report.json",
    "junit": "llm-report.xml",
    "github": "llm-report.md",
    "gitlab": "llm-metrics.txt",
    "slack": "llm-slack.json",
    "email": "llm-report.eml",
}


def test_every_kind_is_written_to_its_usual_file(project: Project) -> None:
    """One run writes all kinds side by side, and the run's verdict is what it was."""
    result = project.run(*(f"--llm-report={kind}" for kind in USUAL), "-n", "2")
    assert result.ret == 0
    assert all((project.root / name).stat().st_size > 0 for name in USUAL.values())


def test_the_page_looks_back_on_stored_runs(project: Project) -> None:
    """The trend has a point a run, and a changed answer stands beside the accepted one."""
    project.accept()
    project.bot(worse=8)
    assert project.run("--llm-report=html=page.html").ret == 1
    page = (project.root / "page.html").read_text("utf-8")
    assert 'aria-label="Trend over 2 runs"' in page
    assert page.count("<p><del>yes</del><ins>no</ins></p>") == 8


def test_answers_are_kept_where_the_capture_allows(project: Project) -> None:
    """Under `none` a run holds neither questions nor answers, and the page shows none."""
    assert project.run("--llm-capture=none", "--llm-report=html=page.html").ret == 0
    told = {name for event in project.events() for name in event}
    assert not {"query_preview", "query_hash", "answer_preview", "explanation"} & told
    assert "<details>" not in (project.root / "page.html").read_text("utf-8")
    result = project.run("--llm-capture=some")
    assert result.ret == 4
    result.stderr.fnmatch_lines(
        ["*--llm-capture is 'some'; use one of redacted, hash, none, full*"]
    )


def test_an_unknown_kind_cannot_be_judged(project: Project) -> None:
    """A report that nobody can write is an error with the known kinds, not a silent pass."""
    result = project.run("--llm-report=pdf")
    assert result.ret == 4
    result.stdout.fnmatch_lines(["*unknown report 'pdf'*"])


def test_a_place_that_cannot_be_written_is_told(project: Project) -> None:
    """A report that cannot be written names the file."""
    project.write("blocked", "a file, where a folder is needed")
    result = project.run("--llm-report=json=blocked/report.json")
    assert result.ret == 4
    result.stdout.fnmatch_lines(["*blocked*"])


def test_github_gets_a_step_summary_and_annotations(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In a GitHub job the summary is appended to its file and the breach is annotated."""
    project.accept()
    project.bot(worse=8)
    summary = project.write("summary.md", "from an earlier step\n")
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(summary))
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    result = project.run("--llm-report=github")
    assert result.ret == 1
    text = summary.read_text("utf-8")
    assert text.startswith("from an earlier step\n")
    assert "pass rate" in text
    result.stdout.fnmatch_lines(["::error file=test_bot.py,*"])


@pytest.fixture
def webhook() -> Iterator[tuple[str, list[bytes]]]:
    """A server on loopback that is not Slack, and what it was sent."""
    received: list[bytes] = []

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            received.append(self.rfile.read(int(self.headers["Content-Length"])))
            self.send_response(200)
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base's own name
            """Say nothing."""

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/services/SECRET", received
    server.shutdown()
    thread.join()
    server.server_close()


def test_a_webhook_that_is_not_slack_is_refused_and_never_told(
    project: Project, webhook: tuple[str, list[bytes]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A webhook to another host is refused and told; nothing is sent, its secret not printed."""
    url, received = webhook
    monkeypatch.setenv("LLM_TELEMETRY_SLACK_WEBHOOK", url)
    result = project.run("--llm-report=slack")
    assert result.ret == 0
    assert received == []
    assert "SECRET" not in str(result.stdout) + str(result.stderr)
    result.stdout.fnmatch_lines(["*webhook must be https*"])


def test_a_mail_server_that_is_down_does_not_change_the_verdict(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A mail that is not delivered is reported; the verdict stands."""
    monkeypatch.setenv("LLM_TELEMETRY_SMTP", "smtp://127.0.0.1:9")
    monkeypatch.setenv("LLM_TELEMETRY_MAIL_FROM", "ci@example.org")
    monkeypatch.setenv("LLM_TELEMETRY_MAIL_TO", "team@example.org")
    result = project.run("--llm-report=email")
    assert result.ret == 0
    result.stdout.fnmatch_lines(["*not delivered*"])


def test_a_mail_server_that_is_none_is_told(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A mail server that is no URL is told with the form that is wanted; the verdict stands."""
    monkeypatch.setenv("LLM_TELEMETRY_SMTP", "mail.example.org")
    result = project.run("--llm-report=email")
    assert result.ret == 0
    result.stdout.fnmatch_lines(["*is no mail server*"])


def test_the_json_report_names_the_job_it_came_from(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In a CI job the report leads back to its page."""
    monkeypatch.setenv("GITHUB_SERVER_URL", "https://github.com")
    monkeypatch.setenv("GITHUB_REPOSITORY", "team/shop")
    monkeypatch.setenv("GITHUB_RUN_ID", "42")
    _, report = project.report()
    assert report["run_url"] == "https://github.com/team/shop/actions/runs/42"
    assert report["report_url"] == "https://github.com/team/shop/actions/runs/42#artifacts"
    assert json.dumps(report)
