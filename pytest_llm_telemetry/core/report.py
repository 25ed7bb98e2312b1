"""What a report shows: a verdict that was decided before, and the facts around it, as one value.

`review` fills it, every reporter reads it, and nothing in it needs a clock or a disk.
"""

from collections.abc import Mapping, Sequence
from dataclasses import field
from datetime import datetime, timedelta

from pytest_llm_telemetry.core.baseline import Baseline, PastRun
from pytest_llm_telemetry.core.metrics import Summary
from pytest_llm_telemetry.core.records import dataclass
from pytest_llm_telemetry.core.samples import CaseSamples
from pytest_llm_telemetry.core.verdict import Problem, Verdict, VerdictStatus

_MINUTE, _HOUR, _DAY, _MONTH = 60, 3600, 86400, 30 * 86400


@dataclass(frozen=True, slots=True, kw_only=True)
class BaselineFacts:
    """Who accepted what a suite is compared with, and when.

    `age` is ready to read ("6 days ago"), `cases` the number of cases that are compared with,
    `decisions` how often something was accepted into it.
    """

    run_id: str
    at: str
    by: str
    why: str = ""
    commit: str | None = None
    branch: str | None = None
    age: str = ""
    cases: int = 0
    decisions: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class SuiteReport:
    """One suite: its figures, its verdict, and what it was compared with.

    `golden` is the path of the golden set as a user wrote it. `before` are the baseline's samples
    by case id and `history` the figures of accepted runs: the pages that draw them need both.
    `recent` are the figures of runs that are still stored, and `answers` how the answers of the
    accepted run begin, by case id, if it is one of them.
    """

    summary: Summary
    verdict: Verdict
    baseline: BaselineFacts | None = None
    golden: str = ""
    before: Mapping[str, CaseSamples] = field(default_factory=dict)
    history: tuple[PastRun, ...] = ()
    recent: tuple[PastRun, ...] = ()
    answers: Mapping[str, str] = field(default_factory=dict)

    @property
    def past(self) -> tuple[PastRun, ...]:
        """The accepted and the stored runs before this one, each once, the oldest first."""
        known = {run.run_id: run for run in (*self.history, *self.recent)}
        known.pop(self.summary.run_id, None)
        return tuple(sorted(known.values(), key=lambda run: run.at))


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """One run (or one judgement of a stored run), ready to be shown.

    Attributes:
        run_id: Identity of the run.
        suites: One report a suite, in the order to be shown.
        status: The verdict of all suites together.
        exit_status: What the process ends with because of it.
        started, finished: ISO-8601 UTC; `None` is unknown.
        duration_s: Seconds from start to finish; `None` is unknown.
        commit, branch: Where the code under test stood.
        partial: Whether the run did not end by itself.
        run_dir: Folder of the stored run, as a user would type it; empty if it was not stored.
        problems: What kept the run as a whole from being judged (a broken thresholds file).
        notes: Worth reading, hold nothing ("baseline accepted: baselines/support.json").
        skipped_lines: Log lines that could not be read, counted by reason.
        judge_again: The command that judges the stored run again; empty for none.
        next_commands: What a user may do next, the most useful first.
        run_url, report_url: Where a reader of a message can go on reading; empty for none.
    """

    run_id: str
    suites: tuple[SuiteReport, ...]
    status: VerdictStatus
    exit_status: int
    started: str | None = None
    finished: str | None = None
    duration_s: float | None = None
    commit: str | None = None
    branch: str | None = None
    partial: bool = False
    run_dir: str = ""
    problems: tuple[Problem, ...] = ()
    notes: tuple[str, ...] = ()
    skipped_lines: Mapping[str, int] = field(default_factory=dict)
    judge_again: str = ""
    next_commands: tuple[str, ...] = ()
    run_url: str = ""
    report_url: str = ""

    @property
    def short_id(self) -> str:
        """The last part of the run's identity, which is what a user types."""
        return short_id(self.run_id)


