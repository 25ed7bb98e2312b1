"""The words every report shares: rows of the table, and sentences about a run. No sink, no escape.

Texts here may hold what a model or a golden file said; each sink cleans and escapes what it shows.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime

from pytest_llm_telemetry.core.metrics import METRICS
from pytest_llm_telemetry.core.records import dataclass
from pytest_llm_telemetry.core.report import BaselineFacts, Report, SuiteReport
from pytest_llm_telemetry.core.verdict import CaseChange, Check, Problem, VerdictStatus
from pytest_llm_telemetry.reporters import figures

TITLES: dict[VerdictStatus, str] = {
    "pass": "PASS",
    "fail": "FAIL",
    "budget": "BUDGET EXCEEDED",
    "error": "CANNOT JUDGE",
}
HEADERS = ("metric", "baseline", "now", "change", "limit", "verdict")
# What a run is told by where nothing judged it: one figure a question a team asks.
SHOWN = (
    "pass_rate",
    "score",
    "error_rate",
    "avg_latency_ms",
    "p95_latency_ms",
    "cost_per_query_usd",
)
_NAMED = 3  # what a line holds of suites, models or causes
_ORDER = {name: place for place, name in enumerate(METRICS)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One line of the table, ready to read. `style` is good, bad, warn, dim or "" (not judged)."""

    label: str
    baseline: str
    now: str
    change: str
    limit: str
    verdict: str
    style: str = ""

    @property
    def cells(self) -> tuple[str, ...]:
        """The six cells, in the order of `HEADERS`."""
        return (self.label, self.baseline, self.now, self.change, self.limit, self.verdict)


def title(report: Report) -> str:
    """The verdict in a word or two: PASS, FAIL, BUDGET EXCEEDED, CANNOT JUDGE."""
    partial = ", partial run" if report.partial else ""
    return f"{TITLES[report.status]}{partial}"


def label(check: Check) -> str:
    """What a check is about: `latency P95`, `pass rate [tag:long-context]`."""
    known = METRICS.get(check.metric)
    name = known.label if known else check.metric
    return f"{name} [{check.scope}]" if check.scope else name


def rows(suite: SuiteReport) -> list[Row]:
    """A row a check; in a suite where nothing was judged, a row a figure that was measured."""
    if not suite.verdict.checks:
        return [_measured(name, suite) for name in SHOWN if _number(suite, name) is not None]
    return [_row(check, suite) for check in ordered(suite.verdict.checks)]


def ordered(checks: Iterable[Check]) -> list[Check]:
    """The order of every table: the suite first, then its parts; metrics as `METRICS` has them."""
    return sorted(
        checks, key=lambda c: (c.scope, _ORDER.get(c.metric, len(_ORDER)), c.kind == "absolute")
    )


def _row(check: Check, suite: SuiteReport) -> Row:
    word, style = outcome(check)
    now = check.now if check.now is not None or check.scope else _number(suite, check.metric)
    moved = figures.change(check.metric, check.change)
    return Row(
        label=label(check),
        baseline=figures.value(check.metric, check.baseline),
        now=figures.value(check.metric, now),
        change=f"{moved} {figures.interval(check.metric, check.interval)}".rstrip(),
        limit=figures.limit(check),
        verdict=word,
        style=style,
    )


def _measured(name: str, suite: SuiteReport) -> Row:
    return Row(
        label=METRICS[name].label,
        baseline=figures.UNKNOWN,
        now=figures.value(name, _number(suite, name)),
        change=figures.UNKNOWN,
        limit=figures.UNKNOWN,
        verdict=figures.UNKNOWN,
    )


def _number(suite: SuiteReport, name: str) -> float | None:
    return suite.summary.metrics.get(name)


def outcome(check: Check) -> tuple[str, str]:
    """How a check ended, in a word, and the style that goes with it."""
    if check.status == "pass":
        return "pass", "good"
    if not check.binding:
        return "advisory", "warn"
    return ("FAIL", "bad") if check.status == "fail" else ("inconclusive", "warn")


def size(suite: SuiteReport, report: Report) -> str:
    """How large the run was: `120 cases x 3, gpt-4o-mini, 1m 42s, $0.31`."""
    summary = suite.summary
    planned = len(summary.cases)
    cases = figures.case_count(planned)
    if summary.missing:
        cases = f"{planned - len(summary.missing):,} of {cases}"
    if summary.repeats > 1:
        cases += f" x {summary.repeats}"
    parts = [
        cases,
        _listed(summary.models),
        figures.duration(_seconds(suite, report)),
        _spent(suite),
        "selected cases only" if summary.selected else "",
        "partial" if summary.partial else "",
    ]
    return ", ".join(part for part in parts if part)


def _listed(names: Sequence[str]) -> str:
    return ", ".join(names if len(names) <= _NAMED else [*names[:_NAMED], "..."])


