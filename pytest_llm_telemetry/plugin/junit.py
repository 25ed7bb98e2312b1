"""`--junitxml`: each case's figures as properties, and a failed gate as a failed test case."""

from functools import lru_cache
from typing import Any

import pytest

from pytest_llm_telemetry.core.report import Report, SuiteReport
from pytest_llm_telemetry.core.text import clean
from pytest_llm_telemetry.plugin.cases import GoldenCase
from pytest_llm_telemetry.plugin.collection import CaseRun
from pytest_llm_telemetry.reporters import facts

_GATE = "llm-quality-gate"
PREFIX = "llm_"
Properties = list[tuple[str, object]]


def outcome_of(
    run: CaseRun, case: GoldenCase, spent: tuple[float | None, float | None]
) -> Properties:
    """What a test found of its case, as properties that travel with its report.

    `spent` is milliseconds and USD. What is unknown has no property.
    """
    latency_ms, cost_usd = spent
    scores = case.scores
    judged = [score.passed for score in scores if score.passed is not None]
    told: Properties = [
        _shared("llm_suite", run.suite),
        ("llm_case", run.case.id),
        _shared("llm_repeat", run.repeat),
    ]
    if scores:
        told.append(_shared("llm_score", sum([score.value for score in scores]) / len(scores)))
    if judged:
        told.append(_shared("llm_passed", all(judged)))
    if latency_ms is not None:
        told.append(("llm_latency_ms", round(latency_ms, 3)))
    if cost_usd is not None:
        told.append(("llm_cost_usd", cost_usd))
    return told


@lru_cache(maxsize=256, typed=True)
def _shared(name: str, value: object) -> tuple[str, object]:
    """A property as many cases have it: pytest keeps each, and Python looks through all it keeps."""
    return name, value


def without_ours(properties: Properties) -> Properties:
    """The properties that the user recorded."""
    return [(name, value) for name, value in properties if not name.startswith(PREFIX)]


def found_in(report: pytest.TestReport) -> dict[str, Any]:
    """The properties of a case's report, without their prefix; empty for every other test's."""
    return {
        name.removeprefix(PREFIX): value
        for name, value in report.user_properties
        if name.startswith(PREFIX)
    }


def tell(config: pytest.Config, report: Report) -> None:
    """Put the run's figures and each failed gate into the JUnit file, if one is written."""
    file: Any = next((p for p in config.pluginmanager.get_plugins() if _is_junit(p)), None)
    if file is None:
        return
    file.add_global_property("llm_verdict", report.status)
    for suite in report.suites:
        shown = clean(
            suite.summary.suite
        )  # pytest escapes the values of properties, not their names
        for name, value in suite.summary.metrics.items():
            if value is not None:
                file.add_global_property(f"llm_{shown}_{name}", f"{value:.6g}")
        if suite.verdict.status != "pass":
            _fail(file, suite)


def _is_junit(plugin: object) -> bool:
    """Whether this is pytest's writer of JUnit files, whose class is not public."""
    return type(plugin).__name__ == "LogXML" and hasattr(plugin, "add_global_property")


def _fail(file: Any, suite: SuiteReport) -> None:
    name = clean(suite.summary.suite)
    told = [facts.told(check) for check in suite.verdict.breaches]
    told += [str(problem) for problem in suite.verdict.problems]
    title = facts.TITLES[suite.verdict.status]
    for when, outcome in (("call", "failed"), ("teardown", "passed")):
        file.pytest_runtest_logreport(
            pytest.TestReport(
                nodeid=f"{_GATE}::{name}",
                location=(_GATE, None, name),
                keywords={},
                outcome=outcome,  # type: ignore[arg-type]  # one of the two words above
                longrepr="\n".join([f"{name}: {title}", *told]) if outcome == "failed" else None,
                when=when,  # type: ignore[arg-type]  # one of the two words above
            )
        )
