"""Events -> figures a minute, which every window is a sum of.

A check adds what is new since the last one, so its cost does not grow with the windows.
"""

from collections.abc import Iterator, Mapping
from dataclasses import astuple, field, fields
from datetime import UTC, datetime
from typing import Any, TypeVar

from pytest_llm_telemetry.core.events import Event, QueryEnd, QueryError, QueryScore
from pytest_llm_telemetry.core.metrics import PRODUCTION
from pytest_llm_telemetry.core.records import dataclass
from pytest_llm_telemetry.core.sketch import bucket, value_of

METRICS = (*PRODUCTION, "queries")
OTHERS = "(others)"
MOST_GROUPS = 100  # of one dimension; what comes later counts as `OTHERS`
MOST_KINDS = 20  # of errors in one minute
_STAMP = "%Y-%m-%dT%H:%M"


def minute(second: int) -> str:
    """The minute of a time in seconds since the epoch, as events write it: 2026-11-23T11:20."""
    return datetime.fromtimestamp(second, UTC).strftime(_STAMP)


@dataclass(slots=True)
class Figures:
    """Sums over calls. All but `calls`, `timed_calls` and `scores` are weighted by 1 / sample rate.

    Errors and times are those of root calls, cost is that of the calls that called no other: what
    a nested call cost counts once. `answered` are calls without error; `timed` those of them that
    no cache answered. `unpriced` are calls whose cost nobody knows, `kinds` the types of errors.
    """

    calls: int = 0
    weight: float = 0.0
    errors: float = 0.0
    answered: float = 0.0
    timed_calls: int = 0
    timed: float = 0.0
    latency_ms: float = 0.0
    streamed: float = 0.0
    ttft_ms: float = 0.0
    cost_usd: float = 0.0
    unpriced: float = 0.0
    scores: int = 0
    scored: float = 0.0
    score: float = 0.0
    judged: float = 0.0
    passed: float = 0.0
    slow: dict[float, float] = field(default_factory=dict)
    spread: dict[int, float] = field(default_factory=dict)
    kinds: dict[str, float] = field(default_factory=dict)

    def merge(self, other: "Figures") -> None:
        """Add the sums of another minute, group or host."""
        for name in _SUMS:
            setattr(self, name, getattr(self, name) + getattr(other, name))
        _join(self.slow, other.slow)
        _join(self.spread, other.spread)
        _join(self.kinds, other.kinds)

    def value(self, metric: str) -> tuple[float | None, int]:
        """A figure in its metric's unit, `None` where nothing was measured, and its sample.

        A cost with unknown parts is the sum of the known ones, a lower bound: see `is_partial`.
        """
        if metric == "queries":
            return self.weight, self.calls
        if metric in {"score", "pass_rate"}:
            total, part = (
                (self.scored, self.score) if metric == "score" else (self.judged, self.passed)
            )
            return (part / total if total else None), self.scores
        if metric.endswith("latency_ms"):
            return self._latency(metric), self.timed_calls
        total, part = self._shares(metric)
        return (part / total if total else None), self.calls

    def is_partial(self, metric: str) -> bool:
        """Whether the figure is a lower bound, because calls without a known price are missing."""
        return metric in {"cost_per_query_usd", "total_cost_usd"} and self.unpriced > 0

    def failed(self, slow_ms: float | None) -> float:
        """The weight of the calls that failed, or took longer than `slow_ms` where that is set."""
        return self.errors + (self.slow.get(slow_ms, 0.0) if slow_ms is not None else 0.0)

    def causes(self, most: int = 3) -> str:
        """The most frequent types of errors: "429 RateLimitError, 12 Timeout, 3 others"."""
        ranked = sorted(self.kinds.items(), key=lambda each: (-each[1], each[0]))
        told = [f"{count:,.0f} {name}" for name, count in ranked[:most]]
        rest = sum(count for _, count in ranked[most:])
        return ", ".join([*told, f"{rest:,.0f} others"] if rest else told)

    def _shares(self, metric: str) -> tuple[float, float]:
        return {
            "error_rate": (self.weight, self.errors),
            "avg_ttft_ms": (self.streamed, self.ttft_ms),
            "cost_per_query_usd": (self.answered, self.cost_usd),
            "total_cost_usd": (1.0 if self.calls else 0.0, self.cost_usd),
        }[metric]

    def _latency(self, metric: str) -> float | None:
        if metric == "avg_latency_ms":
            return self.latency_ms / self.timed if self.timed else None
        goal = int(metric[1:3]) / 100 * sum(self.spread.values())
        reached = 0.0
        for place in sorted(self.spread):
            reached += self.spread[place]
            if reached >= goal:
                return value_of(place)
        return None


_SUMS = tuple(each.name for each in fields(Figures) if each.name not in {"slow", "spread", "kinds"})
_K = TypeVar("_K", float, int, str)


def _join(into: dict[_K, float], other: Mapping[_K, float]) -> None:
    for key, count in other.items():
        into[key] = into.get(key, 0.0) + count


