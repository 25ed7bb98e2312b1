"""One pytest session under `--llm-telemetry`, from the plan of its cases to its exit status."""

from collections.abc import Generator, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from secrets import token_hex
from typing import Any

import pytest
from pytest_llm_telemetry.runtime.logger import TelemetryLogger

from pytest_llm_telemetry import review
from pytest_llm_telemetry.core.baseline import Acceptance
from pytest_llm_telemetry.core.errors import TelemetryError
from pytest_llm_telemetry.core.golden import Score
from pytest_llm_telemetry.core.pricing import PriceTable
from pytest_llm_telemetry.core.report import Report
from pytest_llm_telemetry.core.verdict import Problem
from pytest_llm_telemetry.plugin import hookspecs
from pytest_llm_telemetry.plugin.cases import GoldenCase
from pytest_llm_telemetry.plugin.collection import CaseRun, Suites, ids_of, run_of
from pytest_llm_telemetry.plugin.options import Options, resolve
from pytest_llm_telemetry.plugin.recording import Recording
from pytest_llm_telemetry.reporters import terminal
from pytest_llm_telemetry.storage import revision, runs, settings


def start(config: pytest.Config, names: Sequence[str]) -> "TelemetrySession":
    """Read what was asked for and register the session's hooks.

    Raises:
        pytest.UsageError: If an option or the thresholds file cannot be used. Nothing has run
            and nothing was spent by then; pytest ends with exit status 4.
    """
    try:
        options = resolve(config, names)
        session = TelemetrySession(config, options, settings.load(options.thresholds, options.root))
    except TelemetryError as error:
        raise pytest.UsageError(str(error)) from None
    config.pluginmanager.add_hookspecs(hookspecs)
    config.pluginmanager.register(session, "llm-telemetry-session")
    return session


class GoldenSetUnusable(pytest.Collector.CollectError):
    """A golden set that cannot be used, shown by pytest as one line without a traceback."""


