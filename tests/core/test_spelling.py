"""What a person most likely meant."""

import pytest

from pytest_llm_telemetry.core.metrics import METRICS
from pytest_llm_telemetry.core.spelling import did_you_mean


@pytest.mark.parametrize(
    ("found", "meant"),
    [
        ("latency_p95", "p95_latency_ms"),
        ("p95-latency", "p95_latency_ms"),
        ("passrate", "pass_rate"),
        ("ERROR_RATE", "error_rate"),
        ("cost per query", "cost_per_query_usd"),
    ],
)
def test_the_nearest_name_is_offered(found: str, meant: str) -> None:
    """Letters, the order of the words, and the kind of separator may be wrong."""
    assert did_you_mean(found, METRICS) == f'did you mean "{meant}"?'


def test_nothing_is_offered_where_nothing_is_near() -> None:
    """A guess that is none would send a person the wrong way."""
    assert did_you_mean("zzz", METRICS) == ""
    assert did_you_mean("x", []) == ""


def test_a_huge_name_is_compared_by_its_start() -> None:
    """A hostile key of a megabyte costs no time."""
    assert did_you_mean("x" * 1_000_000, METRICS) == ""
