"""What a dashboard says, in words that the terminal and the page share."""

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta

from pytest_llm_telemetry.core.dashboard import Dashboard, Finding, TopQuery
from pytest_llm_telemetry.core.metrics import METRICS
from pytest_llm_telemetry.core.trends import Trend
from pytest_llm_telemetry.reporters import figures
from pytest_llm_telemetry.reporters.alert_words import span

HEADLINE = ("queries", "error_rate", "p95_latency_ms", "total_cost_usd", "score")
NOTHING = "nothing stands out: no figure left its usual range"
_KINDS = 5  # of errors, or reasons to skip a line, that are named
_DAY = timedelta(days=1)
_DAYS = 48  # hours, from which on a length is told in days
_TIMES = ((2, "doubled"), (3, "tripled"))
_ABOUT = 0.15  # "doubled" is 1.85 to 2.15 times as much
_SHORT = {
    "avg_latency_ms": "avg",
    "p50_latency_ms": "P50",
    "p99_latency_ms": "P99",
    "avg_ttft_ms": "avg",
    "p95_ttft_ms": "P95",
}
_TOKENS = {
    "input": "in",
    "output": "out",
    "cache_read": "read from cache",
    "cache_write": "written to cache",
    "reasoning": "of reasoning",
}


def headline(board: Dashboard) -> list[str]:
    """The window and how fresh it is, in pieces that a line may be broken between."""
    fresh = "no event at all"
    if board.newest is not None:
        age = board.until - board.newest
        fresh = f"newest event {ago(age) if age >= timedelta(0) else moment(board.newest)}"
    return [moment(board.window.since), f"to {moment(board.until)} UTC,", fresh]


def compared(board: Dashboard) -> str:
    """What was read, and what it is compared with."""
    reading = board.reading
    where = ", ".join(reading.sources) or "no log"
    hours = round((board.window.until - board.window.since).total_seconds() / 3600)
    length = f"{hours} hours" if hours < _DAYS else f"{round(hours / 24):,} days"
    return f"{where}: {reading.lines:,} lines; changes are against the {length} before"


def empty(board: Dashboard) -> str:
    """What is said where no call was made in the window; empty where there was one."""
    if board.recorded:
        return ""
    told = f"no calls from {moment(board.window.since)} to {moment(board.until)} UTC"
    if board.newest is None:
        return f"{told}: there is no event in {', '.join(board.reading.sources) or 'no log'}"
    return f"{told}: the newest event is of {moment(board.newest)} UTC (--days looks further back)"


def notes(board: Dashboard) -> list[str]:
    """What else a person should know of what was read."""
    reading = board.reading
    lost = sum(reading.skipped.values())
    damage = (
        f"{lost:,} of {reading.lines:,} lines are no events: {', '.join(_counted(reading.skipped))}"
    )
    return [*reading.notes, *([damage] if lost else [])]


def details(board: Dashboard) -> Iterator[tuple[str, list[str]]]:
    """The figures beside the five, a label and pieces of text each; without unknown ones."""
    queries = board.trends["queries"].now
    if queries and board.hours:
        hourly = queries / board.hours
        yield "volume", _listed([f"{_count(hourly)} an hour", f"{_count(24 * hourly)} a day"])
    for label, metrics in (
        ("latency", ("avg_latency_ms", "p50_latency_ms", "p99_latency_ms")),
        ("first token", ("avg_ttft_ms", "p95_ttft_ms")),
    ):
        pieces = [
            f"{_SHORT[name]} {with_change(board.trends[name])}"
            for name in metrics
            if name in board.trends
        ]
        if pieces:
            yield label, _listed(pieces)
    yield from _quality(board)
    yield from _tokens(board)
    yield from _cost(board)
    if board.errors:
        yield "errors", _listed(_counted(board.errors))


def _quality(board: Dashboard) -> Iterator[tuple[str, list[str]]]:
    scores = [f"{name} {with_change(trend)}" for name, trend in board.scores.items()]
    if len(scores) > _KINDS:
        scores[_KINDS:] = [f"{len(scores) - _KINDS} more scores"]
    rate = board.trends.get("pass_rate")
    if scores:
        yield "quality", _listed([*scores, *([f"{with_change(rate)} passed"] if rate else [])])


