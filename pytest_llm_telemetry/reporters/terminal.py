"""The report in a terminal: verdict first, then why, then what to do. 80 columns, no colour needed."""

from collections.abc import Sequence
from dataclasses import replace

from pytest_llm_telemetry.core.gate.wording import count
from pytest_llm_telemetry.core.report import Report, SuiteReport
from pytest_llm_telemetry.core.text import clean, width
from pytest_llm_telemetry.core.verdict import CaseChange, Problem, VerdictStatus
from pytest_llm_telemetry.reporters import facts, figures
from pytest_llm_telemetry.reporters.layout import Line, Page, Style

__all__ = ["Line", "render"]

_STYLES: dict[VerdictStatus, Style] = {
    "pass": "good",
    "fail": "bad",
    "budget": "bad",
    "error": "bad",
}
_BUDGET = 25  # lines of a failing run; what is left out is one -v away
_ROWS = 8  # rows of a table before the passed ones are folded into one line
_NOTES = 3
_WRITTEN = "report: "
_REASON = 36  # columns a reason needs to say something; a place in a file gives way to it
_LABEL = 16  # columns the longest label of our own needs; an interval gives way to it
_ALL = 100_000


def render(
    report: Report, *, width: int = 80, ascii_only: bool = False, verbose: int = 0
) -> list[Line]:
    """Render a report as lines of at most `width` columns; `verbose` leaves nothing out."""
    page = Page(width, ascii_only=ascii_only)
    page.bar(f"llm telemetry: {facts.title(report)}", _STYLES[report.status])
    for problem in report.problems:
        _problem(page, problem, "error")
    if verbose > 0:
        _in_full(page, report)
    elif report.status == "pass" and all(suite.baseline for suite in report.suites):
        _passed(page, report)
    else:
        _in_brief(page, report)
    return page.lines


def _in_full(page: Page, report: Report) -> None:
    for suite in report.suites:
        _suite(page, report, suite, _ALL)
        page.gap()
    for note in _run_notes(report):
        page.wrap(f"note: {note}", "dim", most=_NOTES)
    _footer(page, report)


