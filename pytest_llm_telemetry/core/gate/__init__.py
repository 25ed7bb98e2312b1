"""The decision: what a run measured, against what was accepted and what is tolerated.

`judge` is the door. It reads nothing but its arguments, so the same run can be judged again under
other thresholds, for free. `stop_early` says after each repeat whether another one is
worth its money, and `suggest` proposes limits from the history of accepted runs. The last two are
handed on lazily (PEP 562): a run that asks for neither does not wait for their statistics.
"""

from typing import TYPE_CHECKING

from pytest_llm_telemetry.core.gate.judging import judge

if TYPE_CHECKING:
    from pytest_llm_telemetry.core.gate.stopping import stop_early
    from pytest_llm_telemetry.core.gate.suggesting import Suggestion, suggest

__all__ = ["Suggestion", "judge", "stop_early", "suggest"]
_HOMES = {"Suggestion": "suggesting", "stop_early": "stopping", "suggest": "suggesting"}


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    home = __import__(f"{__name__}.{_HOMES[name]}", fromlist=[name])
    return getattr(home, name)
