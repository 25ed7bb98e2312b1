"""One pytest session under `--llm-telemetry`: its golden sets, its calls, and each test's say."""

import os
from collections.abc import Container, Generator, Mapping, Sequence
from os.path import relpath
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from pytest_llm_telemetry.core.errors import TelemetryError
from pytest_llm_telemetry.core.pricing import PriceTable
from pytest_llm_telemetry.core.samples import CONTROL
from pytest_llm_telemetry.plugin.budget import Meter
from pytest_llm_telemetry.plugin.collection import (
    Suites,
    Target,
    ids_of,
    interleaved,
    run_of,
    share_locations,
)
from pytest_llm_telemetry.plugin.hooks import prices_of
from pytest_llm_telemetry.plugin.judging import RunJudge, utc_now
from pytest_llm_telemetry.plugin.offline import Offline
from pytest_llm_telemetry.plugin.options import Options, resolve
from pytest_llm_telemetry.plugin.progress import CaseLines, Progress
from pytest_llm_telemetry.plugin.recording import Recording
from pytest_llm_telemetry.plugin.running import Running
from pytest_llm_telemetry.plugin.targets import (
    GoldenSetUnusable,
    TargetFile,
    collect_too,
    targets_of,
)
from pytest_llm_telemetry.review.accepting import find_baseline
from pytest_llm_telemetry.storage import revision, runs, settings
from pytest_llm_telemetry.storage.garbage import uncollected

if TYPE_CHECKING:
    from pytest_llm_telemetry.plugin.stopping import EarlyStops


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
        _price_table(known, known.prices)
    except TelemetryError as error:
        raise pytest.UsageError(str(error)) from None
    session = TelemetrySession(config, options, known)
    session.targets = targets
    if targets and known.path is not None:
        collect_too(config, known.path)
    if session.judges:
        session.judge = RunJudge(options, known, session.run_dir)
        config.pluginmanager.register(session.judge, "llm-telemetry-judge")
        config.pluginmanager.register(Progress(config), "llm-telemetry-progress")
        if config.getoption("verbose", 0) > 0:  # get_verbosity() of pytest 8.0 needs a terminal
            config.pluginmanager.register(CaseLines(), "llm-telemetry-case-lines")
    if options.offline:
        config.pluginmanager.register(Offline(), "llm-telemetry-offline")
    config.pluginmanager.register(session.running, "llm-telemetry-running")
    # registered last, so that its log is closed before the judge reads it
    config.pluginmanager.register(session, "llm-telemetry-session")
    return session


class TelemetrySession:
    """What every process that collects tests keeps. Under xdist each worker has its own."""

    def __init__(self, config: pytest.Config, options: Options, known: settings.Settings) -> None:
        worker: dict[str, str] | None = getattr(config, "workerinput", None)
        self._options = options
        self._settings = known
        self._collect_only = bool(config.getoption("collectonly"))
        self._suites = Suites(root=options.root, repeats=options.repeats, controls=options.controls)
        self.judges = worker is None and not self._collect_only
        self.run_id = (
            worker["llm_run_id"] if worker else runs.new_run_id(utc_now(), os.urandom(2).hex())
        )
        self.run_dir = options.run_dir / self.run_id
        self._recording = Recording(
            self.run_id,
            self.run_dir / runs.EVENTS,
            worker["workerid"] if worker else None,
            _meter(self.run_dir, options.budget_usd),
            options.capture,
        )
        self.targets: list[Target] = []
        self.judge: RunJudge | None = None
        self.running = Running(self._recording, _early_stops(self.run_dir, options, known))

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
        with uncollected():
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

    def tag(self, items: Sequence[pytest.Item]) -> None:
        """Let `-k billing` select the cases with that tag."""
        for item in items:
            run = run_of(item)
            if run is not None and run.case.tags:
                item.extra_keyword_matches.update(run.case.tags)

    def _accepted(self, suite: str) -> Container[str]:
        """The case ids of a suite's baseline; none where there is no baseline."""
        baseline = find_baseline(self._options.baseline, suite)
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
        with uncollected():
            self._plan(session.items)
        own = prices_of(session.config, self._settings.prices)
        self._recording.open(session.config, _price_table(self._settings, own))

    def _plan(self, items: Sequence[pytest.Item]) -> None:
        share_locations(items)
        plans, selected = self._suites.plans(items)
        if not plans:
            return
        root = self._options.root
        commit, branch = revision.under_test(root)
        run = runs.Run(
            run_id=self.run_id,
            started=utc_now(),
            selected=selected,
            commit=commit,
            branch=branch,
            baselines=relpath(self._options.baseline, root),
            thresholds=relpath(known, root) if (known := self._settings.path) else None,
            suites=plans,
        )
        runs.write_manifest(self.run_dir, run)
        if self.judge is not None:
            self.judge.planned = run
        self._check_baselines(list(plans))

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
                find_baseline(self._options.baseline, suite)
            except TelemetryError as error:
                raise pytest.UsageError(str(error)) from None

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionfinish(self) -> None:
        """Close the log, before it is read."""
        self._recording.close()


def _price_table(known: settings.Settings, own: Mapping[str, Any]) -> PriceTable | None:
    """The prices that the settings ask for, with the team's `own` and those of plugins."""
    if not own and known.price_list is None:
        return None
    from pytest_llm_telemetry.runtime.published_prices import price_table  # noqa: PLC0415 - as above

    return price_table(own, known.price_list)


def _meter(run_dir: Path, budget_usd: float | None) -> Meter | None:
    if budget_usd is None:
        return None
    from pytest_llm_telemetry.storage.ledger import Ledger  # noqa: PLC0415 - where it is asked for

    return Meter(Ledger(run_dir, budget_usd))


def _early_stops(run_dir: Path, options: Options, known: settings.Settings) -> "EarlyStops | None":
    if not options.stop_early:
        return None
    # its statistics take 10 ms to load
    from pytest_llm_telemetry.plugin.stopping import EarlyStops  # noqa: PLC0415

    return EarlyStops(run_dir, options, known)
