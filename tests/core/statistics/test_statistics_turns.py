"""A stretch held against how far stretches as long strayed before."""

from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_llm_telemetry.core.statistics.turns import (
    Course,
    Stretch,
    chance_of,
    date_turn,
    find_turn,
)

POINTS = st.lists(st.none() | st.floats(-1e300, 1e300), max_size=60)


def turn_of(series: list[float | None] | list[float], first: int, **told: Any) -> Stretch | None:
    """The turn of a series; a single point may be one here."""
    course = Course.of(series, first, **{"alone": True, **told})
    return find_turn(course) if course else None


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
    found = [turn_of(hours(rng, 15, of_day=of_day), 14 * 24, season=24) for _ in range(150)]
    assert sum(turn is not None and turn.p_value < 0.01 for turn in found) <= 5


def test_three_bad_hours_are_found_where_they_are() -> None:
    """A figure that goes up by four fifths for three hours of a day, whatever the day is like."""
    rng = Random(5)
    found = 0
    for _ in range(20):
        series = hours(rng, 15)
        for place in (350, 351, 352):
            series[place] = (series[place] or 0.0) + 0.6
        turn = turn_of(series, 14 * 24, season=24)
        assert turn is not None
        found += (turn.start, turn.end) == (350, 353) and turn.p_value < 0.01
    assert found >= 15


def test_what_goes_on_lasts_to_the_end() -> None:
    """Days that stay off from one on, with a gap in them."""
    rng = Random(6)
    series: list[float | None] = [rng.gauss(1, 0.05) for _ in range(35)]
    series[31:] = [1.6, None, 1.6, 1.6]
    turn = turn_of(series, 28, season=7)
    assert turn is not None
    assert (turn.start, turn.end) == (31, 35)
    assert turn.p_value < 0.001


def test_the_chance_is_that_of_student_for_every_look_at_every_length() -> None:
    """A known answer: 3 among points of +1 and -1, whose pairs are all 0 (SciPy 1.17, t.sf).

    Parts of the window have half of the chance of a false alarm.
    """
    turn = turn_of([1.0, -1.0] * 20 + [0.0, 3.0, 0.0, 0.0], 40)
    assert turn is not None
    assert (turn.start, turn.end) == (41, 42)
    assert turn.p_value == pytest.approx(2 * 0.025050186023414404, rel=1e-9)


def test_two_of_a_kind_are_held_against_pairs_of_a_history_too_short_for_bursts() -> None:
    """A known answer (SciPy, t.sf): of 40 points the farthest pair tells nothing of pairs."""
    history = [1.0, -1.0] * 8 + [3.0, 3.0, -1.0, -1.0] + [1.0, -1.0] * 10
    turn = turn_of([*history, 2.5, 2.5], 40)
    assert turn is not None
    assert (turn.start, turn.end) == (40, 42)
    assert turn.p_value == pytest.approx(0.000791096042131539, rel=1e-9)


@pytest.mark.parametrize(
    ("sized", "noise", "stretch", "p_value"),
    [(96, 0.1, (91, 93), 4.341209465617502e-06), (0, 2.0, (90, 96), 0.02106087230434934)],
)
def test_gaps_seasons_calls_and_noise_together_give_what_numpy_gives(
    sized: int, noise: float, stretch: tuple[int, int], p_value: float
) -> None:
    """A known answer, written anew by other means: every seventh point of 90 is a gap."""
    rng = Random(11)
    strays = [
        0.0 if place % 7 == 3 else round(rng.gauss(2 * (place % 2), 1), 2) for place in range(90)
    ]
    sizes = [float(rng.choice([1, 2, 5, 20])) for _ in range(96)]
    history = [
        None
        if place % 7 == 3
        else round((stray - 2 * (place % 2)) * (0.5 + 1.5 / size) ** 0.5 + 2 * (place % 2), 2)
        for place, (stray, size) in enumerate(zip(strays, sizes[:90], strict=True))
    ]
    series = [*history, 4.0, None, 4.5, 3.0, 6.1, 0.5]
    turn = turn_of(series, 90, sizes=sizes[:sized], season=2, noise=noise)
    assert turn is not None
    assert (turn.start, turn.end) == stretch
    assert turn.p_value == pytest.approx(p_value, rel=1e-9)


