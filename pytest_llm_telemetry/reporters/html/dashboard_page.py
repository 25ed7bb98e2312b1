"""The dashboard as one page: what is worth a look, the figures, their way there, and the worst."""

from collections.abc import Iterable, Sequence

from pytest_llm_telemetry.core.dashboard import Breakdown, Dashboard, TopQuery
from pytest_llm_telemetry.core.metrics import METRICS
from pytest_llm_telemetry.core.text import fit
from pytest_llm_telemetry.core.trends import Trend
from pytest_llm_telemetry.reporters import dashboard_words as words
from pytest_llm_telemetry.reporters import figures
from pytest_llm_telemetry.reporters.html import charts
from pytest_llm_telemetry.reporters.html.cards import card
from pytest_llm_telemetry.reporters.html.document import document
from pytest_llm_telemetry.reporters.html.markup import Markup, element

_CARDS = (
    ("queries", "per hour"),
    ("error_rate", ""),
    ("p95_latency_ms", ""),
    ("p99_latency_ms", ""),
    ("avg_ttft_ms", ""),
    ("total_cost_usd", "per hour"),
    ("cost_per_query_usd", ""),
    ("score", ""),
)
_GROUP = ("queries", "error_rate", "p50_latency_ms", "p95_latency_ms", "total_cost_usd")
_LONGEST = 160  # characters of a name or a query
Cell = tuple[str, str]  # text and class


def render(board: Dashboard) -> str:
    """One HTML document that loads nothing and is complete without a script."""
    title = f"llm telemetry: production to {words.moment(board.until)} UTC"
    nothing = words.empty(board)
    if nothing:
        return document(title, _header(nothing, "error"), *_notes(board))
    return document(
        title,
        _header(" ".join(words.finding(board)), "error" if board.finding else "pass", board),
        *_notes(board),
        element("div", *_cards(board), class_="charts"),
        _details(board),
        *(_breakdown(board.breakdown) if board.breakdown else ()),
        *_failing(board),
        *_costly(board),
    )


def _header(told: str, status: str, board: Dashboard | None = None) -> Markup:
    parts = [element("h1", told.replace(" -> ", " → "))]
    if board:
        parts.append(element("p", " ".join(words.headline(board))))
        parts.append(element("p", words.compared(board), class_="soft"))
    return element("header", *parts, class_=status)


def _notes(board: Dashboard) -> Iterable[Markup]:
    notes = words.notes(board)
    if notes:
        yield element("ul", *(element("li", note) for note in notes), class_="warn")


def _cards(board: Dashboard) -> Iterable[Markup]:
    """A card a figure: now, before, its change, and its way through the window."""
    names = [words.moment(start) for start in board.starts]
    for metric, per in _CARDS:
        trend = board.trends.get(metric)
        if trend:
            yield _card(trend, per, list(zip(names, trend.series, strict=True)))


def _card(trend: Trend, per: str, points: Sequence[tuple[str, float | None]]) -> Markup:
    change = figures.change(trend.metric, trend.change)
    told = f"{figures.value(trend.metric, trend.before)} before"
    drawn = charts.trend(points, trend.metric)
    if drawn and per:
        told = f"{told}, drawn {per}"
    return card(
        METRICS[trend.metric].label,
        words.value(trend),
        element("p", told, class_="soft"),
        *([drawn] if drawn else []),
        verdict="" if trend.change is None else change,
        style="bad" if words.is_bad(trend) else "",
    )


def _details(board: Dashboard) -> Markup:
    parts: list[Markup] = []
    for label, pieces in words.details(board):
        parts += [element("dt", label), element("dd", " ".join(pieces))]
    return element("dl", *parts)


def _breakdown(found: Breakdown) -> Iterable[Markup]:
    heads = [(found.dimension, ""), *((METRICS[metric].label, "n") for metric in _GROUP)]
    rows = [
        [(group.name, "id"), *(_moved(group.trends.get(metric)) for metric in _GROUP)]
        for group in found.groups
    ]
    told = f"{found.others:,} more" if found.others else ""
    if rows:
        yield from _table(f"By {found.dimension}", heads, rows, told)


def _moved(trend: Trend | None) -> Cell:
    if trend is None:
        return figures.UNKNOWN, "n"
    return words.with_change(trend), "n bad" if words.is_bad(trend) else "n"


def _failing(board: Dashboard) -> Iterable[Markup]:
    heads = [("query", ""), ("failed", "n"), ("calls", "n"), ("share", "n"), ("mostly by", "")]
    rows = [
        [
            (words.name(query), "id"),
            (_count(query.errors), "n"),
            (_count(query.calls), "n"),
            (words.share(query.errors, query.calls), "n"),
            (query.error_type or figures.UNKNOWN, ""),
        ]
        for query in board.failing
    ]
    if rows:
        yield from _table("What failed most", heads, rows)


def _costly(board: Dashboard) -> Iterable[Markup]:
    heads = [("query", ""), ("cost", "n"), ("share", "n"), ("calls", "n"), ("a call", "n")]
    total = board.trends.get("total_cost_usd")
    rows = [
        [
            (words.name(query), "id"),
            (figures.value("total_cost_usd", query.cost_usd), "n"),
            (words.share(query.cost_usd, total.now if total else None), "n"),
            (_count(query.calls), "n"),
            (figures.value("cost_per_query_usd", _each(query)), "n"),
        ]
        for query in board.costly
    ]
    if rows:
        yield from _table("What cost most", heads, rows)


def _each(query: TopQuery) -> float | None:
    return query.cost_usd / query.calls if query.cost_usd is not None and query.calls else None


def _count(number: float) -> str:
    return figures.value("queries", number)


def _table(
    title: str, heads: Sequence[Cell], rows: Sequence[Sequence[Cell]], told: str = ""
) -> Iterable[Markup]:
    head = element(
        "tr", *(element("th", text, scope="col", class_=kind or None) for text, kind in heads)
    )
    body = [
        element(
            "tr", *(element("td", fit(text, _LONGEST), class_=kind or None) for text, kind in row)
        )
        for row in rows
    ]
    table = element(
        "table",
        *([element("caption", told)] if told else []),
        element("thead", head),
        element("tbody", *body),
    )
    yield element("h3", title)
    yield element("div", table, class_="wide", tabindex="0", role="region", aria_label=title)
