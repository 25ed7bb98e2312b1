"""One pytest session under `--llm-telemetry`: its golden sets, its calls, and each test's say."""

from collections.abc import Container, Generator, Sequence
from contextlib import nullcontext
from os.path import relpath
from pathlib import Path
from secrets import token_hex
from typing import Any

import pytest

from pytest_llm_telemetry import review
from pytest_llm_telemetry.core.errors import TelemetryError
from pytest_llm_telemetry.core.samples import CONTROL
from pytest_llm_telemetry.plugin.budget import BudgetExceeded, Meter
from pytest_llm_telemetry.plugin.cases import GoldenCase
from pytest_llm_telemetry.plugin.collection import (
    CaseRun,
    Suites,
    Target,
    ids_of,
    interleaved,
    run_of,
)
from pytest_llm_telemetry.plugin.hooks import prices_of
from pytest_llm_telemetry.plugin.judging import RunJudge, utc_now
from pytest_llm_telemetry.plugin.junit import outcome_of, without_ours
from pytest_llm_telemetry.plugin.offline import LiveCall, Offline
from pytest_llm_telemetry.plugin.options import Options, resolve
from pytest_llm_telemetry.plugin.outcomes import expect, own_score
from pytest_llm_telemetry.plugin.progress import Progress
from pytest_llm_telemetry.plugin.recording import Recording
from pytest_llm_telemetry.plugin.stopping import EarlyStops
from pytest_llm_telemetry.plugin.targets import (
    GoldenSetUnusable,
    TargetFile,
    collect_too,
    targets_of,
)
from pytest_llm_telemetry.runtime.logger import TelemetryLogger
from pytest_llm_telemetry.runtime.published_prices import price_table
from pytest_llm_telemetry.storage import revision, runs, settings
from pytest_llm_telemetry.storage.ledger import Ledger


def start(config: pytest.Config, names: Sequence[str]) -> "TelemetrySession":
    """Read what was asked for and register the session's hooks.

    Raises:
        pytest.UsageError: If an option or the thresholds file cannot be used. Nothing has run
            and nothing was spent by then; pytest ends with exit status 4.
    """
    try:
        options = resolve(config, names)
        known = settings.load(options.thresholds, options.root)
        targets = targets_of(known)
    except TelemetryError as error:
        raise pytest.UsageError(str(error)) from None
    session = TelemetrySession(config, options, known)
    session.targets = targets
    if targets and known.path is not None:
        collect_too(config, known.path)
    if session.judges:
        judge = RunJudge(options, known, session.run_dir)
        config.pluginmanager.register(judge, "llm-telemetry-judge")
        config.pluginmanager.register(Progress(config), "llm-telemetry-progress")
    # registered last, so that its log is closed before the judge reads it
    config.pluginmanager.register(session, "llm-telemetry-session")
    return session


