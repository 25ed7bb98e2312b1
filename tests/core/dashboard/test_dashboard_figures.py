"""What a window of production came to, beside the window before."""

from datetime import UTC, datetime, timedelta
from math import isfinite

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_llm_telemetry.core.dashboard import compose
from pytest_llm_telemetry.core.events import QuerySuccess
from pytest_llm_telemetry.core.traffic import Traffic
from pytest_llm_telemetry.core.traffic.counting import Counting
from pytest_llm_telemetry.core.trends import Window
from tests.core.dashboard.conftest import World

HOUR = timedelta(hours=1)


def test_figures_stand_beside_those_of_the_window_before(world: World) -> None:
    """Rates and times as they are; the window's own hour belongs to it, the one before does not."""
    inside, outside = world.hour - 24 * HOUR, world.hour - 25 * HOUR
    world.add(inside, latency_ms=300.0, cost_usd=0.02, input_tokens=10, output_tokens=4)
    world.add(inside, "error", error_type="Timeout", latency_ms=9.0)
    world.add(inside, "score", score_name="thumbs", score=0.5, passed=True)
    for _ in range(4):
        world.add(outside, latency_ms=200.0, cost_usd=0.01)
    world.add(outside, "score", score_name="thumbs", score=1.0)
    world.add(world.hour - 24 * HOUR, "score", score_name="new", score=0.5)
    board = world.look()
    trends = board.trends
    assert (trends["queries"].before, trends["queries"].now) == (4, 2)
    assert (trends["error_rate"].before, trends["error_rate"].now) == (0, 0.5)
    assert trends["error_rate"].change == 0.5
    assert trends["avg_latency_ms"].change == pytest.approx(0.5)
    assert trends["cost_per_query_usd"].change == pytest.approx(1.0)
    assert trends["pass_rate"].now == 1.0
    assert (trends["input_tokens"].now, trends["input_tokens"].before) == (10, None)
    assert {name: each.change for name, each in board.scores.items()} == {
        "new": None,
        "thumbs": -0.5,
    }
    assert board.tokens == {"input": 10, "output": 4}
    assert board.errors == {"Timeout": 1}
    assert (board.recorded, board.reading.lines) == (2, 9)


def test_volumes_are_compared_by_the_hour_while_the_window_is_under_way(world: World) -> None:
    """The current hour is half over: as many calls an hour as before are no change."""
    world.usual(world.hour, 24, 10, cost_usd=0.5)
    world.calls(world.hour, 5, cost_usd=0.5)
    world.usual(world.hour - 24 * HOUR, 25, 10, cost_usd=0.5)
    board = world.look()
    assert board.hours == 24.5
    for metric, now in (("queries", 245), ("total_cost_usd", 122.5)):
        trend = board.trends[metric]
        assert trend.now == now
        assert trend.change == pytest.approx(0.0)
        assert trend.series == pytest.approx([now / 24.5] * 25)


def test_a_step_that_has_hardly_begun_tells_no_rate(world: World) -> None:
    """Five minutes after the hour its volume is unknown, its times are not."""
    world.usual(world.hour + HOUR, 30, 10)
    board = world.look(now=world.hour + timedelta(minutes=5))
    assert board.trends["queries"].series[-1] is None
    assert board.trends["p50_latency_ms"].series[-1] is not None


def test_a_cost_that_is_known_in_part_has_no_change(world: World) -> None:
    """It is a lower bound on the side where prices are missing."""
    for at in (world.hour, world.hour - 30 * HOUR):
        world.add(at, cost_usd=0.25)
    assert world.look().trends["total_cost_usd"].change is not None
    world.add(world.hour - 30 * HOUR)
    earlier = world.look().trends["total_cost_usd"]
    assert (earlier.change, earlier.partial) == (None, False)
    world.add(world.hour)
    board = world.look()
    now = board.trends["total_cost_usd"]
    assert (now.now, now.change, now.partial) == (0.25, None, True)
    assert board.unpriced == 1


