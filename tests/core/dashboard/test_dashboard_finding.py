"""The one thing worth a look, and that there is none where nothing changed."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from pytest_llm_telemetry.core.traffic import Hour
from pytest_llm_telemetry.core.trends import Window
from tests.core.dashboard.conftest import World

HOUR = timedelta(hours=1)


def test_a_model_that_became_slow_is_named_with_its_hour(world: World) -> None:
    """Its times doubled four hours ago and stay there; another model's did not."""
    until = world.hour + HOUR
    world.usual(until, 50, model="calm")
    world.usual(until - 4 * HOUR, 46, model="slow")
    world.usual(until, 4, model="slow", ms=1000.0)
    found = world.look().finding
    assert found is not None
    assert (found.kind, found.dimension, found.group) == ("shift", "model", "slow")
    assert found.metric.endswith("latency_ms")
    assert (found.start, found.end) == (until - 4 * HOUR, None)
    assert found.level / found.usual == pytest.approx(2, rel=0.25)


def test_errors_that_came_and_went_are_told_with_both_times(world: World) -> None:
    """Three bad hours of one service within a good day."""
    until = world.hour + HOUR
    world.usual(until, 50, service="shop")
    world.usual(until - 10 * HOUR, 3, service="shop", failing=0.6)
    found = world.look().finding
    assert found is not None
    assert (found.metric, found.start, found.end) == (
        "error_rate",
        until - 13 * HOUR,
        until - 10 * HOUR,
    )
    assert found.usual < 0.01
    assert found.level == pytest.approx(0.3, abs=0.1)


@pytest.mark.parametrize(
    ("metric", "usual", "now"),
    [
        ("cost_per_query_usd", {"cost_usd": 0.01}, {"cost_usd": 0.02}),
        ("avg_ttft_ms", {"ttft_ms": 100.0}, {"ttft_ms": 300.0}),
    ],
)
def test_costs_and_first_tokens_are_watched_as_well(
    world: World, metric: str, usual: dict[str, Any], now: dict[str, Any]
) -> None:
    """Each is named by its metric, with the figures in its unit."""
    until = world.hour + HOUR
    world.usual(until - 6 * HOUR, 44, 30, **usual)
    world.usual(until, 6, 30, **now)
    found = world.look().finding
    assert found is not None
    (before,), (after,) = usual.values(), now.values()
    assert found.metric == metric
    assert [found.usual, found.level] == pytest.approx([before, after])


def test_answers_that_became_worse_are_worth_a_look(world: World) -> None:
    """A score that fell, where fewer is worse."""
    until = world.hour + HOUR
    for back in range(1, 51):
        world.calls(until - back * HOUR, 25)
        for place in range(25):
            good = place % 10 < (9 if back > 6 else 5)
            world.add(until - back * HOUR, "score", score_name="thumbs", score=float(good))
    found = world.look().finding
    assert found is not None
    assert (found.metric, found.start) == ("score", until - 6 * HOUR)
    assert found.level < found.usual


def test_what_got_better_or_hardly_moved_is_not_worth_a_look(world: World) -> None:
    """Times that halved, and a cost a query that rose by a sure 3 %."""
    until = world.hour + HOUR
    world.usual(until - 6 * HOUR, 44, 40, ms=1000.0, cost_usd=0.0100)
    world.usual(until, 6, 40, ms=500.0, cost_usd=0.0103)
    assert world.look().finding is None


def test_a_cost_that_is_known_in_part_is_not_judged(world: World) -> None:
    """Prices that are missing look like cheaper, and their return like dearer, calls."""
    until = world.hour + HOUR
    world.usual(until - 6 * HOUR, 44, 15, cost_usd=0.01)
    world.usual(until - 6 * HOUR, 44, 15)
    world.usual(until, 6, 30, cost_usd=0.01)
    assert world.look().finding is None


def slow_for_four_hours(world: World, days: int, waves: float = 1.0) -> None:
    """Two models, of which one is slow for the last four hours, and now and then in days before."""
    until = world.hour + HOUR
    world.usual(until, 50, 20, model="calm")
    world.usual(until - 4 * HOUR, 46, 30, model="slow")
    world.usual(until, 4, 30, model="slow", ms=1000.0)
    for back in range(51, 24 * days + 51):
        slow = waves if back % 37 < 4 else 1.0
        world.calls(until - back * HOUR, 4, model="calm")
        world.calls(until - back * HOUR, 22, model="slow", ms=500.0 * slow)