def test_a_burst_like_one_of_the_weeks_before_is_no_surprise() -> None:
    """One hour in which much failed, ten times what is usual; without the earlier one it is a turn."""
    rng = Random(8)
    quiet: list[float | None] = [rng.gauss(0, 1) for _ in range(120)]
    burst: list[float | None] = [*quiet[:70], 10.0, *quiet[71:]]
    bad: list[float | None] = [0.1, 10.0, -0.2, 0.3]
    surprise, known = turn_of([*quiet, *bad], 120), turn_of([*burst, *bad], 120)
    assert surprise is not None
    assert known is not None
    assert surprise.p_value < 1e-9
    assert known.p_value > 0.1


def test_points_of_few_calls_may_stray_further() -> None:
    """Nights of 4 calls scatter five times as much as days of 100: a night like that is no turn, a day is."""
    rng = Random(9)
    sizes = [4.0 if place % 2 else 100.0 for place in range(84)]
    strays = [rng.gauss(0, 1 / size**0.5) for size in sizes[:80]]
    day, night = [0.6, 0.0, 0.0, 0.0], [0.0, 0.6, 0.0, 0.0]
    by_day = turn_of([*strays, *day], 80, sizes=sizes)
    by_night = turn_of([*strays, *night], 80, sizes=sizes)
    assert by_day is not None
    assert by_night is not None
    assert (by_day.start, by_day.end) == (80, 81)
    assert by_day.p_value < 0.01
    assert by_night.p_value > 0.5
    alike = turn_of([*strays, *day], 80, sizes=[7.0] * 84)
    assert alike == turn_of([*strays, *day], 80)


def test_points_are_drawn_in_by_what_their_number_of_calls_explains() -> None:
    """A known answer (SciPy, t.sf): squares of 1 at 4 calls and 2.2 at one are 0.6 + 1.6 / calls."""
    far = 2.2**0.5
    history, sizes = [1.0, -1.0, far, -far] * 10, [4.0, 4.0, 1.0, 1.0] * 10
    turn = turn_of([*history, 4.0], 40, sizes=[*sizes, 1.0])
    assert turn is not None
    assert turn.p_value == pytest.approx(0.013165822507760333, rel=1e-9)


def test_scatter_that_no_number_of_calls_explains_is_left_alone() -> None:
    """Points of many calls that scatter more than those of few, and points that do not scatter."""
    sizes = [10.0, 1000.0] * 20 + [10.0] * 3
    more = [0.1, 3.0, -0.1, -3.0] * 10 + [5.0, 0.0, 0.0]
    assert turn_of(more, 40, sizes=sizes) == turn_of(more, 40)
    still = [0.0] * 40 + [5.0, 0.0, 0.0]
    assert turn_of(still, 40, sizes=sizes, noise=1.0) == turn_of(still, 40, noise=1.0)


def test_an_hour_of_the_day_that_was_hardly_ever_known_has_no_usual_figure() -> None:
    """Known twice in thirty days it says nothing; three times, and what strays is seen."""
    twice: list[float | None] = [
        0.1 * (-1) ** day if hour else None for day in range(30) for hour in (0, 1)
    ]
    twice[0] = twice[20] = 0.0
    assert turn_of([*twice, 9.0, None], 60, season=2, noise=0.1) is None
    thrice = [*twice[:40], 0.0, *twice[41:]]
    found = turn_of([*thrice, 9.0, 0.1], 60, season=2, noise=0.1)
    assert found is not None
    assert (found.start, found.end) == (60, 61)


def test_a_history_with_more_gaps_than_points_tells_of_short_stretches_alone() -> None:
    """One hour of three is known: what three in a row do is not, but the turn is told in full."""
    history: list[float | None] = []
    for place in range(40):
        history += [0.1 if place % 2 else -0.1, None, None]
    turn = turn_of([*history, 5.0, 5.1, 4.9, 0.0], 120)
    assert turn is not None
    assert (turn.start, turn.end) == (120, 123)
    assert turn.p_value < 1e-9


def test_too_little_history_and_still_points_tell_nothing() -> None:
    """Nine points are no history; without any scatter and noise there is no scale."""
    few = [1.0, -1.0] * 5
    assert turn_of([*few[:9], 4.0], 9) is None
    ten = turn_of([*few, 4.0], 10)
    assert ten is not None
    assert ten.p_value == pytest.approx(0.007277499360806503, rel=1e-9)
    assert turn_of([1.0] * 30 + [5.0], 30) is None
    assert turn_of([1.0] * 30, 30) is None
    quiet = turn_of([1.0] * 30 + [5.0], 30, noise=0.1)
    assert quiet is not None
    assert quiet.p_value < 1e-6


