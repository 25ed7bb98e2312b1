"""`instrument` and `uninstrument`: the real SDKs' clients, watched call by call."""

import asyncio
import json
import warnings
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from inspect import iscoroutinefunction
from threading import Thread
from typing import Any

import anthropic
import openai
import pytest

from pytest_llm_telemetry import MemorySink, TelemetryLogger, instrument, uninstrument
from pytest_llm_telemetry.core.errors import ConfigError
from pytest_llm_telemetry.loopback import Fault, LoopbackServer, question
from pytest_llm_telemetry.runtime import context

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # its own deprecations
    from google import genai

pytestmark = pytest.mark.filterwarnings("ignore::ResourceWarning", "ignore::DeprecationWarning")
ASKED = "What is the capital of France?"
MESSAGES: Any = [{"role": "user", "content": ASKED}]
CHAT: Any = {"model": "gpt-4o-mini", "messages": MESSAGES}
CLAUDE: Any = {"model": "claude-sonnet-4-5", "messages": MESSAGES, "max_tokens": 64}
PARTS = {"candidates": [{"content": {"parts": [{"text": "Paris."}]}, "finishReason": "STOP"}]}
GEMINI = {
    **PARTS,
    "modelVersion": "gemini-2.5-flash",
    "usageMetadata": {"promptTokenCount": 8, "candidatesTokenCount": 3, "totalTokenCount": 11},
}


@pytest.fixture(scope="module")
def server() -> Iterator[LoopbackServer]:
    def answers(request: Any) -> str | Fault:
        return Fault("server_error") if "fail" in question(request) else "Paris, of course."

    with LoopbackServer(answers) as running:
        yield running


