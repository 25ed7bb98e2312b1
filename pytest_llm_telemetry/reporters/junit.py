"""The verdict as JUnit XML: every check a test case, so that any CI system shows a failed gate."""

from collections.abc import Iterable
from xml.etree import ElementTree as ET

from pytest_llm_telemetry.core.report import Report, SuiteReport
from pytest_llm_telemetry.core.text import fit
from pytest_llm_telemetry.core.verdict import Check, Problem
from pytest_llm_telemetry.reporters import facts

_TEXT = 500
_CASES = 100


def render(report: Report) -> str:
    """The report as JUnit XML. A failed check is a failure, an undecided or advisory one skipped."""
    root = ET.Element("testsuites", {"name": "llm-telemetry"})
    if report.problems:
        suite = _suite(root, "llm-telemetry", report)
        for problem in report.problems:
            _broken(suite, "llm-telemetry", problem)
        _counted(suite)
    for part in report.suites:
        _judged(_suite(root, part.summary.suite, report), part, report)
    ET.indent(root)
    return f'<?xml version="1.0" encoding="utf-8"?>\n{ET.tostring(root, encoding="unicode")}\n'


def _suite(root: ET.Element, name: str, report: Report) -> ET.Element:
    suite = ET.SubElement(root, "testsuite", {"name": _text(name)})
    if report.duration_s is not None:
        suite.set("time", f"{report.duration_s:.3f}")
    if report.started:
        suite.set("timestamp", _text(report.started))
    return suite


def _judged(suite: ET.Element, part: SuiteReport, report: Report) -> None:
    properties = ET.SubElement(suite, "properties")
    for name, text in _properties(part, report):
        ET.SubElement(properties, "property", {"name": name, "value": _text(text)})
    for problem in part.verdict.problems:
        _broken(suite, part.summary.suite, problem)
    for check in part.verdict.checks:
        _checked(suite, part.summary.suite, check)
    if not part.verdict.checks and not part.verdict.problems:
        _case(suite, part.summary.suite, "recorded, nothing to judge yet", "")
    _counted(suite)


def _properties(part: SuiteReport, report: Report) -> Iterable[tuple[str, str]]:
    yield "llm_telemetry.run_id", report.run_id
    yield "llm_telemetry.status", part.verdict.status
    yield "llm_telemetry.models", ", ".join(part.summary.models)
    if part.baseline:
        yield "llm_telemetry.baseline", facts.origin(part.baseline)
    for name, number in sorted(part.summary.metrics.items()):
        if number is not None:
            yield f"llm_telemetry.{name}", repr(number)


def _checked(suite: ET.Element, name: str, check: Check) -> None:
    worst = max(check.cases, key=lambda case: case.contribution, default=None)
    kind = "limit" if check.kind == "absolute" else "regression"
    case = _case(suite, name, f"{facts.label(check)} ({kind})", worst.where if worst else "")
    word, _ = facts.outcome(check)
    if word == "FAIL":
        failure = ET.SubElement(case, "failure", {"type": "breach", "message": _told(check)})
        failure.text = "\n".join(_lines(check))
    elif check.status != "pass":
        ET.SubElement(case, "skipped", {"message": f"{word}: {_told(check)}"})


def _lines(check: Check) -> Iterable[str]:
    yield _told(check)
    for case in facts.ranked(check.cases)[:_CASES]:
        yield _text(f"{case.case_id}: {case.before} -> {case.now}; {case.reason} {case.where}")


def _broken(suite: ET.Element, name: str, problem: Problem) -> None:
    case = _case(suite, name, "can be judged", problem.where)
    message = _text(str(problem))
    ET.SubElement(case, "error", {"type": "cannot-judge", "message": message}).text = message


def _case(suite: ET.Element, classname: str, name: str, where: str) -> ET.Element:
    file, _, line = where.rpartition(":")
    place = {"file": _text(file), "line": line} if file and line.isdecimal() else {}
    names = {"classname": f"llm_telemetry.{_text(classname)}", "name": _text(name)}
    return ET.SubElement(suite, "testcase", {**names, "time": "0", **place})


def _counted(suite: ET.Element) -> None:
    suite.set("tests", str(len(suite.findall("testcase"))))
    for kind, tag in (("failures", "failure"), ("errors", "error"), ("skipped", "skipped")):
        suite.set(kind, str(len(suite.findall(f"testcase/{tag}"))))


def _told(check: Check) -> str:
    return _text(facts.told(check))


def _text(text: str) -> str:
    """One line without the characters that XML 1.0 forbids: they are spelled out."""
    return fit(text, _TEXT)