class TelemetrySession:
    """The hooks of every process that runs tests. Under xdist each worker has its own."""

    def __init__(self, config: pytest.Config, options: Options, known: settings.Settings) -> None:
        worker: dict[str, str] | None = getattr(config, "workerinput", None)
        self._options = options
        self._settings = known
        self._collect_only = bool(config.getoption("collectonly"))
        self._suites = Suites(root=options.root, repeats=options.repeats, controls=options.controls)
        self.judges = worker is None and not self._collect_only
        self.run_id = worker["llm_run_id"] if worker else runs.new_run_id(utc_now(), token_hex(2))
        self.run_dir = options.run_dir / self.run_id
        budget = options.budget_usd
        meter = Meter(Ledger(self.run_dir, budget)) if budget is not None else None
        self._recording = Recording(
            self.run_id, self.run_dir / runs.EVENTS, worker["workerid"] if worker else None, meter
        )
        self._offline = Offline() if options.offline else None
        self.targets: list[Target] = []
        self._stops = EarlyStops(self.run_dir, options, known) if options.stop_early else None

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
        test = metafunc.definition
        control = test.get_closest_marker("llm_control") is not None
        if not control and test.get_closest_marker("golden_set") is None:
            return
        try:
            if control:
                found = self._suites.control_runs(test, self._accepted)
            else:
                found = self._suites.runs(test)
        except TelemetryError as error:
            raise GoldenSetUnusable(str(error)) from error
        if control and not found:
            why = "controls: run with --llm-controls N, against a baseline"
            idle = pytest.param(None, marks=pytest.mark.skip(reason=why), id="controls")
            metafunc.parametrize("golden_case", [idle], indirect=True)
            return
        metafunc.parametrize("golden_case", found, indirect=True, ids=ids_of(found))

    def pytest_collect_file(
        self, file_path: Path, parent: pytest.Collector
    ) -> pytest.Collector | None:
        """Collect the suites that the settings file declares."""
        if not self.targets or file_path != self._settings.path:
            return None
        return TargetFile.from_parent(
            parent,
            path=file_path,
            targets=self.targets,
            suites=self._suites,
            recording=self._recording,
        )

    def pytest_itemcollected(self, item: pytest.Item) -> None:
        """Let `-k billing` select the cases with that tag."""
        run = run_of(item)
        if run is not None:
            item.extra_keyword_matches.update(run.case.tags)

    def _accepted(self, suite: str) -> Container[str]:
        """The case ids of a suite's baseline; none where there is no baseline."""
        baseline = review.find_baseline(self._options.baseline, suite)
        return baseline.cases if baseline else ()

    @pytest.hookimpl(trylast=True)
    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        """Spread the controls among the cases that they are compared with."""
        if self._options.controls:
            items[:] = interleaved(items)

    @pytest.hookimpl(wrapper=True)
    def pytest_make_collect_report(
        self,
    ) -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
        """Let a golden set's fault travel with the report, from a worker to the controller too."""
        report = yield
        call: pytest.CallInfo[Any] | None = getattr(report, "call", None)
        if call is not None and call.excinfo and call.excinfo.errisinstance(GoldenSetUnusable):
            vars(report)["llm_problem"] = str(call.excinfo.value)
        return report

    def pytest_collection_finish(self, session: pytest.Session) -> None:
        """Write down which cases this run is going to do, then start to record.

        Every worker of a run has the same plan and writes the same file.
        """
        if self._collect_only or not session.items:
            return
        plans, selected = self._suites.plans(session.items)
        if plans:
            root = self._options.root
            run = runs.Run(
                run_id=self.run_id,
                started=utc_now(),
                selected=selected,
                commit=revision.commit(root),
                branch=revision.branch(root),
                baselines=relpath(self._options.baseline, root),
                thresholds=relpath(known, root) if (known := self._settings.path) else None,
                suites=plans,
            )
            runs.write_manifest(self.run_dir, run)
            self._check_baselines(list(plans))
        own = prices_of(session.config, self._settings.prices)
        self._recording.open(session.config, price_table(own, self._settings.price_list))

    def _check_baselines(self, suites: Sequence[str]) -> None:
        """Refuse a broken baseline before the first call is paid for.

        A worker leaves that to the controller, which judges.
        """
        if not self.judges:
            return
        for suite in suites:
            if suite.endswith(CONTROL):
                continue
            try:
                review.find_baseline(self._options.baseline, suite)
            except TelemetryError as error:
                raise pytest.UsageError(str(error)) from None

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Generator[None, object, object]:
        """Put the case's context on every event while the item runs."""
        with self._recording.case(run_of(item)):
            return (yield)

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_setup(self, item: pytest.Item) -> None:
        """Skip what the budget has no room for, and repeats that would decide nothing."""
        run, meter = run_of(item), self._recording.meter
        if run is None:
            return
        self._recording.set_up(run)
        why = meter.stopped if meter is not None else ""
        if not why and self._stops is not None:
            why = self._stops.why(run)
        if why:
            raise pytest.skip.Exception(why, _use_item_location=True)

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_call(self, item: pytest.Item) -> Generator[None, object, object]:
        """Watch what answers the test: a cassette, or a live provider where none may be reached."""
        funcargs = getattr(item, "funcargs", {})
        self._recording.replayed_by(funcargs.get("vcr"))
        with self._offline.guard() if self._offline is not None else nullcontext():
            return (yield)

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(
        self, item: pytest.Item, call: pytest.CallInfo[None]
    ) -> Generator[None, pytest.TestReport, pytest.TestReport]:
        """Settle what the test's own outcome says of its case."""
        report = yield
        run, case = run_of(item), self._recording.current
        if run is None or case is None:
            return report
        vars(report)["llm_case"] = [run.suite, run.case.id]
        if report.when == "call" and not report.skipped:
            error = call.excinfo.value if call.excinfo else None
            if isinstance(error, BudgetExceeded):
                report.outcome = "skipped"
                report.longrepr = (str(item.path), (item.reportinfo()[1] or 0) + 1, str(error))
            elif isinstance(error, LiveCall):
                pass  # the test fails: that is what was asked for
            elif error is not None and self._recording.recorded(error):
                expect(report, item, error)
            elif error is not None or not case.graded:
                own = own_score(error)
                case.scores.append(own)
                self._recording.emit(own)
            told = outcome_of(run, case, self._recording.spent)
            report.user_properties += told
            # the teardown's report, which JUnit files are made from, has the last try's
            item.user_properties[:] = [*without_ours(item.user_properties), *told]
        return report

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionfinish(self) -> None:
        """Close the log, before it is read."""
        self._recording.close()