def _seconds(suite: SuiteReport, report: Report) -> float | None:
    if len(report.suites) == 1 and report.duration_s is not None:
        return report.duration_s
    try:
        end = datetime.fromisoformat(suite.summary.finished or "")
        return (end - datetime.fromisoformat(suite.summary.started or "")).total_seconds()
    except (TypeError, ValueError):  # unknown, or one of them has no time zone
        return None


def _spent(suite: SuiteReport) -> str:
    total = _number(suite, "total_cost_usd")
    if total is not None:
        return figures.value("total_cost_usd", total)
    return "cost unknown" if suite.summary.unknown.get("cost_per_query_usd") else ""


def origin(facts: BaselineFacts) -> str:
    """Where a baseline comes from: `main @ 3f2c1ab`, or its run."""
    at = f"@ {facts.commit[:7]}" if facts.commit else ""
    return f"{facts.branch or ''} {at}".strip() or f"run {facts.run_id}"


def acceptance(facts: BaselineFacts) -> str:
    """Who accepted a baseline and why: `accepted 6 days ago by ana: new prompt`."""
    when = facts.age or facts.at
    why = f": {facts.why}" if facts.why else ""
    return f"accepted {when} by {facts.by}{why}"


def place(report: Report) -> str:
    """Where the code stood: `on main @ 9ab12cd`; empty if unknown."""
    at = f"@ {report.commit[:7]}" if report.commit else ""
    where = f"{report.branch or ''} {at}".strip()
    return f"on {where}" if where else ""


def moved(check: Check) -> str:
    """What a check saw, in a phrase: `pass rate 94.2 % -> 88.6 %`."""
    now = figures.value(check.metric, check.now)
    if check.baseline is None:
        return f"{label(check)} {now} ({figures.limit(check)})"
    return f"{label(check)} {figures.value(check.metric, check.baseline)} -> {now}"


def told(check: Check) -> str:
    """What a check is about, why it ended as it did, and what would settle it."""
    text = "; ".join(part.rstrip(".") for part in (check.reason, check.settle) if part)
    if not text:
        return f"{moved(check)}; {counted(check)}"
    known = METRICS.get(check.metric)
    named = text.startswith(known.label if known else check.metric)
    return text if named else f"{label(check)}: {text}"


def ranked(cases: Iterable[CaseChange]) -> list[CaseChange]:
    """The same cases, the worst first."""
    return sorted(cases, key=lambda case: -case.contribution)


def counted(check: Check) -> str:
    """How many cases moved: `7 cases worse, 1 better`."""
    return f"{figures.case_count(check.cases_worse)} worse, {check.cases_better} better"


def notes(suite: SuiteReport) -> list[str]:
    """What holds nothing and is worth reading: what could not be decided, then remarks, then advice.

    That there is no baseline is left out: every report says so where the baseline would stand.
    """
    undecided, advice = _open(suite, binding=True), _open(suite, binding=False)
    remarks = list(suite.verdict.notes)
    if suite.baseline is None:
        remarks = [note for note in remarks if not note.startswith("first run")]
    return [*undecided, *remarks, *advice]


def _open(suite: SuiteReport, *, binding: bool) -> list[str]:
    """What is told of the checks that neither passed nor hold the verdict."""
    held = suite.verdict.breaches
    found = (check for check in suite.verdict.checks if check.binding is binding)
    return [told(check) for check in found if check.status != "pass" and check not in held]


def skipped(report: Report) -> str:
    """Log lines that could not be read: `3 log lines could not be read (2 truncated, 1 junk)`."""
    if not report.skipped_lines:
        return ""
    total = sum(report.skipped_lines.values())
    kinds = ", ".join(f"{count} {kind}" for kind, count in sorted(report.skipped_lines.items()))
    return f"{total:,} log line{'' if total == 1 else 's'} could not be read ({kinds})"


def headline(report: Report) -> str:
    """The run in one line: `support: FAIL on main @ 9ab12cd - pass rate 94.2 % -> 88.6 %`."""
    loud = [suite for suite in report.suites if suite.verdict.status == report.status]
    shown = loud or list(report.suites)
    names = ", ".join(suite.summary.suite for suite in shown[:_NAMED])
    more = f" and {len(shown) - _NAMED} more" if len(shown) > _NAMED else ""
    head = f"{names}{more}: {title(report)} {place(report)}".removeprefix(": ").rstrip()
    why = _causes(report, shown)[:_NAMED]
    return f"{head} - {', '.join(why)}" if why else head


def _causes(report: Report, suites: Iterable[SuiteReport]) -> list[str]:
    """What moved; where nothing did, what is wrong."""
    moves = [moved(check) for suite in suites for check in suite.verdict.breaches]
    return moves or [problem.what for problem in problems(report)]


def problems(report: Report) -> list[Problem]:
    """What kept the run or any of its suites from being judged."""
    return [*report.problems, *(p for suite in report.suites for p in suite.verdict.problems)]
