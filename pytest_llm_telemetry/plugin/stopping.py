"""`--llm-stop-early`: after each repeat of a suite, is another one worth its money?"""

from pathlib import Path

from pytest_llm_telemetry.core.gate import stop_early
from pytest_llm_telemetry.core.samples import CONTROL
from pytest_llm_telemetry.plugin.collection import CaseRun
from pytest_llm_telemetry.plugin.options import Options
from pytest_llm_telemetry.review.accepting import find_baseline
from pytest_llm_telemetry.storage import runs, stops
from pytest_llm_telemetry.storage.settings import Settings


class EarlyStops:
    """What one process knows of the suites that need no further repeat.

    The decision is left in the run's folder, where every worker finds it. A worker that reaches
    the next repeat while another is still at the last one goes on without a look: a look that is
    left out raises no false alarm.
    """

    def __init__(self, run_dir: Path, options: Options, settings: Settings) -> None:
        self._run_dir = run_dir
        self._baselines = options.baseline
        self._settings = settings
        self._looked: set[tuple[str, int]] = set()

    def why(self, run: CaseRun) -> str:
        """Why this repeat of a case is not needed; empty if it is."""
        done = run.repeat - 1
        if not done:
            return ""
        suite = run.suite.removesuffix(CONTROL)
        decision = stops.read(self._run_dir, suite)
        if decision is None and (suite, done) not in self._looked:
            decision = self._look(suite, done, run.repeats)
        if decision is None or run.repeat <= decision.repeats:
            return ""
        times = "1 repeat" if decision.repeats == 1 else f"{decision.repeats} repeats"
        return f"decided after {times}: {decision.why}"

    def _look(self, suite: str, done: int, repeats: int) -> stops.Stop | None:
        baseline = find_baseline(self._baselines, suite)
        summary = runs.summaries(self._run_dir).get(suite)
        if baseline is None or summary is None:
            self._looked.add((suite, done))
            return None
        if any(len({a.number for a in case.attempts}) < done for case in summary.cases):
            return None  # another worker is still at it
        self._looked.add((suite, done))
        decision = stop_early(
            summary, baseline, self._settings.thresholds(suite), repeat=done, repeats=repeats
        )
        if decision == "go on":
            return None
        return stops.write(self._run_dir, stops.Stop(suite=suite, repeats=done, why=decision))
