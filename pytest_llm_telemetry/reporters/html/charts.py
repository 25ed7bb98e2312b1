"""Charts as inline SVG: drawn here, so that the page needs no script and no network to show them."""

import math
from collections.abc import Callable, Iterator, Sequence

from pytest_llm_telemetry.core.text import fit
from pytest_llm_telemetry.core.verdict import Check
from pytest_llm_telemetry.reporters import figures
from pytest_llm_telemetry.reporters.html.markup import Markup, element

_WIDE, _HIGH, _LEFT, _FOOT = 400.0, 180.0, 44.0, 22.0
_GUTTER = 68.0  # what the longest figure ($0.0000974) takes beside an axis
_POINTS = 160  # steps of a curve: finer than a pixel is wasted bytes
_DOTS = 1500
Scale = Callable[[float], float]


def scale(low: float, high: float, start: float, end: float) -> Scale:
    """A linear map of [low, high] onto [start, end]; an empty span maps onto the middle."""
    if not high > low:
        return lambda _: (start + end) / 2
    return lambda value: start + (value - low) / (high - low) * (end - start)


def distribution(before: Sequence[float], now: Sequence[float], metric: str) -> Markup | None:
    """The share of calls that took at most so long, before and now, on a logarithmic axis."""
    curves = {"before": _positive(before), "now": _positive(now)}
    known = [*curves["before"], *curves["now"]]
    if not known:
        return None
    low, high = min(known), max(known)
    across = scale(math.log(low), math.log(high), _LEFT, _WIDE - 10)
    up = scale(0, 1, _HIGH - _FOOT, 8)
    parts = [*_ticks(low, high, across, metric), *_shares(up)]
    for name, values in curves.items():
        steps = [(across(math.log(value)), up(share)) for value, share in _steps(values)]
        parts += [element("path", d=_path(steps), class_=name)] if steps else []
    return _svg(parts, f"Distribution of {len(known):,} latencies")


def _positive(values: Sequence[float]) -> list[float]:
    """In order, without what a logarithm does not know."""
    return sorted(value for value in values if 0 < value < math.inf)


def trend(points: Sequence[tuple[str, float | None]], metric: str) -> Markup | None:
    """A figure over runs; the last point is this run."""
    known = list(_finite(points))
    if len(known) < 2:  # noqa: PLR2004 - one point is no trend
        return None
    values = [value for _, _, value in known]
    low, high = min(values), max(values)
    across = scale(0, len(points) - 1, _GUTTER + 8, _WIDE - 14)
    up = scale(low, high, _HIGH - _FOOT - 8, 14)
    parts = [part for value in dict.fromkeys((low, high)) for part in _level(value, up, metric)]
    parts += _days(points, across)
    line = _path([(across(place), up(value)) for place, _, value in known])
    parts.append(element("path", d=line, class_="now"))
    for place, name, value in known:
        title = element("title", f"{name}: {figures.value(metric, value)}")
        size = 5 if place == len(points) - 1 else 3
        parts.append(element("circle", title, cx=across(place), cy=up(value), r=size, class_="dot"))
    return _svg(parts, f"Trend over {len(points)} runs")


def _level(value: float, up: Scale, metric: str) -> Iterator[Markup]:
    yield element("line", x1=_GUTTER, x2=_WIDE, y1=up(value), y2=up(value), class_="axis")
    yield _text(0, up(value) + 4, figures.value(metric, value))


def _days(points: Sequence[tuple[str, float | None]], across: Scale) -> Iterator[Markup]:
    """A mark where a day begins, and the first and the last day under the axis."""
    days = [moment.partition("T")[0] for moment, _ in points]
    for place in range(1, len(days)):
        if days[place] != days[place - 1]:
            at, foot = (across(place - 1) + across(place)) / 2, _HIGH - _FOOT
            yield element("line", x1=at, x2=at, y1=foot - 4, y2=foot, class_="axis")
    for place, anchor in ((0, "start"), (len(points) - 1, "end")):
        at = across(place) + (6 if anchor == "end" else -6)
        yield _text(at, _HIGH - 6, fit(days[place], 16), anchor)


def _finite(points: Sequence[tuple[str, float | None]]) -> Iterator[tuple[int, str, float]]:
    for place, (name, value) in enumerate(points):
        if value is not None and math.isfinite(value):
            yield place, name, value


