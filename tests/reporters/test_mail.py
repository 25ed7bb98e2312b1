"""The report as an e-mail, and its delivery to a real SMTP server on loopback."""

import email
import email.policy
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from email.message import EmailMessage
from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_llm_telemetry.core.errors import ConfigError, DeliveryError
from pytest_llm_telemetry.core.report import Report
from pytest_llm_telemetry.core.verdict import Problem
from pytest_llm_telemetry.reporters import mail
from pytest_llm_telemetry.reporters.delivery import MailServer, send

Make = Callable[..., Report]
PASSWORD = "a-SECRET-password"
TAGS = {
    *("html", "meta", "body", "div", "h1", "h2", "p", "code", "table", "tr", "th", "td", "b"),
    *("ul", "li"),
}


class Tags(HTMLParser):
    """The tags and attributes that a browser would see."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.attributes: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note a tag."""
        self.tags.add(tag)
        self.attributes |= {name for name, _ in attrs}


def read(report: Report) -> EmailMessage:
    """The mail as a client reads it from its bytes."""
    sent = mail.message(report, sender="ci@example.org", recipients=["team@example.org"])
    parsed = email.message_from_bytes(bytes(sent), policy=email.policy.default)
    assert isinstance(parsed, EmailMessage)
    return parsed


def part(message: EmailMessage, kind: str) -> str:
    body = message.get_body((kind,))
    assert body is not None
    text = body.get_content()
    assert isinstance(text, str)
    return text


def assert_ours(message: EmailMessage) -> None:
    """Our headers only, and our elements only."""
    assert set(message.keys()) == {"Subject", "From", "To", "MIME-Version", "Content-Type"}
    found = Tags()
    found.feed(part(message, "html"))
    assert found.tags <= TAGS
    assert found.attributes <= {"lang", "charset", "style"}


def test_the_subject_is_the_message(make: Make) -> None:
    """Subject, text and HTML tell the same."""
    message = read(make())
    assert message["Subject"].startswith("llm telemetry: support: FAIL on main @ 9ab12cd - pass")
    assert "pass rate: 7 of 120 cases got worse" in part(message, "plain")
    html = part(message, "html")
    assert "<code>refund-eu-014</code> 3/3 -&gt; 0/3 contains &quot;14 days&quot;" in html
    assert "llm-telemetry gate 7c1e" in html
    assert_ours(message)


def test_the_report_as_a_file_has_no_recipients(make: Make) -> None:
    """Rendered to a file the mail names nobody."""
    text = mail.render(make())
    assert text.startswith("Subject: llm telemetry: support: FAIL")
    assert "\nTo:" not in text


def test_first_runs_errors_and_many_suites_read_well(first_run: Report, make: Make) -> None:
    """Every kind of report has a mail."""
    assert "baseline:" not in part(read(first_run), "html")
    problem = Problem(what="unknown metric")
    broken = replace(make("error", checks=(), problems=(problem,)), problems=(problem,), run_dir="")
    assert part(read(broken), "html").count("<p>unknown metric</p>") == 2
    many = replace(make(), suites=make().suites * 30)
    assert "20 more suites in the stored run." in part(read(many), "html")


def test_ten_thousand_cases_make_a_short_mail(crowded: Callable[[int], Report]) -> None:
    """Ten cases a breach are named; the rest are in the stored run."""
    assert len(bytes(mail.message(crowded(10_000)))) < 60_000


@pytest.mark.parametrize(
    "address", ["x", "a@b\r\nBcc: c@d", "a@b, c@d", "Ann <a@b>", "ä@b.test", ""]
)
def test_an_address_is_an_address(make: Make, address: str) -> None:
    """A recipient that could add another one is refused."""
    with pytest.raises(ConfigError, match="is no e-mail address"):
        mail.message(make(), recipients=[address])


def test_hostile_text_adds_neither_header_nor_element(
    poisoned: Callable[[str], Report], hostile_text: str
) -> None:
    """No line break reaches a header, no sign reaches HTML, and the text part stays text."""
    message = read(poisoned(hostile_text))
    assert_ours(message)
    assert part(message, "plain").replace("\r\n", "").isprintable()


@given(st.text())
def test_any_text_makes_a_mail(poisoned: Callable[[str], Report], words: str) -> None:
    """Any text gives a mail with our headers and elements only."""
    assert_ours(read(poisoned(words)))


aiosmtpd_controller = pytest.importorskip("aiosmtpd.controller", reason="needs aiosmtpd")
aiosmtpd_smtp = pytest.importorskip("aiosmtpd.smtp", reason="needs aiosmtpd")
trustme = pytest.importorskip("trustme", reason="needs trustme")


@dataclass
class Inbox:
    """What a server on loopback took, and how to reach it."""

    port: int
    context: ssl.SSLContext
    mails: list[bytes] = field(default_factory=list)

    def server(self, tls: str = "starttls", password: str = PASSWORD) -> MailServer:
        """The settings that reach it."""
        return MailServer(
            host="localhost",
            port=self.port,
            tls=tls,
            user="ci" if password else "",
            password=password,
            context=self.context,
        )


