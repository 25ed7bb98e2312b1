"""Numbers as people read them: 1.21 s, 94.2 %, $0.0009, +0.4 %, -5.6 pp. ASCII only."""

import math

from pytest_llm_telemetry.core.metrics import METRICS
from pytest_llm_telemetry.core.verdict import Check

UNKNOWN = "-"
_HUGE = 1e15  # beyond it only powers of ten fit a column; no real figure gets there
_MINUTE = 60
_TEN = 9.95  # what would be shown as 10.0, so one digit less is enough
_HUNDRED = 99.95
_SECOND = 999.5  # what would be shown as 1000 ms is 1.00 s
_CENTS = 0.09995


def value(metric: str, number: float | None) -> str:
    """A figure in its metric's unit; `-` if it is unknown or not finite."""
    if number is None or not math.isfinite(number):
        return UNKNOWN
    if abs(number) > _HUGE:
        return f"{number:.3g}"
    known = METRICS.get(metric)
    return _UNITS[known.unit](number) if known else significant(number)


def change(metric: str, number: float | None) -> str:
    """A change in its metric's measure, with its sign: +0.4 % of the baseline, or -5.6 pp."""
    if number is None or not math.isfinite(number):
        return UNKNOWN
    return f"{_signed(metric, number)} {_measure(metric)}".rstrip()


def interval(metric: str, ends: tuple[float, float] | None) -> str:
    """The two ends of a change's interval: (+31..+72), in the unit of the change beside it."""
    if ends is None or not all(math.isfinite(end) for end in ends):
        return ""
    return f"({_signed(metric, ends[0])}..{_signed(metric, ends[1])})"


def limit(check: Check) -> str:
    """What a check was held to: `max 9.00 s`, or the regression that is allowed: +20 %, -5 pp."""
    if check.limit is None or not math.isfinite(check.limit):
        return UNKNOWN
    known = METRICS.get(check.metric)
    higher = known is not None and known.better == "higher"
    if check.kind == "relative":
        return change(check.metric, -abs(check.limit) if higher else abs(check.limit))
    bound = value(check.metric, check.limit)
    number, space, unit = bound.partition(" ")
    number = number.rstrip("0").rstrip(".") if "." in number else number
    return f"{'min' if _is_floor(check, higher) else 'max'} {number}{space}{unit}"


def _is_floor(check: Check, higher: bool) -> bool:  # noqa: FBT001 - private, one call
    """Whether an absolute limit was a `min`: a check does not say, its outcome does."""
    if check.now is None or check.limit is None or check.now == check.limit:
        return higher
    return (check.now < check.limit) == (check.status == "fail")


def case_count(count: int) -> str:
    """`1 case`, `120 cases`."""
    return f"{count:,} case{'' if count == 1 else 's'}"


def duration(seconds: float | None) -> str:
    """A span of time: 812 ms, 42 s, 1m 42s, 2h 05m; empty if it is unknown."""
    if seconds is None or not math.isfinite(seconds) or seconds < 0:
        return ""
    if round(seconds) < _MINUTE:
        return _milliseconds(seconds * 1000) if seconds < _TEN else f"{seconds:.0f} s"
    minutes, rest = divmod(round(seconds), _MINUTE)
    hours, minutes = divmod(minutes, _MINUTE)
    return f"{hours}h {minutes:02d}m" if hours else f"{minutes}m {rest:02d}s"


def significant(number: float, digits: int = 3) -> str:
    """A plain number with so many significant digits, never in powers of ten: 0.000912, 1,234."""
    if number == 0:
        return "0"
    places = max(0, digits - 1 - math.floor(math.log10(abs(number))))
    text = f"{number:,.{min(places, 12)}f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def _percent(fraction: float) -> str:
    """One decimal, but never rounded to all or nothing where it is neither."""
    percent = fraction * 100
    text = f"{percent:.1f}"
    if text in {"100.0", "0.0", "-0.0"} and percent not in {0.0, 100.0}:
        text = f"{percent:.3g}" if abs(percent) < 1 else f"{min(percent, 99.999):.3f}".rstrip("0")
    return f"{text} %"


def _milliseconds(number: float) -> str:
    if abs(number) < _SECOND:
        return f"{significant(number)} ms"
    seconds = number / 1000
    return f"{seconds:.2f} s" if abs(seconds) < _HUNDRED else f"{seconds:,.0f} s"


def _dollars(number: float) -> str:
    sign, size = ("-" if number < 0 else ""), abs(number)
    return f"{sign}${size:,.2f}" if size >= _CENTS else f"{sign}${significant(size)}"


def _count(number: float) -> str:
    return f"{number:,.0f}" if abs(number) >= _HUNDRED or number == int(number) else f"{number:.1f}"


def _measure(metric: str) -> str:
    known = METRICS.get(metric)
    if known is None or known.change == "ratio":
        return "%"
    return "pp" if known.unit == "fraction" else ""


def _signed(metric: str, number: float) -> str:
    """One decimal below ten, none from ten: the sign is kept, a zero has none."""
    shown, digits = (number * 100, 1) if _measure(metric) else (number, 3)
    if abs(shown) > _HUGE:
        return f"{shown:+.3g}"
    text = f"{shown:+,.{digits if abs(shown) < _TEN else 0}f}"
    text = text.removesuffix(".0")
    return text if any(digit in text for digit in "123456789") else text.lstrip("+-")


_UNITS = {
    "fraction": _percent,
    "score": "{:.3f}".format,
    "ms": _milliseconds,
    "USD": _dollars,
    "tokens": _count,
    "calls": _count,
}
