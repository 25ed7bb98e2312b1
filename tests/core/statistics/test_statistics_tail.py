"""Slow calls, each against its own case."""

import random
from math import log

import pytest

from pytest_llm_telemetry.core.statistics.permutation import Bag, p_values
from pytest_llm_telemetry.core.statistics.tail import median_of, slow_calls


def _bags(slow: float, shift: float, seed: int = 1) -> list[Bag]:
    draws = random.Random(seed)
    bags = []
    for _ in range(150):
        case = draws.gauss(7.0, 1.0)
        before = [case + draws.gauss(0.0, 0.2) for _ in range(3)]
        now = [
            case + shift + draws.gauss(0.0, 0.2) + (log(4.0) if draws.random() < slow else 0.0)
            for _ in range(3)
        ]
        bags.append(Bag(before=before, now=now))
    return bags


def test_a_heavier_tail_is_seen() -> None:
    """Fifteen per cent of the calls four times slower are many more slow calls."""
    marked = slow_calls(_bags(slow=0.15, shift=0.0))
    before, now = (
        sum(map(sum, side)) for side in zip(*[(b.before, b.now) for b in marked], strict=True)
    )
    assert before == pytest.approx(0.05 * 450, abs=2)
    assert now > 3 * before
    assert p_values(marked)[1] < 1e-6


def test_a_slower_day_is_no_heavier_tail() -> None:
    """Every call 60 % slower leaves the share of slow calls as it was."""
    assert 0.05 < p_values(slow_calls(_bags(slow=0.0, shift=log(1.6))))[1] < 0.95


@pytest.mark.parametrize(("seed", "slow"), [(2, (8, 30)), (3, (8, 41)), (4, (9, 40))])
def test_the_calls_that_are_slow_are_those_that_numpy_marks(
    seed: int, slow: tuple[int, int]
) -> None:
    """A known answer, written anew over arrays (NumPy): short cases too, and a shift that settles late."""
    draws = random.Random(seed)
    bags = []
    for _ in range(60):
        case = draws.gauss(5.3, 1.0)
        before = [case + draws.gauss(0.0, 0.4) for _ in range(3)]
        now = [
            case + 0.2 + draws.gauss(0.0, 0.4) + (log(4.0) if draws.random() < 0.15 else 0.0)
            for _ in range(3)
        ]
        bags.append(Bag(before=before, now=now))
    marked = slow_calls(bags)
    assert (sum(sum(bag.before) for bag in marked), sum(sum(bag.now) for bag in marked)) == slow


def test_of_a_handful_of_calls_the_slowest_is_slow() -> None:
    """Of six calls, and of the same six again, only the one above the second slowest."""
    times = [7.0 + 0.5 * n for n in range(6)]
    [marked] = slow_calls([Bag(before=times, now=times)])
    assert marked.before == marked.now == (0.0, 0.0, 0.0, 0.0, 0.0, 1.0)


def test_times_that_only_rise_still_end() -> None:
    """Where every call of now is beyond the line there is no bulk to align, and no crash."""
    bags = [Bag(before=[0.0, 0.0, 0.0], now=[9.0, -9.0, 9.0]) for _ in range(10)]
    assert len(slow_calls(bags)) == 10


def test_medians_of_even_numbers_are_between() -> None:
    """The median of four values is the mean of the middle two."""
    assert (median_of([4.0, 1.0, 3.0, 2.0]), median_of([5.0, 1.0, 2.0])) == (2.5, 2.0)


def test_a_busy_machine_is_no_heavier_tail() -> None:
    """Calls a fifth, or 40 ms, above a clockwork median are slow for nobody."""
    fifth = [Bag(before=[7.0] * 3, now=[7.0, 7.0, 7.0 + log(1.2)]) for _ in range(40)]
    short = [Bag(before=[log(20.0)] * 3, now=[log(20.0), log(20.0), log(60.0)]) for _ in range(40)]
    for bags in (fifth, short):
        assert sum(sum(bag.now) for bag in slow_calls(bags)) == 0
