"""What rides on every event: bound fields, and the tap of a test session."""

import asyncio
import threading
import uuid
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from pytest_llm_telemetry import FileSink, MemorySink
from pytest_llm_telemetry.core.pricing import PriceTable
from pytest_llm_telemetry.runtime import context
from tests.runtime.conftest import Recorded


def ask(kept: Recorded, **fields: Any) -> dict[str, Any]:
    with kept.telemetry.observe("q", **fields):
        pass
    return kept.last


def test_bound_fields_are_on_every_event_inside(recorded: Recorded) -> None:
    """Fields bound by a block are on events inside it, inner ones win, and after it they are gone."""
    with recorded.telemetry.context(session_id="s", variant="a"):
        with context.bind(variant="b", trace_id="c" * 32, span_id="d" * 16):
            inner = ask(recorded)
        outer = ask(recorded)
    after = ask(recorded)
    assert (inner["session_id"], inner["variant"], inner["trace_id"]) == ("s", "b", "c" * 32)
    assert (outer["session_id"], outer["variant"]) == ("s", "a")
    assert not {"session_id", "variant", "trace_id"} & after.keys()


def test_a_calls_own_fields_win(recorded: Recorded) -> None:
    """What a call says of itself goes before what is bound."""
    with context.bind(session_id="bound", tags=["t"]):
        event = ask(recorded, session_id="own")
    assert (event["session_id"], event["tags"]) == ("own", ["t"])


def test_a_binding_can_be_entered_again(recorded: Recorded) -> None:
    """One binding serves several blocks, one inside the other too."""
    bound = context.bind(session_id="s")
    with bound, bound:
        assert ask(recorded)["session_id"] == "s"
    assert "session_id" not in ask(recorded)


async def _inside(kept: Recorded) -> dict[str, Any]:
    async with context.bind(session_id="s"):
        return ask(kept)


def test_a_binding_serves_async_blocks(recorded: Recorded) -> None:
    """`async with` binds as well."""
    assert asyncio.run(_inside(recorded))["session_id"] == "s"


def test_a_binding_left_without_being_entered_changes_nothing() -> None:
    """Leaving a block that was entered elsewhere is no error."""
    context.bind(a=1).__exit__(None, None, None)
    assert context.current() == {}


def test_values_that_are_no_text_are_told_as_text(recorded: Recorded) -> None:
    """A UUID serves as a session id, one tag as a list of one, and None as nothing."""
    session = uuid.uuid4()
    event = ask(recorded, session_id=session, tags="one")
    assert (event["session_id"], event["tags"]) == (str(session), ["one"])
    with context.bind(variant=None, tags=None):
        event = ask(recorded)
    assert "variant" not in event
    assert event["tags"] == []


def test_the_tap_sees_every_logger_and_thread() -> None:
    """While a tap is attached every logger writes into it too, with the session's fields on."""
    sink = MemorySink()
    kept = Recorded()
    tap = context.attach(sink, prices=PriceTable({"m": {"input": 1.0, "output": 1.0}}))
    try:
        tap.fields({"run_id": "r", "case_id": "c"})
        with context.bind(session_id="s"):
            ask(kept)
        thread = threading.Thread(target=ask, args=(kept,))
        thread.start()
        thread.join()
        with kept.telemetry.observe("q") as call:
            call.record(
                {"model": "m", "choices": [], "usage": {"prompt_tokens": 1, "completion_tokens": 1}}
            )
        assert tap.last_query_id == call.query_id
    finally:
        tap.close()
    ask(kept)
    assert sink.lines == kept.sink.lines[:-2]
    assert {event["case_id"] for event in sink.events} == {"c"}
    assert sink.events[-1]["cost_usd"] == 2e-6
    assert "case_id" not in kept.last


