"""Calls that end in unusual ways and places."""

import asyncio
from typing import Any

from pytest_llm_telemetry.runtime.calls import ObservedCall
from tests.runtime.conftest import Recorded


def test_a_call_that_never_began_to_be_measured_has_no_latency(recorded: Recorded) -> None:
    """Where the clock failed at the start only, the end knows no duration, and says none."""
    working = recorded.clock.monotonic_ns

    def failing() -> int:
        raise OSError

    recorded.clock.monotonic_ns = failing  # type: ignore[method-assign]  # a clock that broke
    call = recorded.telemetry.observe("q").start()
    recorded.clock.monotonic_ns = working  # type: ignore[method-assign]  # and works again
    call.end()
    assert "latency_ms" not in recorded.last
    assert recorded.kinds == ["query_start", "query_success"]


def test_a_started_call_may_be_entered(recorded: Recorded) -> None:
    """`start()` and then `with` is one call with one start event; only the first content counts."""
    call = recorded.telemetry.observe("q").start()
    with call:
        recorded.clock.pass_ms(5)
        call.first_content()
        recorded.clock.pass_ms(5)
        call.first_content()
    assert recorded.kinds == ["query_start", "query_success"]
    assert recorded.last["ttft_ms"] == 5


def test_a_block_that_is_left_in_another_context_lets_go_there_too(recorded: Recorded) -> None:
    """Leaving in the place where the call is current, with a token of elsewhere, ends it there."""

    async def run() -> None:
        call = recorded.telemetry.observe("q").start()
        token = await asyncio.create_task(entering(call))
        call.enter()
        call.leave(token)
        with recorded.telemetry.observe("next"):
            pass

    async def entering(call: ObservedCall) -> Any:
        return call.enter()

    asyncio.run(run())
    assert "parent_id" not in recorded.last


def test_a_block_that_is_left_twice_ends_once(recorded: Recorded) -> None:
    """An ExitStack or a framework that leaves a block again changes nothing."""
    call = recorded.telemetry.observe("q")
    with call:
        pass
    call.__exit__(None, None, None)
    assert recorded.kinds == ["query_start", "query_success"]
