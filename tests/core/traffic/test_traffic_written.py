"""Figures are written down short, and come back to the last bit."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_llm_telemetry.core.events import Event, QueryError, QueryScore, QuerySuccess
from pytest_llm_telemetry.core.traffic import Figures, Hour, Traffic
from pytest_llm_telemetry.core.traffic.counting import Counting
from pytest_llm_telemetry.core.traffic.groups import Part
from pytest_llm_telemetry.core.traffic.hours import Span
from pytest_llm_telemetry.core.traffic.written import (
    Written,
    dump_figures,
    dump_groups,
    load_figures,
    load_groups,
)

START = datetime(2026, 11, 23, tzinfo=UTC)
EVENT: dict[str, Any] = {"query_id": "q", "timestamp": "2026-11-23T11:20:04.512Z"}


def hour(*events: Event) -> Hour:
    counting = Counting()
    counting.add_events(*events)
    (found,) = counting.hours.values()
    return found


@given(st.lists(st.tuples(st.floats(0, 1e6), st.sampled_from([1.0, 0.3])), max_size=9))
def test_groups_come_back_as_they_were(pairs: list[tuple[float, float]]) -> None:
    """Through JSON, with sampled and unsampled sums, and as the same bytes in any order."""
    events: list[Event] = [
        QuerySuccess(**EVENT, model=f"m{n % 3}", latency_ms=ms, cost_usd=ms / 7, sample_rate=rate)
        for n, (ms, rate) in enumerate(pairs)
    ]
    events.append(QueryError(**EVENT, model="m", error_type="Timeout", output_tokens=3))
    events.append(QueryScore(**EVENT, score_name="thumbs", score=0.3, passed=True, user_hash="u"))
    events += [QuerySuccess(**EVENT, query_hash=f"{n}", query_preview="p") for n in range(20)]
    found = hour(*events)
    for groups in found.by.values():
        assert load_groups(json.loads(json.dumps(dump_groups(groups)))) == groups
    backwards = hour(*reversed(events))
    assert dump_groups(backwards.by["model"]) == dump_groups(found.by["model"])


@given(st.lists(st.tuples(st.integers(0, 8), st.floats(0, 1e4)), max_size=30), st.integers(1, 4))
def test_days_tell_what_their_hours_do(told: list[tuple[int, float]], most: int) -> None:
    """The largest names, the rest and how many it holds, of days in one and of single hours."""
    hours: list[Hour] = []
    days: dict[datetime, list[Any]] = {}
    for number in range(4):
        some = told[number::4]
        if some:
            found = hour(*[_asked(name, ms) for name, ms in some])
            found.start = START + number * timedelta(hours=14)
            hours.append(found)
            days.setdefault(found.start.replace(hour=0), []).append(found.by)
    spans = [
        Span(
            first=min(each.start for each in hours if each.start.date() == day.date()),
            last=max(each.start for each in hours if each.start.date() == day.date()),
            by=tuple({"query": _written(part["query"])} for part in parts),
        )
        for day, parts in days.items()
    ]
    plain = Traffic(since=START, until=START + timedelta(days=3), hours=tuple(hours))
    for since in (START, START + timedelta(hours=15)):
        inside = tuple(each for each in hours if each.start >= since)
        window = replace(plain, since=since, hours=inside)
        assert replace(window, spans=tuple(spans)).queries(most) == window.queries(most)


def _asked(name: int, ms: float) -> Event:
    if name == 8:
        return QueryError(**EVENT, query_hash="8", error_type="Timeout")
    preview = f"p{name}" if name % 2 else None
    return QuerySuccess(**EVENT, query_hash=f"{name}", query_preview=preview, latency_ms=ms)


def _written(part: Part) -> Part:
    groups = part.pick({f"{n}" for n in range(9)})
    whole = Figures()
    for each in groups.named.values():
        whole.merge(each)
    return Written(*json.loads(json.dumps([dump_groups(groups), dump_figures(whole)])))


@pytest.mark.parametrize("damaged", [[], [1, 2], [1] * 13, [0] * 8 + ["x!", "", {}, {}, {}]])
def test_damage_is_refused(damaged: list[Any]) -> None:
    """Rather than told as figures."""
    with pytest.raises((ValueError, TypeError, AttributeError)):
        load_figures(damaged)
