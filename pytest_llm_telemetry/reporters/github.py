"""GitHub Actions: a step summary, a comment that is edited in place, and annotations on lines."""

import re
from collections.abc import Iterator
from itertools import islice

from pytest_llm_telemetry.core.report import Report
from pytest_llm_telemetry.core.text import fit
from pytest_llm_telemetry.core.verdict import CaseChange, Check
from pytest_llm_telemetry.reporters import facts, markdown

SUMMARY_BYTES = 1024 * 1024  # a step's summary above 1 MiB is refused as a whole
COMMENT_CHARACTERS = 65_536
ANNOTATIONS = 10  # errors a step may show; GitHub drops the others without a word
_PLACE = re.compile(r"(?P<file>[^:]+):(?P<line>[0-9]{1,9})")


def render(report: Report) -> str:
    """The step summary, for `$GITHUB_STEP_SUMMARY`."""
    return markdown.render(report, most=SUMMARY_BYTES)


def comment(report: Report) -> str:
    """The comment for a pull request; its first line is the marker to find it by."""
    return markdown.render(report, most=COMMENT_CHARACTERS)


def annotations(report: Report) -> list[str]:
    """Workflow commands, one a line of standard output: errors on the lines of the worst cases."""
    return list(islice(_commands(report), ANNOTATIONS))


def _commands(report: Report) -> Iterator[str]:
    for problem in report.problems:
        yield _command("error", problem.where, "llm telemetry", str(problem))
    for suite in report.suites:
        for problem in suite.verdict.problems:
            yield _command("error", problem.where, suite.summary.suite, str(problem))
        for check in suite.verdict.breaches:
            yield _breach(suite.summary.suite, check)


def _breach(suite: str, check: Check) -> str:
    worst = max(check.cases, key=lambda case: case.contribution, default=None)
    where = worst.where if worst else ""
    case = f"; worst: {_told(worst)}" if worst else ""
    return _command("error", where, f"{suite}: {facts.label(check)}", facts.told(check) + case)


def _told(case: CaseChange) -> str:
    return f"{case.case_id} {case.before} -> {case.now} {case.reason}"


def _command(name: str, where: str, title: str, message: str) -> str:
    place = _PLACE.fullmatch(where)
    named = [("file", place["file"]), ("line", place["line"])] if place else []
    parameters = ",".join(f"{key}={_property(text)}" for key, text in [*named, ("title", title)])
    return f"::{name} {parameters}::{_data(message)}"


def _data(text: str) -> str:
    """The rule of @actions/core `escapeData`, after control characters are gone."""
    return fit(text, 1000).replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    """The rule of @actions/core `escapeProperty`."""
    return _data(text).replace(":", "%3A").replace(",", "%2C")