def interval(check: Check) -> Markup | None:
    """A change with its interval, beside no change and the change that is allowed."""
    if check.change is None or check.interval is None or check.kind != "relative":
        return None
    higher = figures.limit(check).startswith("-")
    allowed = (-1 if higher else 1) * abs(check.limit or 0)
    ends = [*check.interval, check.change, allowed, 0.0]
    if not all(map(math.isfinite, ends)):
        return None
    across = scale(min(ends), max(ends), 12, 228)
    low, high = (across(end) for end in check.interval)
    parts = [element("line", x1=across(0), x2=across(0), y1=2, y2=26, class_="axis")]
    if check.limit is not None:
        parts += _bound(across(allowed), across(0), figures.limit(check))
    parts += [
        element("line", x1=low, x2=high, y1=14, y2=14, class_="span"),
        element("circle", cx=across(check.change), cy=14, r=4.5, class_="dot"),
    ]
    told = f"change {figures.change(check.metric, check.change)} "
    told += f"{figures.interval(check.metric, check.interval)}, allowed {figures.limit(check)}"
    return element("svg", *parts, viewBox="0 0 240 40", role="img", aria_label=told)


def _bound(at: float, zero: float, text: str) -> Iterator[Markup]:
    """The change that is allowed: a line, its text, and what lies beyond it tinted."""
    worse_is_left = at < zero
    start, wide = (0.0, at) if worse_is_left else (at, 240 - at)
    yield element("rect", x=start, width=wide, y=4, height=20, class_="beyond")
    yield element("line", x1=at, x2=at, y1=2, y2=26, class_="limit")
    near = 24.0  # beside an edge a text in the middle would be cut off
    anchor = "start" if at < near else "end" if at > 240 - near else "middle"
    yield _text(at, 38, text, anchor)
    if abs(at - zero) > 3 * near:
        yield _text(zero, 38, "0", "middle")


def scatter(points: Sequence[tuple[str, float, float]]) -> Markup | None:
    """A dot a case: what a query costs (across) and which share of its attempts passed (up)."""
    found = [point for point in points if all(map(math.isfinite, point[1:]))][:_DOTS]
    if not found:
        return None
    low, high = min(cost for _, cost, _ in found), max(cost for _, cost, _ in found)
    across, up = scale(low, high, _LEFT + 6, _WIDE - 12), scale(0, 1, _HIGH - 30, 12)
    parts = list(_shares(up))
    for cost, anchor in {high: "end", low: "start"}.items():
        label = figures.value("cost_per_query_usd", cost)
        parts.append(_text(across(cost), _HIGH - 4, label, anchor))
    parts += [_dot(point, across, up) for point in found]
    return _svg(parts, f"Cost and pass rate of {figures.case_count(len(found))}", "many")


def _dot(point: tuple[str, float, float], across: Scale, up: Scale) -> Markup:
    name, cost, share = point
    title = element("title", f"{name}: {figures.value('cost_per_query_usd', cost)}")
    failed = "dot failed" if share < 1 else "dot"
    return element("circle", title, cx=across(cost), cy=up(share), r=3, class_=failed)


def _steps(values: Sequence[float]) -> Iterator[tuple[float, float]]:
    count = len(values)
    steps = min(count, _POINTS)
    for step in range(steps + 1 if steps else 0):
        yield values[min(step * count // steps, count - 1)], step / steps


def _ticks(low: float, high: float, across: Scale, metric: str) -> Iterator[Markup]:
    """At most six marks of the logarithmic axis: 1, 2 and 5 of each decade, or the two ends."""
    first, last = math.floor(math.log10(low)), math.ceil(math.log10(high))
    marks = [m * 10.0**e for e in range(first, last + 1) for m in (1, 2, 5)]
    shown = [mark for mark in marks if low <= mark <= high]
    shown = shown[:: max(1, math.ceil(len(shown) / 5))]
    shown = shown if len(shown) > 1 else [low, high]
    for mark in dict.fromkeys(shown):
        at = across(math.log(mark))
        yield element("line", x1=at, x2=at, y1=8, y2=_HIGH - _FOOT, class_="axis")
        anchor = "end" if at > _WIDE - _LEFT else "middle"  # a label never leaves the picture
        yield _text(at, _HIGH - 6, figures.value(metric, mark), anchor)


def _shares(up: Scale) -> Iterator[Markup]:
    for share in (0.0, 0.5, 1.0):
        yield element("line", x1=_LEFT, x2=_WIDE, y1=up(share), y2=up(share), class_="axis")
        yield _text(2, up(share) + 4, f"{share:.0%}")


def _text(x: float, y: float, text: str, anchor: str = "start") -> Markup:
    return element("text", text, x=x, y=y, text_anchor=anchor)


def _path(points: Sequence[tuple[float, float]]) -> str:
    return "M" + "L".join(f"{x:.1f} {y:.1f}" for x, y in points)


def _svg(parts: Sequence[Markup], label: str, kind: str | None = None) -> Markup:
    size = f"0 0 {_WIDE:.0f} {_HIGH:.0f}"
    return element("svg", *parts, viewBox=size, role="img", aria_label=label, class_=kind)