def _in_brief(page: Page, report: Report) -> None:
    """Suites that hold the verdict get the room, the others one line each."""
    loud = [s for s in report.suites if s.verdict.status != "pass" or s.baseline is None]
    _one_line_each(page, report, [suite for suite in report.suites if suite not in loud])
    notes = _run_notes(report)
    used = len(page.lines) + min(len(notes), _NOTES + 1) + (6 if notes else 5)
    for suite in loud:
        _suite(page, report, suite, max((_BUDGET - used) // len(loud), 6))
        page.gap()
    _notes(page, notes, _NOTES)
    _footer(page, report)


def _passed(page: Page, report: Report) -> None:
    """Four lines: the verdict, the run, what it was compared with, and a note if there is one."""
    notes = [*_run_notes(report), *(n for suite in report.suites for n in facts.notes(suite))]
    if len(report.suites) == 1:
        suite = report.suites[0]
        page.say(f"{suite.summary.suite}: {facts.size(suite, report)}, run {report.short_id}")
        page.flow(_compared(suite, brief=bool(notes)), most=1 if notes else 2, cut=False)
    else:
        _one_line_each(page, report, report.suites)
    if notes:
        more = f" (+{len(notes) - 1} with -v)" if len(notes) > 1 else ""
        room = page.columns - len(more)
        page.say(page.fit(f"note: {_brief(notes[0], room - 6)}", room) + more, "warn")


def _run_notes(report: Report) -> list[str]:
    """The notes of the run, all files that were written in one of them."""
    files = [n.removeprefix(_WRITTEN) for n in report.notes if n.startswith(_WRITTEN)]
    others = [note for note in report.notes if not note.startswith(_WRITTEN)]
    written = f"{_WRITTEN}{', '.join(files)}" if files else ""
    return [note for note in (*others, facts.skipped(report), written) if note]


def _one_line_each(page: Page, report: Report, suites: Sequence[SuiteReport]) -> None:
    for suite in suites[:_ROWS]:
        page.say(_one_line(suite, report), "dim")
    if len(suites) > _ROWS:
        page.say(f"... and {count(len(suites) - _ROWS, 'more suite')} passed", "dim")


def _one_line(suite: SuiteReport, report: Report) -> str:
    word = facts.TITLES[suite.verdict.status]
    return f"{suite.summary.suite}: {word}, {facts.size(suite, report)}"


def _compared(suite: SuiteReport, *, brief: bool) -> list[str]:
    """The judged figures, each with its change: `pass rate 94.2 % (+0.3 pp)`, or the change alone."""
    figure: list[str] = []
    for row in facts.rows(suite):
        if figures.UNKNOWN not in {row.baseline, row.change}:
            change = row.change.partition(" (")[0]
            figure.append(f"{row.label} {change if brief else f'{row.now} ({change})'},")
    figure[-1:] = [text.removesuffix(",") for text in figure[-1:]]
    base = suite.baseline
    lead = [f"against {facts.origin(base)}, {base.age or base.at}:"] if base else []
    return [*lead, *figure]


def _suite(page: Page, report: Report, suite: SuiteReport, room: int) -> None:
    """One suite in about `room` lines."""
    start = len(page.lines)
    page.say(f"{suite.summary.suite}: {facts.size(suite, report)}", "bold")
    _against(page, suite)
    kind = "budget" if suite.verdict.status == "budget" else "error"
    for problem in suite.verdict.problems[: max(room // 4, 1)]:
        _problem(page, problem, kind)
    hidden = len(suite.verdict.problems) - max(room // 4, 1)
    if hidden > 0:
        page.say(f"... and {count(hidden, 'more error')} (-v)", "bad")
    _figures(page, suite, room)
    notes = facts.notes(suite)
    left = room - (len(page.lines) - start) - min(len(notes), _NOTES + 1) - 1
    page.gap()
    _breaches(page, suite, left)
    _notes(page, notes, _NOTES if room < _ALL else _ALL)


def _against(page: Page, suite: SuiteReport) -> None:
    if suite.baseline:
        base = suite.baseline
        page.say(f"baseline: {facts.origin(base)}, {facts.acceptance(base)}", "dim")
        return
    limits = [check for check in suite.verdict.checks if check.kind == "absolute"]
    if limits:
        kept = sum(check.status == "pass" for check in limits)
        page.say(f"no baseline yet: judged by absolute limits alone, {kept} of {len(limits)} kept")
    elif not suite.verdict.problems:
        page.say("no baseline and no limits yet: nothing was judged, this is what was measured")


def _figures(page: Page, suite: SuiteReport, room: int) -> None:
    """The table; where it is too long, rows that passed are named in one line below it."""
    rows, folded = facts.rows(suite), list[facts.Row]()
    if len(rows) > _ROWS and room < _ALL:
        rows, folded = _folded(rows)
    most = _ROWS if room < _ALL else _ALL
    page.gap()
    _table(page, rows[:most])
    if len(rows) > most:
        page.say(f"... and {count(len(rows) - most, 'more row')} (-v)", "dim")
    if folded:
        page.say(f"passed: {', '.join(dict.fromkeys(row.label for row in folded))}", "dim")


def _folded(rows: Sequence[facts.Row]) -> tuple[list[facts.Row], list[facts.Row]]:
    """The rows that did not pass, failures first, and those that did."""
    ranked = sorted(rows, key=lambda row: ("bad", "warn", "", "good").index(row.style))
    loud = [row for row in ranked if row.style != "good"]
    return loud, ranked[len(loud) :]


def _table(page: Page, rows: Sequence[facts.Row]) -> None:
    if not rows:
        return
    longest = max(width(row.label) for row in rows)
    if page.left_of(facts.HEADERS, [row.cells for row in rows]) < min(longest, _LABEL):
        rows = [replace(row, change=row.change.partition(" (")[0]) for row in rows]
    page.table(facts.HEADERS, [(row.cells, _row_style(row)) for row in rows])


def _row_style(row: facts.Row) -> Style:
    return "bad" if row.style == "bad" else "warn" if row.style == "warn" else ""


def _breaches(page: Page, suite: SuiteReport, room: int) -> None:
    """Why it failed: each breach with the cases that carry it, as many as the room allows."""
    breaches = suite.verdict.breaches
    shown = breaches if room > _ALL // 2 else breaches[: max(room // 3, 1)]
    room -= len(breaches) > len(shown)
    for place, check in enumerate(shown):
        start = len(page.lines)
        fair = max(room, 2) // (len(shown) - place)
        share = room - sum(min(fair, 1 + len(later.cases)) for later in shown[place + 1 :])
        page.wrap(facts.told(check), "bad")
        _cases(page, check.cases, share - (len(page.lines) - start))
        room -= len(page.lines) - start
    if len(breaches) > len(shown):
        names = ", ".join(facts.label(check) for check in breaches[len(shown) :])
        page.say(f"also failed: {names}", "bad")


def _cases(page: Page, cases: Sequence[CaseChange], room: int) -> None:
    ranked = facts.ranked(cases)[: max(room, 1)]
    hidden = len(cases) - len(ranked)
    untold = hidden > 0 and not page.append(f"({len(ranked)} of {len(cases)} cases; more with -v)")
    places, shared = _places(cases)
    if shared and not page.append(f"({shared})"):
        places = {case.case_id: case.where for case in cases}
    ids = [page.fit(case.case_id, 26) for case in ranked]
    moves = [page.fit(f"{case.before} -> {case.now}", 22) for case in ranked]
    wide = max(map(width, ids), default=0), max(map(width, moves), default=0)
    for case, name, moved in zip(ranked, ids, moves, strict=True):
        gaps = " " * (wide[0] - width(name)), " " * (wide[1] - width(moved))
        lead = f"  {name}{gaps[0]}  {moved}{gaps[1]}  "
        if room > _ALL // 2:
            page.say(f"{lead}{case.where}")
            page.wrap(case.reason, most=_NOTES, indent="    ")
        else:
            page.say(lead + _reason(page, case, places[case.case_id], page.columns - width(lead)))
    if untold:
        page.say(f"  ... and {count(hidden, 'more case')} (-v)", "dim")


def _reason(page: Page, case: CaseChange, where: str, room: int) -> str:
    """The reason on the left, the place at the right edge where both say something."""
    where = page.fit(where, room)
    left = room - width(where) - 2
    if not where or left < min(_REASON, width(clean(case.reason))):
        return page.fit(case.reason, room)
    reason = page.fit(case.reason, left)
    return f"{reason}{' ' * (room - width(reason) - width(where))}{where}"


def _places(cases: Sequence[CaseChange]) -> tuple[dict[str, str], str]:
    """Where each case stands, and what they share, which is said once: the file or the line."""
    files = {case.where.rpartition(":")[0] for case in cases}
    if len(files) != 1 or len(cases) == 1:
        return {case.case_id: case.where for case in cases}, ""
    lines = {case.case_id: case.where.rpartition(":")[2] for case in cases}
    if len(set(lines.values())) == 1:
        return dict.fromkeys(lines, ""), cases[0].where
    return {case_id: f":{line}" for case_id, line in lines.items()}, files.pop()


def _notes(page: Page, notes: Sequence[str], most: int) -> None:
    for note in notes[:most]:
        if most == _NOTES:
            page.wrap(_brief(note, page.columns), "warn", most=1)
        else:
            page.wrap(note, "warn", most=_ALL)
    if len(notes) > most:
        page.say(f"... and {count(len(notes) - most, 'more note')} (-v)", "dim")


def _brief(note: str, room: int) -> str:
    """Where a note has no room, what it is based on gives way to what would settle it."""
    told, _, remedy = note.rpartition("; ")
    what, based, _ = told.rpartition(": ")
    return f"{what}; {remedy}" if width(note) > room and ": " in what and based else note


def _problem(page: Page, problem: Problem, kind: str) -> None:
    place = f"{problem.where}: " if problem.where else ""
    page.wrap(f"{kind}: {place}{problem.what}", "bad", most=3)
    if problem.remedy:
        page.wrap(f"-> {problem.remedy}", indent="  ")


def _footer(page: Page, report: Report) -> None:
    page.gap()
    if report.run_dir:
        page.command("run stored:", report.run_dir)
    if report.judge_again:
        page.command("judge again:", report.judge_again)
    if report.next_commands:
        page.command(_lead(report), report.next_commands[0])


def _lead(report: Report) -> str:
    if report.status == "fail":
        return "if intended:"
    return "accept as baseline:" if report.status == "pass" else "next:"
