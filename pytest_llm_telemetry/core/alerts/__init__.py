"""When to wake a person: rules, the figures they look at, and what was said already.

Pure, so a week of production can be played through in a test: events -> `Minutes`, a plan and a
time -> `Reading`s, state and readings -> state and `Notice`s.
"""

from pytest_llm_telemetry.core.alerts.document import parse
from pytest_llm_telemetry.core.alerts.figures import Figures, Minutes, minute
from pytest_llm_telemetry.core.alerts.reading import Reading, read
from pytest_llm_telemetry.core.alerts.rules import AlertRule, Burn, BurnRule, Plan
from pytest_llm_telemetry.core.alerts.stepping import Alert, AlertState, Notice, step

__all__ = [
    "Alert",
    "AlertRule",
    "AlertState",
    "Burn",
    "BurnRule",
    "Figures",
    "Minutes",
    "Notice",
    "Plan",
    "Reading",
    "minute",
    "parse",
    "read",
    "step",
]
