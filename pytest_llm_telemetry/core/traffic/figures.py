"""What a group of calls came to: sums that add up in any order, on any host.

Sums are kept as whole numbers of 2**-60, so that adding them is exact: hours, files and hosts give
the same figures to the last bit however they are put together.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import field

from pytest_llm_telemetry.core.records import dataclass
from pytest_llm_telemetry.core.sketch import WEIGHT_UNIT, Sketch
from pytest_llm_telemetry.core.traffic.sums import TIME_UNIT, UNIT, Columns, Score, Shape, Sum

MOST_NAMES = 50  # types of errors, or names of scores, that one group learns; then `OTHERS`
OTHERS = "(others)"
TOKENS = ("input", "output", "cache_read", "cache_write", "reasoning")


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

    def count(self, shape: Shape, events: int, columns: Columns) -> None:
        """Count events of one shape.

        Args:
            shape: What they have in common.
            events: How many they are.
            columns: The numbers they tell.
        """
        units = shape.units * events
        if shape.kind == "score":
            score = self._scores(shape.name)
            score.scores.add(sum(columns["score"]), units)
            if shape.passed is not None:
                score.passes.add(units * shape.passed, units)
            return
        if shape.query:
            self._queries(shape, events, columns)
        if shape.leaf:
            self._spend(shape, units, columns)

    def merge(self, other: "Figures", times: int = 1) -> None:
        """Add the figures of another hour, group or host, in any order; no name is dropped.

        With -1 take them away again.
        """
        self.recorded += times * other.recorded
        self.calls_units += times * other.calls_units
        self.errors_units += times * other.errors_units
        self.cached_units += times * other.cached_units
        self.unpriced_units += times * other.unpriced_units
        self.latency_ms.merge(other.latency_ms, times)
        self.ttft_ms.merge(other.ttft_ms, times)
        self.cost_usd.merge(other.cost_usd, times)
        self.latencies.merge(other.latencies, times)
        self.ttfts.merge(other.ttfts, times)
        for kind, units in other.kinds.items():
            self.kinds[kind] = self.kinds.get(kind, 0) + times * units
        for name, total in other.tokens.items():
            self.tokens.setdefault(name, Sum()).merge(total, times)
        for name, score in other.scores.items():
            self.scores.setdefault(name, Score()).merge(score, times)

    def less(self, part: "Figures") -> "Figures":
        """What is left when the figures of some of the events are taken away."""
        left = Figures()
        left.merge(self)
        left.merge(part, -1)
        left.kinds = {name: units for name, units in left.kinds.items() if units}
        left.tokens = {name: total for name, total in left.tokens.items() if total.told_units}
        left.scores = {name: each for name, each in left.scores.items() if each.scores.told_units}
        return left

    def _scores(self, name: str) -> Score:
        known = name in self.scores or len(self.scores) < MOST_NAMES
        return self.scores.setdefault(name if known else OTHERS, Score())

    def _queries(self, shape: Shape, events: int, columns: Columns) -> None:
        units = shape.units * events
        self.recorded += events
        self.calls_units += units
        self.cached_units += units * shape.cached
        if shape.kind == "error":
            self.errors_units += units
            known = shape.name in self.kinds or len(self.kinds) < MOST_NAMES
            kind = shape.name if known else OTHERS
            self.kinds[kind] = self.kinds.get(kind, 0) + units
        elif not shape.cached:
            self._time(self.latency_ms, self.latencies, "latency", (shape, units, columns))
            self._time(self.ttft_ms, self.ttfts, "ttft", (shape, units, columns))

    @staticmethod
    def _time(total: Sum, sketch: Sketch, name: str, told: tuple[Shape, int, Columns]) -> None:
        shape, units, columns = told
        if name in columns:
            total.add(sum(columns[name]) * (UNIT // TIME_UNIT), units)
            places = columns[f"{name}_bucket"]
            if shape.weight == 1:
                sketch.add_each(places)
            else:
                each = round(shape.weight * WEIGHT_UNIT)
                sketch.add_buckets({at: count * each for at, count in Counter(places).items()})

    def _spend(self, shape: Shape, units: int, columns: Columns) -> None:
        if "cost" in columns:
            self.cost_usd.add(sum(columns["cost"]), units)
        elif shape.kind != "error":
            self.unpriced_units += units
        for name in TOKENS:
            if name in columns:
                self.tokens.setdefault(name, Sum()).add(sum(columns[name]) * shape.units, units)

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
