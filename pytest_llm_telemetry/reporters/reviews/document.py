"""A review as JSON, for machines: every number finite, every unknown null."""

import json
from dataclasses import asdict
from datetime import datetime
from math import isfinite
from typing import Any

from pytest_llm_telemetry.core.reviews import Review
from pytest_llm_telemetry.core.traffic import Query
from pytest_llm_telemetry.core.trends import Window
from pytest_llm_telemetry.core.verdict import Check

SCHEMA_VERSION = 1
_PLAIN = ("calls", "recorded", "unpriced", "watched", "run_exit")
_LISTS = ("turns", "spends", "fired", "moves", "golden", "opening")
_OF_CHECK = ("metric", "scope", "status", "now", "change", "interval", "limit", "p_value", "reason")


def render(review: Review) -> str:
    """The review as one JSON document under `schemas/review.schema.json`, ASCII."""
    return json.dumps(_whole(document(review)), indent=2, allow_nan=False) + "\n"


def document(review: Review) -> dict[str, Any]:
    """What `render` writes, as plain dicts, lists, strings and numbers."""
    return {
        "schema_version": SCHEMA_VERSION,
        "period": review.period.name,
        "window": _window(review.window),
        "before": _window(review.before),
        "status": review.status,
        "exit_status": review.exit_status,
        **{name: getattr(review, name) for name in _PLAIN},
        "trends": {name: asdict(each) for name, each in review.trends.items()},
        "checks": [_check(check) for check in review.checks],
        "errors": dict(review.errors),
        "failing": [_query(query) for query in review.failing],
        "costly": [_query(query) for query in review.costly],
        "cost_by_hour_usd": list(review.hours),
        **{name: [asdict(each) for each in getattr(review, name)] for name in _LISTS},
        "reading": asdict(review.reading),
        "notes": list(review.notes),
    }


def _window(window: Window) -> dict[str, datetime]:
    return {"since": window.since, "until": window.until}


def _check(check: Check) -> dict[str, Any]:
    told = {name: getattr(check, name) for name in _OF_CHECK}
    return {**told, "before": check.baseline, "settle": check.settle}


def _query(query: Query) -> dict[str, Any]:
    found = query.figures
    return {
        "query_hash": query.query_hash,
        "preview": query.preview,
        "calls": found.calls,
        "errors": found.errors,
        "error_types": dict(found.error_types),
        "cost_usd": found.total_cost_usd,
        "unpriced": found.unpriced,
    }


def _whole(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _whole(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [_whole(each) for each in value]
    if isinstance(value, datetime):
        return value.isoformat().replace("+00:00", "Z")
    return None if isinstance(value, float) and not isfinite(value) else value