def suite_report(
    summary: Summary, verdict: Verdict, baseline: Baseline | None, *, now: str, golden: str = ""
) -> SuiteReport:
    """Put one suite together. `now` (ISO-8601) is what the baseline's age is counted to."""
    return SuiteReport(
        summary=summary,
        verdict=verdict,
        baseline=baseline_facts(baseline, now=now) if baseline else None,
        golden=golden,
        before=baseline.cases if baseline else {},
        history=baseline.history if baseline else (),
    )


def baseline_facts(baseline: Baseline, *, now: str) -> BaselineFacts | None:
    """The latest decision on a baseline; `None` if it holds none."""
    if not baseline.accepted:
        return None
    last = max(baseline.accepted, key=lambda decision: decision.at)
    return BaselineFacts(
        run_id=last.run_id,
        at=last.at,
        by=last.by,
        why=last.why,
        commit=last.commit,
        branch=last.branch,
        age=age_text(last.at, now=now),
        cases=len(baseline.cases),
        decisions=len(baseline.accepted),
    )


def baseline_age_days(baseline: Baseline, *, now: str) -> int | None:
    """Whole days since the latest decision on a baseline; `None` if that cannot be known."""
    facts = baseline_facts(baseline, now=now)
    gap = _gap(facts.at, now) if facts else None
    return None if gap is None else gap.days


def age_text(at: str, *, now: str) -> str:
    """How long ago `at` was, both ISO-8601: "6 days ago"; empty if either cannot be read."""
    gap = _gap(at, now)
    if gap is None:
        return ""
    seconds = int(gap.total_seconds())
    for unit, name, least in (
        (_MONTH, "months", 2 * _MONTH),
        (_DAY, "days", 2 * _DAY),
        (_HOUR, "hours", 2 * _HOUR),
        (_MINUTE, "minutes", 2 * _MINUTE),
    ):
        if seconds >= least:
            return f"{seconds // unit} {name} ago"
    return "just now"


def _gap(at: str, now: str) -> timedelta | None:
    try:
        gap = datetime.fromisoformat(now) - datetime.fromisoformat(at)
    except (TypeError, ValueError):  # TypeError: one of them has no time zone
        return None
    return gap if gap >= timedelta() else None


def short_id(run_id: str) -> str:
    """The part of a run's identity behind its last dash: `7c1e` of `2026-11-23T11-20-04Z-7c1e`.

    A production log is named by its path, which is what a user types.
    """
    return run_id if "." in run_id else run_id.rpartition("-")[2]


def suggest(run_id: str, suites: Sequence[SuiteReport]) -> tuple[str, ...]:
    """The commands worth running next: accept what changed on purpose, or a first baseline.

    Case ids come from golden files that a stranger may have written, so each is quoted for a
    POSIX shell, and one with a character that cannot be seen is never put into a command.
    """
    accept = f"llm-telemetry baseline accept {quote(short_id(run_id))}"
    found = [command for suite in suites if (command := _acceptance(suite, accept))]
    return tuple(dict.fromkeys(found))


def _acceptance(suite: SuiteReport, accept: str) -> str:
    """The command that accepts what a suite did; empty where there is nothing to accept."""
    if suite.baseline is None:
        ran = suite.summary
        refused = suite.verdict.problems or ran.partial or ran.missing or ran.selected
        return "" if refused else f'{accept} --why "first baseline"'
    cases = [case.case_id for check in suite.verdict.breaches for case in check.cases]
    if cases and cases[0].isprintable():
        return f'{accept} --case {quote(cases[0])} --why "..."'
    return f'{accept} --why "..."' if suite.verdict.breaches else ""


_SAFE = str.maketrans("", "", "_-./")


def quote(word: str) -> str:
    """One word for a POSIX shell, quoted only where it must be (the rule of `shlex.quote`)."""
    safe = word.isascii() and word.translate(_SAFE).isalnum()
    return word if safe and not word.startswith("-") else "'" + word.replace("'", "'\"'\"'") + "'"
