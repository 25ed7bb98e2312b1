"""The dashboard in a terminal: how it is doing, what failed, what it cost, what is worth a look."""

from collections.abc import Mapping

from pytest_llm_telemetry.core.dashboard import Breakdown, Dashboard
from pytest_llm_telemetry.core.metrics import METRICS
from pytest_llm_telemetry.core.trends import Trend
from pytest_llm_telemetry.reporters import dashboard_words as words
from pytest_llm_telemetry.reporters import figures
from pytest_llm_telemetry.reporters.layout import Line, Page, Style
from pytest_llm_telemetry.reporters.sparkline import sparkline

_TOPS = (5, 3, 1, 0)  # rows of a list
_GROUPS = 4  # times as many groups
_LABEL = 13  # columns of the label before a detail
_WIDE = 72  # columns from which on the figure of the window before has room as well
_ABOUT = 20  # columns that the first column of a table needs to say something
_DAY_S = 86_400


def render(
    board: Dashboard, *, width: int = 80, height: int | None = None, ascii_only: bool = False
) -> list[Line]:
    """The dashboard as lines of at most `width` columns.

    Where they are more than `height`, the longest lists are cut first, so that what is worth a look
    is seen.
    """
    lines: list[Line] = []
    for top in _TOPS:
        lines = _drawn(board, Page(width, ascii_only=ascii_only), top)
        if height is None or len(lines) <= height:
            break
    return lines


def _drawn(board: Dashboard, page: Page, top: int) -> list[Line]:
    """The dashboard, with so many rows of each list."""
    nothing = words.empty(board)
    if nothing:
        page.wrap(nothing, "warn", most=4)
        _notes(page, board)
        return page.lines
    page.flow(words.headline(board), "bold", indent="")
    page.wrap(words.compared(board), "dim")
    _notes(page, board)
    page.gap()
    _headline(page, board)
    page.gap()
    for label, pieces in words.details(board):
        page.flow([label.ljust(_LABEL - 1), *pieces])
    if board.breakdown:
        _groups(page, board.breakdown, top)
    _failing(page, board, top)
    _costly(page, board, top)
    page.gap()
    page.flow(words.finding(board), "warn" if board.finding else "dim", most=4)
    return page.lines


def _notes(page: Page, board: Dashboard) -> None:
    for note in words.notes(board):
        page.wrap(f"note: {note}", "warn")


def _headline(page: Page, board: Dashboard) -> None:
    """Five numbers, each with its change, and its way there where there is room."""
    trends = [board.trends[name] for name in words.HEADLINE if name in board.trends]
    wide = page.columns >= _WIDE
    headers = ["", *(["before"] if wide else []), "now", "change"]
    rows: list[tuple[list[str], Style]] = []
    for trend in trends:
        before = [figures.value(trend.metric, trend.before)] if wide else []
        change = figures.change(trend.metric, trend.change)
        cells = [METRICS[trend.metric].label, *before, words.value(trend), change]
        rows.append((cells, "bad" if words.is_bad(trend) else ""))
    page.table(headers, rows)
    lines = [sparkline(trend.series, ascii_only=page.ascii_only) for trend in trends]
    if len(board.starts) > 1:
        page.beside([_axis(board), *lines])


def _axis(board: Dashboard) -> str:
    """The ends of a sparkline: its first and its last step, in hours or days."""
    daily = board.step.total_seconds() >= _DAY_S
    first, last = (
        at.strftime("%m-%d" if daily else "%H:%M") for at in (board.starts[0], board.starts[-1])
    )
    room = len(board.starts) - len(first) - len(last)
    return f"{first}{' ' * room}{last}" if room > 0 else ""


def _groups(page: Page, breakdown: Breakdown, top: int) -> None:
    page.gap()
    headers = [f"by {breakdown.dimension}", "queries", "errors", "P95", "change", "cost", "change "]
    rows: list[tuple[list[str], Style]] = []
    most = max(_GROUPS * top, 2)
    for group in breakdown.groups[:most]:
        slow = group.trends.get("p95_latency_ms")
        bad = slow is not None and words.is_bad(slow)
        rows.append(([group.name, *_cells(group.trends)], "bad" if bad else ""))
    if rows:
        _table(page, headers, rows)
    else:
        page.say(f"no call names a {breakdown.dimension}", "dim")
    hidden = len(breakdown.groups) - len(rows) + breakdown.others
    if hidden:
        page.say(f"... and {hidden:,} more", "dim")


def _cells(trends: Mapping[str, Trend]) -> list[str]:
    cells = [_value(trends.get(metric)) for metric in ("queries", "error_rate")]
    for metric in ("p95_latency_ms", "total_cost_usd"):
        trend = trends.get(metric)
        change = figures.change(metric, trend.change) if trend else figures.UNKNOWN
        cells += [_value(trend), change]
    return cells


def _value(trend: Trend | None) -> str:
    return words.value(trend) if trend else figures.UNKNOWN


def _failing(page: Page, board: Dashboard, top: int) -> None:
    if board.failing[:top]:
        page.gap()
        rows: list[tuple[list[str], Style]] = [
            (
                [
                    words.name(query),
                    figures.value("queries", query.errors),
                    figures.value("queries", query.calls),
                    page.fit(query.error_type or figures.UNKNOWN, 20),
                ],
                "",
            )
            for query in board.failing[:top]
        ]
        _table(page, ["what failed most", "failed", "calls", "mostly by"], rows)


def _costly(page: Page, board: Dashboard, top: int) -> None:
    if board.costly[:top]:
        page.gap()
        total = board.trends["total_cost_usd"].now
        rows: list[tuple[list[str], Style]] = [
            (
                [
                    words.name(query),
                    figures.value("total_cost_usd", query.cost_usd),
                    words.share(query.cost_usd, total),
                    figures.value("queries", query.calls),
                ],
                "",
            )
            for query in board.costly[:top]
        ]
        _table(page, ["what cost most", "cost", "share", "calls"], rows)


def _table(page: Page, headers: list[str], rows: list[tuple[list[str], Style]]) -> None:
    """A table, without its last columns where they would leave no room for what it is about."""
    kept = len(headers)
    while kept > 2 and page.left_of(headers[:kept], [row[:kept] for row, _ in rows]) < _ABOUT:  # noqa: PLR2004 - a table has two columns
        kept -= 1
    page.table(headers[:kept], [(row[:kept], style) for row, style in rows])
