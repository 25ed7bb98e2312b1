"""A stored run -> metrics -> gate -> report, and what else was asked for along the way."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path

from pytest_llm_telemetry.core.baseline import Acceptance, Baseline
from pytest_llm_telemetry.core.errors import (
    BaselineError,
    ConfigError,
    DeliveryError,
    TelemetryError,
)
from pytest_llm_telemetry.core.gate import judge
from pytest_llm_telemetry.core.metrics import Summary
from pytest_llm_telemetry.core.records import dataclass
from pytest_llm_telemetry.core.report import (
    Report,
    SuiteReport,
    baseline_age_days,
    quote,
    short_id,
    suggest,
    suite_report,
)
from pytest_llm_telemetry.core.samples import CONTROL
from pytest_llm_telemetry.core.verdict import EXIT_STATUS, Problem, Verdict, worst
from pytest_llm_telemetry.review.accepting import accept, find_baseline
from pytest_llm_telemetry.storage import past_runs, revision, runs
from pytest_llm_telemetry.storage.settings import Settings

_OLD_DAYS = 90


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What to judge a run by, and what to do with the result.

    `baselines` is a folder of `<suite>.json` files, or one file; `now` is ISO-8601 UTC;
    `reports` are `KIND` or `KIND=PATH`; `root` is what relative paths start from; `accepting`
    is the decision to make the run the new baseline.
    """

    settings: Settings
    baselines: Path
    root: Path
    now: str
    require_baseline: bool = False
    accepting: Acceptance | None = None
    reports: Sequence[str] = ()


def conclude(
    run_dir: Path,
    request: Request,
    *,
    problems: Sequence[Problem] = (),
    remarks: Sequence[str] = (),
    run: runs.Run | None = None,
) -> Report:
    """Judge a stored run, write the reports that were asked for, and say what came of it.

    `remarks` are notes of the caller's; `run` is what the manifest tells, where the caller has
    just written it.

    Nothing is raised for input that cannot be used: it is a problem of the report, and its exit
    status is 4.
    """
    report = _judge_run(run_dir, request, problems, run)
    if request.accepting is not None:
        report = _accept_judged(run_dir, report, request, request.accepting)
    report = replace(report, notes=(*report.notes, *remarks))
    past_runs.remember(run_dir, (suite.summary for suite in report.suites))
    if request.reports:
        # most runs are told in the terminal alone
        from pytest_llm_telemetry.review.looking_back import with_past  # noqa: PLC0415

        report = with_past(report, run_dir)
    for wanted in request.reports:
        report = _publish(report, wanted, request.root)
    return report


def _publish(report: Report, wanted: str, root: Path) -> Report:
    from pytest_llm_telemetry.review.publishing import publish  # noqa: PLC0415 - as above

    try:
        note = publish(report, wanted, root)
    except ConfigError as error:
        return with_problem(report, _problem(error, root))
    except DeliveryError as error:  # the verdict stands, whether or not anyone is told
        note = str(error)
    return replace(report, notes=(*report.notes, note))


def _judge_run(
    run_dir: Path, request: Request, problems: Sequence[Problem], run: runs.Run | None = None
) -> Report:
    found = list(problems)
    suites: list[SuiteReport] = []
    skipped: dict[str, int] = {}
    if run_dir.is_file() or any((run_dir / name).exists() for name in (runs.EVENTS, runs.MANIFEST)):
        try:
            run, summaries, skipped = runs.read(run_dir, run)
            found += _unread(run_dir, skipped, request.root)
            suites = [
                _judge_suite(summary, run, request, summaries.get(name + CONTROL))
                for name, summary in summaries.items()
                if not name.endswith(CONTROL)
            ]
        except TelemetryError as error:
            run = None
            found.append(_problem(error, request.root))
    status = worst([suite.verdict.status for suite in suites] + ["error"] * bool(found))
    name = _shown(run_dir, request.root) if run_dir.is_file() else run_dir.name
    report = Report(
        run_id=name,
        suites=tuple(suites),
        status=status,
        exit_status=EXIT_STATUS[status],
        problems=tuple(found),
        notes=_judges(suites),
        skipped_lines=skipped,
        next_commands=suggest(name, suites),
        run_url=revision.run_url(),
        report_url=revision.report_url(),
    )
    return _with_run(report, run, _shown(run_dir, request.root)) if run else report


def _with_run(report: Report, run: runs.Run, place: str) -> Report:
    """The report of a run that could be read: when it ran, of which commit, and where it is."""
    return replace(
        report,
        started=run.started,
        finished=run.finished,
        duration_s=_seconds(run.started, run.finished),
        commit=run.commit,
        branch=run.branch,
        partial=not run.complete,
        run_dir=place,
        judge_again=f"llm-telemetry gate {quote(short_id(report.run_id))}",
    )


