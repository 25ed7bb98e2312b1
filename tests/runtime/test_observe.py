"""`observe`, `record` and `score`: what a watched block leaves in the log."""

import asyncio
from types import SimpleNamespace
from typing import Any

import pytest

from pytest_llm_telemetry import MemorySink, TelemetryLogger
from pytest_llm_telemetry.core.errors import ConfigError
from pytest_llm_telemetry.core.events import FIELDS, from_dict
from pytest_llm_telemetry.runtime.calls import current_call
from tests.runtime.conftest import Recorded

PRICES = {"gpt-4o-mini": {"input": 1.0, "output": 2.0}}


def answer(**more: Any) -> dict[str, Any]:
    usage = {"prompt_tokens": 7, "completion_tokens": 3}
    choices = [{"message": {"content": "yes"}, "finish_reason": "stop"}]
    return {"model": "gpt-4o-mini", "choices": choices, "usage": usage, **more}


def test_a_block_leaves_a_start_and_a_success() -> None:
    """A block writes its start at once, and at its end a terminal event that stands alone."""
    kept = Recorded(service="bot", environment="test", service_version="1", prices=PRICES)
    with kept.telemetry.observe(
        "What is it?", user_id=7, session_id="s", tags=["a"], variant="v", feature_flags={"f": True}
    ) as call:
        assert kept.kinds == ["query_start"]
        kept.clock.pass_ms(12.5)
        call.record(answer(), cached=False)
    start, end = kept.events
    shared = {"service", "environment", "service_version", "session_id", "user_hash", "tags"}
    shared |= {"variant", "feature_flags", "query_hash", "query_length"}
    assert shared <= start.keys()
    assert {name: start[name] for name in shared} == {name: end[name] for name in shared}
    assert (start["query_id"], end["query_id"]) == (call.query_id, call.query_id)
    assert (end["latency_ms"], end["input_tokens"], end["cached"]) == (12.5, 7, False)
    assert (end["model"], end["cost_usd"], end["finish_reason"]) == ("gpt-4o-mini", 13e-6, "stop")
    assert end["message"] == "query_success gpt-4o-mini 12 ms"
    assert end["timestamp"] == "2023-11-14T22:13:20.500Z"
    assert "query_preview" not in start
    assert end["query_preview"] == "What is it?"


def test_every_line_reads_back_in_the_order_of_the_contract() -> None:
    """Lines hold the fields of the contract only, in its order, and read back as events."""
    kept = Recorded(service="bot", prices=PRICES, sample_rate=1.0)
    with kept.telemetry.observe("q", session_id="s", provider="openai", model="m") as call:
        call.record(answer())
    with pytest.raises(ValueError, match="no"), kept.telemetry.observe("q", tags=["t"]):
        raise ValueError("no")
    kept.telemetry.score(call.query_id, "thumbs", 1, passed=True, explanation="fine")
    order = list(FIELDS)
    for event in kept.events:
        assert list(event) == sorted(event, key=order.index)
        from_dict(event)


def test_an_error_goes_on_untouched_and_is_recorded(recorded: Recorded) -> None:
    """The caller gets the very exception, and the log gets its type, text and status."""
    error = RuntimeError("refused for me@example.com")
    error.status_code = 429  # type: ignore[attr-defined]  # as SDKs' exceptions have
    with pytest.raises(RuntimeError) as caught, recorded.telemetry.observe("q"):
        raise error
    assert caught.value is error
    assert recorded.last["event"] == "query_error"
    assert recorded.last["level"] == "ERROR"
    assert recorded.last["error_type"] == "RuntimeError"
    assert recorded.last["error_message"] == "refused for <EMAIL>"
    assert recorded.last["status_code"] == 429


def test_async_blocks_are_watched(recorded: Recorded) -> None:
    """`async with` does what `with` does, and a cancelled task is recorded as cancelled."""

    async def run() -> None:
        async with recorded.telemetry.observe("a"):
            pass
        waiting = asyncio.ensure_future(wait())
        await asyncio.sleep(0)
        waiting.cancel()
        await asyncio.gather(waiting, return_exceptions=True)

    async def wait() -> None:
        async with recorded.telemetry.observe("b"):
            await asyncio.sleep(60)

    asyncio.run(run())
    assert recorded.kinds == ["query_start", "query_success", "query_start", "query_error"]
    assert recorded.last["error_type"] == "cancelled"


def test_a_block_in_a_generator_that_is_dropped_is_abandoned(recorded: Recorded) -> None:
    """A generator that is closed in the middle of a watched block was abandoned."""

    def steps() -> Any:
        with recorded.telemetry.observe("q"):
            yield 1

    iterator = steps()
    next(iterator)
    iterator.close()
    assert recorded.last["error_type"] == "abandoned"


