"""Did production get worse? The gate's rules, with days of calls in the place of cases.

Minimum effects, allowed changes and the chance of a false alarm are those of the thresholds file;
all checks of a review share it (Holm). The noise is that of days: see `core.statistics.periods`.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from math import exp, log, sqrt

from pytest_llm_telemetry.core.gate.deciding import Judged, decide
from pytest_llm_telemetry.core.gate.findings import Comparison, Finding
from pytest_llm_telemetry.core.metrics import METRICS
from pytest_llm_telemetry.core.reviews.periods import Period
from pytest_llm_telemetry.core.statistics.counts import Tally, excess_p_value, rate_interval
from pytest_llm_telemetry.core.statistics.paired import as_ratio
from pytest_llm_telemetry.core.statistics.periods import FEWEST, period_change, scatter
from pytest_llm_telemetry.core.thresholds import Rule, Thresholds
from pytest_llm_telemetry.core.traffic import Figures
from pytest_llm_telemetry.core.verdict import Check

REVIEWED = (
    "error_rate",
    "pass_rate",
    "score",
    "avg_latency_ms",
    "p95_latency_ms",
    "avg_ttft_ms",
    "cost_per_query_usd",
)
GROUPED = ("error_rate", "p95_latency_ms", "cost_per_query_usd", "score")
"""What single models and services are looked at by: fewer, as every check costs all others power."""

LEAST = 5  # log lines of queries, or scores, that a day needs to say something
_SETTLE = "a longer history would settle it: keep logs or rollups for longer"
_TOO_FEW = "too few days are known to tell a change from noise"
Days = Sequence[Figures]


def checks(
    total: Days, groups: Mapping[str, Days], period: Period, thresholds: Thresholds
) -> tuple[Check, ...]:
    """Hold the last days against those before, for all calls and for each group.

    All calls get half of the chance of a false alarm, the groups together the other half: that
    there are many models must not hide what happens to all of them.

    Args:
        total: The figures of each day, oldest first; the last `period.days` are judged.
        groups: The same of some groups, by scope ("model:gpt-4o").
        period: Which days are held against which.
        thresholds: Minimum effects, allowed changes and the chance of a false alarm.
    """
    whole = list(_judged("", total, REVIEWED, period, thresholds))
    parts = [
        each
        for scope, days in groups.items()
        for each in _judged(scope, days, GROUPED, period, thresholds)
    ]
    alpha = thresholds.alpha / 2 if parts else thresholds.alpha
    return decide(whole, alpha) + decide(parts, alpha)


def _judged(
    scope: str, days: Days, metrics: Iterable[str], period: Period, thresholds: Thresholds
) -> Iterable[Judged]:
    now = merged(days[-period.days :])
    before = merged(days[-period.days - period.before : -period.days])
    figures = [{name: known(side, name) for name in REVIEWED} for side in (before, now)]
    comparison = Comparison(pairs=(), before=figures[0], now=figures[1])
    for metric in metrics:
        if comparison.now[metric] is not None and comparison.before[metric] is not None:
            rule = _rule(thresholds, metric, scope)
            yield rule, comparison, _finding(days, period, rule)


def _rule(thresholds: Thresholds, metric: str, scope: str) -> Rule:
    """The file's rule for the metric in that scope, else in general, else the gate's default."""
    for wanted in (scope, ""):
        for rule in thresholds.rules:
            if rule.metric == metric and rule.scope == wanted:
                return replace(rule, scope=scope)
    found = METRICS[metric]
    return Rule(metric=metric, min_effect=found.min_effect, allowed=found.allowed, scope=scope)


def _finding(days: Days, period: Period, rule: Rule) -> Finding:
    return (_counted if rule.metric in _COUNTS else _measured)(days, period, rule)


def _measured(days: Days, period: Period, rule: Rule) -> Finding:
    """Times, costs (by their logarithms) and scores: figures of days."""
    if rule.metric == "cost_per_query_usd" and any(
        each.cost_is_partial for each in _both(days, period)
    ):
        return Finding(undecided="the price of some calls is unknown", settle="add it to [prices]")
    metric = METRICS[rule.metric]
    is_ratio = metric.change == "ratio"
    points = [_point(day, rule.metric, logarithm=is_ratio) for day in days]
    found = period_change(points, period.days, period.before)
    if found is None:
        return Finding(undecided=_TOO_FEW, settle=_SETTLE)
    sign = -1.0 if metric.better == "higher" else 1.0
    low, high = found.interval(rule.confidence)
    told, back = (as_ratio, exp) if is_ratio else (float, float)
    earlier = [p for p in points[-period.days - period.before : -period.days] if p is not None]
    usual = sum(earlier) / len(earlier)
    return Finding(
        figures=(back(usual), back(usual + found.value)),  # means of days, as they are compared
        change=told(found.value),
        interval=(told(low), told(high)),
        error=found.error,
        p_value=replace(found, value=sign * found.value).above(0.0),
        reason=f"{len(days)} days, {metric.label} of each",
        settle=_SETTLE,
    )


def _counted(days: Days, period: Period, rule: Rule) -> Finding:
    """Rates: counts of days, which scatter more than calls that fail one by one."""
    counts = [_COUNTS[rule.metric](day) for day in days]
    earlier = counts[: -period.days]
    if sum(trials > 0.0 for _, trials in earlier) < FEWEST:
        return Finding(undecided=_TOO_FEW, settle=_SETTLE)
    wide = scatter(earlier)
    before, now = _tally(earlier[-period.before :]), _tally(counts[-period.days :])
    thinned = [
        Tally(events=each.events / wide, trials=each.trials / wide) for each in (before, now)
    ]
    low, high = rate_interval(before, now, wide, rule.confidence)
    pooled = (before.events + now.events) / (before.trials + now.trials)
    error = sqrt(pooled * (1.0 - pooled) * wide * (1.0 / before.trials + 1.0 / now.trials))
    change = now.rate - before.rate
    fails = METRICS[rule.metric].better == "lower"
    return Finding(
        change=change if fails else -change,
        interval=(low, high) if fails else (-high, -low),
        error=error,
        p_value=excess_p_value(*thinned),
        reason=f"{now.events:,.0f} of {now.trials:,.0f} failed,"
        f" {before.events:,.0f} of {before.trials:,.0f} before",
        settle=_SETTLE,
    )


def _tally(counts: Sequence[tuple[float, float]]) -> Tally:
    return Tally(events=sum(each for each, _ in counts), trials=sum(each for _, each in counts))


def _both(days: Days, period: Period) -> Days:
    return days[-period.days - period.before :]


def _errors(day: Figures) -> tuple[float, float]:
    return day.errors, day.calls


def _misses(day: Figures) -> tuple[float, float]:
    passes = [score.passes for score in day.scores.values()]
    judged = sum(each.told for each in passes)
    return judged - sum(each.total or 0.0 for each in passes), judged


_COUNTS: Mapping[str, Callable[[Figures], tuple[float, float]]] = {
    "error_rate": _errors,
    "pass_rate": _misses,
}


def _point(day: Figures, metric: str, *, logarithm: bool) -> float | None:
    value = known(day, metric)
    size = sum(each.count for each in day.scores.values()) if metric == "score" else day.recorded
    if value is None or size < LEAST:
        return None
    return (log(value) if value > 0.0 else None) if logarithm else value


def known(figures: Figures, metric: str) -> float | None:
    """A figure by its metric's name; `None` is unknown."""
    found: float | None = getattr(figures, metric)
    return found


def merged(parts: Iterable[Figures]) -> Figures:
    """Figures together."""
    total = Figures()
    for part in parts:
        total.merge(part)
    return total
