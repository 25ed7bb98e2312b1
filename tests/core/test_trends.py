"""A figure beside the window before."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_llm_telemetry.core.metrics import METRICS
from pytest_llm_telemetry.core.trends import Window, trend

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)


@given(hours=st.integers(1, 24 * 400))
def test_the_window_before_ends_where_this_one_begins(hours: int) -> None:
    """The two are of the same length and share no moment."""
    window = Window(since=NOON - timedelta(hours=hours), until=NOON)
    assert window.before.until == window.since
    assert window.before.until - window.before.since == timedelta(hours=hours)


@given(minutes=st.integers(0, 60 * 24 * 3), hours=st.integers(1, 24 * 400))
def test_the_last_hours_are_whole_and_the_current_one_is_part_of_them(
    minutes: int, hours: int
) -> None:
    """The window ends with the current hour, and is never shorter than it was asked for."""
    now, length = NOON + timedelta(minutes=minutes), timedelta(hours=hours)
    window = Window.last(now, length)
    assert window.since < now < window.until + timedelta(seconds=1)
    assert window.until - now <= timedelta(hours=1)
    assert window.until - window.since in {length, length + timedelta(hours=1)}
    assert now - window.since >= min(length, timedelta(hours=47))
    assert (window.since.minute, window.until.minute) == (0, 0)


@pytest.mark.parametrize(
    ("metric", "before", "now", "change", "worse"),
    [
        ("p95_latency_ms", 1000, 1500, 0.5, True),
        ("p95_latency_ms", 1000, 500, -0.5, False),
        ("error_rate", 0.01, 0.03, 0.02, True),
        ("score", 0.9, 0.8, -0.1, True),
        ("score", 0.8, 0.9, 0.1, False),
        ("error_rate", 0.01, 0.01, 0.0, None),
        ("error_rate", None, 0.01, None, None),
        ("error_rate", 0.01, None, None, None),
        ("total_cost_usd", 0.0, 2.0, None, None),
    ],
)
def test_a_change_is_told_in_the_metrics_measure(
    *,
    metric: str,
    before: float | None,
    now: float | None,
    change: float | None,
    worse: bool | None,
) -> None:
    """Ratios for times and costs, differences for rates; unknown, and from nothing, is unknown."""
    found = trend(metric, before, now)
    assert found.change == (None if change is None else pytest.approx(change))
    assert found.worse is worse


@given(before=st.floats(0.001, 1e6), now=st.floats(0.001, 1e6))
def test_a_lower_bound_has_no_change(before: float, now: float) -> None:
    """What is not known in full is not compared, in any metric."""
    for metric in METRICS:
        found = trend(metric, before, now, (before, None, now), partial=True)
        assert (found.change, found.worse, found.partial) == (None, None, True)
        assert (found.now, found.series) == (now, (before, None, now))
        earlier = trend(metric, before, now, partial_before=True)
        assert (earlier.change, earlier.partial) == (None, False)
