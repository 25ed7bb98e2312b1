"""Days held against days: what they scatter by, and what is beyond it."""

from math import sqrt
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_llm_telemetry.core.statistics.periods import memory, period_change, scatter

DAYS = st.lists(st.none() | st.floats(-1e6, 1e6), max_size=60)


def days(
    rng: Random, count: int, *, carry: float = 0.0, weekend: float = 0.1
) -> list[float | None]:
    """Days with a spread of 0.1, of which each carries some of the one before, and a week's rhythm."""
    found: list[float | None] = []
    stray = rng.gauss(0, 0.1)
    for place in range(count):
        stray = carry * stray + sqrt(1 - carry**2) * rng.gauss(0, 0.1)
        found.append(stray + weekend * (place % 7 > 4))
    return found


@pytest.mark.parametrize(("length", "before", "count"), [(1, 7, 36), (7, 7, 42), (28, 28, 84)])
def test_days_that_only_scatter_are_seldom_taken_for_a_change(
    length: int, before: int, count: int
) -> None:
    """Of 500 histories without a change at most 1 % and its error are below a p value of 0.01."""
    rng = Random(1)
    p_values = []
    for _ in range(500):
        found = period_change(days(rng, count, carry=0.2), length, before)
        assert found is not None
        p_values.append(found.above(0.0))
    assert sum(p < 0.01 for p in p_values) <= 14


@pytest.mark.parametrize(("length", "before"), [(1, 7), (7, 7), (28, 28)])
def test_a_change_is_found_with_its_size(length: int, before: int) -> None:
    """A period six spreads above is found nearly always, whole weeks without their rhythm."""
    rng = Random(2)
    found = 0
    for _ in range(50):
        series = days(rng, 28 + before + length)
        series[-length:] = [None if day is None else day + 0.6 for day in series[-length:]]
        change = period_change(series, length, before)
        assert change is not None
        found += change.above(0.0) < 0.001
        assert abs(change.value - 0.6) < 0.5
    assert found >= 45


def test_a_slow_day_that_follows_a_slow_one_counts_for_less() -> None:
    """With memory the error of a week is wider than of seven strangers."""
    strangers = memory([1.0, -1.0] * 20)
    assert strangers == 1.0
    assert memory([1.0] * 10 + [-1.0] * 10) > 5
    assert memory([0.0, 0.0]) == 1.0
    assert memory([]) == 1.0
    assert memory([None, 1.0, None]) == 1.0


def test_memory_is_what_neighbours_share_and_what_a_short_series_hides_of_it() -> None:
    """A known answer (NumPy): seven pairs between gaps, with Kendall's correction."""
    strays = [1.0, 0.5, None, 0.75, 0.25, -0.5, -1.0, -0.25, None, -0.5, 1.0]
    assert memory(strays) == pytest.approx(2.57983193277311, rel=1e-12)


@pytest.mark.parametrize(
    ("length", "before", "value", "error", "df"),
    [
        (7, 7, 0.5, 0.06405420498664074, 16),
        (7, 14, 0.4583333333333333, 0.05473675080814086, 11),
        (2, 14, 0.48333333333333317, 0.45988294865771695, 11),
        (1, 7, 0.1333333333333333, 0.25410648519883516, 18),
    ],
)
def test_a_change_and_its_error_are_those_of_days_about_days(
    length: int, before: int, value: float, error: float, df: int
) -> None:
    """A known answer, written anew over arrays (NumPy): four weeks with three gaps."""
    days = [1.0, 1.2, 0.9, None, 1.1, 1.4, 1.3, 1.1, 1.3, 0.8, 1.0, 1.2, 1.5, 1.4]
    days += [1.0, 1.1, 0.9, 1.1, 1.3, None, 1.2, 1.5, 1.6, 1.4, None, 1.8, 1.9, 1.7]
    found = period_change(days, length, before)
    assert found is not None
    assert (found.value, found.error) == pytest.approx((value, error), rel=1e-9)
    assert found.df == df


def test_too_few_days_tell_nothing() -> None:
    """A week without a week before, a period mostly unknown, and no day at all."""
    assert period_change([1.0] * 7, 7, 7) is None
    assert period_change([], 1, 7) is None
    assert period_change([1.0] * 11, 1, 7) is None
    assert period_change([*[1.0] * 14, *[None] * 4, *[1.0] * 3], 7, 7) is None


def test_days_that_never_differ_prove_any_change() -> None:
    """No scatter is no noise, and no division by it."""
    found = period_change([*[1.0] * 20, 2.0], 1, 7)
    assert found is not None
    assert found.value == 1.0
    assert found.above(0.0) < 1e-6


def test_a_period_that_has_only_begun_is_held_against_what_there_is() -> None:
    """Fewer days than the period, after one period before: their mean, with what scatter they show."""
    found = period_change([*[1.0] * 7, 2.0, 2.5, 2.0, 2.5, 2.0, 2.5], 7, 7)
    assert found is not None
    assert found.value == 1.25
    assert period_change([*[1.0] * 7, 2.0, 2.5, 2.0, 2.5], 7, 7) is None


@given(series=DAYS, shape=st.sampled_from([(1, 7), (7, 7), (28, 28), (1, 1)]))
def test_any_series_gives_a_finite_change_or_none(
    series: list[float | None], shape: tuple[int, int]
) -> None:
    """Gaps and short series included."""
    found = period_change(series, *shape)
    if found is not None:
        assert found.error > 0
        assert 0 <= found.above(0.0) <= 1


def test_counts_that_scatter_as_chance_lets_them_are_not_widened() -> None:
    """Binomial days have a dispersion near 1; days with outages have a large one."""
    rng = Random(3)
    plain = [(float(sum(rng.random() < 0.05 for _ in range(400))), 400.0) for _ in range(28)]
    assert scatter(plain) < 2.5
    outages = [
        (errors + (100.0 if place % 9 == 0 else 0.0), size)
        for place, (errors, size) in enumerate(plain)
    ]
    assert scatter(outages) > 10


@given(st.lists(st.tuples(st.floats(0, 1e3), st.floats(0, 1e4)), max_size=30))
def test_a_scatter_is_never_below_one(counts: list[tuple[float, float]]) -> None:
    """Days without a call, a day alone, all failed, none failed."""
    assert scatter([(min(events, trials), trials) for events, trials in counts]) >= 1.0


def test_the_scatter_of_counts_is_pearsons_times_their_memory() -> None:
    """A known answer (NumPy): six days and one without a call."""
    counts = [(4.0, 100.0), (6.0, 120.0), (0.0, 0.0), (15.0, 110.0), (12.0, 90.0), (3.0, 100.0)]
    assert scatter([*counts, (2.0, 80.0)]) == pytest.approx(34.61989946802161, rel=1e-9)


def test_days_on_which_everything_or_nothing_failed_do_not_scatter() -> None:
    """A rate of 0 or 1 leaves no room for chance."""
    assert scatter([(5.0, 5.0), (7.0, 7.0)]) == 1.0
    assert scatter([(0.0, 5.0), (0.0, 7.0)]) == 1.0
