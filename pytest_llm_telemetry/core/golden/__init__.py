"""Golden cases, the graders they declare, and the scores those give."""

from pytest_llm_telemetry.core.golden.answers import answer_text
from pytest_llm_telemetry.core.golden.case import Case, CustomGrader, Engines, Grader, Score
from pytest_llm_telemetry.core.golden.graders import grade
from pytest_llm_telemetry.core.golden.parse import parse_case

__all__ = [
    "Case",
    "CustomGrader",
    "Engines",
    "Grader",
    "Score",
    "answer_text",
    "grade",
    "parse_case",
]
