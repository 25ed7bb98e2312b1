"""A change that is shown beside the others but not judged by itself."""

from pytest_llm_telemetry.core.gate.findings import Comparison, Finding
from pytest_llm_telemetry.core.metrics import METRICS
from pytest_llm_telemetry.core.thresholds import Rule


def show(comparison: Comparison, rule: Rule) -> Finding:
    """The two figures and their change; nothing is claimed about noise."""
    before, now = comparison.before.get(rule.metric), comparison.now.get(rule.metric)
    change = None
    if before is not None and now is not None:
        ratio = METRICS[rule.metric].change == "ratio"
        change = now - before if not ratio else now / before - 1.0 if before else None
    return Finding(
        change=change, binding=False, undecided="shown for information, not judged", reason=""
    )
