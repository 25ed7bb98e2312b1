"""What happens in the process that runs a test: its calls and scores go into the run's log."""

from pathlib import Path
from typing import Any

import pytest

from pytest_llm_telemetry.core.golden import Case, Score
from pytest_llm_telemetry.core.pricing import PriceTable
from pytest_llm_telemetry.core.samples import JUDGE
from pytest_llm_telemetry.plugin.budget import Meter
from pytest_llm_telemetry.plugin.cases import GoldenCase
from pytest_llm_telemetry.plugin.collection import CaseRun
from pytest_llm_telemetry.plugin.hooks import graders_of, hooked
from pytest_llm_telemetry.runtime import context
from pytest_llm_telemetry.runtime.logger import TelemetryLogger
from pytest_llm_telemetry.runtime.sinks import FileSink
from pytest_llm_telemetry.storage.graders import Graders

_TRUST_S = 0.01  # a case writes three lines in a row, in a folder of the run's own
# graders by rule, which make no call that would have to be counted apart
_ASK_NOBODY = frozenset({"exact", "contains", "regex", "numeric", "json-schema", "similarity"})


class Recording:
    """The run's log as one process writes it.

    Every process of a run appends to the same file, call by call: a worker that is killed leaves
    behind what it finished.
    """

    def __init__(
        self,
        run_id: str,
        events: Path,
        worker: str | None,
        meter: Meter | None = None,
        capture: str = "redacted",
    ) -> None:
        self.meter = meter
        self.run_id = run_id
        self._events = events
        self._tap: context.Tap | None = None
        self._case: GoldenCase | None = None
        self._is_set_up = False
        self._reruns: dict[tuple[str, str, int], int] = {}
        self.logger = TelemetryLogger(capture=capture)
        self._graders = Graders({})
        # what stands on every event; of a case its own fields, too
        self._of_run: dict[str, str | int] = {"run_id": run_id}
        if worker:
            self._of_run["worker"] = worker
        self._about = self._of_run

    def open(self, config: pytest.Config, prices: PriceTable | None) -> None:
        """Start to record every TelemetryLogger of this process into the run."""
        self._events.parent.mkdir(parents=True, exist_ok=True)
        self._graders = graders_of(config)
        sink = hooked(FileSink(self._events, trust_s=_TRUST_S), config)
        self._tap = context.attach(sink, prices=prices, meter=self.meter)

    def close(self) -> None:
        """Stop recording, and leave every logger as it was."""
        if self._tap is not None:
            self._tap.close()
            self._tap = None

    def begin(self, run: CaseRun | None) -> None:
        """Put the run's and the case's context on every event from here on."""
        self._case = None
        self._is_set_up = False
        self._begin(run)

    def end(self) -> None:
        """A test is over: what comes now is the run's, and no case's."""
        self._tell(self._of_run)

    def set_up(self, run: CaseRun) -> None:
        """Begin anew where a test is set up again: pytest-rerunfailures does so for each try."""
        if self._is_set_up:
            self._begin(run)
        self._is_set_up = True

    def _begin(self, run: CaseRun | None) -> None:
        if run is None:
            self.end()
            return
        self._tell(
            {
                **self._of_run,
                "suite": run.suite,
                "case_id": run.case.id,
                "attempt": self._attempt(run),
            }
        )
        self._case = GoldenCase(run.case, run.repeat, self._grade, self.emit)

    def _grade(self, answer: object, case: Case) -> tuple[Score, ...]:
        """Grade with the calls of judges counted apart from those of the case."""
        if self._tap is None or _ASK_NOBODY.issuperset([grader.type for grader in case.graders]):
            return self._graders.grade(answer, case)
        with self._tap.aside({**self._about, "suite": f"{self._about['suite']}{JUDGE}"}):
            return self._graders.grade(answer, case)

    def _tell(self, about: dict[str, str | int]) -> None:
        """Put these fields on every event from here on."""
        self._about = about
        if self._tap is not None:
            self._tap.fields(about)

    def _attempt(self, run: CaseRun) -> int:
        """Repeats are numbered 1 to n; the k-th rerun of repeat r is attempt r + k * n."""
        key = (run.suite, run.case.id, run.repeat)
        reruns = self._reruns[key] = self._reruns.get(key, -1) + 1
        return run.repeat + reruns * run.repeats

    @property
    def current(self) -> GoldenCase | None:
        """The case that is running in this process."""
        return self._case

    def emit(self, score: Score, answer: str | None = None) -> None:
        """Write a score into the log, beside the last call that the test made, and its answer."""
        query_id = self._tap.last_query_id if self._tap is not None else None
        self.logger.score(
            query_id,
            score.name,
            score.value,
            passed=score.passed,
            explanation=score.explanation or None,
            answer=answer,
        )

    @property
    def spent(self) -> tuple[float | None, float | None]:
        """Milliseconds of the running test's root calls and USD of its calls; None is unknown."""
        calls = self._tap.calls if self._tap is not None else []
        if len(calls) == 1:  # as most tests make
            return calls[0]
        times = [latency for latency, _ in calls if latency is not None]
        costs = [cost for _, cost in calls if cost is not None]
        return sum(times) if times else None, sum(costs) if costs else None

    def replayed_by(self, cassette: Any) -> None:
        """Mark calls as cached that a cassette of vcrpy answers, of pytest-recording or without."""
        if self._tap is not None:
            counts = hasattr(cassette, "play_count")
            self._tap.replays = (lambda: int(cassette.play_count)) if counts else None

    def recorded(self, error: BaseException) -> bool:
        """Whether a watched call raised this very exception: then the log has it already."""
        return self._tap is not None and self._tap.was_recorded(error)
