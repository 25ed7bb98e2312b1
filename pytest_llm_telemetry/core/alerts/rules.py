"""What is watched: limits over windows, and burn rates over pairs of windows."""

from typing import Literal

from pytest_llm_telemetry.core.records import dataclass

MINUTE_S, HOUR_S, DAY_S = 60, 3600, 86400

Dimension = Literal["service", "environment", "model", "variant", "provider"]


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertRule:
    """A limit of a metric over a window.

    Attributes:
        name: What a message calls it.
        metric: One of `core.alerts.figures.METRICS`.
        max, min: The last values that are well, in the metric's unit; `None` for no bound.
        window_s: Seconds that a figure is measured over, whole minutes.
        windows: So many windows in a row must break the limit.
        min_calls: A window with fewer recorded calls (or scores) says nothing.
        by: What the calls are told apart by; "" for all together.
        only: The groups that count; empty for all.
    """

    name: str
    metric: str
    max: float | None = None
    min: float | None = None
    window_s: int = HOUR_S
    windows: int = 1
    min_calls: int = 20
    by: Dimension | Literal[""] = ""
    only: tuple[str, ...] = ()

    @property
    def horizon_s(self) -> int:
        """How far back it looks, in seconds."""
        return self.window_s * self.windows


@dataclass(frozen=True, slots=True, kw_only=True)
class Burn:
    """A pair of windows, in seconds: both must spend the budget `factor` times too fast.

    The long one says that it matters, the short one that it still goes on.
    """

    long_s: int
    short_s: int
    factor: float


# Site Reliability Workbook, ch. 5, table 5-8: 2 % of a 30-day budget in an hour, 5 % in six.
BURNS = (
    Burn(long_s=HOUR_S, short_s=5 * MINUTE_S, factor=14.4),
    Burn(long_s=6 * HOUR_S, short_s=30 * MINUTE_S, factor=6.0),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class BurnRule:
    """How fast a budget of failures is spent.

    `budget` is the fraction of calls that may fail (0.01 is an objective of 99 %). A call fails
    by an error, or by taking longer than `slow_ms` where that is set. The rest is as `AlertRule`;
    the short windows need their share of `min_calls`.
    """

    name: str
    budget: float
    slow_ms: float | None = None
    burns: tuple[Burn, ...] = BURNS
    min_calls: int = 20
    by: Dimension | Literal[""] = ""
    only: tuple[str, ...] = ()

    @property
    def horizon_s(self) -> int:
        """How far back it looks, in seconds."""
        return max(burn.long_s for burn in self.burns)


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """All that is watched, and how often a person hears of it. Times are seconds, 0 is never.

    Attributes:
        rules, burns: What is watched.
        cool_down_s: At least so long between two first notices of one rule.
        remind_s: What still burns is told again after so long.
        heartbeat_s: A sign of life is sent after so long.
        logs: Files and folders to read, as written; empty for `logs`.
        slack_hosts: Hosts beside Slack's own that a webhook may point to.
    """

    rules: tuple[AlertRule, ...] = ()
    burns: tuple[BurnRule, ...] = ()
    cool_down_s: int = HOUR_S
    remind_s: int = DAY_S
    heartbeat_s: int = 0
    logs: tuple[str, ...] = ()
    slack_hosts: tuple[str, ...] = ()

    @property
    def watched(self) -> tuple[AlertRule | BurnRule, ...]:
        """Rules of both kinds."""
        return self.rules + self.burns

    @property
    def horizon_s(self) -> int:
        """How far back any rule looks, in seconds."""
        return max((rule.horizon_s for rule in self.watched), default=HOUR_S)

    @property
    def dimensions(self) -> tuple[str, ...]:
        """What calls must be told apart by."""
        return tuple(sorted({rule.by for rule in self.watched if rule.by}))

    @property
    def slow_ms(self) -> tuple[float, ...]:
        """The latencies, in ms, above which calls are counted as slow."""
        return tuple(sorted({burn.slow_ms for burn in self.burns if burn.slow_ms is not None}))

    @property
    def percentiles(self) -> bool:
        """Whether any rule asks for a percentile."""
        return any(rule.metric.startswith("p") and rule.metric[1].isdigit() for rule in self.rules)
