"""The server as such: what it logs, refuses and injects, and how it stops."""

import http.client
import json
import socket
import struct
import threading
import time
from collections import Counter
from collections.abc import Callable
from typing import Any

import openai
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_llm_telemetry.core.errors import ConfigError
from pytest_llm_telemetry.loopback import (
    Exchange,
    Fault,
    Latency,
    LoopbackServer,
    Reply,
    estimate_tokens,
    question,
)

ClientOf = Callable[[LoopbackServer], openai.OpenAI]
CHAT = "/v1/chat/completions"


def send(
    server: LoopbackServer, path: str, body: Any, *, method: str = "POST"
) -> tuple[int, dict[str, str], bytes]:
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    connection = http.client.HTTPConnection(server.root_url.removeprefix("http://"), timeout=10)
    try:
        connection.request(method, path, raw, {"authorization": "Bearer sk-secret"})
        response = connection.getresponse()
        return response.status, {k.lower(): v for k, v in response.getheaders()}, response.read()
    finally:
        connection.close()


def chat(text: str, **options: Any) -> dict[str, Any]:
    return {"model": "m", "messages": [{"role": "user", "content": text}], **options}


@pytest.mark.parametrize(
    ("method", "path", "body", "status", "text"),
    [
        ("POST", "/v1/nothing", {}, 404, "Invalid URL (POST /v1/nothing)"),
        ("GET", CHAT, b"", 404, "Invalid URL (GET /v1/chat/completions)"),
        ("DELETE", "/v1/models", b"", 404, "Invalid URL (DELETE /v1/models)"),
        ("POST", CHAT, b"{", 400, "could not parse"),
        ("POST", CHAT, b"\xff", 400, "could not parse"),
        ("POST", CHAT, [1], 400, "could not parse"),
        ("POST", CHAT, {"model": "m"}, 400, "Missing required parameter: 'messages'."),
        ("POST", "/v1/responses", {}, 400, "Missing required parameter: 'input'."),
        ("POST", "/v1/messages", {}, 400, "messages: Missing required parameter"),
        ("POST", CHAT, chat("x", stream_options={"include_usage": True}), 400, "only allowed when"),
    ],
)
def test_a_request_that_no_provider_takes_gets_a_providers_error(
    method: str, path: str, body: Any, status: int, text: str
) -> None:
    """Unknown routes, bad JSON and missing parameters come back as the provider's error JSON."""
    with LoopbackServer(lambda _: "x") as server:
        found, headers, raw = send(server, path, body, method=method)
    assert found == status
    assert headers["content-type"] == "application/json"
    assert text in json.loads(raw)["error"]["message"]


def test_the_log_tells_each_request_and_keeps_no_credentials() -> None:
    """An exchange has the body, the attempt, the status and the id that the client saw."""
    with LoopbackServer(lambda _: "x") as server:
        _, headers, _ = send(server, CHAT + "?api-version=1", chat("hi"))
        send(server, CHAT, chat("hi"))
        send(server, CHAT, chat("hi", stream=True))
    first, second, third = server.requests
    assert isinstance(first, Exchange)
    assert (first.method, first.path, first.status) == ("POST", CHAT, 200)
    assert question(first.body) == "hi"
    assert [one.attempt for one in server.requests] == [1, 2, 1]
    assert [first.streaming, third.streaming] == [False, True]
    assert first.request_id == headers["x-request-id"] != second.request_id
    assert "sk-secret" not in repr(server.requests)


def test_the_same_seed_injects_the_same_and_another_seed_something_else() -> None:
    """Latency and faults repeat exactly between servers, and differ from attempt to attempt."""

    def run(seed: int) -> list[tuple[float, str | None]]:
        shape = Latency(median_ms=0.5, jitter=0.3)
        with LoopbackServer(lambda _: "x", latency_ms=shape, error_rate=0.4, seed=seed) as server:
            for _ in range(12):
                send(server, CHAT, chat("hi"))
        return [(one.latency_ms, one.fault) for one in server.requests]

    first, again, other = run(1), run(1), run(2)
    assert first == again != other
    assert {fault for _, fault in first} == {None, "rate_limit", "server_error"}
    assert len({latency for latency, fault in first if fault is None}) > 4


