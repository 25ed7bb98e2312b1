"""What a report shows of earlier runs: figures for its trends, answers to set its own beside."""

from dataclasses import replace
from pathlib import Path

from pytest_llm_telemetry.core.report import Report, SuiteReport
from pytest_llm_telemetry.storage import past_runs


def with_past(report: Report, run_dir: Path) -> Report:
    """The report with what the runs stored beside it can add; nothing of it decides anything."""
    if not run_dir.is_dir():
        return report
    folder = run_dir.parent
    suites = tuple(_looked_back(suite, folder, report.run_id) for suite in report.suites)
    return replace(report, suites=suites)


def _looked_back(suite: SuiteReport, folder: Path, run_id: str) -> SuiteReport:
    name, base = suite.summary.suite, suite.baseline
    return replace(
        suite,
        recent=past_runs.recall(folder, name, but=run_id),
        answers=past_runs.answers(folder, base.run_id, name) if base else {},
    )
