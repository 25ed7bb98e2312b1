"""The report as JSON."""

import json
import math
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from pytest_llm_telemetry.core.report import Report
from pytest_llm_telemetry.core.verdict import Problem
from pytest_llm_telemetry.reporters.json_report import render

Make = Callable[..., Report]
SCHEMA = Path(__file__).parents[2] / "schemas" / "report.schema.json"


def read(report: Report) -> dict[str, Any]:
    """The document, refused where it is not strict JSON under the published schema."""
    text = render(report)

    def refuse(name: str) -> None:
        pytest.fail(f"{name} is no JSON")

    document: dict[str, Any] = json.loads(text, parse_constant=refuse)
    Draft202012Validator(json.loads(SCHEMA.read_text(encoding="utf-8"))).validate(document)
    return document


def test_the_schema_is_valid_and_describes_every_field() -> None:
    """The published schema is a schema, and each property has a sentence."""
    schema = json.loads(SCHEMA.read_text(encoding="utf-8"))
    Draft202012Validator.check_schema(schema)
    objects = [schema, *schema["$defs"].values()]
    described = [
        "description" in field for entry in objects for field in entry["properties"].values()
    ]
    assert all(described)
    assert len(described) > 80


def test_a_regression_is_told_in_full(make: Make) -> None:
    """Checks, the cases that carry them, and every case beside its baseline."""
    document = read(make())
    assert (document["status"], document["exit_status"]) == ("fail", 1)
    suite = document["suites"][0]
    assert suite["checks"][0]["interval"] == [-0.08, -0.03]
    assert suite["checks"][0]["cases"][0]["case_id"] == "refund-eu-014"
    case = suite["cases"][0]
    assert (case["passed"], case["graded"], case["before"]["passed"]) == (2, 3, 3)
    assert case["latency_ms"] == 901.0
    assert case["notes"] == ['contains "14 days": no']


def test_a_first_run_has_no_baseline(first_run: Report) -> None:
    """What is not there is null, not an empty object."""
    suite = read(first_run)["suites"][0]
    assert suite["baseline"] is None
    assert suite["cases"][0]["before"] is None


def test_unknown_is_null_and_never_zero(make: Make) -> None:
    """NaN and infinities, which JSON does not have, become null."""
    check = replace(make().suites[0].verdict.checks[0], now=math.nan, interval=(-math.inf, 0.1))
    document = read(replace(make(checks=(check,)), duration_s=None, run_dir=""))
    shown = document["suites"][0]["checks"][0]
    assert (shown["now"], shown["interval"]) == (None, [None, 0.1])
    assert (document["duration_s"], document["run_dir"]) == (None, None)


def test_problems_carry_place_and_remedy(make: Make) -> None:
    """A machine reads what is wrong, where, and how to mend it."""
    document = read(make("error", problems=(Problem(what="broken", where="a:1", remedy="mend"),)))
    expected = [{"what": "broken", "where": "a:1", "remedy": "mend"}]
    assert document["suites"][0]["problems"] == expected


def test_the_same_report_gives_the_same_bytes(make: Make) -> None:
    """Two renderings are equal, so that a diff shows changes only."""
    assert render(make()) == render(make())


def test_hostile_text_stays_inside_its_string(
    poisoned: Callable[[str], Report], hostile_text: str
) -> None:
    """The document is ASCII, strict, valid, and no text of a stranger leaves its string."""
    assert render(poisoned(hostile_text)).isascii()
    document = read(poisoned(hostile_text))
    assert document["suites"][0]["suite"] == hostile_text.encode("utf-8", "replace").decode()


@given(st.text(max_size=50), st.floats())
def test_any_text_and_number_stay_valid(
    poisoned: Callable[[str], Report], words: str, number: float
) -> None:
    """Any text and any number give a valid document."""
    report = poisoned(words)
    suite = report.suites[0]
    checks = tuple(replace(check, change=number) for check in suite.verdict.checks)
    suite = replace(suite, verdict=replace(suite.verdict, checks=checks))
    read(replace(report, suites=(suite,), duration_s=number))
