"""The metrics of `core.metrics`, once, as expressions that run on every engine behind Ibis.

A table of events has the columns of `core.events.FIELDS`, as `Warehouse.export` writes them and as
a collector that parses our lines stores them. Unknown is null, never 0.
"""

from collections.abc import Sequence
from typing import Any

import ibis

from pytest_llm_telemetry.storage.warehouse.folding import (
    Table,
    calls,
    queries,
    scores,
    subjects,
)
from pytest_llm_telemetry.storage.warehouse.quantiles import quantiles

_LATENCIES = {"p50_latency_ms": 0.5, "p95_latency_ms": 0.95, "p99_latency_ms": 0.99}
_PER_QUERY = {
    "cost_per_query_usd": "cost_usd",
    "input_tokens": "input_tokens",
    "output_tokens": "output_tokens",
}
_TIMES = {"hour": "h", "day": "D"}
_NEEDED = (
    "event", "timestamp", "query_id", "parent_id", "suite", "run_id", "case_id", "attempt",
    "model_requested", "model", "latency_ms", "ttft_ms", "cached", "input_tokens", "output_tokens",
    "cost_usd", "error_type", "sample_rate", "score", "passed",
)  # fmt: skip


def figures(events: Table, by: Sequence[str] = ()) -> Table:
    """The figures of `core.metrics.Summary.metrics` that one log can have, one row a group.

    Milliseconds, USD and tokens; weighted by 1 / sample rate. `calls` are the rows behind
    `queries`, and `unpriced` the answered ones without a known cost, for which all cost is null.
    Graders' own calls are left out, and controls too unless they are told apart by `suite`.

    Args:
        events: A table of events.
        by: Columns of events to group by, and `hour` or `day` (UTC); none for one row in all.
    """
    controls = "suite" in by
    events = _slim(events, by)
    asked = _timed(queries(subjects(calls(events), controls=controls)), by)
    graded = _timed(_attempts(subjects(scores(events), controls=controls), asked, by), by)
    timed = asked.filter(asked.error_type.isnull() & ~asked.cached)
    parts = [
        _grouped(asked, by, _counts(asked) | _costs(asked)),
        _grouped(timed, by, _means(timed)),
        quantiles(timed, by, "latency_ms", _LATENCIES),
        quantiles(timed, by, "ttft_ms", {"p95_ttft_ms": 0.95}),
        _grouped(graded, by, _grades(graded)),
    ]
    return _side_by_side(parts, by)


def errors_by_type(events: Table, by: Sequence[str] = ()) -> Table:
    """How many queries failed (`queries`, weighted) of each `error_type`, one row a group and type."""
    events = _slim(events, by)
    asked = _timed(queries(subjects(calls(events), controls="suite" in by)), by)
    failed = asked.filter(asked.error_type.notnull())
    return failed.group_by([*by, "error_type"]).agg(
        calls=failed.count(), queries=failed.weight.sum()
    )


def judges(events: Table) -> Table:
    """What graders asked of models (`judge_calls`, `judge_cost_usd`), one row a suite."""
    ends = calls(events)
    asked = ends.filter(ends.suite.like("%@judge") & (ends.nested_calls.fill_null(0) == 0))
    cost = (asked.cost_usd.isnull().sum() == 0).ifelse(asked.cost_usd.sum(), ibis.null("float64"))
    return asked.group_by(suite=asked.suite.replace("@judge", "")).agg(
        judge_calls=asked.count(), judge_cost_usd=cost
    )


def _slim(events: Table, by: Sequence[str]) -> Table:
    """The columns that figures need: every step of the SQL names all that it has."""
    return events.select(*dict.fromkeys((*_NEEDED, *(name for name in by if name not in _TIMES))))


def _timed(rows: Table, by: Sequence[str]) -> Table:
    wanted = {name: rows.timestamp.truncate(unit) for name, unit in _TIMES.items() if name in by}
    return rows.mutate(**wanted) if wanted else rows


def _attempts(rated: Table, asked: Table, by: Sequence[str]) -> Table:
    """One row a graded attempt of a case, or a query in production: all passed, and the mean."""
    models = asked.group_by("query_id").agg(model_asked=asked.model.max())
    rated = rated.drop("model").left_join(models, "query_id")
    golden = rated.case_id.notnull()
    rated = rated.mutate(
        model=rated.model_asked,
        attempt=golden.ifelse(rated.attempt.fill_null(1), ibis.null("int64")),
        of_query=golden.ifelse(ibis.null("string"), rated.query_id),
    )
    keys = ["run_id", "suite", "case_id", "attempt", "of_query"]
    kept = {name: rated[name].max() for name in by if name not in {*keys, *_TIMES}}
    return rated.group_by(keys).agg(
        timestamp=rated.timestamp.max(),
        weight=rated.weight.max(),
        score=rated.score.mean(),
        passed=rated.passed.cast("int8").min(),
        **kept,
    )


def _counts(asked: Table) -> dict[str, Any]:
    failed = asked.error_type.notnull().ifelse(1.0, 0.0)
    return {
        "calls": asked.count(),
        "queries": asked.weight.sum(),
        "error_rate": _mean(failed, asked.weight),
    }


def _costs(asked: Table) -> dict[str, Any]:
    answered = asked.error_type.isnull()
    found: dict[str, Any] = {}
    for name, column in _PER_QUERY.items():
        unknown = (answered & asked[column].isnull()).cast("int64").sum()
        mean = _mean(answered.ifelse(asked[column], None), asked.weight)
        found[name] = (unknown == 0).ifelse(mean, ibis.null("float64"))
    unpriced = (answered & asked.cost_usd.isnull()).cast("int64").sum()
    spent = (asked.cost_usd * asked.weight).sum()
    whole = (unpriced == 0) & (asked.cost_usd.count() > 0)
    found["total_cost_usd"] = whole.ifelse(spent, ibis.null("float64"))
    return found | {"unpriced": unpriced}


def _means(timed: Table) -> dict[str, Any]:
    return {f"avg_{name}": _mean(timed[name], timed.weight) for name in ("latency_ms", "ttft_ms")}


def _grades(graded: Table) -> dict[str, Any]:
    return {
        "pass_rate": _mean(graded.passed, graded.weight),
        "score": _mean(graded.score, graded.weight),
    }


def _mean(values: Any, weight: Any) -> Any:
    """The weighted mean of the values that are known; null, not 0 / 0, where none is."""
    mass = values.notnull().ifelse(weight, 0.0).sum()
    return (values * weight).sum() / mass.nullif(0.0)


def _grouped(rows: Table, by: Sequence[str], wanted: dict[str, Any]) -> Table:
    return rows.group_by(list(by)).agg(**wanted) if by else rows.agg(**wanted)


def _side_by_side(parts: Sequence[Table], by: Sequence[str]) -> Table:
    """One row a group with the columns of all parts; a group may be null, so no join can do it."""
    kinds = {name: part[name].type() for part in parts for name in part.columns}
    figures = [name for name in kinds if name not in by]
    stacked = ibis.union(
        *(
            part.select(
                *by,
                **{
                    name: part[name] if name in part.columns else ibis.null(kinds[name])
                    for name in figures
                },
            )
            for part in parts
        )
    )
    return _grouped(stacked, by, {name: stacked[name].max() for name in figures})
