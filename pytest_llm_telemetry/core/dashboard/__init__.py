"""How is it doing? One window of production beside the one before, decided before it is shown."""

from pytest_llm_telemetry.core.dashboard.composing import METRICS, compose
from pytest_llm_telemetry.core.dashboard.finding import PAST
from pytest_llm_telemetry.core.dashboard.view import (
    Breakdown,
    Dashboard,
    Finding,
    Group,
    TopQuery,
)

__all__ = [
    "METRICS",
    "PAST",
    "Breakdown",
    "Dashboard",
    "Finding",
    "Group",
    "TopQuery",
    "compose",
]
