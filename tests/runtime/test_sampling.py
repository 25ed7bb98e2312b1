"""Sampling keeps whole calls, all errors, and every figure unbiased."""

import random
from typing import Any

import pytest

from pytest_llm_telemetry import MemorySink
from pytest_llm_telemetry.runtime import context
from pytest_llm_telemetry.runtime.sampling import share
from tests.runtime.conftest import Recorded


def traffic(kept: Recorded, calls: int) -> None:
    for number in range(calls):
        call = kept.telemetry.observe("q", tags=["busy" if number % 2 else "quiet"]).start()
        kept.clock.pass_ms(number % 100)
        call.end(TimeoutError() if number % 10 == 0 else None)
        kept.telemetry.score(call.query_id, "thumbs", 1)


def by_call(kept: Recorded) -> dict[str, list[dict[str, Any]]]:
    found: dict[str, list[dict[str, Any]]] = {}
    for event in kept.events:
        found.setdefault(event["query_id"], []).append(event)
    return found


def test_all_events_of_a_call_share_its_fate() -> None:
    """A call that is kept has its start, end and score with one rate; of others errors alone stay."""
    kept = Recorded(sample_rate=0.25)
    traffic(kept, 1000)
    for events in by_call(kept).values():
        kinds = [event["event"] for event in events]
        if kinds == ["query_error"]:
            assert events[0]["sample_rate"] == 1.0
        else:
            assert kinds in (
                ["query_start", "query_success", "query_score"],
                ["query_start", "query_error", "query_score"],
            )
            assert events[0]["sample_rate"] == events[2]["sample_rate"] == 0.25
    stats = kept.telemetry.stats()
    assert stats["written"] + stats["sampled_out"] == 3000
    assert sum(event["event"] == "query_error" for event in kept.events) == 100


def test_weighted_figures_are_unbiased() -> None:
    """Weighted by 1 / rate, count, errors and mean latency are those of all calls."""
    kept = Recorded(sample_rate=0.2, slow_ms=90)
    traffic(kept, 24_000)  # of so many, 6 % is five standard deviations of the count
    ends = [event for event in kept.events if event["event"] in {"query_success", "query_error"}]
    weights = [1 / event["sample_rate"] for event in ends]
    count = sum(weights)
    mean = sum(w * e["latency_ms"] for w, e in zip(weights, ends, strict=True)) / count
    errors = sum(e["event"] == "query_error" for e in ends) / count
    assert count == pytest.approx(24_000, rel=0.06)
    assert mean == pytest.approx(49.5, rel=0.06)
    assert errors == pytest.approx(0.1, rel=0.06)
    slow = [event for event in ends if event["latency_ms"] >= 90]
    assert len(slow) == 2400
    assert {event["sample_rate"] for event in slow} == {1.0}


def test_a_function_may_decide_by_the_calls_fields() -> None:
    """A rate per route comes from a function; what it says wrongly or raises keeps the call."""
    rates = {"busy": 0.0, "quiet": 1.0}
    kept = Recorded(sample_rate=lambda fields: rates[fields["tags"][0]])
    traffic(kept, 20)
    ends = [event for event in kept.events if event["event"] == "query_success"]
    assert {tuple(event["tags"]) for event in ends} == {("quiet",)}
    assert sum(event["event"] == "query_score" for event in kept.events) == 20
    for rate in (lambda _: 7.0, lambda _: 1 / 0):
        kept = Recorded(sample_rate=rate)
        with kept.telemetry.observe("q"):
            pass
        assert [event["sample_rate"] for event in kept.events] == [1.0, 1.0]


def test_the_tap_sees_every_call_unweighted() -> None:
    """A test session records all calls of a sampled logger, each for itself."""
    kept, sink = Recorded(sample_rate=0.0), MemorySink()
    tap = context.attach(sink)
    try:
        with kept.telemetry.observe("q"):
            pass
    finally:
        tap.close()
    assert kept.events == []
    assert [event.get("sample_rate") for event in sink.events] == [None, None]


def test_ids_are_spread_evenly() -> None:
    """The share of an id is even over [0, 1), and the same each time."""
    chance = random.Random(1)
    shares = [share(f"{chance.getrandbits(128):032x}") for _ in range(4000)]
    assert sum(shares) / len(shares) == pytest.approx(0.5, abs=0.03)
    assert share("a") == share("a")
