"""A card a figure: what it is now, how far it moved from the baseline, and what it was held to."""

from collections.abc import Iterable, Sequence

from pytest_llm_telemetry.core.report import SuiteReport
from pytest_llm_telemetry.core.verdict import Check
from pytest_llm_telemetry.reporters import facts, figures
from pytest_llm_telemetry.reporters.html import charts
from pytest_llm_telemetry.reporters.html.markup import Markup, element

_CARDS = 60
_LOUDNESS = ("bad", "warn", "good")
Rule = tuple[Check, facts.Row]


def metric_cards(suite: SuiteReport) -> Iterable[Markup]:
    """In the order of the table, all checks of one figure on one card; figures alone without any."""
    rows = facts.rows(suite)
    if not suite.verdict.checks:
        yield from (card(row.label, row.now) for row in rows)
        return
    rules: dict[str, list[Rule]] = {}
    for rule in zip(facts.ordered(suite.verdict.checks), rows, strict=True):
        rules.setdefault(rule[1].label, []).append(rule)
    yield from (_judged(label, rules[label]) for label in list(rules)[:_CARDS])
    if len(rules) > _CARDS:
        yield element("p", f"{len(rules) - _CARDS} more figures are in the stored run.")


def card(name: str, number: str, *more: Markup, verdict: str = "", style: str = "") -> Markup:
    """One figure under its name; a verdict stands beside the name, `more` below the figure."""
    badge = [pill(verdict, style)] if verdict else []
    head = element("p", element("span", name), *badge, class_="name")
    return element("div", head, element("strong", number), *more, class_="card")


def pill(word: str, style: str) -> Markup:
    """A word on a ground of its colour: good, bad, warn or "" for none."""
    return element("span", word, class_=f"pill {style}".strip())


def _judged(label: str, rules: Sequence[Rule]) -> Markup:
    loud = min((row for _, row in rules), key=lambda row: _LOUDNESS.index(row.style))
    more: list[Markup] = []
    for check, row in rules:
        more += _compared(check, row) if check.kind == "relative" else []
    more += [_rule(check, row) for check, row in rules]
    return card(label, rules[0][1].now, *more, verdict=loud.verdict, style=loud.style)


def _compared(check: Check, row: facts.Row) -> Iterable[Markup]:
    if row.baseline == figures.UNKNOWN:
        return
    moved = figures.change(check.metric, check.change)
    ends = element("span", f" {figures.interval(check.metric, check.interval)}", class_="soft")
    yield element("p", f"{row.baseline} before", class_="soft")
    yield element("p", moved, ends)
    drawing = charts.interval(check)
    if drawing:
        yield drawing


def _rule(check: Check, row: facts.Row) -> Markup:
    allowed = f"allowed {row.limit}" if check.kind == "relative" else row.limit
    word = element("span", row.verdict, class_=row.style)
    return element("p", element("span", allowed), word, class_="rule")