def test_calls_inside_calls_are_counted_and_told_apart() -> None:
    """A call inside a call names its parent, and the parent's cost is its children's."""
    kept = Recorded(prices=PRICES)
    with kept.telemetry.observe("outer") as outer:
        for _ in range(2):
            with kept.telemetry.observe("inner") as inner:
                inner.record(answer())
    ends = [event for event in kept.events if event["event"] == "query_success"]
    assert [event.get("parent_id") for event in ends] == [outer.query_id, outer.query_id, None]
    assert ends[-1]["nested_calls"] == 2
    assert (ends[-1]["cost_usd"], ends[-1]["cost_source"]) == (None, "nested")


def test_a_call_that_ends_in_another_context_leaves_no_parent_behind(recorded: Recorded) -> None:
    """A block left in another context than it was entered in does not become everyone's parent."""

    async def opens() -> Any:
        block = recorded.telemetry.observe("q")
        block.__enter__()
        return block

    async def run() -> None:
        block = await asyncio.create_task(opens())
        block.__exit__(None, None, None)
        with recorded.telemetry.observe("r"):
            pass

    asyncio.run(run())
    assert "parent_id" not in recorded.last


@pytest.mark.parametrize(
    ("capture", "held"),
    [
        ("redacted", {"query_preview", "query_hash", "query_length"}),
        ("full", {"query_preview", "query_hash", "query_length"}),
        ("hash", {"query_hash", "query_length"}),
        ("none", {"query_length"}),
    ],
)
def test_capture_decides_what_is_held_of_a_query(capture: str, held: set[str]) -> None:
    """Each capture mode holds what it says; hash and none hold no text, of errors neither."""
    kept = Recorded(capture=capture)
    query = "mail me@example.com " + "x" * 200
    with pytest.raises(ValueError, match="text"), kept.telemetry.observe(query):
        raise ValueError("text of mine")
    assert {name for name in kept.last if name.startswith("query_")} - {"query_id"} == held
    assert ("error_message" in kept.last) == (capture in {"redacted", "full"})
    if capture == "full":
        assert kept.last["query_preview"] == query
    if capture == "redacted":
        assert kept.last["query_preview"].startswith("mail <EMAIL> xxx")
        assert len(kept.last["query_preview"]) == 100


def test_users_are_told_apart_by_a_keyed_hash_only() -> None:
    """A user's id is never in a line: its hash depends on the key, and is stable under it."""
    hashes = []
    for key in ("one", b"one", "two"):
        kept = Recorded(hash_key=key)
        with kept.telemetry.observe("q", user_id="zoe.w@example.com"):
            pass
        assert b"zoe" not in b"".join(kept.sink.lines)
        hashes.append(kept.last["user_hash"])
    assert hashes[0] == hashes[1] != hashes[2]


def test_without_a_key_users_are_hashed_under_a_random_one() -> None:
    """Two loggers without a key do not tell the same user by the same hash."""
    hashes = set()
    for _ in range(2):
        kept = Recorded()
        with kept.telemetry.observe("q", user_id="ada"):
            pass
        hashes.add(kept.last["user_hash"])
    assert len(hashes) == 2


def test_the_key_may_come_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """`LLM_TELEMETRY_HASH_KEY` is the key where none is given."""
    hashes = []
    for options in ({}, {"hash_key": "k"}):
        monkeypatch.setenv("LLM_TELEMETRY_HASH_KEY", "k")
        kept = Recorded(**options)
        with kept.telemetry.observe("q", user_id="ada"):
            pass
        hashes.append(kept.last["user_hash"])
    assert hashes[0] == hashes[1]


def test_queries_longer_than_a_book_are_hashed_by_their_ends(recorded: Recorded) -> None:
    """A huge query costs bounded time, and its length still tells it from its like."""
    for extra in (0, 1):
        with recorded.telemetry.observe("x" * (200_000 + extra)):
            pass
    hashes = [event["query_hash"] for event in recorded.events]
    assert hashes[0] == hashes[1] != hashes[2]


def test_messages_are_a_query_too(recorded: Recorded) -> None:
    """A list of chat messages is told by what the user said last."""
    with recorded.telemetry.observe([{"role": "user", "content": "what?"}]):
        pass
    assert recorded.last["query_preview"] == "what?"


def test_what_is_no_query_is_left_out(recorded: Recorded) -> None:
    """No query, or one that holds no text, leaves no query fields."""
    for query in (None, 5):
        with recorded.telemetry.observe(query):
            pass
    assert not [event for event in recorded.events if "query_length" in event]


def test_a_recorded_response_may_be_any_object(recorded: Recorded) -> None:
    """Attributes do as well as keys, and a response that tells nothing changes nothing."""
    usage = SimpleNamespace(prompt_tokens=1, completion_tokens=2)
    with recorded.telemetry.observe("q", model="asked") as call:
        call.record(SimpleNamespace(model="m", choices=[], usage=usage))
        call.record(object())
    assert recorded.last["model"] == "m"
    assert recorded.last["model_requested"] == "asked"
    assert recorded.last["input_tokens"] == 1