def test_what_nobody_knows_is_no_figure(world: World) -> None:
    """Without latency, price, tokens or score there are only queries and errors."""
    world.add(world.hour)
    board = world.look()
    assert set(board.trends) == {"queries", "error_rate"}
    assert (board.tokens, board.scores, board.failing, board.costly) == ({}, {}, (), ())


def test_an_empty_window_knows_the_newest_event(world: World) -> None:
    """No call is zero queries, and nothing else; the log may end before the window."""
    empty = world.look()
    assert (empty.recorded, empty.newest, empty.finding) == (0, None, None)
    assert empty.trends["queries"].now == 0
    world.add(world.hour - 300 * HOUR)
    assert world.look().newest == world.hour - 300 * HOUR


def test_queries_that_fail_and_cost_most_come_first(world: World) -> None:
    """By their hash, with the preview where the log holds one, and the error that is frequent."""
    for name, count in (("a", 1), ("b", 3)):
        for _ in range(count):
            world.add(
                world.hour,
                "error",
                error_type="Timeout",
                query_hash=name,
                query_preview=name * 3 if name == "b" else None,
            )
    world.add(world.hour, "error", error_type="Auth", query_hash="b")
    world.add(world.hour, cost_usd=2.0, query_hash="a")
    world.add(world.hour, query_hash="a")
    board = world.look()
    first, second = board.failing
    assert (first.query_hash, first.preview, first.errors, first.calls) == ("b", "bbb", 4, 4)
    assert (first.error_type, first.cost_usd) == ("Timeout", None)
    assert (second.query_hash, second.preview, second.errors, second.calls) == ("a", None, 1, 3)
    assert [(each.query_hash, each.cost_usd, each.unpriced) for each in board.costly] == [
        ("a", 2.0, 1)
    ]


def test_calls_are_told_apart_on_request(world: World) -> None:
    """Each model beside itself before, a new one beside nothing; the smallest are counted."""
    for number in range(30):
        world.calls(world.hour, 40 - number, model=f"m{number:02}")
    world.calls(world.hour - 26 * HOUR, 20, model="m00")
    assert world.look().breakdown is None
    found = world.look(by="model").breakdown
    assert found is not None
    assert found.dimension == "model"
    assert [group.name for group in found.groups[:2]] == ["m00", "m01"]
    assert (len(found.groups), found.others) == (20, 10)
    first, second = (group.trends["queries"] for group in found.groups[:2])
    assert (first.before, first.now, second.before) == (20, 40, 0)
    assert len(first.series) == 25
    empty = world.look(by="route").breakdown
    assert empty is not None
    assert empty.groups == ()


@given(hours=st.integers(1, 24 * 1000), minutes=st.integers(0, 59), calls=st.data())
def test_the_points_of_any_window_add_up_to_its_queries(
    hours: int, minutes: int, calls: st.DataObject
) -> None:
    """Steps cover the window without a gap; there are few enough to be seen."""
    now = datetime(2026, 11, 23, 14, minutes, tzinfo=UTC)
    window = Window.last(now, timedelta(hours=hours))
    hour = calls.draw(st.sampled_from([window.since, window.until - HOUR]))
    world = _world(hour)
    board = compose(world, window, window.until)
    assert 1 <= len(board.starts) <= 32
    assert board.starts[0] == window.since
    assert board.starts[-1] < window.until <= board.starts[-1] + board.step
    lasted = [min(start + board.step, window.until) - start for start in board.starts]
    rates = zip(board.trends["queries"].series, lasted, strict=True)
    told = sum(rate * (time / HOUR) for rate, time in rates if rate is not None)
    short = [time for time in lasted if time * 6 < board.step]
    assert told == pytest.approx(3) or (short and hour == window.until - HOUR)
    for trend in board.trends.values():
        assert trend.change is None or isfinite(trend.change)


def _world(hour: datetime) -> Traffic:
    event = QuerySuccess(query_id="q", timestamp=hour.isoformat(), latency_ms=5.0)
    counting = Counting()
    counting.add_events(event, event, event)
    hours = tuple(counting.hours.values())
    return Traffic(since=hour, until=hour + HOUR, hours=hours, last_event=hour)
