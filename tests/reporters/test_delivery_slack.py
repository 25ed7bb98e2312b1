"""Delivery to Slack, against a server on loopback that misbehaves in every way we know of."""

import contextlib
import socket
import struct
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from pytest_llm_telemetry.core.errors import ConfigError, DeliveryError
from pytest_llm_telemetry.core.report import Report
from pytest_llm_telemetry.reporters import slack
from pytest_llm_telemetry.reporters.delivery import Patience, Webhook, find_webhook, post

SECRET = "T000SECRET/B000SECRET/XXXXSECRETXXXX"
QUICK = Patience(deadline_s=1.2, attempt_s=0.5, pause_s=0.05, longest_pause_s=0.2)
Answer = Callable[["Handler"], None]


@dataclass
class FakeSlack:
    """A server that gives one answer after the other, the last one again and again."""

    answers: list[Answer] = field(default_factory=list)
    bodies: list[bytes] = field(default_factory=list)
    paths: list[str] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)
    done: threading.Event = field(default_factory=threading.Event)
    port: int = 0

    def hook(self, *, host: str = "127.0.0.1", port: int | None = None) -> Webhook:
        """A webhook that points here, the host and plain http opted in."""
        url = f"http://{host}:{port or self.port}/services/{SECRET}"
        return Webhook(url=url, hosts=(host,), schemes=("http",))

    def says(self, *answers: Answer) -> None:
        """Answer like this from now on."""
        self.answers = list(answers)


class Handler(BaseHTTPRequestHandler):
    """Hands each request to the next answer of the fake."""

    fake: FakeSlack

    def do_POST(self) -> None:
        """Keep what came and give the next answer."""
        self.fake.bodies.append(self.rfile.read(int(self.headers["Content-Length"])))
        self.fake.paths.append(self.path)
        self.fake.headers.append(dict(self.headers))
        answers = self.fake.answers
        with contextlib.suppress(OSError):
            (answers.pop(0) if len(answers) > 1 else answers[0])(self)

    do_GET = do_POST  # noqa: N815 - the base class looks for it by this name

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class names it
        """Stay silent."""


def status(code: int, body: str = "", **headers: str) -> Answer:
    def answer(handler: Handler) -> None:
        handler.send_response(code)
        for name, text in headers.items():
            handler.send_header(name.replace("_", "-"), text)
        handler.send_header("Content-Length", str(len(body)))
        handler.end_headers()
        handler.wfile.write(body.encode())

    return answer


def reset(handler: Handler) -> None:
    handler.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    handler.connection.close()
    handler.wfile = contextlib.nullcontext()  # type: ignore[assignment]  # nothing more is written


def hang(handler: Handler) -> None:
    handler.fake.done.wait(5)


def slow(handler: Handler) -> None:
    time.sleep(0.3)
    OK(handler)


def drip(handler: Handler) -> None:
    for sign in b"HTTP/1.1 200 OK\r\nX-Slow: " + b"x" * 200:
        if handler.fake.done.wait(0.05):
            return
        handler.wfile.write(bytes([sign]))
        handler.wfile.flush()


def truncated(handler: Handler) -> None:
    handler.send_response(200)
    handler.send_header("Content-Length", "100")
    handler.end_headers()
    handler.wfile.write(b"ok")


def endless(handler: Handler) -> None:
    handler.send_response(200)
    handler.end_headers()
    while not handler.fake.done.is_set():
        handler.wfile.write(b"ok" * 1000)


OK = status(200, "ok")


@pytest.fixture
def fake(monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeSlack]:
    """A fake Slack on loopback."""
    monkeypatch.setenv("NO_PROXY", "*")
    with serving() as found:
        yield found


@contextlib.contextmanager
def serving() -> Iterator[FakeSlack]:
    """A fake Slack that answers ok until it is told otherwise."""
    found = FakeSlack(answers=[OK])
    handler = type("Bound", (Handler,), {"fake": found})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        server.daemon_threads = True
        server.block_on_close = False
        server.handle_error = lambda *_: None  # type: ignore[method-assign]  # broken connections are the point
        found.port = server.server_port
        threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
        yield found
        found.done.set()
        server.shutdown()


