"""The hooks around each test: its case's context, what keeps it from running, and its own say."""

from collections.abc import Generator
from typing import TYPE_CHECKING

import pytest

from pytest_llm_telemetry.plugin.budget import BudgetExceeded
from pytest_llm_telemetry.plugin.cases import GoldenCase
from pytest_llm_telemetry.plugin.collection import CaseRun, run_of
from pytest_llm_telemetry.plugin.junit import outcome_of, without_ours
from pytest_llm_telemetry.plugin.offline import LiveCall
from pytest_llm_telemetry.plugin.outcomes import expect, own_score
from pytest_llm_telemetry.plugin.recording import Recording
from pytest_llm_telemetry.runtime.logger import TelemetryLogger

if TYPE_CHECKING:
    from pytest_llm_telemetry.plugin.stopping import EarlyStops

_NO_CASE = (
    "golden_case needs a golden set: mark the test with "
    '@pytest.mark.golden_set("golden/support.jsonl")'
)


class Running:
    """The hooks of every process that runs tests. They are called for each test, so they are short."""

    def __init__(self, recording: Recording, stops: "EarlyStops | None") -> None:
        self._recording = recording
        self._stops = stops
        self._run: CaseRun | None = None
        self._asked: tuple[object, tuple[str, ...]] = (None, ())

    # No fixture asks for `request`: pytest takes 20 us a test to provide it.

    @pytest.fixture
    def golden_case(self) -> GoldenCase:
        """One case of the golden set: `.id`, `.input`, `.expected`, `.tags`, `.check(answer)`."""
        case = self._recording.current
        if case is None:
            pytest.fail(_NO_CASE, pytrace=False)
        return case

    @pytest.fixture
    def llm_telemetry(self) -> TelemetryLogger:
        """A TelemetryLogger that writes into this run: `.wrap(handler)`, `.observe(query)`."""
        return self._recording.logger

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Generator[None, object, object]:
        """Put the case's context on every event while the item runs."""
        self._run = run_of(item)
        self._recording.begin(self._run)
        try:
            return (yield)
        finally:
            self._recording.end()

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_setup(self, item: pytest.Item) -> None:
        """Skip what the budget has no room for, and repeats that would decide nothing."""
        run, meter = self._run, self._recording.meter
        if run is None:
            return
        self._recording.set_up(run)
        why = meter.stopped if meter is not None else ""
        if not why and self._stops is not None:
            why = self._stops.why(run)
        if why:
            raise pytest.skip.Exception(why, _use_item_location=True)
        if isinstance(item, pytest.Function):
            self._hand_over(item)

    def _hand_over(self, item: pytest.Function) -> None:
        """Put our fixtures where pytest keeps them: it sets up only those that are not there yet.

        Each would take it 20 us a test. One that the project overrides is left to pytest, and so
        are all where a pytest to come keeps them elsewhere: it has no public way to them.
        """
        info = getattr(item, "_fixtureinfo", None)
        if info is not self._asked[0]:  # the cases of a function share it
            self._asked = info, self._ours_of(info)
        for name in self._asked[1]:
            of_case = name == "golden_case"
            item.funcargs[name] = self._recording.current if of_case else self._recording.logger

    def _ours_of(self, info: object) -> tuple[str, ...]:
        known = getattr(info, "name2fixturedefs", {})
        found = {name: known.get(name) for name in ("golden_case", "llm_telemetry")}
        return tuple(
            name
            for name, defined in found.items()
            if defined and getattr(defined[-1].func, "__self__", None) is self
        )

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(
        self, item: pytest.Item, call: pytest.CallInfo[None]
    ) -> Generator[None, pytest.TestReport, pytest.TestReport]:
        """Settle what the test's own outcome says of its case."""
        report = yield
        if call.when == "call":
            self._tell(item, call, report)
        elif call.when == "setup":  # a cassette that answers the test is at hand from here on
            cassette = getattr(item, "funcargs", {}).get("vcr")
            if cassette is not None:
                self._recording.replayed_by(cassette)
        return report

    def _tell(
        self, item: pytest.Item, call: pytest.CallInfo[None], report: pytest.TestReport
    ) -> None:
        run, case = self._run, self._recording.current
        if run is None or case is None:
            return
        vars(report)["llm_case"] = (run.suite, run.case.id)
        if report.skipped:
            return
        self._settle(item, call, report, case)
        told = outcome_of(run, case, self._recording.spent)
        report.user_properties += told
        # the teardown's report, which JUnit files are made from, has the last try's
        item.user_properties[:] = [*without_ours(item.user_properties), *told]

    def _settle(
        self,
        item: pytest.Item,
        call: pytest.CallInfo[None],
        report: pytest.TestReport,
        case: GoldenCase,
    ) -> None:
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
