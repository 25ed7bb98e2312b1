"""What a dashboard shows, decided: every figure, every change, and the one thing worth a look."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Literal

from pytest_llm_telemetry.core.records import dataclass
from pytest_llm_telemetry.core.traffic import Reading
from pytest_llm_telemetry.core.trends import Trend, Window


@dataclass(frozen=True, slots=True, kw_only=True)
class TopQuery:
    """A query of the window, all its calls together.

    Attributes:
        query_hash: What it is known by.
        preview: Its redacted beginning; `None` where the log holds only the hash.
        calls, errors: How many, weighted by 1 / sample rate.
        error_type: The type of error that was most frequent; `None` without errors.
        cost_usd: What is known of its cost in USD; `None` where nothing is.
        unpriced: How many calls have no known price, which `cost_usd` does not hold.
    """

    query_hash: str
    preview: str | None
    calls: float
    errors: float
    error_type: str | None
    cost_usd: float | None
    unpriced: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """The calls of one model, service, ...: `trends` by metric, as of all calls together."""

    name: str
    trends: Mapping[str, Trend]


@dataclass(frozen=True, slots=True, kw_only=True)
class Breakdown:
    """The calls told apart.

    Attributes:
        dimension: By what, such as "model".
        groups: Those with the most calls, errors or cost, the most calls first.
        others: How many more groups there are at most.
    """

    dimension: str
    groups: tuple[Group, ...]
    others: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """The one thing worth a look.

    Attributes:
        kind: "shift": a figure left its usual range. "silence": calls no longer come.
        metric: Whose figure it is; of a silence, "queries".
        dimension, group: Of which calls, such as "model" and "gpt-4o"; both empty of all.
        start: When it began.
        end: When it was over; `None` while it lasts.
        usual, level: The figure outside and inside of it; of a silence, calls an hour.
        p_value: The chance of it where nothing changed; `None` where none was worked out.
        held: Whether it strays further than stretches as long did in the weeks before; `False`
            where too little is known of them, `None` where nobody asked.
    """

    kind: Literal["shift", "silence"]
    metric: str
    dimension: str
    group: str
    start: datetime
    end: datetime | None
    usual: float
    level: float
    p_value: float | None
    held: bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Dashboard:
    """One window of production beside the window before.

    Attributes:
        window: What is shown, whole hours; `window.before` is what it is compared with.
        until: How far it had come: the end of the window, or the time of the look.
        newest: The newest event of the logs; `None` where there is none.
        step, starts: The time between two points of a series, and where each begins.
        recorded: Log lines of queries, without weights: what the figures rest on.
        trends: By metric. Points of `queries` and `total_cost_usd` are per hour.
        scores: The mean score of each name, people's and graders' alike.
        tokens: Their sums by kind; a kind that nobody counted is absent.
        unpriced: How many answered calls have no known price.
        errors: How many queries failed, by type, the most frequent first.
        failing, costly: The queries that failed most, and that cost most.
        breakdown: The calls told apart; `None` where nobody asked.
        finding: The one thing worth a look; `None` where nothing stands out.
        reading: What was read.
    """

    window: Window
    until: datetime
    newest: datetime | None
    step: timedelta
    starts: tuple[datetime, ...]
    recorded: int
    trends: Mapping[str, Trend]
    scores: Mapping[str, Trend]
    tokens: Mapping[str, float]
    unpriced: float
    errors: Mapping[str, float]
    failing: tuple[TopQuery, ...]
    costly: tuple[TopQuery, ...]
    breakdown: Breakdown | None
    finding: Finding | None
    reading: Reading

    @property
    def hours(self) -> float:
        """How long the window is so far, in hours."""
        return (self.until - self.window.since) / timedelta(hours=1)
