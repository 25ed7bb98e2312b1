"""Error rate: the conditional test of two counts, with bursts counted as what they are."""

from collections import Counter
from collections.abc import Iterable, Sequence

from pytest_llm_telemetry.core.gate.contributions import ranked
from pytest_llm_telemetry.core.gate.findings import Comparison, Finding
from pytest_llm_telemetry.core.gate.wording import count, listing
from pytest_llm_telemetry.core.samples import Call, CaseSamples
from pytest_llm_telemetry.core.statistics.counts import (
    Tally,
    bursts,
    dispersion,
    excess_p_value,
    rate_interval,
)
from pytest_llm_telemetry.core.statistics.distributions import normal_quantile
from pytest_llm_telemetry.core.thresholds import Rule
from pytest_llm_telemetry.core.verdict import Problem

# Errors that come from the other side of the wire and come many at once. Others (a ValueError, a
# refused request) come from what was asked: fifty of them in a row are fifty, not one outage.
_TRANSIENT = (
    "ratelimit", "timeout", "timedout", "connect", "unavailable", "overload", "internalserver",
    "servererror", "throttl", "toomany", "gateway", "apierror", "apistatus", "429", "50",
)  # fmt: skip
_OUTAGE = 0.2


def judge_errors(comparison: Comparison, rule: Rule) -> Finding:
    """Do more calls of the same cases fail than before?"""
    before = _calls(pair.before for pair in comparison.pairs)
    now = _calls(pair.now for pair in comparison.pairs)
    sizes = _events(before), _events(now)
    counts = _tally(before), _tally(now)
    interval = rate_interval(*counts, dispersion([*sizes[0], *sizes[1]]), rule.confidence)
    shares = [
        (pair, (_rate(pair.now.calls) - _rate(pair.before.calls)) / len(comparison.pairs))
        for pair in comparison.pairs
    ]
    in_bursts = sum(size for size in sizes[1] if size > 1)
    return Finding(
        change=counts[1].rate - counts[0].rate,
        interval=interval,
        error=(interval[1] - interval[0]) / 2.0 / normal_quantile(rule.confidence),
        p_value=excess_p_value(
            Tally(events=len(sizes[0]), trials=len(before)),
            Tally(events=len(sizes[1]), trials=len(now)),
        ),
        reason=_reason(before, now, in_bursts),
        problem=_outage(now, in_bursts),
        carriers=lambda: ranked("error_rate", shares),
        worse=sum(share > 0.0 for _, share in shares),
        better=sum(share < 0.0 for _, share in shares),
    )


def _calls(cases: Iterable[CaseSamples]) -> list[Call]:
    return [call for case in cases for call in case.calls]


def _rate(calls: Sequence[Call]) -> float:
    return sum([call.error_type is not None for call in calls]) / len(calls) if calls else 0.0


def _tally(calls: list[Call]) -> Tally:
    failed = sum(call.weight for call in calls if call.error_type is not None)
    return Tally(events=failed, trials=sum(call.weight for call in calls))


def _events(calls: list[Call]) -> list[int]:
    """The sizes of the error events: bursts of transient errors are one event each."""
    failed = [(call.order, _transient(call.error_type)) for call in calls if call.error_type]
    places = sorted(order for order, transient in failed if transient)
    return [*bursts(places, len(calls)), *[1 for _, transient in failed if not transient]]


def _transient(kind: str) -> bool:
    plain = "".join(letter for letter in kind.lower() if letter.isalnum())
    return any(part in plain for part in _TRANSIENT)


def _outage(now: list[Call], in_bursts: int) -> Problem | None:
    """So many calls failed together that the run says little about the version it tested."""
    if in_bursts <= _OUTAGE * len(now):
        return None
    return Problem(
        what=f"{in_bursts} of {count(len(now), 'call')} failed in bursts, as in an outage",
        remedy="run again when the provider is well",
    )


def _reason(before: list[Call], now: list[Call], in_bursts: int) -> str:
    kinds = Counter(call.error_type for call in now if call.error_type is not None)
    failed = sum(kinds.values())
    earlier = sum(call.error_type is not None for call in before)
    of = f"{failed} of {count(len(now), 'call')} failed, {earlier} of {len(before)} before"
    named = sorted(kinds, key=lambda kind: (-kinds[kind], kind))
    said = f"{of}: {listing(named, 2)}" if named else of
    return f"{said}; {in_bursts} of them in bursts" if in_bursts else said
