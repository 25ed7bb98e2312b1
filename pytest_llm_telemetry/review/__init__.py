"""The one path: a stored run -> metrics -> gate -> report. pytest and the command line call it."""

from pytest_llm_telemetry.review.accepting import accept, find_baseline
from pytest_llm_telemetry.review.judging import Request, conclude

__all__ = ["Request", "accept", "conclude", "find_baseline"]
