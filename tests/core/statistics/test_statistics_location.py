"""Typical changes, drift and paired estimates."""

from math import log, sqrt

import pytest

from pytest_llm_telemetry.core.statistics.location import (
    drift_of,
    typical_change,
    winsorised,
    with_drift,
)
from pytest_llm_telemetry.core.statistics.paired import (
    Estimate,
    as_ratio,
    mean_change,
    ratio_of_totals,
)


def test_outliers_are_drawn_in() -> None:
    """One wild value in ten becomes the next one; the factor pays for it."""
    values, factor = winsorised([0.0, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0, 900.0])
    assert (max(values), min(values)) == (8.0, 1.0)
    assert factor == pytest.approx(9 / 7)


def test_of_a_single_value_nothing_is_drawn_in() -> None:
    """It stays what it is, and there is no spread to widen."""
    assert winsorised([3.0]) == ([3.0], 1.0)


def test_without_controls_the_error_is_that_of_the_winsorised_mean() -> None:
    """A known answer, by NumPy: 9 / 7 times the standard error of the values drawn in."""
    changes = [0.1, 0.3, -0.2, 0.05, 0.4, 0.15, 0.0, 0.25, -0.1, 2.0]
    found = typical_change({str(n): each for n, each in enumerate(changes)}, {})
    assert found is not None
    assert found[0].value == pytest.approx(0.145, rel=1e-12)
    assert found[0].error == pytest.approx(0.07633505627381518, rel=1e-12)
    assert (found[0].df, found[1]) == (9, None)


def test_with_controls_the_error_is_that_of_cases_and_replays_together() -> None:
    """A known answer, by NumPy: each case's share of D / 2 + Dk / 2 - C, squared and summed."""
    changes = [0.1, 0.3, -0.2, 0.05, 0.4, 0.15, 0.0, 0.25, -0.1, 2.0]
    controls = {"0": 0.05, "1": 0.12, "2": -0.03, "3": 0.02}
    found = typical_change({str(n): each for n, each in enumerate(changes)}, controls)
    assert found is not None
    assert found[0].value == pytest.approx(0.07625, rel=1e-12)
    assert found[0].error == pytest.approx(0.0561859423614806, rel=1e-12)
    assert found[0].df == 3


def test_drift_of_the_controls_is_taken_out() -> None:
    """Cases 30 % slower on a day when the unchanged version is 10 % slower: 20 % are ours."""
    changes = {f"c{n}": 0.3 for n in range(20)}
    found = typical_change(changes, {f"c{n}": 0.1 for n in range(5)})
    assert found is not None
    assert found[0].value == pytest.approx(0.2)
    assert found[1] == pytest.approx(0.1)


def test_without_controls_there_is_no_drift_to_report() -> None:
    """The estimate is the winsorised mean, with the error of a mean."""
    found = typical_change({"a": 0.1, "b": 0.3}, {"a": 0.1})
    assert found is not None
    assert found[0].value == pytest.approx(0.2)
    assert found[1] is None
    assert found[0].error == pytest.approx(0.1)


def test_one_case_is_no_sample() -> None:
    """A single case has no spread to judge by."""
    assert typical_change({"a": 0.1}, {}) is None


def test_drift_is_the_spread_of_successive_runs() -> None:
    """Steps of 0.1 up and down have a standard deviation of 0.1."""
    assert drift_of([0.0, 0.1, 0.0, 0.1, 0.0]) == pytest.approx(0.1)


def test_drift_adds_to_the_error() -> None:
    """Errors add in squares, and few runs leave few degrees of freedom."""
    wider = with_drift(Estimate(value=0.2, error=0.03, df=99), 0.04, 5)
    assert [wider.error, wider.df] == pytest.approx([0.05, 4])


def test_the_ratio_of_totals_weighs_cases_by_what_they_cost() -> None:
    """Twice the cost of the dear case outweighs half the cost of the cheap one."""
    found = ratio_of_totals([(10.0, 20.0), (1.0, 0.5)])
    assert found is not None
    assert found.value == pytest.approx(log(20.5 / 11))


@pytest.mark.parametrize(
    "totals", [[(1.0, 2.0)], [(0.0, 0.0), (0.0, 1.0)], [(1.0, 0.0), (1.0, 0.0)]]
)
def test_a_ratio_needs_two_cases_and_money(totals: list[tuple[float, float]]) -> None:
    """One case, or nothing spent on a side, has no ratio."""
    assert ratio_of_totals(totals) is None


def test_the_error_of_a_ratio_is_the_scatter_of_cases_about_it() -> None:
    """A known answer (NumPy): twice the standard deviation of now - ratio * before over the total."""
    found = ratio_of_totals([(10.0, 12.0), (1.0, 0.5), (4.0, 6.0), (6.5, 6.0)])
    assert found is not None
    assert found.value == pytest.approx(0.13062018241706422, rel=1e-12)
    assert found.error == pytest.approx(0.10361402822947365, rel=1e-12)
    assert found.df == 3


def test_a_mean_change_weighs_its_cases_and_two_that_are_made_up() -> None:
    """A known answer (NumPy, SciPy): four cases of their own weights at a grain of a quarter."""
    found = mean_change([(0.5, 1.0), (-0.2, 2.0), (0.1, 3.0), (0.35, 0.5)], 0.25)
    assert found.value == pytest.approx(0.08846153846153845, rel=1e-12)
    assert found.error == pytest.approx(0.09459174653396508, rel=1e-12)
    assert found.interval(0.99) == pytest.approx((-0.22983306709963, 0.40675614402270), rel=1e-9)
    assert found.above(0.01) == pytest.approx(0.2223089755115847, rel=1e-9)


def test_equal_shares_have_no_noise() -> None:
    """When every case costs exactly 5 % more, the rise is certain."""
    found = ratio_of_totals([(n / 7, 1.05 * n / 7) for n in range(1, 9)])
    assert found is not None
    assert (found.error, found.above(0.0), found.above(1.0)) == (0.0, 0.0, 1.0)


def test_no_change_without_noise_is_undecided() -> None:
    """A value exactly at the bound is as likely above as below."""
    assert Estimate(value=0.0, error=0.0, df=3).above(0.0) == 0.5


def test_a_few_unchanged_cases_prove_little() -> None:
    """Five cases without a change leave room for a large one; 500 do not."""
    few, many = (mean_change([(0.0, 1.0)] * size, 1.0) for size in (5, 500))
    assert few.interval(0.99)[0] < -0.5
    assert many.interval(0.99)[0] > -0.01
    assert few.error == pytest.approx(sqrt(2) / 7)


def test_ratios_stay_finite() -> None:
    """A log ratio beyond reason is shown as a large number, not as an overflow."""
    assert as_ratio(log(1.2)) == pytest.approx(0.2)
    assert as_ratio(1e9) < float("inf")