def _tokens(board: Dashboard) -> Iterator[tuple[str, list[str]]]:
    kinds = [f"{_count(total)} {_TOKENS[kind]}" for kind, total in board.tokens.items()]
    if kinds:
        yield "tokens", _listed(kinds)


def _cost(board: Dashboard) -> Iterator[tuple[str, list[str]]]:
    pieces = []
    if "cost_per_query_usd" in board.trends:
        pieces.append(f"{with_change(board.trends['cost_per_query_usd'])} a query")
    if board.unpriced:
        calls = "call has" if round(board.unpriced) == 1 else "calls have"
        pieces += [f"({_count(board.unpriced)} {calls}", "no known price)"]
    if pieces:
        yield "cost", pieces


def with_change(trend: Trend) -> str:
    """`1.24 s (+2 %)`; the change is left out where nobody knows it."""
    change = figures.change(trend.metric, trend.change)
    return value(trend) if change == figures.UNKNOWN else f"{value(trend)} ({change})"


def value(trend: Trend) -> str:
    """The figure now; a lower bound is marked with a plus: `$1.20+`."""
    told = figures.value(trend.metric, trend.now)
    return f"{told}+" if trend.partial and told != figures.UNKNOWN else told


def is_bad(trend: Trend) -> bool:
    """Whether a figure went the wrong way by more than a team lets pass; volumes never do."""
    if trend.metric in {"queries", "total_cost_usd"} or not trend.worse:
        return False
    return abs(trend.change or 0.0) > METRICS[trend.metric].allowed


def finding(board: Dashboard) -> list[str]:
    """The one thing worth a look: a sentence in pieces that a line may be broken between."""
    found = board.finding
    if found is None:
        return [NOTHING]
    since = _clock(found.start, board.until)
    if found.kind == "silence":
        usual = f"where {_count(found.usual)} an hour are usual"
        return ["worth a look:", f"no calls since {since} UTC,", usual]
    whose = [f"of {found.dimension} {found.group}"] if found.group else []
    ends = (figures.value(found.metric, value) for value in (found.usual, found.level))
    until = f"to {_clock(found.end, board.until)} " if found.end else ""
    when = f"{'from' if found.end else 'at'} {since} {until}UTC"
    metric = METRICS[found.metric].label
    return [
        "worth a look:",
        metric,
        *whose,
        f"{_moved(found)} {when}:",
        f"{' -> '.join(ends)}{'' if found.end else ','}",
        *([] if found.end else ["and has not come back"]),
        *(["(no weeks before", "to hold it against)"] if found.held is False else []),
    ]


def _clock(at: datetime, now: datetime) -> str:
    """The time of a day, with its date where it is another one."""
    return f"{at:%H:%M}" if at.date() == now.date() else moment(at)


def _moved(found: Finding) -> str:
    if found.level < found.usual:
        return "fell"
    if METRICS[found.metric].change == "ratio" and found.usual:
        for times, word in _TIMES:
            if abs(found.level / found.usual - times) <= _ABOUT * times / 2:
                return word
    return "rose"


def name(query: TopQuery) -> str:
    """How a query reads, or its hash where only that was kept."""
    return query.preview or f"#{query.query_hash}"


def _counted(counts: Mapping[str, float]) -> list[str]:
    """The most frequent, and the rest in one: 41 RateLimitError, 12 Timeout, 3 others."""
    ranked = sorted(counts.items(), key=lambda each: (-each[1], each[0]))
    told = [f"{_count(count)} {what}" for what, count in ranked[:_KINDS]]
    rest = sum(count for _, count in ranked[_KINDS:])
    return [*told, f"{_count(rest)} others"] if rest else told


def share(part: float | None, whole: float | None) -> str:
    """A part of a whole in per cent; `-` where nobody knows."""
    if part is None or not whole:
        return figures.UNKNOWN
    return figures.value("error_rate", part / whole)


def moment(at: datetime) -> str:
    """A time to the minute: 2026-11-23 14:05."""
    return at.strftime("%Y-%m-%d %H:%M")


def ago(age: timedelta) -> str:
    """How long ago something was: 12 s ago, 2h 05m ago, 3d 4h ago."""
    seconds = age.total_seconds()
    return f"{figures.duration(seconds) if age < _DAY else span(int(seconds))} ago"


def _count(number: float) -> str:
    return figures.value("queries", number)


def _listed(pieces: list[str]) -> list[str]:
    return [*(f"{piece}," for piece in pieces[:-1]), *pieces[-1:]]