class Minutes:
    """Figures by minute and group. A group is "" for all calls, or `service=checkout`.

    Args:
        dimensions: What calls are told apart by.
        slow_ms: Latencies above which calls are counted as slow.
        percentiles: Whether to keep the distribution of latencies.

    Attributes:
        outside: Events of a time that no window will reach.
    """

    def __init__(
        self,
        *,
        dimensions: tuple[str, ...] = (),
        slow_ms: tuple[float, ...] = (),
        percentiles: bool = False,
    ) -> None:
        self.shape = (dimensions, slow_ms, percentiles)
        self.outside = 0
        self._minutes: dict[str, dict[str, Figures]] = {}
        self._groups: dict[str, set[str]] = {}

    def add(self, event: Event, since: str, until: str) -> None:
        """Count an event of the minutes from `since` up to `until` (2026-11-23T11:20)."""
        stamp = event.timestamp[:16]
        if not isinstance(event, QueryEnd | QueryScore):
            return
        if not since <= stamp <= until:
            self.outside += 1
            return
        here = self._minutes.setdefault(stamp, {})
        self._count(here.setdefault("", Figures()), event)
        for dimension in self.shape[0]:
            name = getattr(event, dimension, None)
            if name is not None:
                self._count(here.setdefault(self._group(dimension, name), Figures()), event)

    def forget(self, before: str) -> None:
        """Drop the minutes before a minute."""
        self._minutes = {at: kept for at, kept in self._minutes.items() if at >= before}

    def window(self, start: str, end: str) -> dict[str, Figures]:
        """The figures of each group from minute `start` up to, not with, minute `end`."""
        found: dict[str, Figures] = {"": Figures()}
        for at, groups in self._minutes.items():
            if start <= at < end:
                for group, figures in groups.items():
                    found.setdefault(group, Figures()).merge(figures)
        return found

    def dump(self) -> dict[str, dict[str, list[Any]]]:
        """JSON values: minute -> group -> sums."""
        return {
            at: {group: _dumped(figures) for group, figures in groups.items()}
            for at, groups in sorted(self._minutes.items())
        }

    def load(self, dumped: Mapping[str, Mapping[str, list[Any]]]) -> None:
        """Take back what `dump` gave.

        Raises:
            TypeError, ValueError, AttributeError: If it was damaged.
        """
        for at, groups in dumped.items():
            self._minutes[at] = {group: _loaded(found) for group, found in groups.items()}
            for group in groups:
                self._groups.setdefault(group.partition("=")[0], set()).add(group)

    def _group(self, dimension: str, name: str) -> str:
        known = self._groups.setdefault(dimension, set())
        group = f"{dimension}={name[:100]}"
        if group not in known and len(known) >= MOST_GROUPS:
            return f"{dimension}={OTHERS}"
        known.add(group)
        return group

    def _count(self, into: Figures, event: QueryEnd | QueryScore) -> None:
        weight = 1 / event.sample_rate if event.sample_rate else 1.0
        if isinstance(event, QueryScore):
            _score(into, event, weight)
            return
        if not event.nested_calls:
            _spend(into, event, weight)
        if event.parent_id is None:
            into.calls += 1
            into.weight += weight
            if isinstance(event, QueryError):
                into.errors += weight
                kind = event.error_type[:100]
                kind = kind if kind in into.kinds or len(into.kinds) < MOST_KINDS else OTHERS
                _join(into.kinds, {kind: weight})
            else:
                into.answered += weight
                self._time(into, event, weight)

    def _time(self, into: Figures, event: QueryEnd, weight: float) -> None:
        if event.cached or event.latency_ms is None:
            return
        into.timed_calls += 1
        into.timed += weight
        into.latency_ms += weight * event.latency_ms
        if event.ttft_ms is not None:
            into.streamed += weight
            into.ttft_ms += weight * event.ttft_ms
        _, slow_ms, percentiles = self.shape
        for line in slow_ms:
            if event.latency_ms > line:
                _join(into.slow, {line: weight})
        if percentiles:
            _join(into.spread, {bucket(event.latency_ms): weight})


def _score(into: Figures, event: QueryScore, weight: float) -> None:
    into.scores += 1
    into.scored += weight
    into.score += weight * event.score
    if event.passed is not None:
        into.judged += weight
        into.passed += weight * event.passed


def _spend(into: Figures, event: QueryEnd, weight: float) -> None:
    if event.cost_usd is not None:
        into.cost_usd += weight * event.cost_usd
    elif not isinstance(event, QueryError):
        into.unpriced += weight


def _dumped(figures: Figures) -> list[Any]:
    *sums, slow, spread, kinds = astuple(figures)
    return [*sums, list(slow.items()), list(spread.items()), list(kinds.items())]


def _loaded(found: list[Any]) -> Figures:
    *sums, slow, spread, kinds = found
    figures = Figures(
        slow=dict(_pairs(slow, float, int)),
        spread=dict(_pairs(spread, int)),
        kinds=dict(_pairs(kinds, str)),
    )
    for name, value in zip(_SUMS, sums, strict=True):
        if type(value) not in {int, float}:
            raise ValueError("not a sum")
        setattr(figures, name, value)
    return figures


def _pairs(found: list[list[Any]], *types: type) -> Iterator[tuple[Any, float]]:
    for key, count in found:
        if type(key) not in types or type(count) not in {int, float}:
            raise ValueError("not a count")
        yield key, count
