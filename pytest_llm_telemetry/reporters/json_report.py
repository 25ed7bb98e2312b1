"""The report as JSON, for machines: one document under `schemas/report.schema.json`."""

import json
import math
from collections.abc import Mapping
from typing import Any

from pytest_llm_telemetry.core.report import BaselineFacts, Report, SuiteReport
from pytest_llm_telemetry.core.verdict import CaseChange, Check, Problem
from pytest_llm_telemetry.reporters import facts
from pytest_llm_telemetry.reporters.case_rows import CaseFigures, case_rows

SCHEMA_VERSION = 1


def render(report: Report) -> str:
    """The report as one JSON document, ASCII, with every number finite and every unknown null.

    The same report gives the same bytes: maps are sorted, lists keep the order of the run.
    """
    return dumps(document(report))


def dumps(found: dict[str, Any]) -> str:
    """A document as strict JSON, ASCII, of which no part is a command to a CI that reads its log."""
    text = json.dumps(_whole(found), indent=2, allow_nan=False)
    return text.replace("##", "#\\u0023") + "\n"  # a # stands in strings alone


def document(report: Report) -> dict[str, Any]:
    """The document that `render` writes, as plain dicts, lists, strings and numbers."""
    return {
        "schema_version": SCHEMA_VERSION,
        "run_id": report.run_id,
        "status": report.status,
        "exit_status": report.exit_status,
        "started": report.started,
        "finished": report.finished,
        "duration_s": report.duration_s,
        "commit": report.commit,
        "branch": report.branch,
        "partial": report.partial,
        "run_dir": report.run_dir or None,
        "suites": [_suite(suite) for suite in report.suites],
        "problems": [_problem(problem) for problem in report.problems],
        "notes": list(report.notes),
        "skipped_lines": _sorted(report.skipped_lines),
        "judge_again": report.judge_again or None,
        "next_commands": list(report.next_commands),
        "run_url": report.run_url or None,
        "report_url": report.report_url or None,
    }


def _suite(suite: SuiteReport) -> dict[str, Any]:
    summary, verdict = suite.summary, suite.verdict
    return {
        "suite": summary.suite,
        "status": verdict.status,
        "golden": suite.golden or None,
        "golden_hash": summary.golden_hash,
        "repeats": summary.repeats,
        "models": list(summary.models),
        "price_table_version": summary.price_table_version,
        "selected": summary.selected,
        "partial": summary.partial,
        "missing": list(summary.missing),
        "metrics": _sorted(summary.metrics),
        "unknown": _sorted({name: n for name, n in summary.unknown.items() if n}),
        "baseline": _baseline(suite.baseline) if suite.baseline else None,
        "checks": [_check(check) for check in verdict.checks],
        "problems": [_problem(problem) for problem in verdict.problems],
        "notes": list(verdict.notes),
        "cases": [_case(now, before) for now, before in case_rows(suite)],
    }


def _baseline(base: BaselineFacts) -> dict[str, Any]:
    return {
        "run_id": base.run_id,
        "at": base.at,
        "by": base.by,
        "why": base.why,
        "commit": base.commit,
        "branch": base.branch,
        "cases": base.cases,
    }


def _check(check: Check) -> dict[str, Any]:
    ranked = facts.ranked(check.cases)
    return {
        "metric": check.metric,
        "kind": check.kind,
        "scope": check.scope,
        "status": check.status,
        "binding": check.binding,
        "baseline": check.baseline,
        "now": check.now,
        "change": check.change,
        "interval": list(check.interval) if check.interval else None,
        "limit": check.limit,
        "p_value": check.p_value,
        "reason": check.reason,
        "settle": check.settle,
        "cases_worse": check.cases_worse,
        "cases_better": check.cases_better,
        "cases": [_change(case) for case in ranked],
    }


def _change(case: CaseChange) -> dict[str, Any]:
    return {
        "case_id": case.case_id,
        "before": case.before,
        "now": case.now,
        "contribution": case.contribution,
        "reason": case.reason,
        "where": case.where or None,
    }


def _case(now: CaseFigures, before: CaseFigures | None) -> dict[str, Any]:
    return {
        "case_id": now.case_id,
        "tags": list(now.tags),
        "where": now.where or None,
        **_figures(now),
        "error_types": list(now.error_types),
        "notes": list(now.notes),
        "before": _figures(before) if before else None,
    }


def _figures(case: CaseFigures) -> dict[str, Any]:
    return {
        "graded": case.graded,
        "passed": case.passed,
        "score": case.score,
        "calls": case.calls,
        "errors": case.errors,
        "latency_ms": case.latency_ms,
        "cost_usd": case.cost_usd,
    }


def _problem(problem: Problem) -> dict[str, Any]:
    return {"what": problem.what, "where": problem.where or None, "remedy": problem.remedy or None}


def _sorted(figures: Mapping[str, Any]) -> dict[str, Any]:
    return dict(sorted(figures.items()))


def _whole(node: Any) -> Any:
    """No NaN, no infinity, no lone surrogate: strict readers refuse all three."""
    if isinstance(node, float):
        return node if math.isfinite(node) else None
    if isinstance(node, str):
        return node.encode("utf-8", "replace").decode()
    if isinstance(node, dict):
        return {_whole(key): _whole(value) for key, value in node.items()}
    return [_whole(item) for item in node] if isinstance(node, list) else node
