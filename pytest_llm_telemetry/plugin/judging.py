"""The end of a session: decide, set the exit status, and only then show what was decided."""

import os
from collections.abc import Generator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from pytest_llm_telemetry.core.baseline import Acceptance
from pytest_llm_telemetry.core.report import Report
from pytest_llm_telemetry.core.samples import CONTROL
from pytest_llm_telemetry.core.verdict import Problem
from pytest_llm_telemetry.plugin import hooks, junit
from pytest_llm_telemetry.plugin.options import Options
from pytest_llm_telemetry.reporters import terminal
from pytest_llm_telemetry.review.judging import Request, conclude
from pytest_llm_telemetry.storage import revision, runs
from pytest_llm_telemetry.storage.garbage import uncollected
from pytest_llm_telemetry.storage.settings import Settings

_OPEN_TO_A_VERDICT = {pytest.ExitCode.OK, pytest.ExitCode.NO_TESTS_COLLECTED}
_ENDED_BY_ITSELF = _OPEN_TO_A_VERDICT | {pytest.ExitCode.TESTS_FAILED}
_WIDEST = 100  # columns; a table is no easier to read on a wider screen
_NOTHING = "llm telemetry: no case of a golden set ran, so there is nothing to judge"
_DIED = "???"  # when a test ended, in xdist's report of a worker that did not come back
_LOST = "a worker died in {}: of this attempt only finished calls were recorded"
_MARKUP: dict[str, dict[str, bool]] = {
    "good": {"green": True},
    "bad": {"red": True, "bold": True},
    "warn": {"yellow": True},
    "dim": {"light": True},
    "bold": {"bold": True},
}


class RunJudge:
    """The hooks of the process that judges: the only one, or the controller under xdist."""

    def __init__(self, options: Options, settings: Settings, run_dir: Path) -> None:
        self._options = options
        self._settings = settings
        self._run_dir = run_dir
        self.planned: runs.Run | None = None  # by this process; with workers only they know
        self._report: Report | None = None
        self._problems: list[Problem] = []
        self._died: list[str] = []
        self._items: dict[tuple[str, str], tuple[str, ...]] = {}

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        """Remember a golden set that cannot be used: the run cannot be judged."""
        problem = getattr(report, "llm_problem", None)
        if problem:
            self._problems.append(Problem(what=str(problem)))

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Learn which items a case has: under xdist the report is all the controller sees."""
        if report.when == "call":
            case = getattr(report, "llm_case", None)
            if case:
                key: tuple[str, str] = tuple(case)  # under xdist it came as a list
                self._items[key] = (*self._items.get(key, ()), report.nodeid)
        elif report.when == _DIED:
            self._died.append(report.nodeid)

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_sessionfinish(
        self, session: pytest.Session, exitstatus: int
    ) -> Generator[None, None, None]:
        """Decide, before anybody writes or displays what was decided here."""
        with uncollected():
            self._report = self._judge(session, exitstatus)
        if self._report is not None:
            self._report = hooks.tell(session.config, self._report)
            junit.tell(session.config, self._report)
        yield
        if self._report is None:
            return
        if self._problems or exitstatus in _OPEN_TO_A_VERDICT:
            session.exitstatus = self._report.exit_status or exitstatus
        self._remember_breaches(session.config, self._report)

    def _judge(self, session: pytest.Session, exitstatus: int) -> Report | None:
        run = self.planned
        if run is None and (self._run_dir / runs.MANIFEST).is_file():
            run = runs.read_manifest(self._run_dir)
        if run is not None:
            stopped = session.shouldfail or session.shouldstop
            complete = exitstatus in _ENDED_BY_ITSELF and not stopped
            spent_out = self._spent_out()
            run = replace(
                run,
                finished=utc_now(),
                complete=complete and not spent_out,
                stopped=spent_out,
                suites={name: self._as_run(name, plan) for name, plan in run.suites.items()},
            )
            runs.write_manifest(self._run_dir, run)
        elif not self._problems:
            return None
        request = Request(
            settings=self._settings,
            baselines=self._options.baseline,
            root=self._options.root,
            now=utc_now(),
            require_baseline=self._options.require_baseline,
            accepting=self._accepting() if self._options.update_baseline else None,
            reports=self._options.reports,
        )
        remarks = [_LOST.format(nodeid) for nodeid in self._died]
        return conclude(self._run_dir, request, problems=self._problems, remarks=remarks, run=run)

    def _spent_out(self) -> str:
        """Why the run's budget let no further call be made; empty if it did not."""
        budget = self._options.budget_usd
        if budget is None:
            return ""
        from pytest_llm_telemetry.storage.ledger import Ledger  # noqa: PLC0415 - few runs have one

        return Ledger(self._run_dir, budget).read().stopped

    def _as_run(self, suite: str, plan: runs.SuitePlan) -> runs.SuitePlan:
        if not self._options.stop_early:
            return plan
        from pytest_llm_telemetry.storage import stops  # noqa: PLC0415 - few runs have one

        stop = stops.read(self._run_dir, suite.removesuffix(CONTROL))
        return plan if stop is None else replace(plan, stopped_after=stop.repeats)

    def _accepting(self) -> Acceptance:
        return Acceptance(
            run_id=self._run_dir.name,
            at=utc_now(),
            by=revision.person(self._options.root),
            why="--llm-update-baseline",
        )

    def _remember_breaches(self, config: pytest.Config, report: Report) -> None:
        """Let `--lf` run the cases that a breach names, though each of their tests passed."""
        cache = getattr(config, "cache", None)
        failed = {
            nodeid: True
            for suite in report.suites
            for check in suite.verdict.breaches
            for case in check.cases
            for nodeid in self._items.get((suite.summary.suite, case.case_id), ())
        }
        if cache is not None and failed:
            cache.set("cache/lastfailed", cache.get("cache/lastfailed", {}) | failed)

    def pytest_terminal_summary(self, terminalreporter: "pytest.TerminalReporter") -> None:
        """Show the report. Nothing is decided here, so nothing changes where this is not called."""
        if self._report is None:
            if not terminalreporter.config.getoption("collectonly"):
                terminalreporter.write_line(_NOTHING, yellow=True)
            return
        lines = terminal.render(
            self._report,
            width=min(terminalreporter._tw.fullwidth, _WIDEST),  # noqa: SLF001 - the width of pytest's own lines, shown nowhere else
            verbose=terminalreporter.verbosity,
        )
        for line in lines:
            terminalreporter.write_line(line.text, **_MARKUP.get(line.style, {}))
        if os.environ.get("GITHUB_ACTIONS") and "github" in self._options.reports:
            from pytest_llm_telemetry.reporters import github  # noqa: PLC0415 - where it is read

            for command in github.annotations(self._report):
                terminalreporter.write_line(command)

    def pytest_unconfigure(self) -> None:
        """Let go of the report: what pytest still collects as garbage goes through all that is."""
        self._report = self.planned = None


def utc_now() -> str:
    """The time, ISO-8601 UTC with milliseconds."""
    return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
