"""The traffic of two windows -> a dashboard."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from operator import attrgetter

from pytest_llm_telemetry.core.dashboard.finding import Past, find
from pytest_llm_telemetry.core.dashboard.steps import Steps, grouped, totals
from pytest_llm_telemetry.core.dashboard.view import (
    Breakdown,
    Dashboard,
    Group,
    TopQuery,
)
from pytest_llm_telemetry.core.metrics import PRODUCTION
from pytest_llm_telemetry.core.traffic import Figures, Query, Reading, Traffic
from pytest_llm_telemetry.core.traffic.figures import TOKENS
from pytest_llm_telemetry.core.trends import Trend, Window, trend

_POINTS = 31  # of a series: a month of days, a day of hours
_SHORT = 6  # of a step that has just begun a sixth must be over, or it tells nothing of the rate
_TOP = 10
_GROUPS = 20
_HOUR = timedelta(hours=1)
_PER_HOUR = ("queries", "total_cost_usd")  # they grow with time
_COSTS = ("total_cost_usd", "cost_per_query_usd")

METRICS: Mapping[str, Callable[[Figures], float | None]] = {
    "queries": lambda it: it.calls,
    **{name: attrgetter(name) for name in (*PRODUCTION, "p95_ttft_ms")},
    "input_tokens": lambda it: _mean_tokens(it, "input"),
    "output_tokens": lambda it: _mean_tokens(it, "output"),
}
"""What a dashboard tells of any group of calls; tokens a call, of the calls that tell them."""


def compose(  # noqa: PLR0913 - keyword-only beyond the three that every look has
    traffic: Traffic,
    window: Window,
    until: datetime,
    *,
    by: str = "",
    sources: Sequence[str] = (),
    past: Past = tuple,
) -> Dashboard:
    """The dashboard of a window.

    Args:
        traffic: What was read from the beginning of `window.before` on.
        window: Whole hours.
        until: The time of the look; what is after the window is not looked at.
        by: What to tell the calls apart by besides, one of `DIMENSIONS`.
        sources: Names of the logs.
        past: Reads the hours of `PAST` before both windows, should something stand out.
    """
    until = min(until, window.until)
    before, now = window.before.of(traffic), window.of(traffic)
    steps = Steps.of(window, _POINTS)
    compared = _Comparison(steps, until)
    total, queries = now.total, now.queries(_TOP)
    return Dashboard(
        window=window,
        until=until,
        newest=traffic.last_event,
        step=steps.length,
        starts=steps.starts,
        recorded=total.recorded,
        trends=compared.trends(before.total, total, totals(now.hours)),
        scores=_scores(before.total, total),
        tokens=_tokens(total),
        unpriced=total.unpriced,
        errors=total.error_types,
        failing=tuple(map(_top, queries.failing(_TOP))),
        costly=tuple(map(_top, queries.costly(_TOP))),
        breakdown=_breakdown(before, now, by, compared) if by else None,
        finding=find((*before.hours, *now.hours), window, until, traffic.last_event, past),
        reading=Reading.of(traffic, sources),
    )


class _Comparison:
    """How figures of a window are put beside those of the window before."""

    def __init__(self, steps: Steps, until: datetime) -> None:
        self._steps = steps
        self._hours = (until - steps.since) / _HOUR
        self._hours_before = (steps.until - steps.since) / _HOUR
        ends = [min(start + steps.length, until) for start in steps.starts]
        self._lasted = [
            max(end - start, timedelta(0)) for start, end in zip(steps.starts, ends, strict=True)
        ]

    def trends(
        self, before: Figures, now: Figures, hours: Sequence[tuple[datetime, Figures]]
    ) -> dict[str, Trend]:
        """Every metric that is known on one side at least."""
        points = self._steps.sums(hours)
        found = {name: self._trend(name, before, now, points) for name in METRICS}
        return {
            name: each
            for name, each in found.items()
            if each.now is not None or each.before is not None
        }

    def _trend(
        self, metric: str, before: Figures, now: Figures, points: Sequence[Figures]
    ) -> Trend:
        read = METRICS[metric]
        series = [read(point) for point in points]
        earlier, current = read(before), read(now)
        if metric in _PER_HOUR:
            earlier, current = _per(earlier, self._hours_before), _per(current, self._hours)
            series = [self._rate(*each) for each in zip(series, self._lasted, strict=True)]
        found = trend(
            metric,
            earlier,
            current,
            series,
            partial=metric in _COSTS and now.cost_is_partial,
            partial_before=metric in _COSTS and before.cost_is_partial,
        )
        return replace(found, before=read(before), now=read(now))

    def _rate(self, value: float | None, lasted: timedelta) -> float | None:
        """Per hour; unknown of a step that has hardly begun."""
        return _per(value, lasted / _HOUR) if lasted * _SHORT >= self._steps.length else None


def _per(value: float | None, hours: float) -> float | None:
    return value / hours if value is not None and hours else None


def _breakdown(before: Traffic, now: Traffic, by: str, compared: _Comparison) -> Breakdown:
    groups = now.by(by, _GROUPS)
    series = grouped(now.hours, by, groups.named)
    earlier = grouped(before.hours, by, groups.named)
    return Breakdown(
        dimension=by,
        groups=tuple(
            Group(
                name=name,
                trends=compared.trends(_sum(earlier.get(name, ())), figures, series[name]),
            )
            for name, figures in groups.ranked()
        ),
        others=groups.rest_keys,
    )


def _sum(hours: Iterable[tuple[datetime, Figures]]) -> Figures:
    total = Figures()
    for _, figures in hours:
        total.merge(figures)
    return total


def _top(query: Query) -> TopQuery:
    figures = query.figures
    return TopQuery(
        query_hash=query.query_hash,
        preview=query.preview,
        calls=figures.calls,
        errors=figures.errors,
        error_type=next(iter(figures.error_types), None),
        cost_usd=figures.total_cost_usd,
        unpriced=figures.unpriced,
    )


def _scores(before: Figures, now: Figures) -> dict[str, Trend]:
    found = {name: (before.scores.get(name), score) for name, score in sorted(now.scores.items())}
    return {
        name: trend("score", earlier.mean if earlier else None, score.mean)
        for name, (earlier, score) in found.items()
    }


def _tokens(figures: Figures) -> dict[str, float]:
    known = {kind: found.total for kind, found in figures.tokens.items()}
    return {kind: known_total for kind in TOKENS if (known_total := known.get(kind)) is not None}


def _mean_tokens(figures: Figures, kind: str) -> float | None:
    found = figures.tokens.get(kind)
    return found.mean if found else None
