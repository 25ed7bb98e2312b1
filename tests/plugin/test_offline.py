"""Recorded answers are told from live ones, and --llm-offline lets nothing out."""

import pytest

from tests.plugin.conftest import Project

LIVE = """
import socket, urllib.request
import pytest

def ask(question):
    {ask}
    return "yes"

@pytest.mark.golden_set("golden/bot.jsonl")
def test_bot(golden_case, llm_telemetry):
    golden_case.check(llm_telemetry.wrap(ask)(golden_case.input))
"""
CASSETTE = """
import json, urllib.request
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread
import pytest

@pytest.fixture(scope="module")
def url():
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response(200)
            self.send_header("content-length", "3")
            self.end_headers()
            self.wfile.write(b"yes")
        def log_message(self, *args): pass
    server = HTTPServer(("127.0.0.1", 0), Handler)
    Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()

@pytest.mark.vcr("all.yaml", allow_playback_repeats=True, match_on=["method"])
@pytest.mark.golden_set("golden/bot.jsonl", repeats=2)
def test_bot(golden_case, llm_telemetry, url, vcr):
    def ask(question):
        with urllib.request.urlopen(url) as answer:
            return answer.read().decode()
    golden_case.check(llm_telemetry.wrap(ask)(golden_case.input))
"""


def test_a_test_that_would_reach_a_provider_fails(project: Project) -> None:
    """By name or by address, whatever the library; nothing leaves the machine."""
    for line in (
        "urllib.request.urlopen('https://api.openai.com/v1')",
        "socket.create_connection(('93.184.216.34', 443), 1)",
    ):
        project.write("test_bot.py", LIVE.format(ask=line))
        result = project.run("--llm-offline", "-x")
        assert result.ret == 1
        result.stdout.fnmatch_lines(["*LiveCall: --llm-offline: the test would reach*"])


@pytest.mark.parametrize("ending", ["pass", "return 'yes'", "raise ConnectionError('no route')"])
def test_a_test_whose_handler_has_a_fallback_fails_too(project: Project, ending: str) -> None:
    """A handler that answers an outage, or calls it by another name, hides no live call."""
    ask = "\n    ".join(
        ["try: socket.getaddrinfo('api.openai.com', 443)", f"except BaseException: {ending}"]
    )
    project.write("test_bot.py", LIVE.format(ask=ask))
    result = project.run("--llm-offline", "-x")
    assert result.ret == 1
    result.stdout.fnmatch_lines(["*LiveCall: --llm-offline: the test would reach*"])


def test_a_fixture_may_not_reach_a_provider_either(project: Project) -> None:
    """What a test is given was asked for on its behalf."""
    project.write(
        "conftest.py",
        "import pytest, socket\n"
        "@pytest.fixture(autouse=True)\n"
        "def embedded(): socket.getaddrinfo('api.openai.com', 443)\n",
    )
    result = project.run("--llm-offline")
    result.stdout.fnmatch_lines(["*LiveCall: --llm-offline: the test would reach*"])
    assert result.parseoutcomes()["errors"] == 60


def test_loopback_is_home(project: Project) -> None:
    """A fake on this machine may be asked, and without the option nothing is guarded."""
    line = "socket.getaddrinfo('localhost', 80); socket.getaddrinfo('127.0.0.1', 80)"
    project.write("test_bot.py", LIVE.format(ask=line))
    project.run("--llm-offline").assert_outcomes(passed=20)


def test_answers_of_a_cassette_are_cached(project: Project) -> None:
    """They are marked, latency is not judged by them, and repeats of one answer are told."""
    project.write("test_bot.py", CASSETTE)
    beside = ("recording",)
    first = project.run("--record-mode=all", "-W", "ignore", beside=beside)
    assert first.ret == 0, first.stdout.str()
    assert not any(e.get("cached") for e in project.events())
    result, report = project.report("--record-mode=none", "-W", "ignore", beside=beside)
    assert result.ret == 0, result.stdout.str()
    ends = [e for e in project.events() if e["event"] == "query_success"][-40:]
    assert all(end["cached"] for end in ends)
    (suite,) = report["suites"]
    assert suite["metrics"]["avg_latency_ms"] is None
    replay = ["--record-mode=none", "-W", "ignore"]
    assert project.run(*replay, "--llm-update-baseline", beside=beside).ret == 0
    _, report = project.report("--record-mode=none", "-W", "ignore", beside=beside)
    notes = " ".join(report["suites"][0]["notes"])
    assert "came from a cache" in notes
    assert "were answered from a recording" in notes
