"""The report in Markdown, for step summaries, comments on changes, and whoever pastes it.

GitHub and GitLab turn `@name`, `#1` and addresses of the *rendered* text into links, so escaping
the syntax is not enough: an empty comment stands inside each such sign, and text that a model or
a golden file wrote stands in `<code>`, which both leave alone.
"""

import re
from collections.abc import Iterable

from pytest_llm_telemetry.core.gate.wording import count
from pytest_llm_telemetry.core.report import Report, SuiteReport
from pytest_llm_telemetry.core.text import fit
from pytest_llm_telemetry.core.verdict import CaseChange, Check, VerdictStatus
from pytest_llm_telemetry.reporters import facts, figures

MARKER = "<!-- pytest-llm-telemetry:report -->"  # finds the comment that is to be edited in place
ICONS: dict[VerdictStatus, str] = {"pass": "✅", "fail": "❌", "budget": "🛑", "error": "⚠️"}
_BREAK = "<!-- -->"
# What sites make links or pictures of: @name, #1, !1, ~label, $1, %1, &1, GH-1, addresses, :emoji:
_LIVE = re.compile(r"[@#~!$%&](?=\S)|:(?=//|[\w+-]+:)|www(?=\.)|\bGH(?=-)", re.IGNORECASE)
# What Markdown reads anywhere in a line, and what it reads where a block begins
_SYNTAX = re.compile(r"[&<>\\`*_\[\]|~$!@#]|^-|^\+(?=\s|$)|^\d{1,9}[.)](?=\s|$)")
_TEXT = 300  # characters of one text; the whole answer is in the stored run
_ROWS = 60
_SUITES = 20
_TAIL = 100  # bytes that close a fold
_FOOT = 4_000  # characters kept for what stands below the cases


def escape(text: str, most: int = _TEXT) -> str:
    """Any text as one line that renders as itself, wherever in Markdown or a table it stands."""
    pieces = _LIVE.sub(lambda sign: f"{sign[0]}\0", fit(text, most).lstrip()).split("\0")
    return _BREAK.join(_entities(piece) for piece in pieces)


def code(text: str, most: int = _TEXT) -> str:
    """Any text set apart as code, which no site makes links of; empty for empty text."""
    return f"<code>{_entities(fit(text, most))}</code>" if text.strip() else ""


def _entities(text: str) -> str:
    """References cannot stand for structure (CommonMark 0.31, section 2.5)."""
    return _SYNTAX.sub(lambda sign: f"{sign[0][:-1]}&#{ord(sign[0][-1])};", text)


def render(report: Report, *, most: int = 65_536) -> str:
    """The report in at most `most` bytes of UTF-8, the verdict first and the worst cases kept."""
    page = _Page(most - _FOOT)
    page.add(MARKER, f"## {ICONS[report.status]} llm telemetry: {facts.title(report)}", "")
    page.add(*(f"- {_problem(str(problem))}" for problem in report.problems[:_ROWS]), "")
    for suite in report.suites[:_SUITES]:
        page.add(*_head(suite, report), *_table(suite), "")
    hidden = len(report.suites) - _SUITES
    if hidden > 0:
        page.add(f"{count(hidden, 'more suite')} in the stored run.", "")
    folds = [check for suite in report.suites[:_SUITES] for check in suite.verdict.breaches[:_ROWS]]
    for place, check in enumerate(folds):
        page.fold(check, share=len(folds) - place)
    page.most = most
    page.add(*_foot(report))
    return page.text()


class _Page:
    """Lines within a number of bytes; one that would go beyond is left out."""

    def __init__(self, most: int) -> None:
        self.most = most
        self.lines: list[str] = []
        self.used = 0

    def add(self, *lines: str) -> None:
        """Add as many of the lines as fit, in order."""
        self.fill(lines)

    def fill(self, lines: Iterable[str]) -> int:
        """Add lines up to the first that does not fit, no further one made, and count them."""
        count = 0
        for line in lines:
            size = _bytes(line)
            if self.used + size > self.most:
                break
            self.lines.append(line)
            self.used += size
            count += 1
        return count

    def fold(self, check: Check, *, share: int) -> None:
        """Add a fold of a check's cases, the worst first, in 1/`share` of the room that is left."""
        ranked = facts.ranked(check.cases)
        summary = f"<b>{escape(facts.label(check))}</b>: {facts.counted(check)}"
        head = [f"<details><summary>{summary}</summary>", ""]
        head += ["| case | before → now | why | where |", "|:--|:--|:--|:--|"]
        part = self.used + (self.most - self.used) // share - _TAIL
        if not ranked or self.used + _bytes(*head, _case(ranked[0])) > part:
            return
        whole, self.most = self.most, part
        self.add(*head)
        shown = self.fill(map(_case, ranked))
        self.most = whole
        if shown < len(ranked):
            self.add("", f"{figures.case_count(len(ranked) - shown)} more in the stored run.")
        self.add("", "</details>", "")

    def text(self) -> str:
        """All lines."""
        return "\n".join(self.lines) + "\n"


def _bytes(*lines: str) -> int:
    return sum(len(line.encode()) + 1 for line in lines)


def _head(suite: SuiteReport, report: Report) -> Iterable[str]:
    word = facts.TITLES[suite.verdict.status]
    yield f"**{word}** {code(suite.summary.suite)}: {escape(facts.size(suite, report))}"
    yield ""
    if suite.baseline:
        base = suite.baseline
        yield f"baseline: {code(facts.origin(base))}, {escape(facts.acceptance(base))}"
    else:
        yield "no baseline yet"
    yield ""
    yield from (f"- {_problem(str(problem))}" for problem in suite.verdict.problems[:_ROWS])
    yield from (f"- {escape(facts.told(check))}" for check in suite.verdict.breaches[:_ROWS])
    yield from (f"- {escape(note)}" for note in facts.notes(suite)[:_ROWS])
    yield ""


def _table(suite: SuiteReport) -> Iterable[str]:
    rows = facts.rows(suite)
    if not rows:
        return
    yield f"| {' | '.join(facts.HEADERS)} |"
    yield "|:--|--:|--:|--:|--:|:--|"
    rows.sort(key=lambda row: row.style != "bad")
    for row in rows[:_ROWS]:
        cells = [escape(row.label), *(cell.replace("$", "&#36;") for cell in row.cells[1:])]
        cells[-1] = f"**{cells[-1]}**" if row.style == "bad" else cells[-1]
        yield f"| {' | '.join(cells)} |"
    if len(rows) > _ROWS:
        yield f"| {len(rows) - _ROWS} more | | | | | |"


def _case(case: CaseChange) -> str:
    moved = escape(f"{case.before} → {case.now}", 60)
    return (
        f"| {code(case.case_id, 120)} | {moved} | {code(case.reason)} | {code(case.where, 160)} |"
    )


def _problem(text: str) -> str:
    return f"⚠️ {code(text)}"


def _foot(report: Report) -> Iterable[str]:
    notes = [*report.notes[:3], facts.skipped(report)]
    yield from (f"- {escape(note)}" for note in notes if note)
    yield ""
    facts_ = (
        ("run stored", report.run_dir),
        ("judge again", report.judge_again),
        ("if intended" if report.status == "fail" else "next", "".join(report.next_commands[:1])),
    )
    yield " · ".join(f"{lead}: {code(text)}" for lead, text in facts_ if text.strip())
