"""The decision: what a run measured, against what was accepted and what is tolerated.

`judge` is the door. It reads nothing but its arguments, so the same run can be judged again under
other thresholds, for free. `stop_early` says after each repeat whether another one is
worth its money, and `suggest` proposes limits from the history of accepted runs.
"""

from pytest_llm_telemetry.core.gate.judging import judge
from pytest_llm_telemetry.core.gate.stopping import stop_early
from pytest_llm_telemetry.core.gate.suggesting import Suggestion, suggest

__all__ = ["Suggestion", "judge", "stop_early", "suggest"]
