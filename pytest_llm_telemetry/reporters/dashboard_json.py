"""The dashboard as JSON, for machines: one document under `schemas/dashboard.schema.json`."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from pytest_llm_telemetry.core.dashboard import METRICS, Breakdown, Dashboard, Finding, TopQuery
from pytest_llm_telemetry.core.trends import Trend
from pytest_llm_telemetry.reporters.json_report import dumps

SCHEMA_VERSION = 1


def render(board: Dashboard) -> str:
    """The dashboard as one JSON document, every number finite and every unknown null."""
    return dumps(document(board))


def document(board: Dashboard) -> dict[str, Any]:
    """The document that `render` writes, as plain dicts, lists, strings and numbers."""
    queries = board.trends["queries"].now or 0.0
    hourly = queries / board.hours if board.hours else None
    reading = board.reading
    return {
        "schema_version": SCHEMA_VERSION,
        "since": _time(board.window.since),
        "until": _time(board.until),
        "hours": board.hours,
        "before_since": _time(board.window.before.since),
        "newest_event": _time(board.newest),
        "recorded": board.recorded,
        "queries_per_hour": hourly,
        "queries_per_day": None if hourly is None else 24 * hourly,
        "step_s": board.step.total_seconds(),
        "steps": [_time(start) for start in board.starts],
        "metrics": _trends(board.trends),
        "scores": {name: _trend(trend) for name, trend in board.scores.items()},
        "tokens": dict(board.tokens),
        "unpriced_calls": board.unpriced,
        "errors": dict(board.errors),
        "top_failing": [_query(query) for query in board.failing],
        "top_costs": [_query(query) for query in board.costly],
        "breakdown": _breakdown(board.breakdown) if board.breakdown else None,
        "finding": _finding(board.finding) if board.finding else None,
        "sources": list(reading.sources),
        "files": reading.files,
        "lines": reading.lines,
        "skipped_lines": dict(reading.skipped),
        "notes": list(reading.notes),
    }


def _trends(trends: Mapping[str, Trend]) -> dict[str, Any]:
    """Every metric, those that nobody knows as null."""
    return {
        name: _trend(trends[name]) | {"series": list(trends[name].series)}
        if name in trends
        else None
        for name in METRICS
    }


def _trend(trend: Trend) -> dict[str, Any]:
    return {
        "now": trend.now,
        "before": trend.before,
        "change": trend.change,
        "lower_bound": trend.partial,
    }


def _query(query: TopQuery) -> dict[str, Any]:
    return {
        "query_hash": query.query_hash,
        "preview": query.preview,
        "calls": query.calls,
        "errors": query.errors,
        "error_type": query.error_type,
        "cost_usd": query.cost_usd,
        "unpriced_calls": query.unpriced,
    }


def _breakdown(found: Breakdown) -> dict[str, Any]:
    return {
        "by": found.dimension,
        "groups": [
            {"name": group.name, "metrics": _trends(group.trends)} for group in found.groups
        ],
        "others": found.others,
    }


def _finding(found: Finding) -> dict[str, Any]:
    return {
        "kind": found.kind,
        "metric": found.metric,
        "dimension": found.dimension or None,
        "group": found.group or None,
        "start": _time(found.start),
        "end": _time(found.end),
        "usual": found.usual,
        "level": found.level,
        "p_value": found.p_value,
        "held": found.held,
    }


def _time(at: datetime | None) -> str | None:
    """ISO-8601 UTC, to the second."""
    return at.strftime("%Y-%m-%dT%H:%M:%SZ") if at else None
