"""Two counts of rare events, and bursts."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_llm_telemetry.core.statistics.counts import (
    Tally,
    bursts,
    dispersion,
    excess_p_value,
    rate_interval,
)


def test_the_interval_is_newcombes() -> None:
    """56 of 70 against 48 of 80 is 20 points, 5.2 to 33.4 (Newcombe 1998, table II a)."""
    low, high = rate_interval(
        Tally(events=48, trials=80), Tally(events=56, trials=70), 1.0, confidence=0.975
    )
    assert [low, high] == pytest.approx([0.0524, 0.3339], abs=1e-4)


def test_events_that_come_in_twos_are_half_the_evidence() -> None:
    """Twice the counts of that table at a scatter of two have its interval."""
    low, high = rate_interval(
        Tally(events=96, trials=160), Tally(events=112, trials=140), 2.0, confidence=0.975
    )
    assert [low, high] == pytest.approx([0.05243147240236, 0.33387265403690], rel=1e-9)


def test_an_excess_is_judged_by_its_share_of_the_total() -> None:
    """Nine of ten errors in one of two equal runs: the binomial at one half."""
    p_value = excess_p_value(Tally(events=1, trials=300), Tally(events=9, trials=300))
    assert p_value == pytest.approx((1 + 10 / 2) / 1024)


def test_single_errors_stay_single() -> None:
    """Errors far apart are one event each."""
    assert bursts([3, 80, 200], 300) == [1, 1, 1]


def test_a_storm_is_one_event() -> None:
    """Eight failures in nine calls, in a run of 300, are one burst beside a single error."""
    assert bursts([20, 100, 101, 102, 104, 105, 106, 107, 108], 300) == [1, 8]


def test_a_burst_is_rarer_than_once_in_twenty_runs_and_five_calls_apart_at_most() -> None:
    """By hand: 4 * (1 - (1 - 2 / (calls - 3)) ** 5) ** 2 falls below 5 % at 89 calls."""
    assert bursts([10, 11, 12, 87], 88) == [1] * 4
    assert bursts([10, 11, 12, 88], 89) == [3, 1]
    assert bursts([10, 15, 20, 25], 3000) == [4]
    assert bursts([10, 16, 22, 28], 3000) == [1] * 4
    assert bursts([10, 11], 3000) == [1, 1]


def test_neighbours_by_chance_are_no_burst() -> None:
    """Where a tenth of all calls fail, two in a row are nothing special."""
    assert bursts([*range(0, 300, 10), 291], 300) == [1] * 31


@given(st.sets(st.integers(0, 299)))
def test_bursts_lose_no_event(places: set[int]) -> None:
    """The sizes add up to the number of events."""
    assert sum(bursts(sorted(places), 300)) == len(places)


def test_bursts_widen_the_interval() -> None:
    """Dispersion is 1 for single events, without events, and larger with a burst."""
    assert (dispersion([]), dispersion([1, 1, 1])) == (1.0, 1.0)
    assert dispersion([1, 1, 8]) == pytest.approx(6.6)


def test_a_run_in_which_everything_fails_is_one_burst() -> None:
    """A hundred failures in a row are one outage, although no call is left to tell what is usual."""
    assert bursts(range(100), 100) == [100]