def test_the_answer_that_was_scored_begins_on_its_score(recorded: Recorded) -> None:
    """Redacted and cut, as every text; without an answer there is no such member."""
    told = "write to me@example.com " + "x" * 900
    recorded.telemetry.score("abc", "exact", 1, answer=told)
    recorded.telemetry.score("abc", "exact", 1)
    first, second = recorded.events
    assert first["answer_preview"].startswith("write to <EMAIL> xxx")
    assert len(first["answer_preview"]) <= 500
    assert "answer_preview" not in second


def test_scores_stand_beside_their_call(recorded: Recorded) -> None:
    """A score names its call, or gets an id of its own where the call is not known."""
    with recorded.telemetry.context(session_id="s"):
        recorded.telemetry.score("abc", "thumbs", 1, passed=True, explanation="so me@example.com")
    recorded.telemetry.score(None, "thumbs", 0.5)
    first, second = recorded.events
    assert (first["query_id"], first["score"], first["passed"]) == ("abc", 1.0, True)
    assert (first["explanation"], first["session_id"]) == ("so <EMAIL>", "s")
    assert len(second["query_id"]) == 32
    assert "passed" not in second


def test_a_call_ends_once(recorded: Recorded) -> None:
    """A call that was ended by hand is not ended again by its block."""
    with recorded.telemetry.observe("q") as call:
        call.end()
    assert recorded.kinds == ["query_start", "query_success"]


@pytest.mark.parametrize(
    "options", [{"capture": "some"}, {"sample_rate": 2}, {"prices": {"m": {"input": -1}}}]
)
def test_wrong_arguments_are_refused_at_the_start(options: dict[str, Any]) -> None:
    """What cannot be used is refused when the logger is made, never later."""
    with pytest.raises(ConfigError):
        TelemetryLogger(MemorySink(), **options)


def test_without_a_destination_nothing_is_written() -> None:
    """A logger without destination watches, and writes nowhere."""
    telemetry = TelemetryLogger()
    with telemetry.observe("q"):
        pass
    assert telemetry.stats() == {"written": 0, "sampled_out": 0, "dropped": {}, "recovered": 0}


def test_injected_ids_are_quoted_as_text() -> None:
    """An id source of one's own may return anything; it stands on the line as text."""
    kept = Recorded(ids=lambda: 'a"b')
    with kept.telemetry.observe("q"), kept.telemetry.observe("r"):
        pass
    assert kept.events[1]["query_id"] == kept.events[1]["parent_id"] == 'a"b'


class Raising(list[Any]):
    """Messages that raise when they are read."""

    def __iter__(self) -> Any:
        raise SystemExit


def test_a_query_that_cannot_be_read_is_left_out(recorded: Recorded) -> None:
    """A query of a strange kind costs its own text, never the call."""
    with recorded.telemetry.observe(Raising()):
        pass
    assert recorded.kinds == ["query_start", "query_success"]
    assert "query_preview" not in recorded.last


def test_a_clock_that_fails_leaves_the_latency_unknown() -> None:
    """A time that is not known is absent, and counted, and the events are there all the same."""
    kept = Recorded()

    def failing() -> int:
        raise OSError

    kept.clock.monotonic_ns = failing  # type: ignore[method-assign]  # a clock that broke
    with kept.telemetry.observe("q"):
        pass
    del kept.clock.monotonic_ns
    assert kept.kinds[0] == "query_start"
    assert "latency_ms" not in kept.last
    assert kept.dropped["OSError"] >= 1


def test_a_latency_without_end_costs_no_event() -> None:
    """Where our clock broke and the service tells no finite time itself, none stands on the line."""
    kept = Recorded()

    def failing() -> int:
        raise OSError

    kept.clock.monotonic_ns = failing  # type: ignore[method-assign]  # a clock that broke
    with kept.telemetry.observe("q") as call:
        call.take({"latency_ms": float("inf")})
    assert kept.last["message"] == "query_success"
    assert "latency_ms" not in kept.last


def test_the_current_call_is_known_inside_its_block(recorded: Recorded) -> None:
    """Whoever logs inside a block can name its query; outside there is none."""
    with recorded.telemetry.observe("q") as call:
        assert current_call() is call
    assert current_call() is None


def test_an_error_that_nobody_raised_is_an_error(recorded: Recorded) -> None:
    """A body that tells an error, read without an SDK, ends the call as a failed one."""
    with recorded.telemetry.observe("q") as call:
        call.record({"error": {"message": "slow down", "type": "rate_limit", "code": 429}})
    assert recorded.last["event"] == "query_error"
    assert (recorded.last["error_type"], recorded.last["status_code"]) == ("rate_limit", 429)