def test_a_message_is_delivered_once(fake: FakeSlack, make: Callable[..., Report]) -> None:
    """The payload arrives whole, as JSON, with nothing of a .netrc beside it."""
    post(fake.hook(), slack.message(make()), patience=QUICK)
    assert fake.paths == [f"/services/{SECRET}"]
    assert b'"type": "header"' in fake.bodies[0]
    assert fake.headers[0]["Content-Type"] == "application/json"
    assert "Authorization" not in fake.headers[0]


@pytest.mark.parametrize(
    ("answers", "posts"),
    [
        pytest.param([status(429, "rate_limited", Retry_After="0"), OK], 2, id="429 then ok"),
        pytest.param([status(429, Retry_After="later"), OK], 2, id="429 with nonsense"),
        pytest.param([status(500), OK], 2, id="500 then ok"),
        pytest.param([status(503), status(502), OK], 3, id="503, 502, ok"),
        pytest.param([slow], 1, id="ok late"),
        pytest.param([status(200, "ok\n")], 1, id="ok with a line end"),
    ],
)
def test_what_can_be_delivered_is_delivered(
    fake: FakeSlack, answers: list[Answer], posts: int
) -> None:
    """A server that asks to wait, or stumbles, gets the message again until it takes it."""
    fake.says(*answers)
    post(fake.hook(), {"text": "x"}, patience=QUICK)
    assert len(fake.bodies) == posts


@pytest.mark.parametrize(
    ("answer", "told", "most"),
    [
        pytest.param(status(429, Retry_After="3600"), "status 429", 9, id="429 for ever"),
        pytest.param(status(500), "status 500", 9, id="500 for ever"),
        pytest.param(status(302, Location="/internal"), "status 302", 1, id="redirect"),
        pytest.param(status(400, "invalid_blocks"), "status 400, invalid_blocks", 1, id="400"),
        pytest.param(status(403, "action_prohibited"), "status 403", 1, id="403"),
        pytest.param(status(404, "no_service"), "status 404, no_service", 1, id="404"),
        pytest.param(status(410, "channel_is_archived"), "status 410", 1, id="410"),
        pytest.param(status(200, "no"), "status 200, no", 1, id="200 but not ok"),
        pytest.param(status(200, ""), "status 200", 1, id="200 and empty"),
        pytest.param(status(404, "XXXXSECRETXXXX"), "status 404", 1, id="secret echoed"),
        pytest.param(reset, "the connection broke", 1, id="reset"),
        pytest.param(hang, "it may have arrived", 1, id="hang"),
        pytest.param(drip, "it may have arrived", 1, id="headers that drip"),
        pytest.param(truncated, "broke off; it may have arrived", 1, id="truncated"),
        pytest.param(endless, "status 200;", 1, id="endless body"),
    ],
)
def test_what_fails_is_reported_once_in_time_and_without_the_secret(
    fake: FakeSlack, answer: Answer, told: str, most: int
) -> None:
    """No delivery is repeated where it may have arrived, none lasts, none tells the webhook."""
    fake.says(answer)
    start = time.monotonic()
    with pytest.raises(DeliveryError) as caught:
        post(fake.hook(), {"text": "x"}, patience=QUICK)
    assert time.monotonic() - start < 2
    assert told in str(caught.value)
    assert 1 <= len(fake.bodies) <= most
    chain = [caught.value, caught.value.__cause__, caught.value.__context__]
    assert "SECRET" not in "".join(map(repr, chain))
    assert "SECRET" not in str(caught.value)


def test_no_connection_is_tried_again_until_the_deadline() -> None:
    """Where nothing listens nothing can have arrived, so it is tried again, within bounds."""
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))  # bound and never listening: connections are refused
        hook = FakeSlack().hook(port=bound.getsockname()[1])
        with pytest.raises(DeliveryError, match="no connection") as caught:
            post(hook, {}, patience=QUICK)
    assert "SECRET" not in str(caught.value)


