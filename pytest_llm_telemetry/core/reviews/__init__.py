"""A day, week or month of production: what changed since when, and what to do about it."""

from pytest_llm_telemetry.core.reviews.composing import Material, compose
from pytest_llm_telemetry.core.reviews.periods import PERIODS, Period
from pytest_llm_telemetry.core.reviews.view import (
    Fired,
    GoldenRun,
    Move,
    Review,
    Spend,
    Turn,
)

__all__ = [
    "PERIODS",
    "Fired",
    "GoldenRun",
    "Material",
    "Move",
    "Period",
    "Review",
    "Spend",
    "Turn",
    "compose",
]
