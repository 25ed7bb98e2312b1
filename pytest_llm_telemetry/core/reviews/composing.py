"""Everything that is known of some days -> their review."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import field
from datetime import timedelta

from pytest_llm_telemetry.core.alerts import Notice, Plan
from pytest_llm_telemetry.core.metrics import PRODUCTION
from pytest_llm_telemetry.core.records import dataclass
from pytest_llm_telemetry.core.reviews import moving, spending
from pytest_llm_telemetry.core.reviews.degrading import Days, checks, known
from pytest_llm_telemetry.core.reviews.firing import fired
from pytest_llm_telemetry.core.reviews.periods import Period
from pytest_llm_telemetry.core.reviews.turning import Points, turns
from pytest_llm_telemetry.core.reviews.view import GoldenRun, Move, Review
from pytest_llm_telemetry.core.thresholds import Thresholds
from pytest_llm_telemetry.core.traffic import Figures, Hour, Reading, Traffic
from pytest_llm_telemetry.core.trends import Trend, Window, trend

_COSTS = ("cost_per_query_usd", "total_cost_usd")
_DAY = timedelta(days=1)
_STEPS = tuple(timedelta(hours=hours) for hours in (1, 2, 4, 6, 24))
_BUSY = 20  # log lines of queries that a usual step has
_DIMENSIONS = ("model", "service")
_GROUPS = 3
_QUERIES = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Material:
    """What a review is made of.

    Attributes:
        traffic: Everything that was read, from the beginning of the history on.
        thresholds: What is tolerated of production.
        plan: What is watched.
        notices: What people were told of alerts, the oldest first.
        watched: Whether anybody looked for alerts in the window.
        moves: Thresholds of golden sets that should move.
        golden: Stored runs of golden sets, the latest first.
        sources: Names of the logs.
        notes: What else a person should know.
    """

    traffic: Traffic
    thresholds: Thresholds
    plan: Plan = field(default_factory=Plan)
    notices: Sequence[Notice] = ()
    watched: bool = False
    moves: tuple[Move, ...] = ()
    golden: tuple[GoldenRun, ...] = ()
    sources: Sequence[str] = ()
    notes: tuple[str, ...] = ()


def compose(period: Period, window: Window, material: Material) -> Review:
    """The review of a window of whole days."""
    against = period.held_against(window)
    traffic = material.traffic
    before, now = against.of(traffic), window.of(traffic)
    total, queries = now.total, now.queries(_QUERIES)
    days = _days(traffic.hours, window, period)
    groups = {scope: each for scope, each in days.items() if scope}
    judged = checks(days[""], groups, period, material.thresholds)
    alpha = material.thresholds.alpha
    hours = [(hour.start, hour.total) for hour in traffic.hours if hour.start < window.until]
    return Review(
        period=period,
        window=window,
        before=against,
        calls=total.calls,
        recorded=total.recorded,
        trends=_trends(before.total, total, now, period),
        checks=judged,
        turns=turns(_points(traffic.hours, window, period), judged, alpha),
        errors=total.error_types,
        failing=tuple(queries.failing(_QUERIES)),
        costly=tuple(queries.costly(_QUERIES)),
        spends=spending.spends(before, now, period),
        hours=spending.per_hour_of_day(now),
        unpriced=total.unpriced,
        fired=fired(material.notices, window),
        watched=material.watched,
        moves=moving.of_alerts(material.plan, hours) + material.moves,
        golden=material.golden,
        reading=Reading.of(traffic, material.sources),
        notes=material.notes,
    )


def _days(hours: Sequence[Hour], window: Window, period: Period) -> dict[str, Days]:
    """The figures of each day of history and window, for all calls ("") and the largest groups."""
    since = period.known_since(window)
    count = (window.until - since) // _DAY
    scopes = _scopes(hours, window)
    found = {"": [Figures() for _ in range(count)]}
    found |= {f"{d}:{n}": [Figures() for _ in range(count)] for d, names in scopes for n in names}
    for hour in hours:
        place = (hour.start - since) // _DAY
        if 0 <= place < count:
            for scope, figures in _scoped(hour, scopes):
                found[scope][place].merge(figures)
    first = next((place for place, day in enumerate(found[""]) if day.recorded), 0)
    first = min(first, count - period.days - period.before)
    return {scope: days[first:] for scope, days in found.items()}


def _scoped(hour: Hour, scopes: list[tuple[str, list[str]]]) -> Iterator[tuple[str, Figures]]:
    """The figures of an hour, for all its calls ("") and for the groups that it has."""
    yield "", hour.total
    for dimension, names in scopes:
        named = hour.by[dimension].named  # may be read from a file: once an hour
        yield from ((f"{dimension}:{name}", named[name]) for name in names if name in named)


def _scopes(hours: Iterable[Hour], window: Window) -> list[tuple[str, list[str]]]:
    """The largest models and services of the window, where there is more than one."""
    inside = [hour for hour in hours if window.since <= hour.start < window.until]
    found = []
    for dimension in _DIMENSIONS:
        calls: dict[str, int] = {}
        for hour in inside:
            for name, figures in hour.by[dimension].named.items():
                calls[name] = calls.get(name, 0) + figures.calls_units
        if len(calls) > 1:
            found.append(
                (dimension, sorted(calls, key=lambda name: (-calls[name], name))[:_GROUPS])
            )
    return found


def _points(hours: Sequence[Hour], window: Window, period: Period) -> Points:
    """Steps of the period, or longer ones where that few calls would say nothing."""
    since = period.known_since(window)
    inside = [hour for hour in hours if since <= hour.start < window.until]
    for step in (each for each in _STEPS if each >= period.step):
        count = (window.until - since) // step
        figures = [Figures() for _ in range(count)]
        for hour in inside:
            figures[(hour.start - since) // step].merge(hour.total)
        busy = sorted(each.recorded for each in figures if each.recorded)
        if busy and busy[len(busy) // 2] >= _BUSY:
            break
    return Points(
        starts=[since + place * step for place in range(count)],
        figures=figures,
        first=(window.since - since) // step,
    )


def _trends(before: Figures, now: Figures, inside: Traffic, period: Period) -> Mapping[str, Trend]:
    """Every figure that is known on one side at least; sums of the days before are per as many days."""
    share = period.days / period.before
    points = inside.per_hour() if period.step < _DAY else inside.per_day()
    series = [figures for _, figures in points]
    found = {
        "queries": trend(
            "queries", before.calls * share, now.calls, [each.calls for each in series]
        )
    }
    for metric in PRODUCTION:
        earlier, current = known(before, metric), known(now, metric)
        if metric == "total_cost_usd" and earlier is not None:
            earlier *= share
        if earlier is not None or current is not None:
            costs = metric in _COSTS
            found[metric] = trend(
                metric,
                earlier,
                current,
                [known(each, metric) for each in series],
                partial=costs and now.cost_is_partial,
                partial_before=costs and before.cost_is_partial,
            )
    return found
