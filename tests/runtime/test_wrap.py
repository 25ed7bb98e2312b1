"""`wrap`: the same signature, kind and result, and a record of every call."""

import asyncio
import concurrent.futures
import functools
import inspect
from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest

from tests.runtime.conftest import Recorded


def response(text: str = "yes") -> dict[str, Any]:
    return {
        "model": "m",
        "choices": [{"message": {"content": text}, "finish_reason": "stop"}],
        "usage": {"prompt_tokens": 5, "completion_tokens": 1},
    }


def plain(query: str, *, model: str = "x") -> dict[str, Any]:
    """Answer."""
    if query == "bad":
        raise LookupError(query)
    return response()


async def coroutine(query: str) -> dict[str, Any]:
    await asyncio.sleep(0)
    return plain(query)


def generator(query: str) -> Iterator[str]:
    yield query
    yield from ("a", "b")


async def async_generator(query: str) -> AsyncIterator[str]:
    for part in generator(query):
        yield part


@pytest.mark.parametrize("function", [plain, coroutine, generator, async_generator])
def test_name_signature_and_kind_are_kept(recorded: Recorded, function: Any) -> None:
    """The wrapped function looks like the function: name, text, signature, and kind."""
    watched = recorded.telemetry.wrap(function)
    assert (watched.__name__, watched.__doc__) == (function.__name__, function.__doc__)
    assert inspect.signature(watched) == inspect.signature(function)
    for kind in (
        inspect.iscoroutinefunction,
        inspect.isgeneratorfunction,
        inspect.isasyncgenfunction,
    ):
        assert kind(watched) == kind(function)


def test_a_function_is_recorded_by_its_arguments_and_result(recorded: Recorded) -> None:
    """The query is the text argument, the model asked for the keyword, usage the result's."""
    assert recorded.telemetry.wrap(plain)("why?", model="asked") == response()
    _, end = recorded.events
    assert end["query_preview"] == "why?"
    assert (end["model_requested"], end["model"], end["input_tokens"]) == ("asked", "m", 5)


def test_its_error_goes_on(recorded: Recorded) -> None:
    """The wrapped function's error reaches the caller and the log."""
    with pytest.raises(LookupError):
        recorded.telemetry.wrap(plain)("bad")
    assert recorded.last["error_type"] == "LookupError"


def test_a_coroutine_function_is_watched_until_it_returns(recorded: Recorded) -> None:
    """Latency covers the await, results and errors are as without us."""
    watched = recorded.telemetry.wrap(coroutine)
    assert asyncio.run(watched("why?")) == response()
    assert recorded.last["input_tokens"] == 5
    with pytest.raises(LookupError):
        asyncio.run(watched("bad"))
    assert recorded.last["error_type"] == "LookupError"


def test_a_function_that_hands_out_a_coroutine_is_watched_until_it_returns(
    recorded: Recorded,
) -> None:
    """A client's method that is no coroutine function but returns one is recorded by its result."""
    watched = recorded.telemetry.wrap(functools.partial(coroutine))
    assert asyncio.run(watched("why?")) == response()
    assert recorded.kinds == ["query_start", "query_success"]
    assert recorded.last["input_tokens"] == 5
    with pytest.raises(LookupError):
        asyncio.run(watched("bad"))
    assert recorded.last["error_type"] == "LookupError"


@pytest.mark.parametrize(("query", "end"), [("why?", "query_success"), ("bad", "query_error")])
def test_a_future_is_watched_until_it_is_done(recorded: Recorded, query: str, end: str) -> None:
    """A function that submits to a pool gives its future back, and the call ends with it."""
    with concurrent.futures.ThreadPoolExecutor(1) as pool:
        watched: Any = recorded.telemetry.wrap(lambda query: pool.submit(plain, query))
        future = watched(query)
        assert isinstance(future, concurrent.futures.Future)
        concurrent.futures.wait([future])
    assert recorded.last["event"] == end


def test_a_cancelled_future_is_cancelled(recorded: Recorded) -> None:
    """A future that is cancelled before it runs ends its call as cancelled."""
    future = recorded.telemetry.wrap(concurrent.futures.Future[Any])()
    future.cancel()
    assert recorded.last["error_type"] == "cancelled"


