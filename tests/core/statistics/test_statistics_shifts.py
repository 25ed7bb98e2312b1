"""A stretch of a series that lies off the rest."""

from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_llm_telemetry.core.statistics.shifts import find_shift

POINTS = st.lists(st.none() | st.floats(-1e300, 1e300), max_size=40)


def test_a_series_without_a_shift_is_seldom_taken_for_one_with() -> None:
    """Of 400 series of noise, at most 1 % and its error are below a p value of 0.01."""
    rng = Random(7)
    found = [find_shift([rng.gauss(0, 1) for _ in range(36)], first=12) for _ in range(400)]
    assert sum(shift is not None and shift.p_value < 0.01 for shift in found) <= 9


def test_hours_that_stay_off_together_are_seldom_taken_for_a_shift() -> None:
    """Of 200 series each of which is seven tenths like the point before: far more were, taken for strangers."""
    rng = Random(12)
    found = 0
    for _ in range(200):
        series, at = [], rng.gauss(0, 1.4)
        for _ in range(48):
            series.append(at)
            at = 0.7 * at + rng.gauss(0, 1)
        shift = find_shift(series, first=24)
        found += shift is not None and shift.p_value < 0.01
    assert found <= 6


DAY = [5.0, 5.2, 5.3, 5.1, 4.9, 4.8, 4.7, 4.9, 5.0, 5.2, 5.1, 4.9, 4.8, 5.0, 5.1, 5.3]


@pytest.mark.parametrize(
    ("noise", "errors", "p_value"),
    [(0.0, 5.358486949526977, 1.0), (0.3, 6.408361912104702, 0.005750818175883606)],
)
def test_the_statistic_is_that_of_points_that_are_like_the_ones_before(
    noise: float, errors: float, p_value: float
) -> None:
    """A known answer, by brute force over the covariance matrix of an AR(1) process (NumPy, SciPy)."""
    shift = find_shift([*DAY, 6.2, 6.1, 6.4, 5.2], first=8, noise=noise)
    assert shift is not None
    assert (shift.start, shift.end) == (16, 19)
    assert (shift.usual, shift.level) == pytest.approx((85.5 / 17, 18.7 / 3))
    assert (shift.errors, shift.p_value) == pytest.approx((errors, p_value), rel=1e-9)


def test_three_bad_hours_are_found_where_they_are() -> None:
    """A doubling of a figure that scatters by a tenth is found at its hours, with both levels."""
    rng = Random(3)
    for _ in range(20):
        series: list[float | None] = [rng.gauss(5, 0.1) for _ in range(48)]
        series[30:33] = [rng.gauss(5.7, 0.1) for _ in range(3)]
        series[20] = None
        shift = find_shift(series, first=24)
        assert shift is not None
        assert (shift.start, shift.end) == (30, 33)
        assert abs(shift.level - shift.usual - 0.7) < 0.25
        assert shift.p_value < 1e-5


def test_a_shift_lasts_to_the_end_or_began_too_early() -> None:
    """What goes on ends with the series; what is before `first` only tells what is usual."""
    series = [1.0, 1.1, 0.9, 1.0, 1.1, 0.9, 1.0, 1.0, 3.0, 3.1, 2.9]
    shift = find_shift(series, first=7)
    assert shift is not None
    assert (shift.start, shift.end) == (8, 11)
    late = find_shift(series, first=10)
    assert late is not None
    assert late.start == 10
    assert late.p_value > 0.01


def test_what_is_within_the_noise_is_no_shift() -> None:
    """A still series with one other point stands out, unless a point has so much noise anyway."""
    series = [0.0] * 20 + [0.1]
    bare, noisy = find_shift(series), find_shift(series, noise=0.1)
    assert bare is not None
    assert noisy is not None
    assert bare.p_value < 1e-9
    assert noisy.p_value > 0.5


@given(series=POINTS, first=st.integers(0, 45), noise=st.floats(0, 1e6))
def test_any_series_gives_a_stretch_within_it_or_none(
    series: list[float | None], first: int, noise: float
) -> None:
    """Gaps, huge numbers and short series included."""
    shift = find_shift(series, first=first, noise=noise)
    if shift is not None:
        assert first <= shift.start < shift.end <= len(series)
        assert 0 <= shift.p_value <= 1


def test_equal_points_hold_no_shift() -> None:
    """Nothing stands out of a flat line, nor of too few points."""
    assert find_shift([2.0] * 30) is None
    assert find_shift([1.0, 9.0] * 3) is None
