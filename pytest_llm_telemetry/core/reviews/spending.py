"""Where the money goes: by model, user and feature, and by the hour of the day."""

from collections.abc import Sequence

from pytest_llm_telemetry.core.reviews.periods import Period
from pytest_llm_telemetry.core.reviews.view import Spend
from pytest_llm_telemetry.core.traffic import Traffic

DIMENSIONS = ("model", "service", "route", "feature", "user")
_MOST = 5
_FEWEST = 2  # names of a dimension: a single one has all of the cost
_ALL = 1 << 30  # no name of the days before may hide among the rest
_DAY_H = 24


def spends(before: Traffic, now: Traffic, period: Period) -> tuple[Spend, ...]:
    """What cost most in each dimension, beside what it cost in as many days before.

    A dimension in which nothing differs is left out.
    """
    total = now.total.total_cost_usd
    found: list[Spend] = []
    for dimension in DIMENSIONS if total else ():
        earlier = before.by(dimension, _ALL).named
        costs = [
            (figures.total_cost_usd, name, figures)
            for name, figures in now.by(dimension, _ALL).named.items()
            if figures.total_cost_usd
        ]
        if len(costs) < _FEWEST:
            continue
        costs.sort(key=lambda each: (-(each[0] or 0.0), each[1]))
        for cost, name, figures in costs[:_MOST]:
            then = earlier[name].total_cost_usd if name in earlier else None
            found.append(
                Spend(
                    dimension=dimension,
                    name=name,
                    cost_usd=cost or 0.0,
                    share=(cost or 0.0) / (total or 1.0),
                    before_usd=None if then is None else then * period.days / period.before,
                    calls=figures.calls,
                )
            )
    return tuple(found)


def per_hour_of_day(now: Traffic) -> tuple[float | None, ...]:
    """The known cost of each hour of the day (UTC) in USD, all days together."""
    sums: list[float | None] = [None] * _DAY_H
    for hour in now.hours:
        cost = hour.total.total_cost_usd
        if cost is not None:
            sums[hour.start.hour] = (sums[hour.start.hour] or 0.0) + cost
    return tuple(sums)


def peak(hours: Sequence[float | None]) -> int | None:
    """The hour of the day that costs most; `None` where no cost is known."""
    known = [(cost, -hour) for hour, cost in enumerate(hours) if cost]
    return -max(known)[1] if known else None