def test_error_rates_are_met_kind_by_kind() -> None:
    """Over many calls each kind of fault comes about as often as asked."""
    rates: dict[Any, float] = {"rate_limit": 0.3, "broken_stream": 0.2}
    with LoopbackServer(lambda _: "x", error_rate=rates, seed=3) as server:
        for number in range(200):
            send(server, CHAT, chat(str(number)))
    counts = Counter(one.fault for one in server.requests)
    assert 40 <= counts["rate_limit"] <= 80
    assert 25 <= counts["broken_stream"] <= 55
    assert counts["server_error"] == counts["reset"] == 0


@pytest.mark.parametrize("rate", [-0.1, 1.5, float("nan"), {"rate_limit": 0.7, "reset": 0.7}])
def test_impossible_error_rates_are_refused(rate: Any) -> None:
    """Rates that are no shares of the calls raise before anything listens."""
    with pytest.raises(ConfigError, match="fractions from 0"):
        LoopbackServer({}, error_rate=rate)


def test_an_unknown_kind_of_error_is_refused() -> None:
    """The error names the known kinds."""
    rates: Any = {"flood": 0.1}
    with pytest.raises(ConfigError, match=r"'flood'.*known kinds: rate_limit, server_error"):
        LoopbackServer({}, error_rate=rates)


def test_slow_calls_are_the_asked_share_and_factor() -> None:
    """Without jitter a call takes the median and its tokens, or the slow factor times that."""
    shape = Latency(
        median_ms=0.2, per_token_ms=0.1, jitter=0, slow_rate=0.25, slow_factor=3, ttft_share=0
    )
    with LoopbackServer(lambda _: Reply("x", output_tokens=3), latency_ms=shape) as server:
        for number in range(80):
            send(server, CHAT, chat(str(number)))
    counts = Counter(round(one.latency_ms, 6) for one in server.requests)
    assert set(counts) == {0.5, 1.5}
    assert 8 <= counts[1.5] <= 32


def test_latency_is_waited_for_and_the_first_piece_comes_before_the_last(
    client_of: ClientOf,
) -> None:
    """A stream's first piece waits for ttft_ms, its end for latency_ms; a plain call likewise."""
    reply = Reply("one two three four", latency_ms=60, ttft_ms=20)
    with LoopbackServer(lambda _: reply) as server:
        client = client_of(server)
        begun = time.monotonic()
        stream = client.chat.completions.create(
            model="m", messages=[{"role": "user", "content": "?"}], stream=True
        )
        seen = [time.monotonic() - begun for chunk in stream if chunk.choices[0].delta.content]
        ended = time.monotonic()
        client.chat.completions.create(model="m", messages=[{"role": "user", "content": "?"}])
        plain = time.monotonic() - ended
    assert seen[0] >= 0.02
    assert ended - begun >= 0.06
    assert seen[0] < seen[-1]
    assert plain >= 0.06


def test_stopping_waits_for_no_sleeper_and_ends_its_threads() -> None:
    """A server that sleeps for a minute stops at once, hangs up, and no thread of it stays."""
    before = set(threading.enumerate())
    heard: list[Exception] = []

    def call() -> None:
        try:
            send(server, CHAT, chat("hi"))
        except (http.client.RemoteDisconnected, ConnectionError) as error:
            heard.append(error)

    server = LoopbackServer(lambda _: Reply("x", latency_ms=60_000)).start()
    assert server.start() is server
    waiting = threading.Thread(target=call)
    waiting.start()
    while not server.requests:
        time.sleep(0.001)
    begun = time.monotonic()
    server.stop()
    waiting.join()
    server.stop()
    assert time.monotonic() - begun < 10
    assert set(threading.enumerate()) <= before
    assert len(heard) == 1


def test_a_stopped_server_has_no_address() -> None:
    """Asking for the URL outside of the with block says how to get one."""
    with pytest.raises(ConfigError, match="with block"):
        _ = LoopbackServer({}).base_url


def test_a_client_that_leaves_is_no_error(capfd: pytest.CaptureFixture[str]) -> None:
    """A connection given up before its answer leaves no traceback and the server goes on."""
    with LoopbackServer({"slow": Reply("x" * 10**6, latency_ms=20), "a": "b"}) as server:
        connection = http.client.HTTPConnection(server.root_url.removeprefix("http://"))
        connection.request("POST", CHAT, json.dumps(chat("slow")))
        connection.close()
        assert send(server, CHAT, chat("a"))[0] == 200
        time.sleep(0.05)
    assert capfd.readouterr() == ("", "")


