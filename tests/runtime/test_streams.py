"""Streams that a call returns are followed, and behave as if they were not."""

import asyncio
import gc
import io
import tracemalloc
from collections.abc import AsyncIterator, Iterator
from types import SimpleNamespace, TracebackType
from typing import Any, Self

import anthropic
import openai
import pytest

from pytest_llm_telemetry.loopback import Fault, Latency, LoopbackServer
from tests.runtime.conftest import Recorded

ASK: dict[str, Any] = {"model": "gpt-4o", "messages": [{"role": "user", "content": "France?"}]}
TEXT = "Paris is the capital of France."


def client_of(server: LoopbackServer) -> openai.OpenAI:
    return openai.OpenAI(base_url=server.base_url, api_key="any", max_retries=0)


def async_client_of(server: LoopbackServer) -> openai.AsyncOpenAI:
    return openai.AsyncOpenAI(base_url=server.base_url, api_key="any", max_retries=0)


def test_openais_own_client_can_be_wrapped(recorded: Recorded) -> None:
    """The SDK's method, wrapped, tells the answer's usage and, streamed, the stream's."""
    with LoopbackServer({"France?": TEXT}) as server, client_of(server) as client:
        create = recorded.telemetry.wrap(client.chat.completions.create)
        assert create(**ASK).choices[0].message.content == TEXT
        whole = recorded.last
        stream = create(**ASK, stream=True, stream_options={"include_usage": True})
        assert isinstance(stream, openai.Stream)
        assert stream.response.status_code == 200
        chunks = list(stream)
    assert "".join(c.choices[0].delta.content or "" for c in chunks if c.choices) == TEXT
    assert recorded.last["query_preview"] == whole["query_preview"] == "France?"
    for name in ("input_tokens", "output_tokens", "finish_reason", "response_length", "model"):
        assert recorded.last[name] == whole[name]
    assert recorded.last["streaming"] is True
    assert "ttft_ms" in recorded.last
    assert "ttft_ms" not in whole


def test_an_openai_stream_without_usage_has_none(recorded: Recorded) -> None:
    """Where the provider told no usage, the tokens are unknown, not 0."""
    with LoopbackServer({"France?": TEXT}) as server, client_of(server) as client:
        create = recorded.telemetry.wrap(client.chat.completions.create)
        with create(**ASK, stream=True) as stream:
            for _ in stream:
                pass
    assert recorded.kinds == ["query_start", "query_success"]
    assert "input_tokens" not in recorded.last


def test_an_openai_stream_that_is_left_early_was_abandoned(recorded: Recorded) -> None:
    """A reader that leaves the stream in the middle abandons it; after the last word it does not."""
    with LoopbackServer({"France?": TEXT}) as server, client_of(server) as client:
        create = recorded.telemetry.wrap(client.chat.completions.create)
        with create(**ASK, stream=True) as stream:
            next(stream)
        assert recorded.last["error_type"] == "abandoned"
        with create(**ASK, stream=True) as stream:
            for chunk in stream:
                if chunk.choices and chunk.choices[0].finish_reason:
                    break
        assert recorded.last["event"] == "query_success"


def test_openais_async_client_can_be_wrapped(recorded: Recorded) -> None:
    """The async SDK's method is watched through its coroutine and its stream."""

    async def run() -> None:
        async with async_client_of(server) as client:
            create = recorded.telemetry.wrap(client.chat.completions.create)
            answer = await create(**ASK)
            assert answer.choices[0].message.content == TEXT
            stream = await create(**ASK, stream=True)
            assert isinstance(stream, openai.AsyncStream)
            assert [chunk async for chunk in stream]
            async with await create(**ASK, stream=True) as left:
                await anext(left)

    with LoopbackServer({"France?": TEXT}) as server:
        asyncio.run(run())
    assert recorded.kinds == ["query_start", "query_success"] * 2 + ["query_start", "query_error"]
    assert recorded.events[3]["response_length"] == len(TEXT)
    assert recorded.last["error_type"] == "abandoned"