@pytest.fixture(scope="session")
def authority() -> object:
    """A certificate authority of our own."""
    return trustme.CA()


@pytest.fixture
def inbox(request: pytest.FixtureRequest, authority: object) -> Iterator[Inbox]:
    """A real SMTP server: STARTTLS with login, TLS from the start ("ssl"), or open ("none")."""
    tls = getattr(request, "param", "starttls")
    serving = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert("localhost").configure_cert(serving)  # type: ignore[attr-defined]  # trustme is an optional import
    trusting = ssl.create_default_context()
    authority.configure_trust(trusting)  # type: ignore[attr-defined]  # as above
    found = Inbox(port=0, context=trusting)

    class Handler:
        """Keeps what it is given."""

        async def handle_DATA(  # noqa: N802 - aiosmtpd looks for it by this name
            self, server: object, session: object, envelope: object
        ) -> str:
            """Take a mail."""
            found.mails.append(envelope.content)  # type: ignore[attr-defined]  # aiosmtpd is an optional import
            return "250 taken"

    def login(
        server: object, session: object, envelope: object, mechanism: str, data: object
    ) -> object:
        right = data.password == PASSWORD.encode()  # type: ignore[attr-defined]  # as above
        return aiosmtpd_smtp.AuthResult(success=right, handled=False)

    options = {"authenticator": login, "auth_required": tls == "starttls"}
    if tls == "starttls":
        options |= {"tls_context": serving, "require_starttls": True}
    controller = aiosmtpd_controller.Controller(
        Handler(),
        hostname="localhost",
        port=_free_port(),
        ssl_context=serving if tls == "ssl" else None,
        **options if tls == "starttls" else {},
    )
    controller.start()
    found.port = controller.port
    yield found
    controller.stop()


def _free_port() -> int:
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        port: int = bound.getsockname()[1]
        return port


def test_a_mail_arrives_over_verified_tls_with_login(inbox: Inbox, make: Make) -> None:
    """STARTTLS, a verified certificate, a login, one mail."""
    message = mail.message(make(), sender="ci@example.org", recipients=["team@example.org"])
    send(message, inbox.server())
    (taken,) = inbox.mails
    assert b"Subject: llm telemetry: support: FAIL" in taken


@pytest.mark.parametrize("inbox", ["ssl"], indirect=True)
def test_a_mail_arrives_over_tls_from_the_start(inbox: Inbox, make: Make) -> None:
    """The other kind of TLS port works as well."""
    message = mail.message(make(), sender="ci@example.org", recipients=["team@example.org"])
    send(message, inbox.server("ssl", password=""))
    assert len(inbox.mails) == 1


@pytest.mark.parametrize("inbox", ["none"], indirect=True)
def test_an_open_server_is_used_only_without_a_login(inbox: Inbox, make: Make) -> None:
    """A relay on localhost may be open; a password is never sent to one."""
    message = mail.message(make(), sender="ci@example.org", recipients=["team@example.org"])
    send(message, inbox.server("none", password=""))
    assert len(inbox.mails) == 1
    with pytest.raises(ConfigError, match="not sent over an open connection"):
        send(message, inbox.server("none"))
    with pytest.raises(DeliveryError, match="SMTPNotSupportedError"):
        send(message, inbox.server("starttls"))
    assert len(inbox.mails) == 1


def test_a_certificate_nobody_vouches_for_is_refused(inbox: Inbox, make: Make) -> None:
    """Without the authority the connection ends before the login."""
    message = mail.message(make(), sender="ci@example.org", recipients=["team@example.org"])
    with pytest.raises(DeliveryError, match="SSLCertVerificationError"):
        send(message, replace(inbox.server(), context=None))
    assert inbox.mails == []


def test_a_wrong_password_is_reported_without_it(inbox: Inbox, make: Make) -> None:
    """The error tells the code and neither user nor password."""
    message = mail.message(make(), sender="ci@example.org", recipients=["team@example.org"])
    with pytest.raises(DeliveryError, match="SMTPAuthenticationError 535") as caught:
        send(message, inbox.server(password="wrong-SECRET"))
    assert "SECRET" not in repr(caught.value) + str(caught.value) + repr(inbox.server())


def test_an_unknown_kind_of_tls_is_refused(make: Make) -> None:
    """A slip in a setting does not end in an open connection."""
    with pytest.raises(ConfigError, match="unknown tls"):
        send(mail.message(make()), MailServer(host="localhost", tls="tls"))


def test_a_server_that_hangs_is_given_up(make: Make) -> None:
    """A server that drips its greeting for ever holds nobody longer than the deadline."""
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        server.listen()
        over = threading.Event()

        def drip() -> None:
            connection, _ = server.accept()
            with connection:
                while not over.wait(0.05):
                    connection.sendall(b"2")

        threading.Thread(target=drip, daemon=True).start()
        start = time.monotonic()
        silent = MailServer(host="127.0.0.1", port=server.getsockname()[1], tls="none")
        with pytest.raises(DeliveryError, match="it may have arrived"):
            send(mail.message(make()), silent, timeout_s=0.3)
        assert time.monotonic() - start < 2
        over.set()