@pytest.fixture(scope="module")
def gemini() -> Iterator[str]:
    """A server that answers as Gemini does."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["content-length"]))
            text = json.dumps(GEMINI)
            if "embed" in self.path.lower():
                text = '{"embeddings": [{"values": [0.5]}]}'
            kind = "application/json"
            if "stream" in self.path:
                text, kind = f"data: {text}\r\n\r\n", "text/event-stream"
            self.send_response(200)
            self.send_header("content-type", kind)
            self.end_headers()
            self.wfile.write(text.encode())

        def log_message(self, *args: object) -> None:
            """Stay silent."""

    listening = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = Thread(target=listening.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{listening.server_port}"
    listening.shutdown()
    listening.server_close()
    thread.join()


class Watched:
    """A logger in memory, and clients that it watches."""

    def __init__(self, server: LoopbackServer) -> None:
        self.sink = MemorySink()
        self.telemetry = TelemetryLogger(self.sink)
        self.server = server
        self.clients: list[Any] = []

    def client(self, kind: Any) -> Any:
        """A client of one of openai's and anthropic's classes, watched."""
        url = self.server.base_url if kind.__module__.startswith("openai") else self.server.root_url
        self.clients.append(kind(base_url=url, api_key="any", max_retries=0))
        return instrument(self.clients[-1], self.telemetry)

    def only(self) -> dict[str, Any]:
        """The terminal event of the one call that was made."""
        start, end = self.sink.events
        assert start["event"] == "query_start"
        assert end["query_preview"] == ASKED
        assert (start["query_id"], start["query_hash"]) == (end["query_id"], end["query_hash"])
        self.sink.lines.clear()
        return end

    def told(self, *, streaming: bool = False) -> dict[str, Any]:
        """The same, of a chat that told everything."""
        end = self.only()
        assert end["event"] == "query_success"
        assert end.get("streaming", False) is streaming
        assert ("ttft_ms" in end) is streaming
        assert end["input_tokens"] > 0
        assert end["output_tokens"] > 0
        assert end["response_length"] == len("Paris, of course.")
        return end


@pytest.fixture
def watched(server: LoopbackServer) -> Iterator[Watched]:
    made = Watched(server)
    yield made
    for client in made.clients:
        if not iscoroutinefunction(client.close):
            client.close()


USAGE: Any = {"stream": True, "stream_options": {"include_usage": True}}


def test_openai_chat_is_watched_plain_streamed_and_raw(watched: Watched) -> None:
    """`create`, `create(stream=True)`, `parse`, `stream` and `with_raw_response` each tell all."""
    client = watched.client(openai.OpenAI)
    completions = client.chat.completions
    assert completions.create(**CHAT).choices[0].message.content == "Paris, of course."
    end = watched.told()
    assert (end["model"], end["provider"], end["operation"]) == ("gpt-4o-mini", "openai", "chat")
    assert len(list(completions.create(**CHAT, **USAGE))) > 1
    watched.told(streaming=True)
    completions.parse(**CHAT)
    watched.told()
    completions.with_raw_response.create(**CHAT)
    watched.told()
    with completions.stream(**CHAT, stream_options={"include_usage": True}) as stream:
        stream.until_done()
        assert stream.get_final_completion().choices[0].message.content == "Paris, of course."
    watched.told(streaming=True)


def test_openai_responses_and_embeddings_are_watched(watched: Watched) -> None:
    """The Responses API in its three ways, and embeddings."""
    client = watched.client(openai.OpenAI)
    ask: Any = {"model": "gpt-4o-mini", "input": ASKED}
    client.responses.create(**ask)
    watched.told()
    list(client.responses.create(**ask, stream=True))
    watched.told(streaming=True)
    with client.responses.stream(**ask) as stream:
        assert stream.get_final_response().output_text == "Paris, of course."
    watched.told(streaming=True)
    client.embeddings.create(**{**ask, "model": "text-embedding-3-small"})
    assert watched.only()["operation"] == "embeddings"


def test_async_openai_is_watched(watched: Watched) -> None:
    """Coroutines, async iterators and the async stream helper."""

    async def calls() -> None:
        async with watched.client(openai.AsyncOpenAI) as client:
            await client.chat.completions.create(**CHAT)
            watched.told()
            stream = await client.chat.completions.create(**CHAT, **USAGE)
            assert len([chunk async for chunk in stream]) > 1
            watched.told(streaming=True)
            async with client.responses.stream(model="gpt-4o-mini", input=ASKED) as events:
                await events.until_done()
            watched.told(streaming=True)

    asyncio.run(calls())


def test_anthropic_messages_are_watched(watched: Watched) -> None:
    """`create`, `create(stream=True)` and `stream`, however the stream is read."""
    messages = watched.client(anthropic.Anthropic).messages
    messages.create(**CLAUDE)
    assert watched.told()["provider"] == "anthropic"
    list(messages.create(**CLAUDE, stream=True))
    watched.told(streaming=True)
    manager: Any = messages.stream(**CLAUDE)
    assert manager._MessageStreamManager__stream is None  # what the SDK's own object holds
    assert isinstance(manager, anthropic.MessageStreamManager)
    with manager as stream:
        assert isinstance(stream, anthropic.MessageStream)
        assert "".join(stream.text_stream) == "Paris, of course."
    watched.told(streaming=True)
    with messages.stream(**CLAUDE) as stream:
        assert stream.get_final_message().stop_reason == "end_turn"
    watched.told(streaming=True)


def test_async_anthropic_messages_are_watched(watched: Watched) -> None:
    """The same, async."""

    async def calls() -> None:
        async with watched.client(anthropic.AsyncAnthropic) as client:
            await client.messages.create(**CLAUDE)
            watched.told()
            async with client.messages.stream(**CLAUDE) as stream:
                assert await stream.get_final_text() == "Paris, of course."
            watched.told(streaming=True)

    asyncio.run(calls())


def test_gemini_is_watched_sync_and_async(watched: Watched, gemini: str) -> None:
    """`generate_content`, its stream, its chats, and the async twins; embeddings too."""
    client = instrument(
        genai.Client(api_key="any", http_options={"base_url": gemini}), watched.telemetry
    )
    ask: Any = {"model": "gemini-2.5-flash", "contents": ASKED}

    def told(*, streaming: bool = False) -> None:
        end = watched.only()
        assert (end["input_tokens"], end["output_tokens"]) == (8, 3)
        assert (end["provider"], end["model"]) == ("gcp.gemini", "gemini-2.5-flash")
        assert end.get("streaming", False) is streaming

    client.models.generate_content(**ask)
    told()
    list(client.models.generate_content_stream(**ask))
    told(streaming=True)
    client.chats.create(model="gemini-2.5-flash").send_message(ASKED)
    told()
    client.models.embed_content(**ask)
    assert watched.only()["operation"] == "embeddings"

    async def calls() -> None:
        await client.aio.models.generate_content(**ask)
        told()
        async for _ in await client.aio.models.generate_content_stream(**ask):
            pass
        told(streaming=True)

        await client.aio.aclose()

    asyncio.run(calls())
    client.close()


def test_a_call_that_fails_tells_who_was_asked(watched: Watched) -> None:
    """The SDK's own error reaches the caller, and the event names the status and the model."""
    client = watched.client(openai.OpenAI)
    ask: Any = {**CHAT, "messages": [{"role": "user", "content": "fail"}]}
    with pytest.raises(openai.InternalServerError):
        client.chat.completions.create(**ask)
    end = watched.sink.events[-1]
    assert (end["event"], end["status_code"], end["operation"]) == ("query_error", 500, "chat")
    assert end["model_requested"] == "gpt-4o-mini"
    claude: Any = {**CLAUDE, "messages": ask["messages"]}
    with (
        pytest.raises(anthropic.InternalServerError),
        watched.client(anthropic.Anthropic).messages.stream(**claude),
    ):
        pytest.fail("the request is refused before the stream begins")
    assert watched.sink.events[-1]["provider"] == "anthropic"


