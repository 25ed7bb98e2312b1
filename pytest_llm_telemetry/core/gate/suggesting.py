"""Limits proposed from history, each with the false alarms it would have had."""

from collections.abc import Callable, Mapping, Sequence
from math import exp, log, sqrt
from typing import Literal

from pytest_llm_telemetry.core.baseline import PastRun
from pytest_llm_telemetry.core.metrics import METRICS
from pytest_llm_telemetry.core.records import dataclass
from pytest_llm_telemetry.core.statistics.distributions import student_quantile

# Two runs show a spread, but a bad one; three is the least that a limit can be guessed from.
_FEWEST = 3
_PROPOSED = (
    "pass_rate",
    "score",
    "error_rate",
    "avg_latency_ms",
    "p95_latency_ms",
    "cost_per_query_usd",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Suggestion:
    """A limit of a metric, in its unit, that a run like those of the history rarely breaks.

    `false_alarm` is the fraction of such runs that would break it by chance. `broken` counts the
    past runs that would have broken the limit drawn from all the others, of `runs` in all: the
    check of that promise. `worst` is the worst value seen.
    """

    metric: str
    bound: Literal["max", "min"]
    limit: float
    false_alarm: float
    broken: int
    runs: int
    worst: float


def suggest(history: Sequence[PastRun], *, false_alarm: float = 0.01) -> tuple[Suggestion, ...]:
    """One limit for each metric that at least three runs measured.

    The limit is the one-sided prediction bound of the next run (Student; on logarithms for times
    and costs), so few runs give wide limits. It assumes that the accepted runs were sound.
    """
    found = []
    for metric in _PROPOSED:
        values = [value for run in history if (value := run.metrics.get(metric)) is not None]
        if len(values) >= _FEWEST and (min(values) > 0.0 or METRICS[metric].change != "ratio"):
            found.append(_suggest(metric, values, false_alarm))
    return tuple(found)


def _suggest(metric: str, values: Sequence[float], false_alarm: float) -> Suggestion:
    higher = METRICS[metric].better == "higher"
    broken = 0
    for place, value in enumerate(values):
        others = [*values[:place], *values[place + 1 :]]
        limit = _bound(metric, others, false_alarm)
        broken += value < limit if higher else value > limit
    return Suggestion(
        metric=metric,
        bound="min" if higher else "max",
        limit=_bound(metric, values, false_alarm),
        false_alarm=false_alarm,
        broken=broken,
        runs=len(values),
        worst=min(values) if higher else max(values),
    )


def _bound(metric: str, values: Sequence[float], false_alarm: float) -> float:
    to, back = _SCALES[METRICS[metric].change]
    sign = -1.0 if METRICS[metric].better == "higher" else 1.0
    scaled = [to(value) for value in values]
    size = len(scaled)
    mean = sum(scaled) / size
    spread = sqrt(sum((value - mean) ** 2 for value in scaled) / (size - 1))
    reach = student_quantile(1.0 - false_alarm, size - 1) * spread * sqrt(1.0 + 1.0 / size)
    return back(mean + sign * reach)


def _same(value: float) -> float:
    return value


def _share(value: float) -> float:
    return min(1.0, max(0.0, value))


_SCALES: Mapping[str, tuple[Callable[[float], float], Callable[[float], float]]] = {
    "ratio": (log, exp),
    "difference": (_same, _share),
}
