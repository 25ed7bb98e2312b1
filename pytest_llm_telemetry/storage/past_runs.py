"""What earlier runs of a project came to: `figures.json` in each run's folder, read for trends."""

import json
import math
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import Any

from pytest_llm_telemetry.core.baseline import PastRun
from pytest_llm_telemetry.core.errors import ConfigError, TelemetryError
from pytest_llm_telemetry.core.metrics import Summary
from pytest_llm_telemetry.core.samples import CaseSamples
from pytest_llm_telemetry.storage import documents, runs
from pytest_llm_telemetry.storage.writing import write_atomically

FIGURES = "figures.json"
SCHEMA_VERSION = 1
MOST = 60  # runs that a trend looks back on


def remember(run_dir: Path, summaries: Iterable[Summary]) -> None:
    """Leave the figures of a whole run beside its events, for the trend of later ones."""
    whole = [summary for summary in summaries if not (summary.partial or summary.selected)]
    if not whole or not run_dir.is_dir():
        return
    document = {
        "schema_version": SCHEMA_VERSION,
        "at": whole[0].started or "",
        "suites": {summary.suite: _finite(summary.metrics) for summary in whole},
    }
    with suppress(ConfigError):  # a run in a folder that is read-only can still be judged
        write_atomically(run_dir / FIGURES, json.dumps(document) + "\n", error=ConfigError)


def recall(folder: Path, suite: str, *, but: str = "") -> tuple[PastRun, ...]:
    """The figures of the latest runs in a folder, the oldest first, without the run `but`.

    A file that cannot be read is no part of a trend: it decides nothing.
    """
    names = sorted(path.parent.name for path in folder.glob(f"*/{FIGURES}"))
    found = (_past(folder / name, suite) for name in names[-MOST - 1 :] if name != but)
    return tuple(past for past in found if past is not None)


def answers(folder: Path, run_id: str, suite: str) -> dict[str, str]:
    """How the answers of a stored run begin, by case id; nothing where it is not stored any more.

    A baseline names the run, and a baseline may be a stranger's: only a folder beside this run's
    is looked into.
    """
    place = folder / run_id
    if place.parent != folder or place.is_symlink() or not place.is_dir():
        return {}
    try:
        found = runs.summaries(place).get(suite)
    except TelemetryError:  # a run that cannot be read any more has no answers
        return {}
    cases = found.cases if found else ()
    return {case.case_id: text for case in cases if (text := _answer(case))}


def _answer(case: CaseSamples) -> str | None:
    """An answer that passed before one that did not: it is what was accepted."""
    good = sorted(case.attempts, key=lambda attempt: attempt.passed is not True)
    return next((attempt.answer for attempt in good if attempt.answer), None)


def _past(run_dir: Path, suite: str) -> PastRun | None:
    path = run_dir / FIGURES
    try:
        found: Any = documents.parse_json(documents.read_text(path, FIGURES), FIGURES).value
        metrics = found["suites"][suite]
        return PastRun(run_id=run_dir.name, at=str(found["at"]), metrics=_finite(metrics))
    except (TelemetryError, KeyError, TypeError, AttributeError):
        return None


def _finite(metrics: Any) -> dict[str, float | None]:
    """The figures that are numbers; what is not is left out."""
    return {
        str(name): value
        for name, value in metrics.items()
        if type(value) in {int, float} and math.isfinite(value)
    }
