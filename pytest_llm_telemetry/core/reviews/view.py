"""What a review says, decided: every figure, every check, every proposal."""

from collections.abc import Mapping, Sequence
from dataclasses import field
from datetime import datetime
from typing import Literal

from pytest_llm_telemetry.core.records import dataclass
from pytest_llm_telemetry.core.reviews.periods import Period
from pytest_llm_telemetry.core.traffic import Query, Reading
from pytest_llm_telemetry.core.trends import Trend, Window
from pytest_llm_telemetry.core.verdict import EXIT_STATUS, Check, VerdictStatus


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """A stretch in which a figure was off, beyond how far it strays anyway.

    Attributes:
        metric: Whose figure it is.
        start, end: When; `end` is `None` where it lasts to the end of the period.
        usual, level: The figure outside and inside of it, in the metric's unit.
        worse: Whether it was off for the worse.
        p_value: The chance of it where nothing changed, corrected for all that was looked at.
    """

    metric: str
    start: datetime
    end: datetime | None
    usual: float
    level: float
    worse: bool
    p_value: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Spend:
    """What a model, user or feature cost.

    Attributes:
        dimension, name: Of which calls.
        cost_usd: What is known of it, in USD.
        share: The fraction of all that is known.
        before_usd: The same in the period before, per its days times this period's; `None` for
            none.
        calls: How many queries.
    """

    dimension: str
    name: str
    cost_usd: float
    share: float
    before_usd: float | None
    calls: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Fired:
    """An alert of the period.

    Attributes:
        rule, group: Which rule, and for which group of calls; "" for all.
        metric: What it watches.
        times: How often it began to fire and was told.
        seconds: How long it fired within the period, as far as it was told.
        worst: The figure furthest beyond its limit; `None` if none was told.
        lasts: Whether it still fired at the end.
    """

    rule: str
    group: str
    metric: str
    times: int
    seconds: int
    worst: float | None
    lasts: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Move:
    """A threshold that should move.

    Attributes:
        place: The key to change, as the thresholds file writes it.
        metric: What it limits.
        bound: "max" or "min".
        limit, proposed: What it is and what it should be, in the metric's unit.
        tighter: Whether it says nothing as it is; else chance alone breaks it.
        seen: The worst figure of the history.
        windows, broken: How many figures the history has, and how many of them broke the limit.
    """

    place: str
    metric: str
    bound: Literal["max", "min"]
    limit: float
    proposed: float
    tighter: bool
    seen: float
    windows: int
    broken: int


@dataclass(frozen=True, slots=True, kw_only=True)
class GoldenRun:
    """A stored run of the golden set, judged by the baselines and thresholds of today.

    Attributes:
        run_id, suite: Which run, and which of its suites.
        started: ISO-8601 UTC; `None` if it is unknown.
        status: The verdict.
        metrics: Its figures.
        worse: The names of what got worse.
    """

    run_id: str
    suite: str
    started: str | None
    status: VerdictStatus
    metrics: Mapping[str, float | None]
    worse: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Review:
    """A day, week or month of production beside the days before.

    Attributes:
        period: Which.
        window, before: What is reviewed, and what it is held against.
        calls, recorded: Queries of the window, and log lines that they rest on.
        trends: By metric, with a point a step of the window.
        checks: What was held against the period before, by the gate's rules.
        turns: Since when figures were off.
        errors: How many queries failed, by type, the most frequent first.
        failing, costly: The queries that failed most, and that cost most.
        spends: Where the money went, by dimension.
        hours: The known cost of each hour of the day (UTC), in USD.
        unpriced: How many answered calls have no known price.
        fired: The alerts of the window.
        watched: Whether anybody looked for alerts in the window.
        moves: Thresholds that should move.
        golden: Stored runs of the golden sets, the latest first.
        reading: What was read.
        notes: What else a person should know.
        run_exit: The exit status of the golden set that was run for the review; `None` for none.
        opening: What came of that run, suite by suite.
    """

    period: Period
    window: Window
    before: Window
    calls: float
    recorded: int
    trends: Mapping[str, Trend] = field(default_factory=dict)
    checks: tuple[Check, ...] = ()
    turns: tuple[Turn, ...] = ()
    errors: Mapping[str, float] = field(default_factory=dict)
    failing: tuple[Query, ...] = ()
    costly: tuple[Query, ...] = ()
    spends: tuple[Spend, ...] = ()
    hours: tuple[float | None, ...] = ()
    unpriced: float = 0.0
    fired: tuple[Fired, ...] = ()
    watched: bool = False
    moves: tuple[Move, ...] = ()
    golden: tuple[GoldenRun, ...] = ()
    reading: Reading = field(default_factory=Reading)
    notes: tuple[str, ...] = ()
    run_exit: int | None = None
    opening: tuple[GoldenRun, ...] = ()

    @property
    def breaches(self) -> Sequence[Check]:
        """What got worse beyond chance and by enough to matter."""
        return [check for check in self.checks if check.status == "fail"]

    @property
    def status(self) -> VerdictStatus:
        """The word for it: "error" where there is nothing to judge."""
        if not self.calls:
            return "error"
        return "fail" if self.breaches else "pass"

    @property
    def exit_status(self) -> int:
        """That of the golden set that was run, else 0 nothing got worse, 1 it did, 4 cannot judge."""
        if self.run_exit is not None:
            return self.run_exit
        return EXIT_STATUS[self.status]
