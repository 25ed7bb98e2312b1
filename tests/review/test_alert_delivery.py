"""Alerts from a log to a Slack on loopback: a week of checks, and what goes wrong on the way."""

import json
import resource
import socket
import ssl
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from email import message_from_bytes, policy
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from pytest_llm_telemetry.review import alerting
from pytest_llm_telemetry.review.channels import MAIL, WEBHOOK
from pytest_llm_telemetry.storage import alert_state
from pytest_llm_telemetry.storage import settings as settings_file

controllers = pytest.importorskip("aiosmtpd.controller", reason="needs aiosmtpd")
smtp = pytest.importorskip("aiosmtpd.smtp", reason="needs aiosmtpd")
trustme = pytest.importorskip("trustme", reason="needs trustme")

MONDAY = int(datetime(2026, 11, 16, tzinfo=UTC).timestamp())
HOUR = 3600
CALLS = 40


@dataclass
class Slack:
    """A Slack with a certificate: what it was told, and what it answers."""

    port: int = 0
    status: int = 200
    told: list[str] = field(default_factory=list)


@pytest.fixture
def slack(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Slack]:
    """A real https server whose certificate this process trusts."""
    fake = Slack()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            """Keep the first line of a message that is taken."""
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            if fake.status == 200:
                fake.told.append(body["text"])
            self.send_response(fake.status)
            self.send_header("Content-Length", "2")
            self.end_headers()
            self.wfile.write(b"ok")

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class names it
            """Stay silent."""

    authority = trustme.CA()
    authority.cert_pem.write_to_path(tmp_path / "authority.pem")
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(tmp_path / "authority.pem"))
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert("localhost").configure_cert(context)
    server = ThreadingHTTPServer(("localhost", 0), Handler)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    fake.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    yield fake
    server.shutdown()
    server.server_close()
    thread.join()


@dataclass
class Production:
    """A log that grows hour by hour, and the checks that watch it."""

    root: Path
    slack: Slack

    @property
    def watch(self) -> alerting.Watch:
        """What the settings file of the project says."""
        return alerting.Watch(
            plan=settings_file.load(None, self.root).alerts(),
            logs=[self.root / "logs"],
            state=self.root / "alerts.json",
            environment={WEBHOOK: f"https://localhost:{self.slack.port}/services/T/B/X"},
        )

    def hour(self, number: int, *, errors: int = 0, latency_ms: float = 800.0) -> None:
        """Log the calls of an hour, evenly spread, the first ones failing."""
        with (self.root / "logs/llm.jsonl").open("a", encoding="utf-8") as log:
            for call in range(CALLS):
                at = datetime.fromtimestamp(MONDAY + number * HOUR + call * 90, UTC)
                failed = call < errors
                event = {
                    "schema_version": 1,
                    "event": "query_error" if failed else "query_success",
                    "timestamp": at.strftime("%Y-%m-%dT%H:%M:%S.000Z"),
                    "query_id": f"{number}-{call}",
                    "latency_ms": latency_ms,
                } | ({"error_type": "RateLimitError"} if failed else {})
                log.write(json.dumps(event) + "\n")

    def check(self, number: int, *, dry_run: bool = False) -> alerting.Checked:
        """Check at the end of an hour."""
        return alerting.check(self.watch, float(MONDAY + (number + 1) * HOUR), dry_run=dry_run)


@pytest.fixture
def production(tmp_path: Path, slack: Slack) -> Production:
    """A project whose rules are the standard ones and whose Slack is on loopback."""
    (tmp_path / "logs").mkdir()
    (tmp_path / "llm-telemetry.toml").write_text(
        'schema_version = 1\n[alerts]\nslack_hosts = ["localhost"]\n', encoding="utf-8"
    )
    return Production(tmp_path, slack)


def test_a_week_of_checks_tells_each_change_once(production: Production) -> None:
    """Of 168 hourly checks, those where something begins, still burns after a day, or ends speak."""
    spoke: dict[int, list[str]] = {}
    for number in range(7 * 24):
        failing = number in range(20, 23) or number in range(60, 90)
        slow = number in range(120, 122)
        production.hour(number, errors=20 if failing else 1, latency_ms=9000.0 if slow else 800.0)
        before = len(production.slack.told)
        found = production.check(number)
        assert found.lines == CALLS
        assert bool(found.firing) == (failing or slow), number
        if production.slack.told[before:]:
            spoke[number] = production.slack.told[before:]
    assert all(len(told) == 1 for told in spoke.values())
    assert list(spoke) == [20, 23, 60, 84, 90, 120, 122]
    assert "error rate 50.0 %" in spoke[20][0]
    assert "latency" in spoke[120][0]
    state = alert_state.load(production.watch.state, production.watch.plan)
    assert not state.pending