def test_the_tap_knows_the_errors_it_recorded(recorded: Recorded) -> None:
    """The tap tells an exception that a call raised, also as the cause of another, from others."""
    tap = context.attach(MemorySink())
    try:
        with pytest.raises(ValueError, match="x") as caught, recorded.telemetry.observe("q"):
            raise ValueError("x")
        outer = RuntimeError()
        outer.__cause__ = caught.value
        assert tap.was_recorded(caught.value)
        assert tap.was_recorded(outer)
        assert not tap.was_recorded(KeyError())
        tap.fields({})
        assert not tap.was_recorded(caught.value)
    finally:
        tap.close()
    assert context.tapped is None


def test_a_tap_that_fails_is_counted_and_taps_stack(tmp_path: Path, recorded: Recorded) -> None:
    """A tap whose file cannot be written costs a count, and the outer tap comes back."""
    outer = context.attach(MemorySink())
    inner = context.attach(FileSink(tmp_path))
    ask(recorded)
    assert recorded.dropped == {"IsADirectoryError": 2}
    inner.close()
    assert context.tapped is outer
    outer.close()
    assert recorded.kinds == ["query_start", "query_success"]


class Refusal(BaseException):
    """What a meter ends a test with."""


class Meter:
    """Lets so many calls be made, and remembers what they told."""

    def __init__(self, room: int) -> None:
        self.room = room
        self.asked: list[tuple[str, str | None]] = []
        self.told: list[dict[str, Any]] = []

    def begin(self, query_id: str, parent_id: str | None) -> None:
        """Refuse where there is no room."""
        self.asked.append((query_id, parent_id))
        self.room -= 1
        if self.room < 0:
            raise Refusal

    def end(self, query_id: str, found: Mapping[str, Any]) -> None:
        """Remember."""
        self.told.append({"query_id": query_id, **found})


def test_a_meter_is_asked_before_each_call_and_told_after_it(recorded: Recorded) -> None:
    """A refusal goes through every guard, the call is not made, and nothing of it is written."""
    meter = Meter(2)
    tap = context.attach(MemorySink(), meter=meter)
    made: list[str] = []
    try:
        with recorded.telemetry.observe("outer") as outer:
            recorded.telemetry.wrap(made.append)("inner")
            with pytest.raises(Refusal):
                recorded.telemetry.wrap(made.append)("refused")
    finally:
        tap.close()
    assert made == ["inner"]
    assert [parent for _, parent in meter.asked] == [None, outer.query_id, outer.query_id]
    assert [told["query_id"] for told in meter.told] == [meter.asked[1][0], outer.query_id]
    assert recorded.kinds == ["query_start", "query_start", "query_success", "query_success"]


def test_a_call_that_a_recording_answered_is_marked(recorded: Recorded) -> None:
    """What counts the replays says so, call by call; without it nothing is marked."""
    replayed = iter([1, 1, 2])
    tap = context.attach(MemorySink())
    try:
        tap.replays = lambda: next(replayed)
        marks = []
        for _ in range(3):
            with recorded.telemetry.observe("q"):
                pass
            marks.append(recorded.last.get("cached"))
    finally:
        tap.close()
    assert marks == [True, None, True]


@pytest.mark.parametrize("trace", ["c" * 31, "C" * 32, "g" * 32, 7, None])
def test_a_trace_that_is_none_is_left_out(recorded: Recorded, trace: Any) -> None:
    """A line with an id that no tracing system takes would be no event; the rest of it is."""
    with context.bind(trace_id=trace, variant="v"), recorded.telemetry.observe("q"):
        pass
    assert "trace_id" not in recorded.last
    assert recorded.last["variant"] == "v"


def test_calls_aside_are_not_the_tests_own(recorded: Recorded) -> None:
    """A judge's calls carry its own fields, and the test goes on as if they had not been."""
    tap = context.attach(MemorySink())
    try:
        tap.fields({"suite": "bot", "case_id": "a"})
        with recorded.telemetry.observe("q") as own:
            pass
        with tap.aside({"suite": "bot@judge"}), recorded.telemetry.observe("judge"):
            pass
        assert recorded.last["suite"] == "bot@judge"
        assert "case_id" not in recorded.last
        assert (tap.last_query_id, len(tap.calls)) == (own.query_id, 1)
        assert tap.ambient["case_id"] == "a"
    finally:
        tap.close()
