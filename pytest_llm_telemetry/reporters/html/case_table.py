"""The table of cases: every case of the run beside the baseline, the worst first."""

from collections.abc import Iterable, Mapping, Sequence

from pytest_llm_telemetry.core.report import SuiteReport
from pytest_llm_telemetry.core.text import fit
from pytest_llm_telemetry.reporters import figures
from pytest_llm_telemetry.reporters.case_rows import CaseFigures, case_rows
from pytest_llm_telemetry.reporters.html.answers import answer_fold
from pytest_llm_telemetry.reporters.html.markup import Markup, element

_ROWS = 2000  # a page with more is slow on a phone; the worst are kept, the rest is counted
_ANSWERS = 200  # that are shown, of the worst cases: a thousand would be a page of their own
_WHY = 400
_HEADS = (
    ("case", ""),
    ("passed", "n"),
    ("score", "n"),
    ("latency", "n"),
    ("cost / query", "n"),
    ("errors", "n"),
    ("why", ""),
)
Pair = tuple[CaseFigures, CaseFigures | None]


def case_table(suite: SuiteReport, *, identity: str) -> Markup | None:
    """The table with its search field; `identity` keeps the ids of several suites apart."""
    pairs = sorted(case_rows(suite), key=_rank)
    if not pairs:
        return None
    hidden = len(pairs) - _ROWS
    told = f"{figures.case_count(len(pairs))}, the worst first"
    told += f"; {hidden:,} that did best are left out" if hidden > 0 else ""
    head = element("tr", *(_head(name, kind) for name, kind in _HEADS))
    table = element(
        "table",
        element("caption", told),
        element("thead", head),
        element("tbody", *_rows(pairs[:_ROWS], suite.answers)),
    )
    label = f"cases of {suite.summary.suite}"
    return element(
        "section",
        element("h3", "Cases"),
        _tools(identity),
        element("div", table, class_="wide", tabindex="0", role="region", aria_label=label),
        data_cases="",
    )


def _rank(pair: Pair) -> tuple[float, float, float]:
    """Most lost first, then fewest passed, then most errors."""
    now, before = pair
    share = 1.0 if now.share is None else now.share
    earlier = share if before is None or before.share is None else before.share
    return share - earlier, share, -now.errors


def _tools(identity: str) -> Markup:
    """Hidden until the script shows it: without one there is nothing that does not work."""
    return element(
        "div",
        element(
            "label",
            "Search ",
            element("input", type="search", id=f"search-{identity}"),
            for_=f"search-{identity}",
        ),
        element("label", element("input", type="checkbox"), " changed only"),
        element("span", role="status", class_="soft"),
        class_="tools",
        hidden="",
    )


def _head(name: str, kind: str) -> Markup:
    button = element("button", name, type="button", disabled="")
    return element("th", button, scope="col", class_=kind or None)


def _rows(pairs: Sequence[Pair], accepted: Mapping[str, str]) -> Iterable[Markup]:
    for place, (now, before) in enumerate(pairs):
        told = place < _ANSWERS and _changed(now, before)
        yield _row(
            now, before, answer_fold(now.answer, accepted.get(now.case_id)) if told else None
        )


def _row(now: CaseFigures, before: CaseFigures | None, fold: Markup | None) -> Markup:
    changed = _changed(now, before)
    tags = [element("span", tag, class_="tag") for tag in now.tags]
    passed = _moved(_graded(before), _graded(now), known=before is not None)
    cells = [
        element("td", element("code", fit(now.case_id, 160)), *tags, class_="id"),
        _number(passed, now.share, style="bad" if _worse(now, before) else ""),
        _figure("score", now.score, before.score if before else None),
        _figure("avg_latency_ms", now.latency_ms, before.latency_ms if before else None),
        _figure("cost_per_query_usd", now.cost_usd, before.cost_usd if before else None),
        _number([str(now.errors)], now.errors, style="bad" if now.errors else ""),
        element("td", _why(now.error_types, now.notes), fold or "", class_="why"),
    ]
    return element("tr", *cells, data_changed="1" if changed else None)


def _changed(now: CaseFigures, before: CaseFigures | None) -> bool:
    return before is None or (_graded(now), now.errors) != (_graded(before), before.errors)


def _worse(now: CaseFigures, before: CaseFigures | None) -> bool:
    """Whether it passed less often than before; a new case, whether it failed at all."""
    earlier = 1.0 if before is None else before.share or 0.0
    return now.share is not None and now.share < earlier


def _why(errors: Sequence[str], notes: Sequence[str]) -> str:
    return fit("; ".join([*errors, *notes]), _WHY)


def _graded(case: CaseFigures | None) -> str:
    return f"{case.passed}/{case.graded}" if case and case.graded else figures.UNKNOWN


def _figure(metric: str, now: float | None, before: float | None) -> Markup:
    earlier = figures.value(metric, before)
    return _number(_moved(earlier, figures.value(metric, now), known=before is not None), now)


def _moved(before: str, now: str, *, known: bool) -> Sequence[str]:
    """What it was, softly, before what it is; once where nothing moved or nothing was known."""
    if not known or before == now:
        return [now]
    return [element("span", f"{before} \u2192 ", class_="soft"), now]


def _number(text: Sequence[str], key: float | None, style: str = "") -> Markup:
    """A cell that sorts by its number; an unknown one sorts before all."""
    value = "-1" if key is None else f"{key:.6g}"
    return element("td", *text, class_=f"n {style}".strip(), data_v=value)
