"""A review as one page that loads nothing: the headline, charts of the figures, then the sections."""

from collections.abc import Iterable

from pytest_llm_telemetry.core.metrics import METRICS
from pytest_llm_telemetry.core.reviews import Review
from pytest_llm_telemetry.reporters.html import charts
from pytest_llm_telemetry.reporters.html.document import document
from pytest_llm_telemetry.reporters.html.markup import Markup, element
from pytest_llm_telemetry.reporters.reviews import Section, headline, sections

_DRAWN = ("queries", "error_rate", "p95_latency_ms", "total_cost_usd", "score")


def render(review: Review) -> str:
    """One HTML document."""
    return document(f"llm telemetry: {headline(review)}", *_content(review))


def _content(review: Review) -> Iterable[Markup]:
    title = element("h1", headline(review), class_=review.status)
    yield element("header", title, class_=review.status)
    drawn = list(_charts(review))
    if drawn:
        yield element("div", *drawn, class_="charts")
    for section in sections(review):
        yield element("section", *_section(section))


def _charts(review: Review) -> Iterable[Markup]:
    for metric in _DRAWN:
        trend = review.trends.get(metric)
        if trend is None:
            continue
        starts = [review.window.since + n * review.period.step for n in range(len(trend.series))]
        points = [
            (start.isoformat(), each) for start, each in zip(starts, trend.series, strict=True)
        ]
        drawing = charts.trend(points, metric)
        if drawing:
            told = element("figcaption", element("b", METRICS[metric].label))
            yield element("figure", told, drawing, class_="card")


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