def test_a_cancelled_async_stream_is_cancelled(recorded: Recorded) -> None:
    """A task that is cancelled while it waits for a chunk ends the call as cancelled."""

    async def run() -> None:
        async with async_client_of(server) as client:
            create = recorded.telemetry.wrap(client.chat.completions.create)

            async def read() -> None:
                async for _ in await create(**ASK, stream=True):
                    started.set()

            started = asyncio.Event()
            task = asyncio.create_task(read())
            await started.wait()
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    with LoopbackServer(
        {"France?": TEXT}, latency_ms=Latency(median_ms=3000, jitter=0.0, ttft_share=0.01)
    ) as server:
        asyncio.run(run())
    assert recorded.last["error_type"] == "cancelled"


def test_anthropics_stream_is_followed(recorded: Recorded) -> None:
    """An Anthropic stream tells input and output tokens and its stop reason."""
    with (
        LoopbackServer({"France?": TEXT}) as server,
        anthropic.Anthropic(base_url=server.root_url, api_key="any", max_retries=0) as client,
        recorded.telemetry.observe("France?") as call,
    ):
        stream = client.messages.create(
            model="claude-x", max_tokens=100, stream=True, messages=ASK["messages"]
        )
        for _ in call.stream(stream):
            pass
    assert recorded.last["finish_reason"] == "end_turn"
    assert recorded.last["input_tokens"] > 0
    assert recorded.last["output_tokens"] > 0


def test_a_refused_call_is_recorded_by_status(recorded: Recorded) -> None:
    """The SDK's error reaches the caller, and the log has its type and status."""
    with (
        LoopbackServer(lambda _: Fault("rate_limit")) as server,
        client_of(server) as client,
        pytest.raises(openai.RateLimitError),
    ):
        recorded.telemetry.wrap(client.chat.completions.create)(**ASK)
    assert (recorded.last["error_type"], recorded.last["status_code"]) == ("RateLimitError", 429)


class Source:
    """A stream as SDKs have them."""

    def __init__(self, parts: Any) -> None:
        self.parts: Iterator[Any] = iter(parts)
        self.closed = 0

    def __iter__(self) -> Iterator[Any]:
        return self.parts

    def close(self) -> None:
        """Count it."""
        self.closed += 1

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        at: TracebackType | None,
    ) -> bool:
        self.close()
        return kind is LookupError


class AsyncSource(Source):
    """The same, asynchronous."""

    __iter__ = None  # type: ignore[assignment]  # it is asynchronous only

    async def __aiter__(self) -> AsyncIterator[Any]:
        for part in self.parts:
            yield part

    async def close(self) -> None:  # type: ignore[override]  # it is asynchronous only
        """Count it."""
        self.closed += 1

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, kind: type[BaseException] | None, *rest: object) -> bool:
        self.closed += 1
        return kind is LookupError


def test_the_last_word_on_usage_may_come_after_the_stream(recorded: Recorded) -> None:
    """In a block the call ends with the stream, and what is recorded afterwards still counts."""
    with recorded.telemetry.observe("q") as call:
        for _ in call.stream(Source("ab")):
            recorded.clock.pass_ms(5)
        recorded.clock.pass_ms(1000)
        call.record({"usage": {"prompt_tokens": 9, "completion_tokens": 1}, "choices": []})
    assert recorded.last["latency_ms"] == 10.0
    assert recorded.last["input_tokens"] == 9


def test_a_stream_may_outlive_its_block(recorded: Recorded) -> None:
    """A stream that is handed out of the block ends the call when it is read."""

    def handler() -> Any:
        with recorded.telemetry.observe("q") as call:
            return call.stream(Source("ab"))

    stream = handler()
    assert recorded.kinds == ["query_start"]
    assert list(stream) == ["a", "b"]
    assert recorded.last["response_length"] == 2


def test_an_error_in_mid_stream_is_recorded(recorded: Recorded) -> None:
    """What the stream raises goes on to the reader, with what was told until then in the log."""

    def breaks() -> Iterator[str]:
        yield "some"
        raise ConnectionResetError

    with pytest.raises(ConnectionResetError), recorded.telemetry.observe("q") as call:
        list(call.stream(breaks()))
    assert recorded.last["error_type"] == "ConnectionResetError"
    assert recorded.last["response_length"] == 4


