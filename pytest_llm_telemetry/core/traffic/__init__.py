"""What production came to: hours of figures, told apart by model, service and more.

Everything adds up: hours to days, files to logs, hosts to a fleet, in any order.
"""

from pytest_llm_telemetry.core.traffic.figures import Figures
from pytest_llm_telemetry.core.traffic.groups import DIMENSIONS, Groups, Queries, Query
from pytest_llm_telemetry.core.traffic.hours import Hour, Traffic, hour_of, whole_hours
from pytest_llm_telemetry.core.traffic.reading import Reading
from pytest_llm_telemetry.core.traffic.sums import Score, Sum

__all__ = [
    "DIMENSIONS",
    "Figures",
    "Groups",
    "Hour",
    "Queries",
    "Query",
    "Reading",
    "Score",
    "Sum",
    "Traffic",
    "hour_of",
    "whole_hours",
]