def test_three_whole_seasons_are_history_enough() -> None:
    """Fifteen points of five phases tell what is usual, fourteen do not."""
    history = [0.1 * (-1) ** place for place in range(15)]
    assert turn_of([*history[:14], 9.0, 9.0], 14, season=5) is None
    found = turn_of([*history, 9.0], 15, season=5)
    assert found is not None
    assert (found.start, found.end) == (15, 16)


def test_a_window_of_which_nothing_is_known_has_no_turn() -> None:
    """Gaps only, and points that are damage."""
    history: list[float | None] = [1.0, 1.1] * 10
    assert turn_of([*history, None, None], 20) is None
    assert turn_of([*history, 1e300], 20) is None


def steady(seed: int, count: int) -> list[float | None]:
    """Points of noise."""
    rng = Random(seed)
    return [rng.gauss(0, 1) for _ in range(count)]


@given(seed=st.integers(0, 99), place=st.integers(0, 11), far=st.floats(-1e6, 1e6))
def test_one_extreme_point_makes_no_turn(seed: int, place: int, far: float) -> None:
    """However far it is, a burst is no level that stays."""
    series = steady(seed, 132)
    series[120:] = [0.0] * 12
    series[120 + place] = far
    turn = turn_of(series, 120, alone=False)
    assert turn is None or turn.p_value > 0.05


@given(seed=st.integers(0, 99), start=st.integers(1, 9), far=st.sampled_from([8.0, -8.0]))
def test_a_clear_step_is_dated_within_one_point(seed: int, start: int, far: float) -> None:
    """A level that goes far up or down and stays: seen, and dated alike where the change is known."""
    series = steady(seed, 132)
    for place in range(120 + start, 132):
        series[place] = (series[place] or 0.0) + far
    course = Course.of(series, 120)
    assert course is not None
    turn = find_turn(course)
    assert turn is not None
    assert (abs(turn.start - 120 - start) <= 1, turn.end) == (True, 132)
    assert turn.p_value < 0.01
    assert date_turn(course, rises=far > 0) == (turn.start, turn.end)


@given(seed=st.integers(0, 99), times=st.sampled_from([-4.0, -1.0, 0.25, 16.0]))
def test_neither_unit_nor_sign_changes_a_turn(seed: int, times: float) -> None:
    """Milliseconds or seconds, gain or loss: the same stretch with the same chance."""
    series = steady(seed, 76)
    scaled = [None if value is None else value * times for value in series]
    one, other = turn_of(series, 70, season=7), turn_of(scaled, 70, season=7)
    assert one is not None
    assert other is not None
    assert (one.start, one.end) == (other.start, other.end)
    assert one.p_value == pytest.approx(other.p_value, rel=1e-9)


def test_a_change_that_is_known_is_dated_on_its_side_alone() -> None:
    """The longest level that stays off; the single worse point is no level, and nothing fell."""
    history: list[float | None] = [0.1, -0.1] * 14
    course = Course.of([*history, 9.0, 0.0, 0.0, 3.0, 3.0, 3.2, 3.0], 28, noise=0.01)
    assert course is not None
    assert not course.tells_whole
    assert date_turn(course, rises=True) == (31, 35)
    assert date_turn(course, rises=False) is None


def test_the_chance_of_a_given_stretch_is_that_of_all_as_long() -> None:
    """Three points of the window held against how far three in a row strayed; gaps tell nothing."""
    series = steady(3, 120)
    course = Course.of([*series, 6.0, 6.0, 6.0, 0.0, None], 120)
    assert course is not None
    chance = chance_of(course, 120, 123)
    assert chance is not None
    assert chance < 1e-6
    assert chance_of(course, 123, 124) == 1.0
    assert chance_of(course, 124, 125) is None
    short = Course.of([*series[:10], *[5.0] * 9], 10)
    assert short is not None
    assert chance_of(short, 10, 19) is None


@given(series=POINTS, first=st.integers(0, 60), season=st.sampled_from([1, 7, 24]))
def test_any_series_gives_a_stretch_of_the_window_or_none(
    series: list[float | None], first: int, season: int
) -> None:
    """Gaps, huge numbers and short series included; a change is dated within the window, too."""
    course = Course.of(series, first, season=season, noise=0.01)
    when = date_turn(course, rises=True) if course else None
    assert when is None or first <= when[0] < when[1] <= len(series)
    turn = find_turn(course) if course else None
    if turn is not None:
        assert first <= turn.start < turn.end <= len(series)
        assert 0 <= turn.p_value <= 1
