"""A review as one page that loads nothing: the headline, charts of the figures, then the sections."""

from collections.abc import Iterable

from pytest_llm_telemetry.core.metrics import METRICS
from pytest_llm_telemetry.core.reviews import Review
from pytest_llm_telemetry.core.trends import Trend
from pytest_llm_telemetry.reporters import figures
from pytest_llm_telemetry.reporters.dashboard_words import is_bad, moment, value
from pytest_llm_telemetry.reporters.html import charts
from pytest_llm_telemetry.reporters.html.cards import card
from pytest_llm_telemetry.reporters.html.document import document
from pytest_llm_telemetry.reporters.html.markup import Markup, element
from pytest_llm_telemetry.reporters.reviews import Section, headline, sections

_DRAWN = ("queries", "error_rate", "p95_latency_ms", "total_cost_usd", "score")


def render(review: Review) -> str:
    """One HTML document."""
    return document(f"llm telemetry: {headline(review)}", *_content(review))


def _content(review: Review) -> Iterable[Markup]:
    title = element("h1", headline(review).replace(" -> ", " \u2192 "), class_=review.status)
    yield element("header", title, class_=review.status)
    drawn = [_card(review, review.trends[name]) for name in _DRAWN if name in review.trends]
    if drawn and review.calls:
        yield element("div", *drawn, class_="cards")
    for section in sections(review):
        yield element("section", *_section(section))


def _card(review: Review, trend: Trend) -> Markup:
    """A figure: now, before, its change, and its way through the window."""
    starts = [review.window.since + n * review.period.step for n in range(len(trend.series))]
    drawn = charts.trend(list(zip(map(moment, starts), trend.series, strict=True)), trend.metric)
    change = figures.change(trend.metric, trend.change)
    return card(
        METRICS[trend.metric].label,
        value(trend),
        element("p", f"{figures.value(trend.metric, trend.before)} before", class_="soft"),
        *([drawn] if drawn else []),
        verdict="" if trend.change is None else change,
        style="bad" if is_bad(trend) else "",
    )


def _section(section: Section) -> Iterable[Markup]:
    yield element("h2", section.title)
    for text, style in section.told:
        yield element("p", text, class_="soft" if style == "dim" else style or None)
    if section.rows:
        head = element(
            "tr", *(_cell("th", place, text) for place, text in enumerate(section.headers))
        )
        rows = [
            element("tr", *(_cell("td", place, text, style) for place, text in enumerate(cells)))
            for cells, style in section.rows
        ]
        table = element("table", element("thead", head), element("tbody", *rows))
        yield element(
            "div", table, class_="wide", tabindex="0", role="region", aria_label=section.title
        )


def _cell(tag: str, place: int, text: str, style: str = "") -> Markup:
    kind = "id" if place == 0 and tag == "td" else "n" if place else ""
    marked = f"{kind} {style}".strip() if style in {"bad", "warn", "good"} else kind
    return element(tag, text, class_=marked or None, scope="col" if tag == "th" else None)
