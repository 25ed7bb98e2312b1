"""Figures as a person reads them. Reports may show more digits; the gate's sentences need these."""

from collections.abc import Sequence

from pytest_llm_telemetry.core.metrics import METRICS, Metric, Unit

_SECOND_MS = 1000.0
_CENT_USD = 0.01


def figure(unit: Unit, value: float | None) -> str:
    """A value of a metric in its unit: `94.2 %`, `1.21 s`, `812 ms`, `$0.0009`, `0.871`, `412`."""
    if value is None:
        return "unknown"
    if unit == "fraction":
        return f"{value:.1%}".replace("%", " %")
    if unit == "ms":
        return f"{value / _SECOND_MS:.2f} s" if value >= _SECOND_MS else f"{value:.0f} ms"
    if unit == "USD":
        return (
            f"${value:.2f}"
            if value >= 1
            else f"${value:.4f}"
            if value >= _CENT_USD
            else f"${value:.6f}"
        )
    return f"{value:.3f}" if unit == "score" else f"{value:.0f}"


def shift(metric: Metric, change: float) -> str:
    """A change in the metric's measure of it: `+5.0 %`, `-5.6 pp`, `-0.050`."""
    if metric.change == "ratio":
        return f"{change * 100:+.1f} %"
    return f"{change:+.3f}" if metric.unit == "score" else f"{change * 100:+.1f} pp"


def label(name: str) -> str:
    """The metric as people call it."""
    return METRICS[name].label


def count(number: int, noun: str) -> str:
    """`1 case`, `2 cases`."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def listing(names: Sequence[str], most: int = 3) -> str:
    """A few names, and how many more there are."""
    shown = ", ".join(names[:most])
    return f"{shown} and {len(names) - most} more" if len(names) > most else shown
