"""A day, week or month of production: logs, alerts, thresholds and golden sets -> a review."""

import subprocess
import sys
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from pytest_llm_telemetry.core.errors import TelemetryError
from pytest_llm_telemetry.core.records import dataclass
from pytest_llm_telemetry.core.reviews import GoldenRun, Material, Move, Period, Review, compose
from pytest_llm_telemetry.core.reviews.moving import of_suite
from pytest_llm_telemetry.core.trends import Window
from pytest_llm_telemetry.core.verdict import EXIT_STATUS
from pytest_llm_telemetry.review.judging import Request, conclude
from pytest_llm_telemetry.storage import alert_state, baselines, runs
from pytest_llm_telemetry.storage.settings import Settings
from pytest_llm_telemetry.storage.traffic import read_traffic

SUITE = "production"
"""The suite whose tables in the thresholds file say what is tolerated of production."""

_RUNS = 10  # stored runs that a review judges again
_STDERR = 2
_USAGE = 2
_KNOWN = {*EXIT_STATUS.values(), _USAGE}
_VERDICTS = {EXIT_STATUS["pass"], EXIT_STATUS["fail"]}


@dataclass(frozen=True, slots=True, kw_only=True)
class Places:
    """Where everything is kept that a review looks at.

    Attributes:
        settings: The thresholds file.
        logs: Files and folders of production.
        state: What alerting remembers.
        runs: The folder of stored runs.
        baselines: The folder of baselines.
        root: What relative paths start from.
    """

    settings: Settings
    logs: Sequence[Path]
    state: Path
    runs: Path
    baselines: Path
    root: Path


def look_back(period: Period, places: Places, now: datetime) -> Review:
    """The review of the days that ended with the last midnight (UTC).

    Raises:
        ConfigError: If there is no log, or a log or the thresholds file cannot be read.
    """
    window = period.window(now)
    traffic = read_traffic(places.logs, period.known_since(window), window.until)
    plan = places.settings.alerts()
    memory = alert_state.load(places.state, plan)
    moves, notes = _moves(places)
    return compose(
        period,
        window,
        Material(
            traffic=traffic,
            thresholds=places.settings.thresholds(SUITE),
            plan=plan,
            notices=memory.history,
            watched=memory.checked is not None and memory.checked > window.since.timestamp(),
            moves=moves,
            golden=tuple(_history(period, window, places, now)),
            sources=[log.name for log in places.logs],
            notes=(*notes, *([memory.note] if memory.note else [])),
        ),
    )


def run_golden_set(places: Places, options: Sequence[str]) -> tuple[int, Path | None]:
    """Run the golden sets as `pytest --llm-telemetry`, and return its exit status and its run.

    What pytest prints goes to standard error, so that a report on standard output stays whole.

    Args:
        places: Where the project is; the run is stored in its folder of runs.
        options: More options for pytest.
    """
    before = set(_stored(places))
    command = [sys.executable, "-m", "pytest", "--llm-telemetry", f"--llm-run-dir={places.runs}"]
    done = subprocess.run(  # noqa: S603 - pytest, with the options of whoever runs the command
        [*command, *options], cwd=places.root, stdout=_STDERR, check=False
    )
    new = [path for path in _stored(places) if path not in before]
    if done.returncode not in _KNOWN or (not new and done.returncode in _VERDICTS):
        return EXIT_STATUS["error"], None  # without a run nothing was judged
    return done.returncode, new[0] if new else None


def opened_by(
    review: Review, status: int, run: Path | None, places: Places, now: datetime
) -> Review:
    """The review with the verdict of a golden set that was run for it."""
    return replace(
        review,
        run_exit=status,
        opening=tuple(_judged(run, places, now)) if run is not None else (),
    )


def _stored(places: Places) -> list[Path]:
    """The folders of stored runs, the latest first."""
    found = [path.parent for path in places.runs.glob(f"*/{runs.MANIFEST}")]
    return sorted(found, key=lambda path: path.name, reverse=True)


def _history(period: Period, window: Window, places: Places, now: datetime) -> Iterable[GoldenRun]:
    """The runs since the period before, judged by the baselines and thresholds of today."""
    since = period.held_against(window).since.isoformat()
    found = [path for path in _stored(places) if path.name >= since[:10]]
    for path in found[:_RUNS]:
        yield from _judged(path, places, now)


def _judged(run: Path, places: Places, now: datetime) -> Iterable[GoldenRun]:
    request = Request(
        settings=places.settings,
        baselines=places.baselines,
        root=places.root,
        now=now.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z"),
    )
    report = conclude(run, request)
    for suite in report.suites:
        yield GoldenRun(
            run_id=report.run_id,
            suite=suite.summary.suite,
            started=report.started,
            status=suite.verdict.status,
            metrics=suite.summary.metrics,
            worse=tuple(dict.fromkeys(check.metric for check in suite.verdict.breaches)),
        )


def _moves(places: Places) -> tuple[tuple[Move, ...], list[str]]:
    """What the accepted runs say of the golden sets' limits, and which baselines cannot be read."""
    found: list[Move] = []
    notes: list[str] = []
    for path in sorted(places.baselines.glob("*.json")):
        try:
            baseline = baselines.read(path)
            limits = places.settings.thresholds(baseline.suite).limits
            found += of_suite(baseline.suite, limits, baseline.history)
        except TelemetryError as fault:
            notes.append(str(fault))
    return tuple(found), notes
