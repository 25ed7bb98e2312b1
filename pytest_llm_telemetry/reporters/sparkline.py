"""A row of figures as one word of bars: ▁▂▅█. A figure that is unknown leaves a gap."""

from collections.abc import Sequence
from math import isfinite

_BARS = "▁▂▃▄▅▆▇█"
_FLAT = "▄"


def sparkline(values: Sequence[float | None]) -> str:
    """Bars from the smallest (▁) to the largest (█) value; equal values give middle bars."""
    known = [value for value in values if value is not None and isfinite(value)]
    if not known:
        return ""
    low, high = min(known), max(known)
    return "".join(_bar(value, low, high) for value in values)


def _bar(value: float | None, low: float, high: float) -> str:
    if value is None or not isfinite(value):
        return " "
    if high == low:
        return _FLAT
    # halves first: the whole span of two floats may be beyond the largest float
    share = (value / 2 - low / 2) / (high / 2 - low / 2)
    return _BARS[round(share * (len(_BARS) - 1))]