def leave(connection: http.client.HTTPConnection) -> None:
    """Reset the connection, so that the server's next write or shutdown fails for certain."""
    assert connection.sock is not None
    connection.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.close()


def test_a_client_that_left_hears_nothing_of_a_failed_answer(
    capfd: pytest.CaptureFixture[str],
) -> None:
    """An answer that raises after its client reset the connection leaves no traceback."""
    gone = threading.Event()

    def answers(_: dict[str, Any]) -> str:
        gone.wait(10)
        raise ValueError

    with LoopbackServer(answers) as server:
        connection = http.client.HTTPConnection(server.root_url.removeprefix("http://"))
        connection.request("POST", CHAT, json.dumps(chat("hi")))
        leave(connection)
        gone.set()
        while not server.requests:
            time.sleep(0.001)
    assert capfd.readouterr() == ("", "")


def test_stopping_bears_with_a_connection_that_is_gone() -> None:
    """A client that reset its connection while the answer slept does not disturb the stop."""
    with LoopbackServer(lambda _: Reply("x", latency_ms=60_000)) as server:
        connection = http.client.HTTPConnection(server.root_url.removeprefix("http://"))
        connection.request("POST", CHAT, json.dumps(chat("hi")))
        while not server.requests:
            time.sleep(0.001)
        leave(connection)
    assert server.requests[0].latency_ms == 60_000


def test_many_clients_are_served_at_once() -> None:
    """Sixteen calls of 50 ms, made together, take far less than one after the other."""
    with LoopbackServer(lambda _: Reply("x", latency_ms=50)) as server:
        threads = [
            threading.Thread(target=send, args=(server, CHAT, chat(str(number))))
            for number in range(16)
        ]
        begun = time.monotonic()
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert time.monotonic() - begun < 0.75
    assert len(server.requests) == 16


@pytest.mark.parametrize(
    ("request_body", "text"),
    [
        ({"input": "hi"}, "hi"),
        ({"input": [{"role": "user", "content": [{"type": "input_text", "text": "hi"}]}]}, "hi"),
        (
            {"messages": [{"role": "user", "content": "a"}, {"role": "assistant", "content": "b"}]},
            "a",
        ),
        ({"messages": [{"role": "user", "content": [{"text": "a"}, {"image": 1}, "b"]}]}, "a b"),
        ({"messages": [{"role": "user", "content": None}, 5]}, ""),
        ({}, ""),
    ],
)
def test_the_question_is_the_last_thing_the_user_said(
    request_body: dict[str, Any], text: str
) -> None:
    """The text of the last user message is found in each provider's form."""
    assert question(request_body) == text


@given(st.text())
def test_a_streamed_text_is_the_text(text: str) -> None:
    """Whatever the answer holds, the streamed pieces join to it and its tokens are counted."""
    from pytest_llm_telemetry.loopback.prompt import pieces  # noqa: PLC0415 - inside only here

    assert "".join(pieces(text)) == text
    assert estimate_tokens(text) <= 2 * len(text)


def test_tokens_are_of_the_usual_size() -> None:
    """English prose comes out near four characters a token, and other scripts denser."""
    prose = "You can return any item within fourteen days of delivery and get a full refund."
    assert 15 <= estimate_tokens(prose) <= 22
    assert estimate_tokens("") == 0
    assert estimate_tokens("返品できますか") == 4


def test_the_instructions_count_as_input(client_of: ClientOf) -> None:
    """System prompts of every form make the input longer."""
    with LoopbackServer(lambda _: "x") as server:
        client = client_of(server)
        short = client.responses.create(model="m", input="hi")
        with_instructions = client.responses.create(
            model="m", input=[{"role": "user", "content": "hi"}], instructions="Be brief and kind."
        )
    assert short.usage is not None
    assert with_instructions.usage is not None
    assert with_instructions.usage.input_tokens > short.usage.input_tokens


def test_a_fault_needs_no_retry_after(client_of: ClientOf) -> None:
    """A fault without retry_after_s sends no Retry-After header."""
    with (
        LoopbackServer(lambda _: Fault("rate_limit")) as server,
        pytest.raises(openai.RateLimitError) as caught,
    ):
        client_of(server).chat.completions.create(
            model="m", messages=[{"role": "user", "content": "?"}]
        )
    assert "retry-after" not in caught.value.response.headers
