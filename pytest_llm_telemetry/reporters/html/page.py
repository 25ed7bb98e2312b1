"""The page: the verdict in a sentence, then figures, charts and cases. Complete without a script."""

from collections.abc import Iterable, Sequence

from pytest_llm_telemetry.core.metrics import METRICS
from pytest_llm_telemetry.core.report import Report, SuiteReport
from pytest_llm_telemetry.core.samples import CaseSamples
from pytest_llm_telemetry.reporters import facts, figures
from pytest_llm_telemetry.reporters.case_rows import figures_of, latencies
from pytest_llm_telemetry.reporters.html import charts
from pytest_llm_telemetry.reporters.html.cards import metric_cards
from pytest_llm_telemetry.reporters.html.case_table import case_table
from pytest_llm_telemetry.reporters.html.document import document
from pytest_llm_telemetry.reporters.html.markup import Markup, element, join

_TRENDS = ("pass_rate", "score", "p95_latency_ms", "cost_per_query_usd")
_ITEMS = 60
_RUNS = 60


def render(report: Report) -> str:
    """One HTML document that loads nothing: style, script and charts are inside."""
    return document(
        f"llm telemetry: {facts.title(report)}, run {report.short_id}",
        *_opening(report),
        *_suites(report),
        *_closing(report),
    )


def _opening(report: Report) -> Iterable[Markup]:
    began, _, _ = (report.started or "").replace("T", " ").partition(".")
    when = f"{began} UTC" if began else ""
    told = [f"run {report.run_id}", when, figures.duration(report.duration_s)]
    yield element(
        "header",
        element("h1", facts.headline(report).replace(" -> ", " \u2192 "), class_=report.status),
        element("p", ", ".join(text for text in told if text), class_="soft"),
        class_=report.status,
    )
    yield from _list([str(problem) for problem in report.problems], "bad")
    yield from _list([note for note in (*report.notes, facts.skipped(report)) if note], "warn")


def _suites(report: Report) -> Iterable[Markup]:
    for place, suite in enumerate(report.suites):
        yield element("section", *_suite(suite, report, f"suite-{place}"))


def _suite(suite: SuiteReport, report: Report, identity: str) -> Iterable[Markup]:
    word = facts.TITLES[suite.verdict.status]
    yield element("h2", f"{suite.summary.suite}: {word}")
    yield element("p", facts.size(suite, report))
    base = suite.baseline
    told = f"baseline {facts.origin(base)}, {facts.acceptance(base)}" if base else "no baseline yet"
    yield element("p", told, class_="soft")
    verdict = suite.verdict
    yield from _list([str(problem) for problem in verdict.problems], "bad")
    yield from _list([facts.told(check) for check in verdict.breaches], "bad")
    yield from _list(facts.notes(suite), "warn")
    yield element("div", *metric_cards(suite), class_="cards")
    drawn = list(_charts(suite))
    if drawn:
        yield element("h3", "Distribution and trend")
        yield element("div", *drawn, class_="charts")
    table = case_table(suite, identity=identity)
    if table:
        yield table


def _charts(suite: SuiteReport) -> Iterable[Markup]:
    before, now = _latencies(suite.before.values()), _latencies(suite.summary.cases)
    curve = charts.distribution(before, now, "avg_latency_ms")
    if curve:
        key = [element("span", class_="key"), " now"]
        key += [" ", element("span", class_="key old"), " baseline"] if before else []
        yield _figure(curve, "latency", "share of calls that took at most so long: ", *key)
    for metric in _TRENDS:
        points = [(run.at, run.metrics.get(metric)) for run in suite.past[-_RUNS:]]
        points.append(("this run", suite.summary.metrics.get(metric)))
        drawn = charts.trend(points, metric)
        if drawn:
            yield _figure(drawn, METRICS[metric].label, "over the runs before and this one")
    dots = charts.scatter(_costs(suite))
    if dots:
        yield _figure(dots, "cost and quality", "a dot a case: cost of a query, share that passed")


def _figure(drawing: Markup, title: str, *caption: str) -> Markup:
    told = element("figcaption", element("b", title), " ", *caption)
    return element("figure", told, drawing, class_="card")


def _latencies(cases: Iterable[CaseSamples]) -> list[float]:
    return [latency for case in cases for latency in latencies(case)]


def _costs(suite: SuiteReport) -> list[tuple[str, float, float]]:
    return [
        (case.case_id, case.cost_usd, case.share)
        for case in (figures_of(sample) for sample in suite.summary.cases)
        if case.cost_usd is not None and case.share is not None
    ]


def _closing(report: Report) -> Iterable[Markup]:
    yield element("h2", "What next")
    lines = (
        ("run stored", report.run_dir),
        ("judge again", report.judge_again),
        ("accept what is intended", "".join(report.next_commands[:1])),
    )
    told = [
        join((element("dt", lead), element("dd", element("code", text))))
        for lead, text in lines
        if text
    ]
    yield element("dl", *told)


def _list(texts: Sequence[str], style: str) -> Iterable[Markup]:
    if texts:
        shown = [element("li", text) for text in texts[:_ITEMS]]
        if len(texts) > _ITEMS:
            shown.append(element("li", f"{len(texts) - _ITEMS} more"))
        yield element("ul", *shown, class_=style)