def test_close_and_with_reach_the_source(recorded: Recorded) -> None:
    """Closing, leaving and suppressing work as on the source itself, and more than once."""
    source = Source("ab")
    stream: Any = recorded.telemetry.wrap(lambda: source)()
    with stream as entered:
        assert entered is stream
        raise LookupError
    stream.close()
    assert source.closed == 2
    assert stream.parts is source.parts
    assert recorded.kinds == ["query_start", "query_error"]
    with pytest.raises(AttributeError):
        _ = stream.missing


def test_async_close_and_with_reach_the_source(recorded: Recorded) -> None:
    """The same for a source that is closed by `await`."""

    async def run() -> None:
        source = AsyncSource("ab")
        made: Any = recorded.telemetry.wrap(lambda: source)()
        async with made as stream:
            assert [part async for part in stream] == ["a", "b"]
            raise LookupError
        await stream.close()
        await stream.aclose()
        assert source.closed == 3

    asyncio.run(run())
    assert recorded.kinds == ["query_start", "query_success"]


def test_a_manager_hands_out_the_stream_proper(recorded: Recorded) -> None:
    """Where entering a stream gives another object, that one is read."""

    class Manager(Source):
        def __enter__(self) -> Any:
            return Source("xyz")

    class AsyncManager(AsyncSource):
        async def __aenter__(self) -> Any:
            return AsyncSource("xyz")

    async def run() -> None:
        async with recorded.telemetry.wrap(lambda: AsyncManager("ab"))() as stream:
            assert [part async for part in stream] == [*"xyz"]

    with recorded.telemetry.wrap(lambda: Manager("ab"))() as stream:
        assert list(stream) == [*"xyz"]
    asyncio.run(run())


def test_bare_iterators_are_followed_too(recorded: Recorded) -> None:
    """`call.stream` takes any iterable; with and close then do what there is to do."""

    async def run() -> None:
        with recorded.telemetry.observe("q") as call:
            bare: Any = Bare()
            async with call.stream(bare) as stream:
                assert [part async for part in stream] == [1]

    class Bare:
        def __init__(self) -> None:
            self.left = 1

        def __aiter__(self) -> Self:
            return self

        async def __anext__(self) -> int:
            if not self.left:
                raise StopAsyncIteration
            self.left -= 1
            return 1

    letters: Any = iter("ab")
    with recorded.telemetry.observe("q") as call, call.stream(letters) as stream:
        assert list(stream) == ["a", "b"]
    asyncio.run(run())
    assert recorded.kinds == ["query_start", "query_success"] * 2


def test_what_cannot_be_iterated_comes_back_as_it_is(recorded: Recorded) -> None:
    """`call.stream` of a plain object is that object."""
    thing = object()
    with recorded.telemetry.observe("q") as call:
        assert call.stream(thing) is thing
    assert recorded.kinds == ["query_start", "query_success"]


@pytest.mark.parametrize("value", ["text", [1], {"a": 1}, b"x", (1,), io.StringIO("x"), None])
def test_values_and_files_are_no_streams(recorded: Recorded, value: object) -> None:
    """A wrapped function that returns a value, a container or a file returns that very object."""
    assert recorded.telemetry.wrap(lambda: value)() is value
    assert recorded.last["event"] == "query_success"


def test_a_stream_that_is_dropped_was_abandoned(recorded: Recorded) -> None:
    """A stream that nobody reads is abandoned when it is collected."""
    recorded.telemetry.wrap(lambda: Source("ab"))()
    gc.collect()
    assert recorded.last["error_type"] == "abandoned"


def test_memory_does_not_grow_with_the_stream(recorded: Recorded) -> None:
    """A stream of 20,000 chunks is counted, not kept."""
    chunk = SimpleNamespace(
        choices=[SimpleNamespace(delta=SimpleNamespace(content="x" * 100), finish_reason=None)]
    )
    stream: Any = recorded.telemetry.wrap(lambda: Source(chunk for _ in range(20_000)))()
    next(stream)
    tracemalloc.start()
    for _ in stream:
        pass
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 100_000
    assert recorded.last["response_length"] == 2_000_000
