"""What a team tolerates: absolute limits, and regressions allowed against the baseline."""

from typing import Literal

from pytest_llm_telemetry.core.records import dataclass

# The metrics that are compared with the baseline when nobody says otherwise: one a question a
# team asks, so that the correction for many tests (Holm) is not wasted on near copies.
STANDARD_RULES = (
    "pass_rate",
    "score",
    "error_rate",
    "avg_latency_ms",
    "slow_call_rate",
    "cost_per_query_usd",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Limit:
    """An absolute limit of a metric, in its own unit: `max` and `min` are the last values allowed.

    `scope` is "" for the suite, or "tag:x", "model:x", "case:x"; `where` is `file:line`.
    """

    metric: str
    max: float | None = None
    min: float | None = None
    scope: str = ""
    where: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """A comparison with the baseline, in the metric's measure of change.

    Fails when a change for the worse is proven and larger than `min_effect`; is conclusive when
    its interval excludes `allowed`. `confidence` of the interval is that of one check alone.
    """

    metric: str
    min_effect: float
    allowed: float
    confidence: float = 0.99
    scope: str = ""
    where: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Thresholds:
    """All that is judged of one suite.

    `alpha` is the family-wise error rate of all relative checks together (Holm).
    `on_inconclusive` says whether a binding check that cannot decide holds the verdict.
    """

    limits: tuple[Limit, ...] = ()
    rules: tuple[Rule, ...] = ()
    alpha: float = 0.01
    on_inconclusive: Literal["pass", "fail"] = "pass"
    source: str = ""
