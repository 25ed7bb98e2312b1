"""What a group of calls came to: sums that add up in any order, on any host.

Sums are kept as whole numbers of 2**-60, so that adding them is exact: hours, files and hosts give
the same figures to the last bit however they are put together.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields

from pytest_llm_telemetry.core.events import Event, QueryEnd, QueryError, QueryScore
from pytest_llm_telemetry.core.sketch import Sketch

UNIT = 1 << 60
MOST_WEIGHT = float(1 << 20)  # of one event, whose rate would be a millionth
MOST = 1e15  # of one value: 30,000 years of latency
MOST_NAMES = 50  # types of errors, or names of scores, of one group; the rest is `OTHERS`
OTHERS = "(others)"
TOKENS = ("input", "output", "cache_read", "cache_write", "reasoning")


@dataclass(slots=True)
class Sum:
    """A sum over calls, and how many calls told their share; both weighted, in units of 2**-60."""

    units: int = 0
    told_units: int = 0

    def add(self, value: float, weight: float) -> None:
        """Add a call's share."""
        self.units += exact(max(-MOST, min(value, MOST)) * weight)
        self.told_units += exact(weight)

    def merge(self, other: "Sum") -> None:
        """Add another sum."""
        self.units += other.units
        self.told_units += other.told_units

    @property
    def total(self) -> float | None:
        """The sum of what was told; None where no call told any."""
        return self.units / UNIT if self.told_units else None

    @property
    def told(self) -> float:
        """How many calls told their share."""
        return self.told_units / UNIT

    @property
    def mean(self) -> float | None:
        """The mean of those calls; None where there are none."""
        return self.units / self.told_units if self.told_units else None


@dataclass(slots=True)
class Score:
    """The scores of one name: their sum, and how many passed of those that were judged."""

    scores: Sum = field(default_factory=Sum)
    passes: Sum = field(default_factory=Sum)

    def merge(self, other: "Score") -> None:
        """Add the scores of another group."""
        self.scores.merge(other.scores)
        self.passes.merge(other.passes)

    @property
    def count(self) -> float:
        """How many scores there are."""
        return self.scores.told

    @property
    def mean(self) -> float | None:
        """Their mean."""
        return self.scores.mean

    @property
    def pass_rate(self) -> float | None:
        """The fraction that passed, of those that say whether they did; None where none does."""
        return self.passes.mean


