"""What a review says of production: figures, what got worse since when, what failed and cost."""

from collections.abc import Iterator, Mapping

from pytest_llm_telemetry.core.metrics import METRICS
from pytest_llm_telemetry.core.reviews import Review, Spend, Turn
from pytest_llm_telemetry.core.reviews.spending import peak
from pytest_llm_telemetry.core.traffic import Query
from pytest_llm_telemetry.core.verdict import Check
from pytest_llm_telemetry.reporters import facts, figures
from pytest_llm_telemetry.reporters.dashboard_words import is_bad, moment, share, value
from pytest_llm_telemetry.reporters.layout import Style
from pytest_llm_telemetry.reporters.reviews.section import Section, counted
from pytest_llm_telemetry.reporters.sparkline import sparkline

_WORDS: Mapping[str, tuple[str, Style]] = {
    "fail": ("WORSE", "bad"),
    "inconclusive": ("unsure", "dim"),
}


def production(review: Review, *, ascii_only: bool) -> Iterator[Section]:
    """The sections of a window in which calls were made."""
    yield _figures(review, ascii_only=ascii_only)
    yield _checks(review)
    yield _turns(review)
    yield from _queries(review)
    yield from _money(review, ascii_only=ascii_only)


def _figures(review: Review, *, ascii_only: bool) -> Section:
    before = f"{review.period.before} days before"
    rows: list[tuple[list[str], Style]] = [
        (
            [
                METRICS[name].label,
                figures.value(name, trend.before),
                value(trend),
                figures.change(name, trend.change),
                sparkline(trend.series, ascii_only=ascii_only),
            ],
            "warn" if is_bad(trend) else "",
        )
        for name, trend in review.trends.items()
    ]
    told = f"{figures.value('queries', review.calls)} calls; held against the {before}"
    kinds = f"errors: {counted(review.errors)}" if review.errors else ""
    return Section(
        title="figures",
        told=tuple((text, "dim") for text in (told, kinds) if text),
        headers=(
            "metric",
            "before",
            "now",
            "change",
            "by hour" if review.period.days == 1 else "by day",
        ),
        rows=rows,
    )


def _checks(review: Review) -> Section:
    """What was tested, failures first; what passed is counted."""
    counts = {
        status: sum(check.status == status for check in review.checks)
        for status in ("fail", "inconclusive", "pass")
    }
    told = ", ".join(f"{count} {status}" for status, count in counts.items() if count)
    shown = [check for check in facts.ordered(review.checks) if check.status != "pass"]
    return Section(
        title="worse than before?",
        told=((f"{told or 'nothing was known on both sides'}", "dim"),),
        headers=("metric", "before", "now", "change", "verdict"),
        rows=[
            (
                [
                    label(check),
                    figures.value(check.metric, check.baseline),
                    figures.value(check.metric, check.now),
                    f"{figures.change(check.metric, check.change)}"
                    f" {figures.interval(check.metric, check.interval)}".strip(),
                    _WORDS[check.status][0],
                ],
                _WORDS[check.status][1],
            )
            for check in shown
        ],
    )


def label(check: Check) -> str:
    """What a check is about: `latency P95, gpt-4o`."""
    name = check.scope.partition(":")[2]
    known = METRICS[check.metric].label
    return f"{known}, {name}" if name else known


def _turns(review: Review) -> Section:
    told: list[tuple[str, Style]] = [
        (_turn(turn), "bad" if turn.worse else "good") for turn in review.turns
    ]
    return Section(
        title="since when?",
        told=tuple(told) or (("no figure left its usual course", "dim"),),
    )


def _turn(turn: Turn) -> str:
    when = (
        f"since {moment(turn.start)}"
        if turn.end is None
        else (f"from {moment(turn.start)} to {moment(turn.end)}")
    )
    ends = f"{figures.value(turn.metric, turn.level)} instead of {figures.value(turn.metric, turn.usual)}"
    return f"{METRICS[turn.metric].label} {ends} {when} UTC (p {_chance(turn.p_value)})"


def _chance(p_value: float) -> str:
    return "< 0.0001" if p_value < 1e-4 else f"= {p_value:.4f}"  # noqa: PLR2004 - as it is shown


def _queries(review: Review) -> Iterator[Section]:
    if review.failing:
        yield Section(
            title="what failed most",
            headers=("query", "failed", "calls", "mostly by"),
            rows=[(_failing(query), "") for query in review.failing],
            foreign=True,
        )


def _failing(query: Query) -> list[str]:
    found = query.figures
    return [
        _name(query),
        figures.value("queries", found.errors),
        figures.value("queries", found.calls),
        next(iter(found.error_types), figures.UNKNOWN),
    ]


def _name(query: Query) -> str:
    return query.preview or f"#{query.query_hash}"


def _money(review: Review, *, ascii_only: bool) -> Iterator[Section]:
    total = review.trends.get("total_cost_usd")
    cost = total.now if total else None
    if review.costly:
        yield Section(
            title="what cost most",
            headers=("query", "cost", "share", "calls"),
            rows=[
                (
                    [
                        _name(query),
                        figures.value("total_cost_usd", query.figures.total_cost_usd),
                        share(query.figures.total_cost_usd, cost),
                        figures.value("queries", query.figures.calls),
                    ],
                    "",
                )
                for query in review.costly
            ],
            foreign=True,
        )
    if review.spends:
        yield Section(
            title="where the money went",
            told=tuple((text, "dim") for text in _spending(review, ascii_only=ascii_only) if text),
            headers=("of", "cost", "share", "before", "calls"),
            rows=[(_spend(spend), "") for spend in review.spends],
        )


def _spending(review: Review, *, ascii_only: bool) -> Iterator[str]:
    hour = peak(review.hours)
    if hour is not None:
        cost = review.hours[hour]
        known = sum(each for each in review.hours if each is not None)
        told = figures.value("total_cost_usd", cost)
        yield (
            f"most at {hour:02}:00 UTC: {told}, {share(cost, known)};"
            f" 00..23: {sparkline(review.hours, ascii_only=ascii_only)}"
        )
    if review.unpriced:
        yield f"{figures.value('queries', review.unpriced)} calls have no known price"


def _spend(spend: Spend) -> list[str]:
    return [
        f"{spend.dimension} {spend.name}",
        figures.value("total_cost_usd", spend.cost_usd),
        figures.value("error_rate", spend.share),
        figures.value("total_cost_usd", spend.before_usd),
        figures.value("queries", spend.calls),
    ]