class TelemetrySession:
    """The hooks of one session. Under xdist each worker records, the controller alone judges."""

    def __init__(self, config: pytest.Config, options: Options, known: settings.Settings) -> None:
        self.options = options
        self.settings = known
        self.report: Report | None = None
        self._collect_only = bool(config.getoption("collectonly"))
        self._suites = Suites(root=options.root, repeats=options.repeats)
        self._problems: list[Problem] = []
        self._items: dict[tuple[str, str], list[str]] = {}
        worker: dict[str, str] | None = getattr(config, "workerinput", None)
        self._judges = worker is None
        self.run_id = worker["llm_run_id"] if worker else runs.new_run_id(_now(), token_hex(2))
        self.run_dir = options.run_dir / self.run_id
        self._recording = Recording(
            self.run_id, self.run_dir / "events.jsonl", worker["workerid"] if worker else None
        )

    @property
    def logger(self) -> TelemetryLogger:
        """The logger behind the `llm_telemetry` fixture."""
        return self._recording.logger

    def case_of(self, request: pytest.FixtureRequest) -> GoldenCase:
        """The case behind the `golden_case` fixture."""
        case = self._recording.current
        if case is None or not isinstance(getattr(request, "param", None), CaseRun):
            pytest.fail(
                "golden_case needs a golden set: mark the test with "
                '@pytest.mark.golden_set("golden/support.jsonl")',
                pytrace=False,
            )
        return case

    @pytest.hookimpl(optionalhook=True)
    def pytest_configure_node(self, node: Any) -> None:
        """Tell an xdist worker which run it is part of."""
        node.workerinput["llm_run_id"] = self.run_id

    def pytest_generate_tests(self, metafunc: pytest.Metafunc) -> None:
        """Turn a golden set into one item a case and repeat."""
        if metafunc.definition.get_closest_marker("golden_set") is None:
            return
        try:
            found = self._suites.runs(metafunc.definition)
        except TelemetryError as error:
            raise GoldenSetUnusable(str(error)) from error
        metafunc.parametrize("golden_case", found, indirect=True, ids=ids_of(found))

    @pytest.hookimpl(wrapper=True)
    def pytest_make_collect_report(
        self,
    ) -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
        """Let a golden set's fault travel with the report, from a worker to the controller too."""
        report = yield
        call: pytest.CallInfo[Any] | None = getattr(report, "call", None)
        if call is not None and call.excinfo and call.excinfo.errisinstance(GoldenSetUnusable):
            report.llm_problem = str(call.excinfo.value)
        return report

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        """Remember a golden set that cannot be used: the run cannot be judged."""
        problem = getattr(report, "llm_problem", None)
        if problem:
            self._problems.append(Problem(what=str(problem)))

    def pytest_collection_finish(self, session: pytest.Session) -> None:
        """Write down which cases this run is going to do, then start to record.

        Every worker of a run has the same plan and writes the same file.
        """
        if self._collect_only:
            return
        plans, selected = self._suites.plans(session.items)
        if plans:
            runs.write_manifest(
                self.run_dir,
                runs.Run(
                    run_id=self.run_id,
                    started=_now(),
                    selected=selected,
                    suites=plans,
                    commit=revision.commit(self.options.root),
                    branch=revision.branch(self.options.root),
                ),
            )
            self._check_baselines(list(plans))
        if session.items:
            custom: dict[str, Any] = {}
            for graders in session.config.hook.pytest_llm_graders(config=session.config):
                custom |= graders
            self._recording.open(PriceTable(self.settings.prices), custom)

    def _check_baselines(self, suites: Sequence[str]) -> None:
        """Refuse a broken baseline before the first call is paid for.

        A worker leaves that to the controller, which judges.
        """
        if not self._judges:
            return
        for suite in suites:
            try:
                review.find_baseline(self.options.baseline, suite)
            except TelemetryError as error:
                raise pytest.UsageError(str(error)) from None

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Generator[None, object, object]:
        """Put the case's context on every event while the item runs."""
        with self._recording.case(run_of(item)):
            return (yield)

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(
        self, item: pytest.Item, call: pytest.CallInfo[None]
    ) -> Generator[None, pytest.TestReport, pytest.TestReport]:
        """Settle what the test's own outcome says of its case.

        A call that raised is in the log as an error and is judged with all others by the gate's
        error rate; a test that failed for that reason alone is shown as an expected failure, so
        that one bad answer of a provider does not turn every run red. A test without a grader is
        its own grader.
        """
        report = yield
        case = self._recording.current
        run = run_of(item)
        if run is not None:
            report.llm_case = [run.suite, run.case.id]
        if report.when != "call" or case is None or report.skipped:
            return report
        error = call.excinfo.value if call.excinfo else None
        if error is not None and self._recording.recorded(error):
            if not _reruns_left(item):
                report.outcome = "skipped"
                report.wasxfail = f"the call failed ({type(error).__name__}): see the error rate"
        elif error is not None or not case.graded:
            text = "" if error is None else (str(error).splitlines() or [type(error).__name__])[0]
            self._recording.emit(
                Score(name="test", value=float(not text), passed=error is None, explanation=text)
            )
        return report

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Learn which items a case has: under xdist the report is all the controller sees."""
        case = getattr(report, "llm_case", None)
        if case and report.when == "call":
            self._items.setdefault((case[0], case[1]), []).append(report.nodeid)

    @pytest.hookimpl(trylast=True)
    def pytest_sessionfinish(self, session: pytest.Session, exitstatus: int) -> None:
        """Decide. Everything that is displayed later shows what was decided here."""
        self._recording.close()
        if not self._judges or self._collect_only:
            return
        self.report = self._conclude(session, exitstatus)
        if self.report is not None and exitstatus in _OPEN_TO_A_VERDICT | (
            {pytest.ExitCode.INTERRUPTED} if self._problems else set()
        ):
            session.exitstatus = self.report.exit_status or exitstatus
        if self.report is not None:
            self._remember_breaches(session.config, self.report)

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

    def _conclude(self, session: pytest.Session, exitstatus: int) -> Report | None:
        if (self.run_dir / "run.json").is_file():
            run = runs.read_manifest(self.run_dir)
            ended = exitstatus in _OPEN_TO_A_VERDICT | {pytest.ExitCode.TESTS_FAILED}
            complete = ended and not (session.shouldfail or session.shouldstop)
            run = replace(run, finished=_now(), complete=complete)
            runs.write_manifest(self.run_dir, run)
        elif not self._problems:
            return None
        return review.conclude(
            self.run_dir,
            review.Request(
                settings=self.settings,
                baselines=self.options.baseline,
                root=self.options.root,
                now=_now(),
                require_baseline=self.options.require_baseline,
                accepting=self._accepting() if self.options.update_baseline else None,
                reports=self.options.reports,
            ),
            problems=self._problems,
        )

    def _accepting(self) -> Acceptance:
        return Acceptance(
            run_id=self.run_id,
            at=_now(),
            by=revision.person(self.options.root),
            why="--llm-update-baseline",
        )

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """Show the report. Nothing is decided here, so nothing changes where this is not called."""
        if self.report is None:
            return
        lines = terminal.render(
            self.report,
            width=min(terminalreporter._tw.fullwidth, 100),  # noqa: SLF001 - pytest shows it nowhere else
            verbose=terminalreporter.verbosity,
        )
        for line in lines:
            terminalreporter.write_line(line.text, **_MARKUP.get(line.style, {}))


_OPEN_TO_A_VERDICT = {pytest.ExitCode.OK, pytest.ExitCode.NO_TESTS_COLLECTED}
_MARKUP: dict[str, dict[str, bool]] = {
    "good": {"green": True},
    "bad": {"red": True, "bold": True},
    "warn": {"yellow": True},
    "dim": {"light": True},
    "bold": {"bold": True},
}


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _reruns_left(item: pytest.Item) -> bool:
    """Whether pytest-rerunfailures will run the item again, which it does for failures only."""
    done: int = getattr(item, "execution_count", 1)
    marker = item.get_closest_marker("flaky")
    asked = marker.kwargs.get("reruns", 1) if marker else item.config.getoption("reruns", None)
    return "rerunfailures" in str(item.config.pluginmanager.list_name_plugin()) and done <= int(
        asked or 0
    )