def test_a_generator_is_watched_to_its_end(recorded: Recorded) -> None:
    """Chunks come through as they are; the first stamps the time to first token."""
    watched = recorded.telemetry.wrap(generator)("q")
    assert recorded.events == []
    for chunk in watched:
        recorded.clock.pass_ms(10)
        assert chunk in {"q", "a", "b"}
    assert recorded.kinds == ["query_start", "query_success"]
    assert (recorded.last["ttft_ms"], recorded.last["latency_ms"]) == (0.0, 30.0)
    assert (recorded.last["streaming"], recorded.last["response_length"]) == (True, 3)


def echo() -> Any:
    heard: list[Any] = []
    while True:
        try:
            heard.append((yield len(heard)))
        except KeyError:
            heard.append("caught")
        if heard[-1] == "stop":
            return heard


def test_a_generator_still_hears_its_reader(recorded: Recorded) -> None:
    """`send`, `throw` and the return value work through the wrapper."""
    watched = recorded.telemetry.wrap(echo)()
    next(watched)
    assert watched.send("a") == 1
    assert watched.throw(KeyError()) == 2
    with pytest.raises(StopIteration) as end:
        watched.send("stop")
    assert end.value.value == ["a", "caught", "stop"]
    assert recorded.last["event"] == "query_success"


def test_a_generator_that_fails_or_is_dropped_is_an_error(recorded: Recorded) -> None:
    """An error in mid-stream reaches both sides; a stream closed or dropped early was abandoned."""
    watched = recorded.telemetry.wrap(echo)
    stream = watched()
    next(stream)
    with pytest.raises(ZeroDivisionError):
        stream.throw(ZeroDivisionError())
    assert recorded.last["error_type"] == "ZeroDivisionError"
    stream = watched()
    next(stream)
    stream.close()
    assert recorded.last["error_type"] == "abandoned"
    stream = watched()
    next(stream)
    del stream
    assert recorded.kinds == ["query_start", "query_error"] * 3


async def async_echo() -> Any:
    heard = 0
    while True:
        try:
            if (yield heard) == "stop":
                return
        except KeyError:
            heard = 99
        heard += 1


def test_an_async_generator_still_hears_its_reader(recorded: Recorded) -> None:
    """`asend`, `athrow` and `aclose` work through the wrapper."""

    async def run() -> None:
        watched = recorded.telemetry.wrap(async_echo)
        stream = watched()
        assert await anext(stream) == 0
        assert await stream.asend("a") == 1
        assert await stream.athrow(KeyError()) == 100
        with pytest.raises(StopAsyncIteration):
            await stream.asend("stop")
        assert recorded.last["event"] == "query_success"
        stream = watched()
        await anext(stream)
        with pytest.raises(ZeroDivisionError):
            await stream.athrow(ZeroDivisionError())
        assert recorded.last["error_type"] == "ZeroDivisionError"
        stream = watched()
        await anext(stream)
        await stream.aclose()
        assert recorded.last["error_type"] == "abandoned"
        assert [part async for part in recorded.telemetry.wrap(async_generator)("q")] == [*"qab"]

    asyncio.run(run())
    assert recorded.last["response_length"] == 3


def test_calls_inside_a_stream_are_its_children(recorded: Recorded) -> None:
    """A call made while a generator runs has it for a parent; one made by its reader has not."""
    ask = recorded.telemetry.wrap(plain)

    def handler(query: str) -> Iterator[str]:
        ask("inner")
        yield "a"

    for _ in recorded.telemetry.wrap(handler)("outer"):
        ask("by the reader")
    parents = {
        event["query_preview"]: event.get("parent_id")
        for event in recorded.events
        if event["event"] == "query_success"
    }
    assert parents["inner"] is not None
    assert parents["by the reader"] is None
    assert recorded.last["nested_calls"] == 1


def test_methods_and_callables_can_be_wrapped(recorded: Recorded) -> None:
    """Methods, class methods and callable objects are watched like functions."""

    class Bot:
        @recorded.telemetry.wrap
        def answer(self, query: str) -> str:
            return query

        @classmethod
        @recorded.telemetry.wrap
        def make(cls, query: str) -> str:
            return cls.__name__ + query

        def __call__(self, query: str) -> str:
            return query

    assert Bot().answer("q") == "q"
    assert Bot.make("q") == "Botq"
    assert recorded.telemetry.wrap(Bot().answer)("q") == "q"
    assert recorded.telemetry.wrap(Bot())("q") == "q"
    assert recorded.last["response_length"] == 1