def test_what_is_told_is_not_told_again_by_the_next_check(production: Production) -> None:
    """A second check over the same log reads nothing new and sends nothing."""
    production.hour(0, errors=30)
    production.check(0)
    again = production.check(0)
    assert again.lines == 0
    assert again.firing
    assert len(production.slack.told) == 1


def test_two_rules_that_begin_together_are_one_message(production: Production) -> None:
    """Errors and slowness of one hour come as one message that names both."""
    production.hour(0, errors=15, latency_ms=9000.0)
    found = production.check(0)
    assert len(found.notices) == 2
    assert len(production.slack.told) == 1


def test_a_channel_that_is_down_is_told_by_the_next_check(production: Production) -> None:
    """What Slack refuses is a fault of that check, waits in the state file, and arrives once."""
    production.hour(0, errors=30)
    production.slack.status = 403
    refused = production.check(0)
    assert [type(fault).__name__ for fault in refused.faults] == ["DeliveryError"]
    assert "services" not in str(refused.faults[0])
    production.slack.status = 200
    assert not production.check(0).faults
    assert not production.check(0).faults
    assert len(production.slack.told) == 1


def test_a_full_disk_does_not_silence_an_alert(production: Production) -> None:
    """What cannot be remembered is told all the same, and is a fault; with space all is as ever."""
    production.hour(0)
    production.check(0)
    production.hour(1, errors=30)
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (64, before[1]))
    try:
        found = production.check(1)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert {str(fault).split(": ")[1] for fault in found.faults} == {"cannot be written"}
    assert len(production.slack.told) == 1
    production.check(1)
    assert not production.check(1).faults
    assert len(production.slack.told) == 2


def test_a_check_beside_another_one_does_nothing(production: Production) -> None:
    """While another process holds the state, a check neither reads nor sends."""
    production.hour(0, errors=30)
    with alert_state.locked(production.watch.state) as ours:
        assert ours
        assert production.check(0).busy
    assert not production.slack.told


def test_a_dry_run_sends_and_remembers_nothing(production: Production) -> None:
    """`--dry-run` finds the same notices and leaves no state behind."""
    production.hour(0, errors=30)
    assert production.check(0, dry_run=True).notices
    assert not production.slack.told
    assert not production.watch.state.exists()


def test_mail_goes_over_tls_with_a_login(
    production: Production, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A real SMTP server that asks for STARTTLS and a password gets one mail, and the recovery."""
    taken: list[str] = []

    class Inbox:
        async def handle_DATA(self, server: object, session: object, envelope: Any) -> str:  # noqa: N802 - aiosmtpd looks for it by this name
            """Keep the subject, and the kinds of its parts."""
            mail = message_from_bytes(envelope.content, policy=policy.default)
            kinds = [part.get_content_type() for part in mail.walk()]
            taken.append(f"{mail['Subject']} {kinds}")
            return "250 taken"

    def login(server: object, session: object, envelope: object, how: str, data: Any) -> object:
        return smtp.AuthResult(success=data.password == b"a password", handled=False)

    authority = trustme.CA()
    authority.cert_pem.write_to_path(tmp_path / "mail.pem")
    serving = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert("localhost").configure_cert(serving)
    with socket.socket() as bound:
        bound.bind(("localhost", 0))
        port = bound.getsockname()[1]
    controller = controllers.Controller(
        Inbox(),
        hostname="localhost",
        port=port,
        tls_context=serving,
        require_starttls=True,
        auth_required=True,
        authenticator=login,
    )
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "mail.pem"))
    watch = replace(
        production.watch,
        environment={
            MAIL: f"smtp://robot@localhost:{port}",
            f"{MAIL}_PASSWORD": "a password",
            "LLM_TELEMETRY_MAIL_FROM": "robot@example.org",
            "LLM_TELEMETRY_MAIL_TO": "team@example.org",
        },
    )
    controller.start()
    try:
        for number, errors in enumerate((30, 30, 0)):
            production.hour(number, errors=errors)
            assert not alerting.check(watch, float(MONDAY + (number + 1) * HOUR)).faults
    finally:
        controller.stop()
    firing, resolved = taken
    assert "FIRING: error rate 75.0 %" in firing
    assert "RESOLVED" in resolved
    assert "['multipart/alternative', 'text/plain', 'text/html']" in resolved