def test_a_stream_that_is_left_early_is_abandoned(watched: Watched) -> None:
    """Leaving the helper's block before the end is told as such, once."""
    with watched.client(anthropic.Anthropic).messages.stream(**CLAUDE) as stream:
        next(stream)
    end = watched.only()
    assert (end["event"], end["error_type"]) == ("query_error", "abandoned")


def test_uninstrument_leaves_the_client_as_it_was(watched: Watched) -> None:
    """No attribute of ours stays, what another tool had put there comes back, and twice is once."""
    client = uninstrument(watched.client(openai.OpenAI))
    completions: Any = client.chat.completions
    others = completions.create
    client.responses, client.completions, client.embeddings  # noqa: B018 - made when asked for
    completions.create = others
    before = [dict(vars(owner)) for owner in (client, completions, client.responses)]
    for _ in range(2):
        assert instrument(client, watched.telemetry) is client
    completions.create(**CHAT)
    watched.told()
    for _ in range(2):
        assert uninstrument(client) is client
    after = [dict(vars(owner)) for owner in (client, completions, client.responses)]
    assert after == before
    completions.create(**CHAT)
    assert watched.sink.lines == []


def test_a_version_without_a_resource_is_watched_in_the_rest(watched: Watched) -> None:
    """A client that has no Responses API yet is instrumented all the same."""
    client = uninstrument(watched.client(openai.OpenAI))
    client.responses = None
    instrument(client, watched.telemetry).chat.completions.create(**CHAT)
    watched.told()


def test_a_copy_of_a_watched_client_is_watched(watched: Watched) -> None:
    """`with_options` makes a new client, whose calls are told too."""
    watched.client(openai.OpenAI).with_options(timeout=5).chat.completions.create(**CHAT)
    watched.told()


def test_without_a_logger_only_a_test_run_sees_the_calls(server: LoopbackServer) -> None:
    """`instrument(client)` alone writes nowhere, but into a run that is being recorded."""
    sink = MemorySink()
    with openai.OpenAI(base_url=server.base_url, api_key="any") as client:
        instrument(client)
        client.chat.completions.create(**CHAT)
        tap = context.attach(sink)
        try:
            client.chat.completions.create(**CHAT)
        finally:
            tap.close()
    assert [event["event"] for event in sink.events] == ["query_start", "query_success"]


@pytest.mark.parametrize(
    ("client", "provider"),
    [
        (openai.OpenAI(api_key="any"), "openai"),
        (openai.AzureOpenAI(api_key="any", azure_endpoint="http://127.0.0.1:9", api_version="1"),
         "azure.ai.openai"),
        (anthropic.AnthropicBedrock(aws_region="us-east-1"), "aws.bedrock"),
        (openai.OpenAI(api_key="any", base_url="http://127.0.0.1:9"), None),
    ],
)  # fmt: skip
def test_who_is_asked_is_told_by_the_client(client: Any, provider: str | None) -> None:
    """A call that fails before there is a response still names the provider, where it is known."""
    sink = MemorySink()
    instrument(client, TelemetryLogger(sink))
    create = client.messages.create if hasattr(client, "messages") else client.embeddings.create
    with pytest.raises(TypeError):
        create()
    assert sink.events[-1].get("provider") == provider


def test_a_stream_of_another_make_is_followed_as_a_whole(watched: Watched) -> None:
    """A version whose helper pulls from elsewhere still has its events told."""

    class Helper:
        def __enter__(self) -> Iterator[Any]:
            return iter([{"type": "message_start", "message": {}}, {"type": "message_stop"}])

        def __exit__(self, *exc: object) -> None:
            """Nothing is held."""

    client: Any = anthropic.Anthropic(api_key="any")
    client.messages.stream = lambda **asked: Helper()
    client.messages.stream.__name__ = "stream"
    instrument(client, watched.telemetry)
    with client.messages.stream(**CLAUDE) as stream:
        assert len(list(stream)) == 2
    assert watched.only()["event"] == "query_success"


def test_what_is_no_client_is_refused() -> None:
    """The error names what can be instrumented, and the way for everything else."""
    with pytest.raises(ConfigError, match=r"openai, anthropic, google\.genai.*telemetry\.wrap"):
        instrument(object())
