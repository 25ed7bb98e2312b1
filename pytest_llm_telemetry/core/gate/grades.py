"""Pass rate and score: permutation within each case."""

from collections.abc import Callable, Sequence

from pytest_llm_telemetry.core.gate.contributions import ranked
from pytest_llm_telemetry.core.gate.findings import Comparison, Finding
from pytest_llm_telemetry.core.gate.pairing import Pair
from pytest_llm_telemetry.core.gate.wording import count
from pytest_llm_telemetry.core.samples import Attempt
from pytest_llm_telemetry.core.statistics.paired import mean_change
from pytest_llm_telemetry.core.statistics.permutation import Bag, p_values
from pytest_llm_telemetry.core.thresholds import Rule


def judge_grades(comparison: Comparison, rule: Rule) -> Finding:
    """Has the share of passes (or the mean score) of the same cases fallen?"""
    read = _READ[rule.metric]
    graded = [(pair, bag) for pair in comparison.pairs if (bag := _bag(pair, read)) is not None]
    if not graded:
        return Finding(undecided="no case was graded both in the baseline and now")
    total = sum(bag.weight for _, bag in graded)
    changes = [(_mean(bag.now) - _mean(bag.before), bag.weight) for _, bag in graded]
    grain = sum(1.0 / min(len(bag.before), len(bag.now)) for _, bag in graded) / len(graded)
    estimate = mean_change(changes, grain)
    shares = [
        (pair, -change * weight / total)
        for (pair, _), (change, weight) in zip(graded, changes, strict=True)
    ]
    worse = sum(change < 0.0 for change, _ in changes)
    better = sum(change > 0.0 for change, _ in changes)
    return Finding(
        change=estimate.value,
        interval=estimate.interval(rule.confidence),
        error=estimate.error,
        p_value=p_values(bag for _, bag in graded)[0],
        reason=_reason(worse, better, len(graded)),
        cases=ranked(rule.metric, shares),
        worse=worse,
        better=better,
    )


def _reason(worse: int, better: int, of: int) -> str:
    if not worse and not better:
        return f"none of {count(of, 'case')} changed"
    return f"{worse} of {count(of, 'case')} got worse, {better} got better"


def _passed(attempt: Attempt) -> float | None:
    return None if attempt.passed is None else float(attempt.passed)


def _score(attempt: Attempt) -> float | None:
    return attempt.score


_Read = Callable[[Attempt], float | None]
_READ: dict[str, _Read] = {"pass_rate": _passed, "score": _score}


def _bag(pair: Pair, read: _Read) -> Bag | None:
    before = tuple(v for attempt in pair.before.attempts if (v := read(attempt)) is not None)
    now = tuple(v for attempt in pair.now.attempts if (v := read(attempt)) is not None)
    if not before or not now or pair.now.weight <= 0.0:
        return None
    return Bag(before=before, now=now, weight=pair.now.weight)


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values)