def _unread(run_dir: Path, skipped: Mapping[str, int], root: Path) -> list[Problem]:
    """A damaged line of a run may be the one that failed; a production log has its share of them."""
    if run_dir.is_file() or set(skipped) <= {"blank"}:
        return []
    return [
        Problem(
            what="lines of the run's log are damaged, and nobody knows what they said",
            where=_shown(run_dir, root),
            remedy="run it again; a full disk or a killed worker leaves such lines",
        )
    ]


def _judges(suites: Sequence[SuiteReport]) -> tuple[str, ...]:
    """What the graders' own calls cost, which is no part of what the suite costs."""
    return tuple(
        f"{suite.summary.suite}: {suite.summary.judge_calls} calls of graders, "
        + (f"${cost:.3g}" if (cost := suite.summary.judge_cost_usd) is not None else "cost unknown")
        + ", counted apart"
        for suite in suites
        if suite.summary.judge_calls
    )


def _judge_suite(
    summary: Summary, run: runs.Run, request: Request, control: Summary | None
) -> SuiteReport:
    summary = _what_ran(summary) if run.stopped else summary
    golden = run.suites[summary.suite].golden if summary.suite in run.suites else ""
    try:
        baseline = find_baseline(request.baselines, summary.suite, summary.models)
        if baseline is None and request.require_baseline:
            raise BaselineError(
                f"suite {summary.suite!r} has no baseline, and one is required",
                where=_shown(request.baselines, request.root),
                remedy="accept a run: llm-telemetry baseline accept",
            )
        verdict = judge(
            summary,
            baseline,
            request.settings.thresholds(summary.suite),
            controls=control.cases if control else None,
        )
    except TelemetryError as error:
        baseline = None
        verdict = Verdict(
            suite=summary.suite, status="error", problems=(_problem(error, request.root),)
        )
    verdict = replace(verdict, notes=(*verdict.notes, *_remarks(baseline, request)))
    if run.stopped:
        status = "budget" if verdict.status == "pass" else verdict.status
        verdict = replace(verdict, status=status, notes=(run.stopped, *verdict.notes))
    return suite_report(summary, verdict, baseline, now=request.now, golden=golden)


def _remarks(baseline: Baseline | None, request: Request) -> tuple[str, ...]:
    """A slip in the baseline's name is told, and a baseline that nobody looked at for a season."""
    place = request.baselines
    if baseline is None and place.suffix == ".json" and not place.exists():
        return (f"{_shown(place, request.root)} is not there: nothing to compare with",)
    days = baseline_age_days(baseline, now=request.now) if baseline else None
    if days is None or days < _OLD_DAYS:
        return ()
    return (f"the baseline is {days} days old: run the golden set and accept what it does now",)


def _what_ran(summary: Summary) -> Summary:
    """A run that its budget stopped answers for the cases it came to, and for no others."""
    gone = set(summary.missing)
    cases = tuple(case for case in summary.cases if case.case_id not in gone)
    return replace(summary, cases=cases, missing=(), partial=False, selected=True)


def _accept_judged(run_dir: Path, report: Report, request: Request, decision: Acceptance) -> Report:
    """Accept what was just judged, if nothing absolute speaks against it.

    What the old baseline objects to is what the user accepts; a broken absolute limit or a run
    that could not be judged is not.
    """
    against = [
        check.metric
        for suite in report.suites
        for check in suite.verdict.breaches
        if check.kind == "absolute"
    ]
    if report.problems or any(suite.verdict.problems for suite in report.suites) or against:
        why = f"absolute limits are broken ({', '.join(against)})" if against else "see above"
        return replace(report, notes=(*report.notes, f"baseline not updated: {why}"))
    try:
        written = accept(run_dir, request.baselines, decision)
    except TelemetryError as error:
        return with_problem(report, _problem(error, request.root))
    names = ", ".join(_shown(path, request.root) for path in written)
    again = _judge_run(run_dir, request, ())
    return replace(again, notes=(*again.notes, f"baseline accepted: {names}; commit it"))


def with_problem(report: Report, problem: Problem) -> Report:
    """The report of a run that could not be judged, or reported, as it was asked to be."""
    status = worst([report.status, "error"])
    return replace(
        report,
        problems=(*report.problems, problem),
        status=status,
        exit_status=EXIT_STATUS[status],
    )


def _problem(error: TelemetryError, root: Path) -> Problem:
    where = error.where.removeprefix(f"{root.as_posix()}/")
    return Problem(what=error.what, where=where, remedy=error.remedy)


def _seconds(started: str | None, finished: str | None) -> float | None:
    if not started or not finished:
        return None
    return (datetime.fromisoformat(finished) - datetime.fromisoformat(started)).total_seconds()


def _shown(path: Path, root: Path) -> str:
    return path.relative_to(root).as_posix() if path.is_relative_to(root) else path.as_posix()
