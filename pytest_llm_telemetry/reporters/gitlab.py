"""GitLab's metrics report (`artifacts:reports:metrics`): the figures in the OpenMetrics format."""

import math
from collections.abc import Iterable, Mapping

from pytest_llm_telemetry.core.metrics import METRICS, Unit
from pytest_llm_telemetry.core.report import Report
from pytest_llm_telemetry.core.text import fit

# OpenMetrics asks for base units in the name: what a figure is called, and what it is divided by.
_UNITS: Mapping[Unit, tuple[str, float]] = {
    "fraction": ("_ratio", 1),
    "score": ("", 1),
    "ms": ("_seconds", 1000),
    "USD": ("_usd", 1),
    "tokens": ("", 1),
    "calls": ("", 1),
}


def render(report: Report) -> str:
    """Every known figure of every suite as a gauge; an unknown one is left out."""
    lines: list[str] = []
    for metric in METRICS.values():
        suffix, divisor = _UNITS[metric.unit]
        stem = metric.name.removesuffix("_ms").removesuffix("_usd")
        samples = [
            (suite.summary.suite, number / divisor)
            for suite in report.suites
            if (number := suite.summary.metrics.get(metric.name)) is not None
        ]
        lines += _family(f"llm_telemetry_{stem}{suffix}", metric.label, samples)
    passed = [(s.summary.suite, float(s.verdict.status == "pass")) for s in report.suites]
    lines += _family("llm_telemetry_gate_passed", "whether the gate passed", passed)
    return "\n".join([*lines, "# EOF"]) + "\n"


def _family(name: str, text: str, samples: Iterable[tuple[str, float]]) -> list[str]:
    found = [
        f'{name}{{suite="{_label(suite)}"}} {number!r}'
        for suite, number in samples
        if math.isfinite(number)
    ]
    return [f"# TYPE {name} gauge", f"# HELP {name} {text}", *found] if found else []


def _label(text: str) -> str:
    """A label's value: backslash and quote escaped, one line (OpenMetrics 1.0, "escaped-char")."""
    return fit(text, 120).replace("\\", "\\\\").replace('"', '\\"')