@dataclass(slots=True)
class Figures:
    """Sums over calls, each weighted by 1 / sample rate; fields ending in `_units` are in 2**-60.

    A query is a call that no other observed call contains: calls, errors and times are those of
    queries, as their callers saw them. Tokens and cost are those of the calls that contain no
    other, so that nothing counts twice. Times are those of queries that succeeded and that no
    cache answered. Everything unknown is None.

    Attributes:
        recorded: Log lines of queries, unweighted: the sample that the figures rest on.
        kinds: Types of errors, in units.
        latency_ms, ttft_ms, cost_usd: Sums, with how many calls told their share.
        unpriced_units: Calls without error whose cost nobody knows.
        latencies, ttfts: How the times are spread, in milliseconds.
        tokens: Sums by kind (`TOKENS`). Input includes cache reads and writes, output reasoning.
        scores: By name.
    """

    recorded: int = 0
    calls_units: int = 0
    errors_units: int = 0
    cached_units: int = 0
    unpriced_units: int = 0
    latency_ms: Sum = field(default_factory=Sum)
    ttft_ms: Sum = field(default_factory=Sum)
    cost_usd: Sum = field(default_factory=Sum)
    latencies: Sketch = field(default_factory=Sketch)
    ttfts: Sketch = field(default_factory=Sketch)
    kinds: dict[str, int] = field(default_factory=dict)
    tokens: dict[str, Sum] = field(default_factory=dict)
    scores: dict[str, Score] = field(default_factory=dict)

    def add(self, event: Event, *, leaf: bool = False) -> None:
        """Count the end of a call, or a score; starts are left out.

        With `leaf` every call that contains no other counts as a query: that is how models are
        told apart, which handlers around them do not name.
        """
        weight = weight_of(event.sample_rate)
        if isinstance(event, QueryScore):
            self._score(event, weight)
        elif isinstance(event, QueryEnd):
            if not event.nested_calls:
                self._spend(event, weight)
            if (not event.nested_calls) if leaf else (event.parent_id is None):
                self._query(event, weight)

    def merge(self, other: "Figures") -> None:
        """Add the figures of another hour, group or host; no name is dropped, in any order."""
        for name in _COUNTS:
            setattr(self, name, getattr(self, name) + getattr(other, name))
        for name in _PARTS:
            getattr(self, name).merge(getattr(other, name))
        for kind, units in other.kinds.items():
            self.kinds[kind] = self.kinds.get(kind, 0) + units
        for name, total in other.tokens.items():
            self.tokens.setdefault(name, Sum()).merge(total)
        for name, score in other.scores.items():
            self.scores.setdefault(name, Score()).merge(score)

    def _kind(self, kind: str, units: int) -> None:
        name = kind if kind in self.kinds or len(self.kinds) < MOST_NAMES else OTHERS
        self.kinds[name] = self.kinds.get(name, 0) + units

    def _scores(self, name: str) -> Score:
        known = name in self.scores or len(self.scores) < MOST_NAMES
        return self.scores.setdefault(name if known else OTHERS, Score())

    def _query(self, event: QueryEnd, weight: float) -> None:
        self.recorded += 1
        self.calls_units += exact(weight)
        self.cached_units += exact(weight) if event.cached else 0
        if isinstance(event, QueryError):
            self.errors_units += exact(weight)
            self._kind(event.error_type[:100], exact(weight))
        elif not event.cached:
            if event.latency_ms is not None:
                self.latency_ms.add(event.latency_ms, weight)
                self.latencies.add(event.latency_ms, weight)
            if event.ttft_ms is not None:
                self.ttft_ms.add(event.ttft_ms, weight)
                self.ttfts.add(event.ttft_ms, weight)

    def _spend(self, event: QueryEnd, weight: float) -> None:
        if event.cost_usd is not None:
            self.cost_usd.add(event.cost_usd, weight)
        elif not isinstance(event, QueryError):
            self.unpriced_units += exact(weight)
        for name in TOKENS:
            count = getattr(event, f"{name}_tokens")
            if count is not None:
                self.tokens.setdefault(name, Sum()).add(count, weight)

    def _score(self, event: QueryScore, weight: float) -> None:
        score = self._scores(event.score_name[:100])
        score.scores.add(event.score, weight)
        if event.passed is not None:
            score.passes.add(event.passed, weight)

    @property
    def calls(self) -> float:
        """Queries, the ones that sampling left out included."""
        return self.calls_units / UNIT

    @property
    def errors(self) -> float:
        """Queries that failed."""
        return self.errors_units / UNIT

    @property
    def cached(self) -> float:
        """Queries that a cache answered."""
        return self.cached_units / UNIT

    @property
    def unpriced(self) -> float:
        """Calls without error whose cost nobody knows."""
        return self.unpriced_units / UNIT

    @property
    def error_types(self) -> Mapping[str, float]:
        """Queries that failed, by the type of error, the most frequent first."""
        ranked = sorted(self.kinds.items(), key=lambda each: (-each[1], each[0]))
        return {kind: units / UNIT for kind, units in ranked}

    @property
    def error_rate(self) -> float | None:
        """The fraction of queries that failed."""
        return self.errors_units / self.calls_units if self.calls_units else None

    @property
    def avg_latency_ms(self) -> float | None:
        """The mean latency in milliseconds."""
        return self.latency_ms.mean

    @property
    def p50_latency_ms(self) -> float | None:
        """The median latency in milliseconds, 0.5 % off at most."""
        return self.latencies.quantile(0.50)

    @property
    def p95_latency_ms(self) -> float | None:
        """The 95th percentile of the latency in milliseconds, 0.5 % off at most."""
        return self.latencies.quantile(0.95)

    @property
    def p99_latency_ms(self) -> float | None:
        """The 99th percentile of the latency in milliseconds, 0.5 % off at most."""
        return self.latencies.quantile(0.99)

    @property
    def avg_ttft_ms(self) -> float | None:
        """The mean time to the first token in milliseconds, of calls that streamed."""
        return self.ttft_ms.mean

    @property
    def p95_ttft_ms(self) -> float | None:
        """The 95th percentile of the time to the first token in milliseconds."""
        return self.ttfts.quantile(0.95)

    @property
    def total_cost_usd(self) -> float | None:
        """What is known of the cost in USD; None where no call is priced."""
        return self.cost_usd.total

    @property
    def cost_per_query_usd(self) -> float | None:
        """The known cost, in USD, over the queries that were answered; None where none is known."""
        answered = self.calls_units - self.errors_units
        return self.cost_usd.units / answered if answered and self.cost_usd.told_units else None

    @property
    def cost_is_partial(self) -> bool:
        """Whether costs are lower bounds, because some calls have no known price."""
        return self.unpriced_units > 0

    @property
    def pass_rate(self) -> float | None:
        """The fraction of scores of all names that passed, of those that say so."""
        return self._all_scores().pass_rate

    @property
    def score(self) -> float | None:
        """The mean of the scores of all names."""
        return self._all_scores().mean

    def _all_scores(self) -> Score:
        every = Score()
        for score in self.scores.values():
            every.merge(score)
        return every


_PARTS = ("latency_ms", "ttft_ms", "cost_usd", "latencies", "ttfts")
_COUNTS = tuple(
    each.name for each in fields(Figures) if each.name == "recorded" or each.name.endswith("_units")
)


def exact(value: float) -> int:
    """A number in units of 2**-60."""
    return int(value * UNIT)


def weight_of(sample_rate: float | None) -> float:
    """How many events one stands for: 1 / rate, a million at most."""
    return min(1 / sample_rate, MOST_WEIGHT) if sample_rate and sample_rate > 0 else 1.0
