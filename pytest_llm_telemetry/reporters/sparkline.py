"""A row of figures as one word of bars: ▁▂▅█. A figure that is unknown leaves a gap."""

from collections.abc import Sequence
from math import isfinite

_BARS = "▁▂▃▄▅▆▇█"
_ASCII_BARS = ".-:=+*%#"
_FLAT = 3  # the place of the bar of figures that are all equal


def sparkline(values: Sequence[float | None], *, ascii_only: bool = False) -> str:
    """Bars from the smallest (▁) to the largest (█) value; equal values give middle bars."""
    known = [value for value in values if value is not None and isfinite(value)]
    if not known:
        return ""
    low, high = min(known), max(known)
    bars = _ASCII_BARS if ascii_only else _BARS
    return "".join(_bar(value, low, high, bars) for value in values)


def _bar(value: float | None, low: float, high: float, bars: str) -> str:
    if value is None or not isfinite(value):
        return " "
    if high == low:
        return bars[_FLAT]
    # halves first: the whole span of two floats may be beyond the largest float
    share = (value / 2 - low / 2) / (high / 2 - low / 2)
    return bars[round(share * (len(bars) - 1))]
