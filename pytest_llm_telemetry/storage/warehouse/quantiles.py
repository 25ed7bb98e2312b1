"""Weighted quantiles as expressions that Ibis turns into the SQL of an engine.

Values are counted in buckets of equal ratio, so an engine keeps some thousand rows a group whatever
it reads, and a quantile is 0.5 % off at most. Which value a quantile is, `core.metrics.quantile`
says: type 7 where all weights are equal, else the inverse of the weighted distribution function.
"""

from collections.abc import Mapping, Sequence
from math import exp
from typing import Any

import ibis

from pytest_llm_telemetry.core.sketch import LARGEST, LOG_RATIO, SMALLEST

_ZERO = -1_000_000  # the bucket of all that is too small, told as 0


def quantiles(rows: Any, by: Sequence[str], value: str, wanted: Mapping[str, float]) -> Any:
    """The quantiles of a column, weighted by `weight`, one row a group.

    Args:
        rows: A table with the columns `value`, `weight` and those of `by`.
        by: The columns to group by; none for one row in all.
        value: The column.
        wanted: The name of each quantile, and which it is (0.95).
    """
    rows = rows.filter(rows[value].notnull())
    counted = rows.group_by([*by, _bucket(rows[value]).name("bucket")]).agg(
        size=rows.count(), mass=rows.weight.sum(), low=rows.weight.min(), high=rows.weight.max()
    )
    whole = ibis.window(group_by=by)
    upto = ibis.window(group_by=by, order_by="bucket", preceding=None, following=0)
    ranked = counted.mutate(
        value=_value(counted.bucket),
        size_upto=counted["size"].sum().over(upto),
        mass_upto=counted.mass.sum().over(upto),
        sizes=counted["size"].sum().over(whole),
        masses=counted.mass.sum().over(whole),
        even=counted.low.min().over(whole) == counted.high.max().over(whole),
    )
    figures = {name: _quantile(ranked, q) for name, q in wanted.items()}
    return ranked.group_by(by).agg(**figures) if by else ranked.agg(**figures)


def _quantile(ranked: Any, q: float) -> Any:
    place = q * (ranked.sizes - 1)
    low = place.floor()
    next_one = ibis.least(low + 1, ranked.sizes - 1)
    below = ranked.value.min(where=ranked.size_upto > low)
    above = ranked.value.min(where=ranked.size_upto > next_one)
    between = below + (place - low).max() * (above - below)
    reached = ranked.value.min(where=ranked.mass_upto >= q * ranked.masses)
    uneven = ibis.coalesce(reached, ranked.value.max())
    return (ranked.even.cast("int8").max() == 1).ifelse(between, uneven)


def _bucket(values: Any) -> Any:
    """As `core.sketch.bucket`, so that an engine and our rollups tell the same quantiles."""
    within = ibis.least(ibis.greatest(values.cast("float64"), SMALLEST), LARGEST)
    place = (within.ln() / LOG_RATIO).ceil().cast("int64")
    return (values > SMALLEST).ifelse(place, _ZERO)


def _value(bucket: Any) -> Any:
    middle = (bucket * LOG_RATIO).exp() * (2 / (exp(LOG_RATIO) + 1))
    return (bucket == _ZERO).ifelse(0.0, middle)
