"""Events -> one row a query, as expressions that Ibis turns into the SQL of an engine.

The rules are those of `core.samples`: a call that ran inside another observed call is folded into
its root. Latency and errors are the root's, tokens and cost are summed over the leaves. SQL has no
portable recursion, so calls are followed to their root through at most `DEEPEST` levels.
"""

from typing import Any

import ibis

from pytest_llm_telemetry.core.samples import CONTROL, JUDGE

Table = Any  # what Ibis calls a table: an expression, of an engine or of none yet

DEEPEST = 8
_ENDS = ("query_success", "query_error")
_NOT = False  # what is not said to be cached is not


def calls(events: Table) -> Table:
    """The terminal events, one row each, with their `weight` (1 / sample rate)."""
    return events.filter(events.event.isin(_ENDS)).mutate(weight=_weight(events))


def scores(events: Table) -> Table:
    """The scores, one row each, with their `weight` (1 / sample rate)."""
    return events.filter(events.event == "query_score").mutate(weight=_weight(events))


def subjects(rows: Table, *, controls: bool = False) -> Table:
    """The rows without what graders asked of models and, unless asked for, without controls."""
    suite = rows.suite.fill_null("")
    kept = rows.filter(~suite.like(f"%{JUDGE}"))
    return kept if controls else kept.filter(~kept.suite.fill_null("").like(f"%{CONTROL}"))


def queries(ends: Table) -> Table:
    """One row a root call, from the rows of `calls`, with the columns of its terminal event.

    Of others, though, are `cost_usd`, `input_tokens` and `output_tokens`: sums over the calls that
    called no other, null if one of them is unknown; `cached`: whether one of those came from a
    cache; and `model`: the last that answered, or was asked.
    """
    roots = ends.filter(ends.parent_id.isnull())
    roots = roots.mutate(cached=roots.cached.fill_null(_NOT), model=_model(roots))
    folded = _folded(_leaves(ends))
    both = roots.left_join(folded, [("query_id", "root_id")])
    alone = both.root_id.isnull()
    mine = {
        "cost_usd": alone.ifelse(both.cost_usd, both.cost_below),
        "input_tokens": alone.ifelse(both.input_tokens, both.input_below),
        "output_tokens": alone.ifelse(both.output_tokens, both.output_below),
        "cached": alone.ifelse(both.cached, both.cached_below),
        "model": alone.ifelse(both.model, both.model_below),
    }
    return both.select(**{name: mine.get(name, both[name]) for name in roots.columns})


def _leaves(ends: Table) -> Table:
    """The nested calls that called no other, each with the id of its root.

    A failed one that cost nothing we know of is left out, unless its root has no other.
    """
    nested = ends.filter(ends.parent_id.notnull())
    callers = nested.select(caller_id=nested.parent_id).distinct()
    low = nested.anti_join(callers, [("query_id", "caller_id")])
    found = low.inner_join(_roots(nested), [("query_id", "leaf_id")])
    found = found.mutate(known=(found.event == _ENDS[0]) | found.cost_usd.notnull())
    place = ibis.row_number().over(
        group_by="root_id", order_by=[ibis.desc("known"), "timestamp", "query_id"]
    )
    found = found.mutate(place=place, model=_model(found))
    return found.filter(found.known | (found.place == 0))


def _roots(nested: Table) -> Table:
    """For each nested call (`leaf_id`) the first call above it that ran in none (`root_id`)."""
    above = nested.group_by("query_id").agg(up=nested.parent_id.min())
    found = above.select(leaf_id=above.query_id, up_0=above.up)
    for level in range(1, DEEPEST):
        step = above.view()
        step = step.select(**{f"id_{level}": step.query_id, f"up_{level}": step.up})
        found = found.left_join(step, [(f"up_{level - 1}", f"id_{level}")])
    ways = (found[f"up_{level}"] for level in reversed(range(DEEPEST)))
    return found.select("leaf_id", root_id=ibis.coalesce(*ways))


def _folded(leaves: Table) -> Table:
    """One row a root: the sums over its leaves."""
    last = ibis.row_number().over(
        group_by="root_id",
        order_by=[leaves.model.isnull(), ibis.desc("timestamp"), ibis.desc("query_id")],
    )
    leaves = leaves.mutate(last=last)
    return leaves.group_by("root_id").agg(
        cost_below=_total(leaves.cost_usd),
        input_below=_total(leaves.input_tokens),
        output_below=_total(leaves.output_tokens),
        cached_below=leaves.cached.fill_null(_NOT).cast("int8").max() == 1,
        model_below=leaves.model.max(where=leaves["last"] == 0),
    )


def _total(values: Any) -> Any:
    unknown = values.isnull().sum()
    return (unknown == 0).ifelse(values.sum(), ibis.null(values.type()))


def _model(rows: Table) -> Any:
    return ibis.coalesce(rows.model.nullif(""), rows.model_requested.nullif(""))


def _weight(events: Table) -> Any:
    return (1.0 / events.sample_rate.nullif(0.0)).fill_null(1.0)
