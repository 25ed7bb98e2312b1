"""Figures are written down short, and come back to the last bit."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_llm_telemetry.core.events import Event, QueryError, QueryScore, QuerySuccess
from pytest_llm_telemetry.core.traffic import Hour
from pytest_llm_telemetry.core.traffic.counting import Counting
from pytest_llm_telemetry.core.traffic.written import dump_groups, load_figures, load_groups

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


@pytest.mark.parametrize("damaged", [[], [1, 2], [1] * 13, [0] * 8 + ["x!", "", {}, {}, {}]])
def test_damage_is_refused(damaged: list[Any]) -> None:
    """Rather than told as figures."""
    with pytest.raises((ValueError, TypeError, AttributeError)):
        load_figures(damaged)