def test_a_connection_that_does_not_come_about_is_tried_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A host that never answers a connection attempt counts as not connected."""
    with socket.socket() as full:
        full.bind(("127.0.0.1", 0))
        full.listen(0)
        with contextlib.ExitStack() as stack:
            for _ in range(8):  # fill the queue: the next connection waits
                waiting = stack.enter_context(socket.socket())
                waiting.settimeout(0)
                waiting.connect_ex(full.getsockname())
            hook = FakeSlack().hook(port=full.getsockname()[1])
            with pytest.raises(DeliveryError, match=r"no connection in time|it may have arrived"):
                post(hook, {}, patience=QUICK)


def test_a_server_that_speaks_no_tls_is_reported(fake: FakeSlack) -> None:
    """A certificate that cannot be verified ends the attempt."""
    hook = Webhook(url=f"https://127.0.0.1:{fake.port}/services/{SECRET}", hosts=("127.0.0.1",))
    with pytest.raises(DeliveryError, match="certificate could not be verified") as caught:
        post(hook, {}, patience=QUICK)
    assert "SECRET" not in str(caught.value)


def test_a_payload_that_is_no_json_is_reported(fake: FakeSlack) -> None:
    """What cannot be sent is an error of its own, not a traceback."""
    with pytest.raises(DeliveryError, match="InvalidJSONError"):
        post(fake.hook(), {"text": float("nan")}, patience=QUICK)
    assert fake.bodies == []


@pytest.mark.parametrize(
    ("url", "told"),
    [
        ("", "there is no webhook"),
        ("http://hooks.slack.com/services/SECRET", "must be https"),
        ("https://evil.test/services/SECRET", "not allowed"),
        ("https://hooks.slack.com.evil.test/SECRET", "not allowed"),
        ("https://hooks.slack.com@evil.test/SECRET", "without a user"),
        ("https://user:SECRET@hooks.slack.com/", "without a user"),
        ("https://evil.test\\@hooks.slack.com/SECRET", "no URL"),
        ("https://hooks.slack.com/\r\nHost: evil.test/SECRET", "no URL"),
        ("https://[::1/SECRET", "no URL"),
        ("file:///etc/passwd", "must be https"),
        ("hooks.slack.com/SECRET", "must be https"),
    ],
)
def test_a_webhook_leads_to_slack_or_nowhere(url: str, told: str) -> None:
    """Only https to Slack's hosts is used, and the error does not tell the secret."""
    with pytest.raises(ConfigError, match=told) as caught:
        find_webhook({"LLM_TELEMETRY_SLACK_WEBHOOK": url})
    assert "SECRET" not in str(caught.value)


def test_a_webhook_is_read_from_the_environment_or_a_file(tmp_path: Path) -> None:
    """Either place will do; the secret is not part of the repr."""
    url = f"https://hooks.slack.com/services/{SECRET}"
    assert find_webhook({"LLM_TELEMETRY_SLACK_WEBHOOK": url}).url == url
    path = tmp_path / "webhook"
    path.write_text(f"{url}\n", encoding="utf-8")
    hook = find_webhook({}, file=path)
    assert hook.url == url
    assert "SECRET" not in repr(hook)


def test_another_host_can_be_allowed() -> None:
    """A gateway of one's own is an explicit choice."""
    found = find_webhook(
        {"LLM_TELEMETRY_SLACK_WEBHOOK": "https://relay.example.org/x"}, hosts=("relay.example.org",)
    )
    assert found.hosts == ("relay.example.org",)


@pytest.mark.parametrize("content", [None, b"\xff\xfe"])
def test_a_webhook_file_that_cannot_be_read_is_an_error(
    tmp_path: Path, content: bytes | None
) -> None:
    """A missing or damaged file is named."""
    path = tmp_path / "webhook"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(ConfigError, match="cannot be read"):
        find_webhook({}, file=path)
