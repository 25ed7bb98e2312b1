"""JUnit XML and GitLab's metrics report: files that CI systems read."""

import re
from collections.abc import Callable
from dataclasses import replace
from xml.etree import ElementTree as ET

from hypothesis import given
from hypothesis import strategies as st

from pytest_llm_telemetry.core.report import Report
from pytest_llm_telemetry.core.verdict import Problem
from pytest_llm_telemetry.reporters import gitlab, junit

Make = Callable[..., Report]
SAMPLE = re.compile(r'llm_telemetry_[a-z0-9_]+\{suite="((?:[^"\\\n]|\\[\\"n])*)"\} -?[0-9.e+-]+')


def suites(report: Report) -> list[ET.Element]:
    return list(ET.fromstring(junit.render(report).encode()))


def assert_open_metrics(text: str) -> None:
    lines = text.split("\n")
    assert lines[-2:] == ["# EOF", ""]
    for line in lines[:-2]:
        assert line.startswith(("# TYPE llm_telemetry_", "# HELP llm_telemetry_")) or (
            SAMPLE.fullmatch(line)
        )


def test_a_failed_gate_is_a_failed_test_case(make: Make) -> None:
    """Each check is a test case: breaches fail, what decides nothing is skipped."""
    (suite,) = suites(make())
    assert [suite.get(name) for name in ("tests", "failures", "errors", "skipped")] == [
        "6",
        "2",
        "0",
        "2",
    ]
    case = suite.findall("testcase")[0]
    assert (case.get("name"), case.get("file"), case.get("line")) == (
        "pass rate (regression)",
        "golden/support.jsonl",
        "14",
    )
    failure = case.find("failure")
    assert failure is not None
    assert failure.get("message", "").startswith("pass rate: 7 of 120 cases got worse")
    assert "refund-eu-014: 3/3 -> 0/3" in (failure.text or "")


def test_figures_are_properties_of_the_suite(make: Make) -> None:
    """A CI system can plot what the run measured; an unknown figure is left out."""
    report = make()
    suite = report.suites[0]
    metrics = {**suite.summary.metrics, "score": None}
    suite = replace(suite, summary=replace(suite.summary, metrics=metrics))
    (element,) = suites(replace(report, suites=(suite,)))
    found = {p.get("name"): p.get("value") for p in element.iter("property")}
    assert found["llm_telemetry.pass_rate"] == "0.886"
    assert found["llm_telemetry.baseline"] == "main @ 3f2c1ab"
    assert "llm_telemetry.score" not in found


def test_what_cannot_be_judged_is_an_error(make: Make) -> None:
    """A problem of the run is a suite of its own, one of a suite stands in it."""
    problem = Problem(what="broken", where="llm-telemetry.toml:12")
    report = replace(make("error", checks=(), problems=(problem,)), problems=(problem,))
    first, second = suites(report)
    assert (first.get("name"), first.get("errors")) == ("llm-telemetry", "1")
    assert (second.get("name"), second.get("errors")) == ("support", "1")


def test_a_run_with_nothing_to_judge_has_a_case(make: Make) -> None:
    """An empty suite would read as a broken file, so a recorded run is one passed case."""
    bare = replace(make("pass", checks=(), baseline=None), duration_s=None, started=None)
    (suite,) = suites(bare)
    assert suite.get("tests") == "1"
    assert suite.get("time") is None


def test_metrics_are_gauges_in_base_units(make: Make) -> None:
    """Milliseconds become seconds, as OpenMetrics asks, and the verdict is a figure too."""
    text = gitlab.render(make())
    assert_open_metrics(text)
    assert 'llm_telemetry_p95_latency_seconds{suite="support"} 4.35\n' in text
    assert 'llm_telemetry_gate_passed{suite="support"} 0.0\n' in text


def test_unknown_figures_are_left_out(make: Make) -> None:
    """What is not known or not finite is not reported as a number."""
    report = make()
    suite = report.suites[0]
    summary = replace(suite.summary, metrics={"pass_rate": float("nan"), "score": None})
    text = gitlab.render(replace(report, suites=(replace(suite, summary=summary),)))
    assert "pass_rate" not in text
    assert "score" not in text


def test_hostile_text_stays_in_its_attribute(
    poisoned: Callable[[str], Report], hostile_text: str
) -> None:
    """The XML parses, has our elements only, and the metrics hold our samples only."""
    text = junit.render(poisoned(hostile_text))
    text.encode()
    tags = {element.tag for element in ET.fromstring(text.encode()).iter()}
    assert tags == {
        "testsuites",
        "testsuite",
        "properties",
        "property",
        "testcase",
        "failure",
        "error",
        "skipped",
    }
    assert_open_metrics(gitlab.render(poisoned(hostile_text)))


@given(st.text())
def test_any_text_gives_files_that_parse(poisoned: Callable[[str], Report], words: str) -> None:
    """Any text gives XML and metrics that a strict reader accepts."""
    ET.fromstring(junit.render(poisoned(words)).encode())
    assert_open_metrics(gitlab.render(poisoned(words)))


def test_ten_thousand_cases_stay_readable(crowded: Callable[[int], Report]) -> None:
    """A failure names the worst hundred cases; the rest are in the stored run."""
    assert len(junit.render(crowded(10_000))) < 100_000
