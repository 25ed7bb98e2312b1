"""Are there more slow calls than before, each call measured against its own case?"""

from collections.abc import Sequence
from math import exp, log

from pytest_llm_telemetry.core.statistics.permutation import Bag

_SLOW = 0.05
_ROUNDS = 5
_BULK = 0.1
# What a person would notice, at the least: a model that answers like clockwork has a 95th
# percentile a hair above its median, and a busy machine alone would pass it all the time.
_NOTICED = log(1.25)
_NOTICED_MS = 50.0
_ROUNDING = 1e-9


def slow_calls(bags: Sequence[Bag]) -> list[Bag]:
    """The bags of log times as bags of 0 and 1, where 1 is a slow call.

    Slow is what lies above the 95th percentile of the baseline, every call less the median of its
    case, and a quarter and 50 ms above that median. What a slower day did to every call is taken
    out first: it is no heavier tail. Counts above the k-th slowest call of the baseline are as
    likely as the same counts among the slowest of the pooled calls (the precedence test, Nelson
    1963), so a permutation within cases of these marks is exact.
    """
    shift = median_of([median_of(bag.now) - median_of(bag.before) for bag in bags])
    shift += _rest(bags, shift)
    before, now = _centred(bags, shift)
    line = max(_NOTICED, _line([value for values in before for value in values], _SLOW))
    quick = log(_NOTICED_MS / (exp(line) - 1.0))  # below this median it takes more than `line`
    marked = []
    for bag, old, new in zip(bags, before, now, strict=True):
        usual = bag.before[0] - old[0]
        bound = line if usual >= quick else log(1.0 + _NOTICED_MS / exp(usual))
        marked.append(Bag(before=_marks(old, bound), now=_marks(new, bound)))
    return marked


def _marks(values: Sequence[float], line: float) -> tuple[float, ...]:
    return tuple([1.0 if value > line else 0.0 for value in values])


def _rest(bags: Sequence[Bag], shift: float) -> float:
    """What the shift still lacks, by the mean of the calls that are not slow.

    Those that are slow would draw it up; who is slow depends on it in turn, and settles within a
    few rounds.
    """
    centred_before, centred_now = _centred(bags, shift)
    before = [value for values in centred_before for value in values]
    now = [value for values in centred_now for value in values]
    line = _line(before, _BULK)
    quick = [value for value in before if value <= line]
    usual = sum(quick) / len(quick)
    rest = 0.0
    for _ in range(_ROUNDS):
        quick = [value for value in now if value <= line + rest + _ROUNDING]
        rest = sum(quick) / len(quick) - usual
    return rest


def _line(values: Sequence[float], share: float) -> float:
    return sorted(values, reverse=True)[max(1, round(share * len(values)))]


_Values = list[tuple[float, ...]]


def _centred(bags: Sequence[Bag], shift: float) -> tuple[_Values, _Values]:
    """The values before and now, less the shift and the median of their case."""
    before: _Values = []
    now: _Values = []
    for bag in bags:
        middle = median_of([*bag.before, *[value - shift for value in bag.now]])
        before.append(tuple([value - middle for value in bag.before]))
        moved = middle + shift
        now.append(tuple([value - moved for value in bag.now]))
    return before, now


def median_of(values: Sequence[float]) -> float:
    """The median; the mean of the middle two of an even number."""
    ordered = sorted(values)
    half = len(ordered) // 2
    return ordered[half] if len(ordered) % 2 else (ordered[half - 1] + ordered[half]) / 2.0
