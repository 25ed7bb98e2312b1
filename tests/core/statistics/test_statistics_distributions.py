"""Tails and quantiles against published tables."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_llm_telemetry.core.statistics.distributions import (
    beta_share,
    binomial_tail,
    normal_quantile,
    normal_tail,
    student_quantile,
    student_tail,
)


def test_normal_quantiles_are_those_of_the_tables() -> None:
    """The 97.5 % and 0.1 % points agree with Abramowitz & Stegun 26.2."""
    assert normal_quantile(0.975) == pytest.approx(1.959964, abs=1e-6)
    assert normal_quantile(0.001) == pytest.approx(-3.090232, abs=1e-6)


def test_student_quantiles_are_those_of_the_tables() -> None:
    """Ten degrees of freedom have their 97.5 % point at 2.228, one at 12.706."""
    assert student_quantile(0.975, 10) == pytest.approx(2.228139, abs=1e-6)
    assert student_quantile(0.975, 1) == pytest.approx(12.7062, abs=1e-4)


@given(st.floats(-30, 30), st.floats(1, 500))
def test_student_tails_of_both_sides_are_the_whole(t: float, df: float) -> None:
    """P(T >= t) + P(T >= -t) is one."""
    assert student_tail(t, df) + student_tail(-t, df) == pytest.approx(1.0, abs=1e-9)


@given(st.floats(-6, 6))
def test_a_quantile_undoes_its_tail(z: float) -> None:
    """The quantile of the share below z is z."""
    assert normal_quantile(1.0 - normal_tail(z)) == pytest.approx(z, abs=1e-5)


def test_the_incomplete_beta_function_is_that_of_the_tables() -> None:
    """I_0.5(2, 3) is 11/16, and the ends are 0 and 1."""
    assert beta_share(0.5, 2.0, 3.0) == pytest.approx(0.6875)
    assert beta_share(0.9, 2.0, 3.0) == pytest.approx(0.9963)
    assert (beta_share(0.0, 2.0, 3.0), beta_share(1.0, 2.0, 3.0)) == (0.0, 1.0)


@pytest.mark.parametrize(
    ("x", "a", "b", "share"),
    [
        (0.9, 80.0, 3.0, 0.00904484432187545),
        (0.002, 0.5, 400.0, 0.794182026073068),
        (0.55, 30.0, 20.0, 0.2328886067865693),
    ],
)
def test_the_incomplete_beta_function_holds_where_it_is_steep(
    x: float, a: float, b: float, share: float
) -> None:
    """Known answers (SciPy, betainc) on either side of the place where the fraction is turned round."""
    assert beta_share(x, a, b) == pytest.approx(share, rel=1e-9)


@pytest.mark.parametrize(
    ("t", "df", "tail"),
    [
        (2.5, 3.5, 0.03784732190474501),
        (40.0, 2.0, 0.0003122073360923703),
        (0.01, 900.0, 0.4960117517596294),
    ],
)
def test_student_tails_are_those_of_scipy(t: float, df: float, tail: float) -> None:
    """Known answers (t.sf) at the middle, far out and with degrees of freedom that are not whole."""
    assert student_tail(t, df) == pytest.approx(tail, rel=1e-9)


def test_far_quantiles_are_those_of_scipy() -> None:
    """Known answers (norm.isf and t.isf) at a chance of 1e-9 and of 1e-4."""
    assert normal_quantile(1.0 - 1e-9) == pytest.approx(5.9978070150, abs=1e-6)
    assert student_quantile(1.0 - 1e-4, 2.5) == pytest.approx(34.8679693211, rel=1e-9)


def test_a_binomial_tail_counts_the_observed_value_half() -> None:
    """Eight of ten at one half: P(X > 8) + P(X = 8) / 2, by hand."""
    assert binomial_tail(8, 10, 0.5) == pytest.approx((11 + 45 / 2) / 1024)


def test_no_trials_decide_nothing() -> None:
    """Without a single event both sides are equally likely."""
    assert binomial_tail(0, 0, 0.5) == 0.5


def test_all_of_the_trials_is_the_far_end() -> None:
    """Ten of ten leaves half of the last point."""
    assert binomial_tail(10, 10, 0.5) == pytest.approx(0.5**11)
