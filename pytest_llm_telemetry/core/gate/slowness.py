"""The latency tail: the share of slow calls, and the 95th and 99th percentiles judged by it."""

from collections.abc import Sequence
from dataclasses import replace
from math import hypot, sqrt

from pytest_llm_telemetry.core.gate.contributions import ranked
from pytest_llm_telemetry.core.gate.findings import Comparison, Finding
from pytest_llm_telemetry.core.gate.pairing import Pair
from pytest_llm_telemetry.core.gate.timing import ADVISORY, timed_pairs, timing_of
from pytest_llm_telemetry.core.gate.wording import count
from pytest_llm_telemetry.core.metrics import quantile
from pytest_llm_telemetry.core.statistics.paired import Estimate, as_ratio, mean_change
from pytest_llm_telemetry.core.statistics.permutation import Bag, p_values
from pytest_llm_telemetry.core.statistics.tail import slow_calls
from pytest_llm_telemetry.core.thresholds import Rule

_FEWEST_CALLS = 20


def judge_slow_calls(comparison: Comparison, rule: Rule) -> Finding:
    """Is a larger share of calls slow for their case than one in twenty, as in the baseline?"""
    marked = _marked(comparison, rule.metric)
    if marked is None:
        return Finding(
            binding=False, undecided=f"fewer than {_FEWEST_CALLS} calls were timed on both sides"
        )
    changes = [(_share(bag.now) - _share(bag.before), bag.weight) for _, bag in marked]
    grain = sum(1.0 / min(len(bag.before), len(bag.now)) for _, bag in marked) / len(marked)
    estimate = mean_change(changes, grain)
    before, now = _count([bag.before for _, bag in marked]), _count([bag.now for _, bag in marked])
    return Finding(
        figures=(before[0] / before[1], now[0] / now[1]),
        change=estimate.value,
        interval=estimate.interval(rule.confidence),
        error=estimate.error,
        p_value=p_values(bag for _, bag in marked)[1],
        reason=f"{now[0]:.0f} of {count(now[1], 'call')} are slow for their case, "
        f"{before[0]:.0f} of {before[1]} before",
        carriers=lambda: ranked(
            rule.metric,
            [
                (pair, change / len(marked))
                for (pair, _), (change, _) in zip(marked, changes, strict=True)
            ],
        ),
        worse=sum(change > 0.0 for change, _ in changes),
        better=sum(change < 0.0 for change, _ in changes),
    )


def judge_percentile(comparison: Comparison, rule: Rule) -> Finding:
    """Is the 95th (99th) percentile higher: by a heavier tail, or because everything is slower?

    Two tests share the question, so the smaller p value counts double (Bonferroni).
    """
    timing = timing_of(comparison, rule.metric)
    marked = _marked(comparison, rule.metric)
    moved = _percentile_change(comparison, rule.metric)
    if timing is None or marked is None or moved is None:
        return Finding(
            binding=False, undecided=f"fewer than {_FEWEST_CALLS} calls were timed on both sides"
        )
    drift = timing.drift or 0.0
    estimate = Estimate(value=moved.value - drift, error=moved.error, df=moved.df)
    low, high = estimate.interval(rule.confidence)
    tail, typical = p_values(bag for _, bag in marked)[1], timing.estimate.above(0.0)
    carried = judge_slow_calls(comparison, rule)
    return replace(
        carried,
        figures=None,
        change=as_ratio(estimate.value),
        interval=(as_ratio(low), as_ratio(high)),
        error=estimate.error,
        p_value=2.0 * min(tail, typical),
        binding=timing.binding,
        note="" if timing.binding else ADVISORY,
    )


def _percentile_change(comparison: Comparison, metric: str) -> Estimate | None:
    """ln(percentile now / before), with the errors of both (Woodruff 1952)."""
    share = float(metric[1:3]) / 100.0
    timed = timed_pairs(comparison, metric)
    sides = []
    for times in ([before for _, before, _ in timed], [now for _, _, now in timed]):
        values = [(value, 1.0) for case in times for value in case]
        if len(values) < _FEWEST_CALLS:
            return None
        reach = sqrt(share * (1.0 - share) / len(values))
        middle, low, high = (
            quantile(values, min(1.0, place)) or 0.0
            for place in (share, share - reach, share + reach)
        )
        sides.append((middle, (high - low) / 2.0, len(values)))
    (before, error_0, size_0), (now, error_1, size_1) = sides
    return Estimate(value=now - before, error=hypot(error_0, error_1), df=min(size_0, size_1) - 1)


def _marked(comparison: Comparison, metric: str) -> list[tuple[Pair, Bag]] | None:
    """The timed pairs with their calls marked as slow or not; `None` where too few were timed."""
    timed = [
        (pair, Bag(before=before, now=now)) for pair, before, now in timed_pairs(comparison, metric)
    ]
    fewest = min(sum(len(bag.before) for _, bag in timed), sum(len(bag.now) for _, bag in timed))
    if fewest < _FEWEST_CALLS:
        return None
    return list(
        zip([pair for pair, _ in timed], slow_calls([bag for _, bag in timed]), strict=True)
    )


def _count(marks: Sequence[Sequence[float]]) -> tuple[float, int]:
    return sum(map(sum, marks)), sum(map(len, marks))


def _share(marks: Sequence[float]) -> float:
    return sum(marks) / len(marks)
