"""Numbers as people read them."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_llm_telemetry.core.metrics import METRICS
from pytest_llm_telemetry.core.verdict import Check, CheckStatus
from pytest_llm_telemetry.reporters import figures


@pytest.mark.parametrize(
    ("metric", "number", "text"),
    [
        ("pass_rate", 0.942, "94.2 %"),
        ("pass_rate", 1.0, "100.0 %"),
        ("pass_rate", 0.0, "0.0 %"),
        ("pass_rate", 0.9999, "99.99 %"),
        ("pass_rate", 0.9999999, "99.999 %"),
        ("error_rate", 0.0004, "0.04 %"),
        ("error_rate", 1e-9, "1e-07 %"),
        ("avg_latency_ms", 3.21, "3.21 ms"),
        ("avg_latency_ms", 812.3, "812 ms"),
        ("avg_latency_ms", 999.7, "1.00 s"),
        ("avg_latency_ms", 1210.0, "1.21 s"),
        ("avg_latency_ms", 123456.0, "123 s"),
        ("cost_per_query_usd", 0.0009, "$0.0009"),
        ("cost_per_query_usd", 0.000912345, "$0.000912"),
        ("total_cost_usd", 0.05, "$0.05"),
        ("total_cost_usd", 0.31, "$0.31"),
        ("total_cost_usd", 0.09999, "$0.10"),
        ("total_cost_usd", 1234.5, "$1,234.50"),
        ("total_cost_usd", 0.0, "$0"),
        ("total_cost_usd", -0.5, "-$0.50"),
        ("input_tokens", 52.34, "52.3"),
        ("input_tokens", 1234.5, "1,234"),
        ("queries", 360.0, "360"),
        ("score", 0.8731, "0.873"),
        ("a_metric_of_tomorrow", 0.00091234, "0.000912"),
        ("a_metric_of_tomorrow", 12345.0, "12,345"),
        ("pass_rate", None, "-"),
        ("pass_rate", math.nan, "-"),
        ("avg_latency_ms", math.inf, "-"),
        ("avg_latency_ms", 1e300, "1e+300"),
    ],
)
def test_a_figure_reads_in_its_unit(metric: str, number: float | None, text: str) -> None:
    """Each unit has its form, and what is unknown or not finite is a dash."""
    assert figures.value(metric, number) == text


@pytest.mark.parametrize(
    ("metric", "number", "text"),
    [
        ("pass_rate", -0.056, "-5.6 pp"),
        ("pass_rate", -0.05, "-5 pp"),
        ("cost_per_query_usd", 0.004, "+0.4 %"),
        ("p95_latency_ms", 0.5, "+50 %"),
        ("p95_latency_ms", 9.9, "+990 %"),
        ("p95_latency_ms", -0.0999, "-10 %"),
        ("p95_latency_ms", 0.0001, "0 %"),
        ("p95_latency_ms", -0.0001, "0 %"),
        ("p95_latency_ms", 1e300, "+1e+302 %"),
        ("score", -0.0501, "-0.050"),
        ("pass_rate", None, "-"),
        ("pass_rate", math.nan, "-"),
    ],
)
def test_a_change_has_its_sign_and_measure(metric: str, number: float | None, text: str) -> None:
    """Ratios are per cent, differences of rates percentage points, and zero has no sign."""
    assert figures.change(metric, number) == text


def test_an_interval_has_two_signed_ends() -> None:
    """An interval stands in the unit of the change beside it; an infinite one is left out."""
    assert figures.interval("p95_latency_ms", (0.31, 0.72)) == "(+31..+72)"
    assert figures.interval("p95_latency_ms", (-math.inf, 0.72)) == ""
    assert figures.interval("p95_latency_ms", None) == ""


@pytest.mark.parametrize(
    ("metric", "status", "now", "limit", "text"),
    [
        ("pass_rate", "pass", 0.9, 0.85, "min 85 %"),
        ("pass_rate", "fail", 0.9, 0.85, "max 85 %"),
        ("pass_rate", "fail", 0.8, 0.85, "min 85 %"),
        ("p95_latency_ms", "pass", 8000.0, 9000.0, "max 9 s"),
        ("p95_latency_ms", "pass", 9000.0, 9000.0, "max 9 s"),
        ("p95_latency_ms", "fail", 9500.0, 9250.0, "max 9.25 s"),
        ("queries", "fail", 5.0, 10.0, "min 10"),
        ("score", "inconclusive", None, 0.8, "min 0.8"),
        ("score", "pass", 0.9, None, "-"),
        ("score", "pass", 0.9, math.nan, "-"),
    ],
)
def test_an_absolute_limit_says_which_side_it_holds(
    metric: str, status: CheckStatus, now: float | None, limit: float | None, text: str
) -> None:
    """Whether a limit was a minimum or a maximum follows from the outcome."""
    check = Check(metric=metric, kind="absolute", status=status, now=now, limit=limit)
    assert figures.limit(check) == text


@pytest.mark.parametrize(
    ("metric", "text"), [("pass_rate", "-5 pp"), ("avg_latency_ms", "+5 %"), ("unheard_of", "+5 %")]
)
def test_an_allowed_regression_points_the_bad_way(metric: str, text: str) -> None:
    """What is allowed is shown with the sign of a change for the worse."""
    assert figures.limit(Check(metric=metric, kind="relative", status="pass", limit=0.05)) == text


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0.8, "800 ms"),
        (5.0, "5.00 s"),
        (42.0, "42 s"),
        (59.7, "1m 00s"),
        (102.0, "1m 42s"),
        (7500.0, "2h 05m"),
        (None, ""),
        (-1.0, ""),
        (math.nan, ""),
    ],
)
def test_a_span_of_time_reads_as_one(seconds: float | None, text: str) -> None:
    """Spans are told in the unit that fits, and nothing where unknown."""
    assert figures.duration(seconds) == text


def test_cases_are_counted_in_words() -> None:
    """One case is singular."""
    assert figures.case_count(1) == "1 case"
    assert figures.case_count(1200) == "1,200 cases"


@given(st.sampled_from([*METRICS, "other"]), st.floats())
def test_any_number_is_short_ascii(metric: str, number: float) -> None:
    """No figure of any size breaks a column."""
    for text in (figures.value(metric, number), figures.change(metric, number)):
        assert text.isascii()
        assert len(text) <= 24
