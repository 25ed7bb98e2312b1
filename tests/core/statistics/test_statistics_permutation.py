"""Permutation within cases, against brute force and McNemar."""

from itertools import combinations, product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pytest_llm_telemetry.core.statistics.distributions import binomial_tail, normal_tail
from pytest_llm_telemetry.core.statistics.permutation import Bag, p_values

_GRADES = st.lists(st.sampled_from([0.0, 1.0]), min_size=1, max_size=3)
_BAGS = st.lists(st.builds(Bag, before=_GRADES, now=_GRADES), min_size=1, max_size=4)


def _pairs(worse: int, better: int, same: int = 0) -> list[Bag]:
    return [
        *[Bag(before=[1.0], now=[0.0])] * worse,
        *[Bag(before=[0.0], now=[1.0])] * better,
        *[Bag(before=[1.0], now=[1.0])] * same,
    ]


def _by_hand(bags: list[Bag]) -> float:
    """P(mean of now lower) + half P(equal) over all ways to draw now out of each bag."""
    ways = []
    for bag in bags:
        pool, size = [*bag.before, *bag.now], len(bag.now)
        ways.append([bag.weight * sum(draw) / size for draw in combinations(pool, size)])
    seen = sum(bag.weight * sum(bag.now) / len(bag.now) for bag in bags)
    totals = [sum(way) for way in product(*ways)]
    lower = sum(total < seen - 1e-9 for total in totals)
    equal = sum(abs(total - seen) <= 1e-9 for total in totals)
    return (lower + equal / 2) / len(totals)


@settings(deadline=None)
@given(_BAGS.filter(lambda bags: len({len(bag.now) for bag in bags}) == 1))
def test_it_counts_what_brute_force_counts(bags: list[Bag]) -> None:
    """With equal repeats the p value is exact."""
    assert p_values(bags)[0] == pytest.approx(_by_hand(bags))


@given(_BAGS)
def test_both_sides_are_the_whole(bags: list[Bag]) -> None:
    """Mid-p values of lower and higher add up to one."""
    assert sum(p_values(bags)) == pytest.approx(1.0)


@pytest.mark.parametrize(("worse", "better"), [(8, 2), (0, 5), (30, 12)])
def test_one_repeat_is_mcnemars_test(worse: int, better: int) -> None:
    """Pass/fail at one repeat is the mid-p McNemar test, whatever stayed the same."""
    expected = binomial_tail(worse, worse + better, 0.5)
    assert p_values(_pairs(worse, better, same=50))[0] == pytest.approx(expected)


def test_many_cases_agree_with_the_exact_test() -> None:
    """Beyond exact counting the normal law, at 80 / sqrt(700), is within 3 % of the exact p value."""
    lower, _ = p_values(_pairs(390, 310))
    assert lower == pytest.approx(normal_tail(80 / 700**0.5), rel=1e-9)
    assert lower == pytest.approx(binomial_tail(390, 700, 0.5), rel=0.03)


def test_scores_of_many_cases_agree_with_a_shift() -> None:
    """A constant fall in many noisy scores is proven, its mirror image is not."""
    falls = [Bag(before=[0.8 + n / 1000], now=[0.7 + n / 900]) for n in range(60)]
    lower, higher = p_values(falls)
    assert lower < 1e-6
    assert higher > 1.0 - 1e-6


def test_a_few_scores_are_counted_exactly() -> None:
    """Five cases that all fell can do so by chance once in 32; the observed one counts half."""
    falls = [Bag(before=[0.9], now=[0.5]) for _ in range(5)]
    assert p_values(falls)[0] == pytest.approx(1 / 64)


def test_weights_decide_which_case_counts() -> None:
    """A case of weight 3 outweighs two of weight 1 that went the other way."""
    bags = [
        Bag(before=[1.0], now=[0.0], weight=3.0),
        Bag(before=[0.0], now=[1.0]),
        Bag(before=[0.0], now=[1.0]),
    ]
    lower, higher = p_values(bags)
    assert lower < higher


def test_scores_of_unequal_weights_and_repeats_are_counted_to_a_sixtieth() -> None:
    """What brute force counts, where each score is a step of the grid, and no coarser one would do."""
    bags = [
        Bag(before=[0.0, 13 / 60], now=[1.0, 35 / 60], weight=2.0),
        Bag(before=[41 / 60, 33 / 60], now=[11 / 60]),
        Bag(before=[39 / 60], now=[11 / 60]),
        Bag(before=[2 / 60], now=[0.0]),
        Bag(before=[20 / 60, 47 / 60], now=[54 / 60, 29 / 60], weight=2.0),
    ]
    assert p_values(bags)[0] == pytest.approx(_by_hand(bags))


def test_unequal_repeats_are_compared_by_their_means() -> None:
    """Five passes of five against one of one is no change."""
    same = [Bag(before=[1.0] * 5, now=[1.0]), Bag(before=[1.0, 0.0] * 2, now=[1.0, 0.0])]
    assert p_values(same)[0] == pytest.approx(0.5)


def test_long_bags_are_not_enumerated() -> None:
    """Twenty scores a side have more draws than anyone counts; the normal law judges them."""
    before, now = [n / 20 for n in range(20)], [n / 20 - 0.5 for n in range(20)]
    assert p_values([Bag(before=before, now=now)])[0] < 0.01


def test_the_normal_law_has_the_variance_of_a_draw_without_replacement() -> None:
    """A known answer (SciPy, norm.cdf): pool variance * (1 / drawn - 1 / size), by weight squared."""
    bags = [
        Bag(before=[n / 20 for n in range(20)], now=[n / 16 - 0.2 for n in range(15)], weight=2.0),
        Bag(before=[0.5, 0.25, 0.0], now=[0.75, 1.0], weight=0.5),
    ]
    low = 0.30218332282899574
    assert p_values(bags) == pytest.approx((low, 1.0 - low), rel=1e-9)


@pytest.mark.parametrize(
    "bags",
    [
        [],
        [Bag(before=[], now=[1.0])],
        [Bag(before=[1.0], now=[])],
        [Bag(before=[1.0], now=[0.0], weight=0.0)],
        _pairs(0, 0, same=9),
    ],
)
def test_without_any_informative_case_nothing_is_claimed(bags: list[Bag]) -> None:
    """Cases that never change, have no weight or lack a side say nothing."""
    assert p_values(bags) == (0.5, 0.5)
