"""The decision: what a run measured, against what was accepted and what is tolerated.

`judge` is the only door. It reads nothing but its arguments, so the same run can be judged again
under other thresholds, for free.
"""

from pytest_llm_telemetry.core.gate.judging import judge

__all__ = ["judge"]
