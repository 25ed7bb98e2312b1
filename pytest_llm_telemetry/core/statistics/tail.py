"""Are there more slow calls than before, each call measured against its own case?"""

from collections.abc import Iterable, Sequence
from dataclasses import replace

from pytest_llm_telemetry.core.statistics.permutation import Bag

_SLOW = 0.05
# The mean of the calls that are not slow is not drawn up by those that are; who is slow depends
# on it in turn, and settles within a few rounds.
_ROUNDS = 4


def slow_calls(bags: Sequence[Bag]) -> list[Bag]:
    """The bags of log times as bags of 0 and 1, where 1 is a slow call.

    Slow is what lies above the 95th percentile of the baseline, every call less the median of its
    case. What a slower day did to every call is taken out first: it is no heavier tail. Counts
    above the k-th slowest call of the baseline are as likely as the same counts among the slowest
    of the pooled calls (the precedence test, Nelson 1963), so a permutation within cases of these
    marks is exact.
    """
    shift = median_of([median_of(bag.now) - median_of(bag.before) for bag in bags])
    for _ in range(_ROUNDS):
        centred = [_centred(bag, shift) for bag in bags]
        line = _line(centred)
        before = [value for bag in centred for value in bag.before if value <= line]
        now = [value for bag in centred for value in bag.now if value <= line]
        if not now:
            break
        shift += sum(now) / len(now) - sum(before) / len(before)
    centred = [_centred(bag, shift) for bag in bags]
    line = _line(centred)
    return [
        replace(
            bag,
            before=[float(value > line) for value in bag.before],
            now=[float(value > line) for value in bag.now],
        )
        for bag in centred
    ]


def _line(bags: Iterable[Bag]) -> float:
    before = sorted((value for bag in bags for value in bag.before), reverse=True)
    return before[max(1, round(_SLOW * len(before)))]


def _centred(bag: Bag, shift: float) -> Bag:
    now = [value - shift for value in bag.now]
    middle = median_of([*bag.before, *now])
    return replace(
        bag, before=[value - middle for value in bag.before], now=[value - middle for value in now]
    )


def median_of(values: Sequence[float]) -> float:
    """The median; the mean of the middle two of an even number."""
    ordered = sorted(values)
    half = len(ordered) // 2
    return ordered[half] if len(ordered) % 2 else (ordered[half - 1] + ordered[half]) / 2.0
