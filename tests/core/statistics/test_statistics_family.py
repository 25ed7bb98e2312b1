"""Corrections for many tests, and for looking early."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_llm_telemetry.core.statistics.family import Member, adjusted
from pytest_llm_telemetry.core.statistics.sequential import Plan, boundaries, plan


def _holm(*values: float) -> list[float]:
    return adjusted([Member(p_value=value) for value in values])


def test_equal_members_are_corrected_as_holm_says() -> None:
    """The smallest of three counts three times, the next twice, and order is kept."""
    assert _holm(0.01, 0.04, 0.03) == pytest.approx([0.03, 0.06, 0.06])


def test_a_heavier_member_pays_less() -> None:
    """Of two equal p values the one with three times the weight is corrected by 4/3."""
    light, heavy = adjusted([Member(p_value=0.01), Member(p_value=0.003, weight=3.0)])
    assert [light, heavy] == pytest.approx([0.01, 0.004])


def test_a_member_that_cannot_fail_by_chance_costs_the_others_nothing() -> None:
    """Its ceiling is all that it takes of alpha."""
    first, _ = adjusted([Member(p_value=0.004), Member(p_value=0.5, ceiling=0.0)])
    assert first == pytest.approx(0.004)


@given(st.lists(st.floats(0, 1), min_size=1, max_size=8))
def test_a_correction_never_makes_a_p_value_smaller(values: list[float]) -> None:
    """Adjusted values are at least the raw ones and at most one."""
    assert all(raw <= value <= 1.0 for raw, value in zip(values, _holm(*values), strict=True))


def test_boundaries_are_those_of_lan_and_demets() -> None:
    """Five equal looks at one-sided 2.5 %: 4.877, 3.357, 2.680, 2.290, 2.031."""
    found = boundaries(0.025, (0.2, 0.4, 0.6, 0.8, 1.0))
    assert list(found) == pytest.approx([4.877, 3.357, 2.680, 2.290, 2.031], abs=2e-3)


def test_overwhelming_evidence_stops_at_the_first_look() -> None:
    """A p value of one in a billion crosses even the first boundary; none at all stops too."""
    looks = plan(0.005, repeats=5, baseline_repeats=5)
    assert looks.look(1, 1e-9) == "worse"
    assert looks.look(1, 0.5) == "no change"
    assert looks.look(1, 0.0) == "worse"
    assert looks.look(1, 1.0) == "no change"


def test_a_trend_goes_on_until_the_last_look_decides() -> None:
    """A promising value asks for another repeat, except at the end."""
    looks = plan(0.005, repeats=5, baseline_repeats=5)
    assert [looks.look(repeat, 0.01) for repeat in (1, 5)] == ["go on", "no change"]


@pytest.mark.parametrize(
    ("repeat", "p_value", "decision"),
    [
        (1, 3.16e-5, "worse"),
        (1, 3.17e-5, "go on"),
        (1, 0.2625, "go on"),
        (1, 0.2626, "no change"),
        (2, 0.02275, "worse"),
        (2, 0.02276, "no change"),
    ],
)
def test_a_look_decides_at_its_boundary_and_where_one_trend_in_five_gets_there(
    repeat: int, p_value: float, decision: str
) -> None:
    """By hand: z of 4 and 2, and (2 - 0.8416 * sqrt(3 / 4)) / 2 = 0.6356 at a quarter of the way."""
    looks = Plan(information=(0.25, 1.0), boundaries=(4.0, 2.0))
    assert looks.look(repeat, p_value) == decision


def test_what_a_repeat_tells_is_bounded_by_the_baseline() -> None:
    """By hand: 1 / (1 / 2 + 1 / k) is 2/3, 1 and 6/5, and the first look is Lan and DeMets' alone."""
    looks = plan(0.025, repeats=3, baseline_repeats=2)
    assert looks.information == pytest.approx((5 / 9, 5 / 6, 1.0))
    assert looks.boundaries[0] == pytest.approx(2.7897997, abs=1e-6)


def test_a_single_look_is_the_plain_test() -> None:
    """With one repeat the boundary is the quantile of alpha."""
    assert plan(0.025, repeats=1, baseline_repeats=3).boundaries[0] == pytest.approx(1.96, abs=1e-3)
