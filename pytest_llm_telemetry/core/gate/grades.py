"""Pass rate and score: permutation within each case."""

from collections.abc import Callable, Iterable, Sequence

from pytest_llm_telemetry.core.gate.contributions import ranked
from pytest_llm_telemetry.core.gate.findings import Comparison, Finding
from pytest_llm_telemetry.core.gate.pairing import Pair
from pytest_llm_telemetry.core.gate.wording import count, label, listing, shift
from pytest_llm_telemetry.core.metrics import METRICS
from pytest_llm_telemetry.core.samples import Attempt, CaseSamples
from pytest_llm_telemetry.core.statistics.paired import mean_change
from pytest_llm_telemetry.core.statistics.permutation import Bag, p_values
from pytest_llm_telemetry.core.thresholds import Rule
from pytest_llm_telemetry.core.verdict import Problem

_UNANSWERED = 0.2

# Tuples, not lists: the garbage collector stops following a tuple of numbers, and of a large run it
# would follow hundreds of thousands again and again.
_Read = Callable[[Iterable[Attempt]], tuple[float, ...]]


def judge_grades(comparison: Comparison, rule: Rule) -> Finding:
    """Has the share of passes (or the mean score) of the same cases fallen?"""
    read = _READ[rule.metric]
    graded: list[tuple[Pair, float]] = []
    lost: list[CaseSamples] = []
    bags: list[Bag] = []
    grain = 0.0
    for pair in comparison.pairs:
        bag = _bag(pair, read)
        if bag is None:
            lost += [pair.now] if read(pair.before.attempts) and not read(pair.now.attempts) else []
            continue
        graded.append((pair, _mean(bag.now) - _mean(bag.before)))
        grain += 1.0 / min(len(bag.before), len(bag.now))
        if bag.before != bag.now or len(set(bag.now)) > 1:
            bags.append(bag)
    if not graded:
        return Finding(undecided="no case was graded both in the baseline and now")
    total = sum([pair.now.weight for pair, _ in graded])
    changes = [(change, pair.now.weight) for pair, change in graded]
    estimate = mean_change(changes, grain / len(graded))
    worse = sum(change < 0.0 for change, _ in changes)
    better = sum(change > 0.0 for change, _ in changes)
    return Finding(
        change=estimate.value,
        interval=estimate.interval(rule.confidence),
        error=estimate.error,
        p_value=p_values(bags)[0],
        reason=_reason(worse, better, len(graded)),
        carriers=lambda: ranked(
            rule.metric, [(pair, -change * pair.now.weight / total) for pair, change in graded]
        ),
        worse=worse,
        better=better,
        note=_model_moved(comparison, rule, read),
        problem=_ungraded(lost, len(comparison.pairs), rule),
    )


def _model_moved(comparison: Comparison, rule: Rule, read: _Read) -> str:
    """Whether the unchanged version, replayed as a control, fell as well."""
    bags = [bag for pair in comparison.controls if (bag := _bag(pair, read)) is not None]
    if not bags or p_values(bags)[0] >= 1.0 - rule.confidence:
        return ""
    fall = sum(_mean(bag.now) - _mean(bag.before) for bag in bags) / len(bags)
    return (
        f"{label(rule.metric)} of the unchanged version fell too, by "
        f"{shift(METRICS[rule.metric], fall)} on {count(len(bags), 'control')}: the model moved, "
        "not only you"
    )


def _ungraded(lost: Sequence[CaseSamples], of: int, rule: Rule) -> Problem | None:
    """Cases that lost their grade: nobody looked at them, or too many of them got no answer."""
    unlooked = [case for case in lost if any(call.error_type is None for call in case.calls)]
    if unlooked:
        names = listing([case.case_id for case in unlooked])
        return Problem(
            what=f"{count(len(unlooked), 'case')} had a {label(rule.metric)} in the baseline and "
            f"got an answer that nothing graded now: {names}",
            where=unlooked[0].where,
            remedy="call golden_case.check(answer) in the test",
        )
    if len(lost) <= _UNANSWERED * of:
        return None
    return Problem(
        what=f"{len(lost)} of {count(of, 'case')} got no answer to grade",
        remedy="look at the errors of the calls, and run again",
    )


def _reason(worse: int, better: int, of: int) -> str:
    if not worse and not better:
        return f"none of {count(of, 'case')} changed"
    return f"{worse} of {count(of, 'case')} got worse, {better} got better"


def _passed(attempts: Iterable[Attempt]) -> tuple[float, ...]:
    return tuple([float(a.passed) for a in attempts if a.passed is not None])


def _scores(attempts: Iterable[Attempt]) -> tuple[float, ...]:
    return tuple([a.score for a in attempts if a.score is not None])


_READ: dict[str, _Read] = {"pass_rate": _passed, "score": _scores}


def _bag(pair: Pair, read: _Read) -> Bag | None:
    before, now = read(pair.before.attempts), read(pair.now.attempts)
    if not before or not now or pair.now.weight <= 0.0:
        return None
    return Bag(before=before, now=now, weight=pair.now.weight)


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values)
