"""What an alert says, in words that every channel shares. The first line is the message."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from itertools import groupby

from pytest_llm_telemetry.core.alerts import Notice
from pytest_llm_telemetry.core.metrics import METRICS
from pytest_llm_telemetry.reporters import figures

_GROUPS = 3  # groups of one rule that are named
_UNITS = ((86400, "d"), (3600, "h"), (60, "m"))
_RANK: Mapping[str, int] = {
    "firing": 0,
    "reminder": 1,
    "silent": 2,
    "resolved": 3,
    "heartbeat": 4,
    "test": 5,
}
_VERBS: Mapping[str, str] = {
    "firing": "FIRING",
    "reminder": "STILL FIRING",
    "silent": "NO LONGER JUDGED",
    "resolved": "RESOLVED",
    "heartbeat": "alerting works",
    "test": "test",
}


def headline(notices: Sequence[Notice]) -> str:
    """The message in one line: the worst notice, and how many more there are."""
    told = lines(notices)
    more = f"; {len(told) - 1} more" if len(told) > 1 else ""
    return f"{told[0]}{more}" if told else ""


def is_bad(notices: Iterable[Notice]) -> bool:
    """Whether anything fires, so that people are called."""
    return any(notice.kind in {"firing", "reminder"} for notice in notices)


def lines(notices: Iterable[Notice]) -> list[str]:
    """One line for each rule and kind of notice, the worst first; groups share their line."""
    ranked = sorted(notices, key=lambda notice: (_RANK[notice.kind], notice.rule, notice.at))
    return [
        _line(list(found))
        for _, found in groupby(ranked, key=lambda notice: (notice.kind, notice.rule))
    ]


def details(notices: Iterable[Notice]) -> list[str]:
    """What each notice has to tell besides: since when, the worst figure, the errors."""
    ranked = sorted(notices, key=lambda notice: (_RANK[notice.kind], notice.rule, notice.at))
    return [told for notice in ranked if (told := _detail(notice))]


def span(seconds: int) -> str:
    """A span of time in its two largest units: 5m, 1h, 1h 20m, 3d."""
    found = []
    for size, unit in _UNITS:
        count, seconds = divmod(seconds, size)
        if count:
            found.append(f"{count}{unit}")
    return " ".join(found[:2]) or "0m"


def clock(second: int) -> str:
    """A time in seconds since the epoch as 2026-11-23 14:05 UTC."""
    return datetime.fromtimestamp(second, UTC).strftime("%Y-%m-%d %H:%M UTC")


def _line(notices: Sequence[Notice]) -> str:
    first = notices[-1]
    if first.kind == "test":
        return "test message of llm-telemetry alert: this channel works"
    if first.kind == "heartbeat":
        firing = f"{first.held} firing" if first.held else "none fires"
        return f"alerting works: {first.calls} rules watched, {firing}"
    groups = [_group(notice) for notice in notices if notice.group]
    named = ", ".join(groups[:_GROUPS])
    rest = f" and {len(groups) - _GROUPS} more" if len(groups) > _GROUPS else ""
    where = f" in {named}{rest}" if named else ""
    return f"{_VERBS[first.kind]}: {_what(first, named=bool(groups))}{where}"


def _group(notice: Notice) -> str:
    name = notice.group.partition("=")[2]
    return f"{name} ({figures.value(notice.metric, notice.value)})"


def _what(notice: Notice, *, named: bool) -> str:
    """The figure and its limit; the figure is left out where each group tells its own."""
    known = METRICS.get(notice.metric)  # what is remembered may be of another version
    label = known.label if known else notice.metric
    name = "" if notice.rule == notice.metric else f" [{notice.rule}]"
    value = "" if named else f" {figures.value(notice.metric, notice.value)}"
    if notice.burn is not None:
        return f"{label}{value}{name}: the budget is spent {notice.burn:.1f} times too fast"
    limit = figures.value(notice.metric, notice.limit)
    return f"{label}{value} ({notice.bound} {limit}){name}"


def _detail(notice: Notice) -> str:
    if notice.kind in {"test", "heartbeat"}:
        return ""
    since = f"since {clock(notice.since)}" if notice.kind != "firing" else clock(notice.since)
    found = [f"{_name(notice)}: {since}", f"{notice.calls:,} calls in {span(notice.window_s)}"]
    if notice.kind in {"resolved", "silent"}:
        found = [f"{_name(notice)}: lasted {span(notice.at - notice.since)}, {since}"]
    if notice.kind == "silent":
        found.append("too few calls for a day to judge it by")
    if notice.kind != "firing" and notice.worst is not None:
        found.append(f"at worst {figures.value(notice.metric, notice.worst)}")
    if notice.causes and notice.kind in {"firing", "reminder"}:
        found.append(notice.causes)
    if notice.held:
        found.append(f"came and went {notice.held} times unsaid before")
    return ", ".join(found)


def _name(notice: Notice) -> str:
    return f"{notice.rule} {notice.group}".strip()