def test_what_strays_further_than_ever_in_the_weeks_before_is_told(world: World) -> None:
    """Two weeks that were calm, and none: the finding says which."""
    slow_for_four_hours(world, 14)
    found, alone = world.look(past=world.before).finding, world.look().finding
    assert found is not None
    assert alone is not None
    assert (found.held, alone.held) == (True, False)
    assert replace(found, held=False) == alone


def test_what_strays_as_it_did_in_the_weeks_before_is_not_worth_a_look(world: World) -> None:
    """A model whose times wander: two days alone take for a change what is none."""
    slow_for_four_hours(world, 14, waves=2.0)
    assert world.look().finding is not None
    assert world.look(past=world.before).finding is None


def test_few_days_before_tell_nothing(world: World) -> None:
    """Of less than two weeks nobody can tell how far figures stray."""
    slow_for_four_hours(world, 5, waves=2.0)
    found = world.look(past=world.before).finding
    assert found is not None
    assert found.held is False


def test_the_weeks_before_are_read_only_where_something_stands_out(world: World) -> None:
    """A calm day, and the days of a month, cost no look at them."""
    world.usual(world.hour + HOUR, 50, 25)

    def past() -> Sequence[Hour]:
        raise AssertionError

    assert world.look(past=past).finding is None
    month = Window.last(world.now, 720 * HOUR)
    world.usual(month.until - 48 * HOUR, 1392, 2)
    world.usual(month.until, 48, 4, ms=9000.0)
    found = world.look(month, past=past).finding
    assert found is not None
    assert found.held is None


def test_noise_is_not_worth_a_look(worlds: Callable[[int], Iterable[World]]) -> None:
    """Of 25 days like the days before, none shows anything."""
    for world in worlds(25):
        world.usual(world.hour + HOUR, 50, 25, failing=0.02)
        assert world.look().finding is None


def test_calls_that_stopped_come_before_all_else(world: World) -> None:
    """Two and a half hours without a call, where there were 60 an hour."""
    world.usual(world.hour - 2 * HOUR, 40)
    world.usual(world.hour - 2 * HOUR, 3, ms=9000.0)
    found = world.look().finding
    assert found is not None
    assert (found.kind, found.metric, found.level) == ("silence", "queries", 0)
    assert found.start == world.hour - 3 * HOUR
    assert found.usual > 60


def test_pauses_as_usual_are_no_silence(world: World) -> None:
    """Nights are quiet, and few calls may pause by chance."""
    for day in (0, 1):
        world.usual(world.hour - (3 + 24 * day) * HOUR, 12)
    assert world.look().finding is None


def test_few_calls_are_no_silence(world: World) -> None:
    """Where a few calls an hour are usual, an hour without any says nothing."""
    world.usual(world.hour - 3 * HOUR, 40, 5)
    assert world.look().finding is None


def test_a_month_is_looked_at_in_halves_of_days_and_by_models_alone(world: World) -> None:
    """A week in which one of three models was slow; its variant is not looked at."""
    window = Window.last(world.now, timedelta(days=30))
    for back in range(0, 60 * 24, 8):
        slow = 24 * 5 <= back < 24 * 12
        for model in ("calm", "slow", "other"):
            late = 1500.0 if slow and model == "slow" else 500.0
            world.calls(world.hour - back * HOUR, 15, model=model, variant=model, ms=late)
    found = world.look(window).finding
    assert found is not None
    assert (found.dimension, found.group) == ("model", "slow")
    assert found.start <= world.hour - 11 * 24 * HOUR
    assert found.end is not None


def test_a_group_that_is_all_calls_is_not_looked_at_again(world: World) -> None:
    """Where every call is of one model, the figure is that of all calls."""
    until = world.hour + HOUR
    world.usual(until - 4 * HOUR, 46, model="only")
    world.usual(until, 4, model="only", ms=1500.0)
    found = world.look().finding
    assert found is not None
    assert (found.dimension, found.group) == ("", "")
