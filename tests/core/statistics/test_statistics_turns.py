"""A stretch held against how far stretches as long strayed before."""

from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_llm_telemetry.core.statistics.turns import find_turn

POINTS = st.lists(st.none() | st.floats(-1e300, 1e300), max_size=60)


def hours(rng: Random, days: int, *, of_day: float = 0.1) -> list[float | None]:
    """Hours with a spread of 0.05, days with one of their own, and an afternoon that is always slow."""
    found: list[float | None] = []
    for _ in range(days):
        speed = rng.gauss(0, of_day)
        found += [speed + rng.gauss(0, 0.05) + 0.3 * (8 < hour < 18) for hour in range(24)]
    return found


@pytest.mark.parametrize("of_day", [0.0, 0.1])
def test_hours_of_slow_days_and_usual_afternoons_are_no_turn(of_day: float) -> None:
    """Of 150 days without a change at most 1 % and its error have a p value below 0.01."""
    rng = Random(4)
    found = [find_turn(hours(rng, 15, of_day=of_day), 14 * 24, season=24) for _ in range(150)]
    assert sum(turn is not None and turn.p_value < 0.01 for turn in found) <= 5


def test_three_bad_hours_are_found_where_they_are() -> None:
    """A figure that goes up by four fifths for three hours of a day, whatever the day is like."""
    rng = Random(5)
    found = 0
    for _ in range(20):
        series = hours(rng, 15)
        for place in (350, 351, 352):
            series[place] = (series[place] or 0.0) + 0.6
        turn = find_turn(series, 14 * 24, season=24)
        assert turn is not None
        found += (turn.start, turn.end) == (350, 353) and turn.p_value < 0.01
    assert found >= 15


def test_what_goes_on_lasts_to_the_end() -> None:
    """Days that stay off from one on, with a gap in them."""
    rng = Random(6)
    series: list[float | None] = [rng.gauss(1, 0.05) for _ in range(35)]
    series[31:] = [1.6, None, 1.6, 1.6]
    turn = find_turn(series, 28, season=7)
    assert turn is not None
    assert (turn.start, turn.end) == (31, 35)
    assert turn.p_value < 0.001


def test_too_little_history_and_still_points_tell_nothing() -> None:
    """Nine points are no history; without any scatter and noise there is no scale."""
    assert find_turn([1.0] * 9 + [5.0], 9) is None
    assert find_turn([1.0] * 30 + [5.0], 30) is None
    assert find_turn([1.0] * 30, 30) is None
    quiet = find_turn([1.0] * 30 + [5.0], 30, noise=0.1)
    assert quiet is not None
    assert quiet.p_value < 1e-6


def test_a_window_of_which_nothing_is_known_has_no_turn() -> None:
    """Gaps only, and points that are damage."""
    history: list[float | None] = [1.0, 1.1] * 10
    assert find_turn([*history, None, None], 20) is None
    assert find_turn([*history, 1e300], 20) is None


@given(series=POINTS, first=st.integers(0, 60), season=st.sampled_from([1, 7, 24]))
def test_any_series_gives_a_stretch_of_the_window_or_none(
    series: list[float | None], first: int, season: int
) -> None:
    """Gaps, huge numbers and short series included."""
    turn = find_turn(series, first, season=season, noise=0.01)
    if turn is not None:
        assert first <= turn.start < turn.end <= len(series)
        assert 0 <= turn.p_value <= 1
