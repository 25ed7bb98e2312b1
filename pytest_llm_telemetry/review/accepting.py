"""Baselines: find the one that a suite is compared with, and accept a run as a new one."""

from dataclasses import replace
from pathlib import Path

from pytest_llm_telemetry.core.baseline import Acceptance, Baseline
from pytest_llm_telemetry.core.errors import BaselineError
from pytest_llm_telemetry.core.metrics import Summary
from pytest_llm_telemetry.core.samples import CONTROL
from pytest_llm_telemetry.storage import baselines, runs


def find_baseline(place: Path, suite: str) -> Baseline | None:
    """The baseline of a suite; `None` where there is none yet.

    Raises:
        BaselineError: If it is there and cannot be used.
    """
    path = place if place.suffix == ".json" else baselines.path_for(place, suite)
    if not path.exists():
        return None
    baseline = baselines.read(path)
    if baseline.suite != suite:
        raise BaselineError(
            f"this is the baseline of suite {baseline.suite!r}, not of {suite!r}",
            where=str(path),
            remedy="point --llm-baseline at the folder of baselines",
        )
    return baseline


def accept(
    run_dir: Path, place: Path, decision: Acceptance, *, suite: str | None = None
) -> list[Path]:
    """Make a stored run the baseline, whole or for `decision.cases`; returns the files written.

    Raises:
        BaselineError: If the run is partial or only a selection, or a case is not in it.
    """
    found = {
        name: summary
        for name, summary in runs.summaries(run_dir).items()
        if suite in (None, name) and not name.endswith(CONTROL)
    }
    if decision.cases:
        found = {name: summary for name, summary in found.items() if _named(decision, summary)}
    if not found:
        raise BaselineError(
            "the run holds no such suite or case", where=str(run_dir), remedy="look at run.json"
        )
    written = []
    for name, summary in found.items():
        previous = find_baseline(place, name)
        _refuse_incomplete(summary, decision, previous)
        path = place if place.suffix == ".json" else baselines.path_for(place, name)
        here = replace(
            decision,
            run_id=summary.run_id,
            commit=summary.commit,
            branch=summary.branch,
            cases=_named(decision, summary),
        )
        baselines.write(
            path,
            baselines.from_summary(
                summary, acceptance=here, previous=previous, cases=here.cases or None
            ),
        )
        written.append(path)
    return written


def _named(decision: Acceptance, summary: Summary) -> tuple[str, ...]:
    """The cases of the decision that are this suite's."""
    known = {case.case_id for case in summary.cases}
    return tuple(case_id for case_id in decision.cases if case_id in known)


def _refuse_incomplete(summary: Summary, decision: Acceptance, previous: Baseline | None) -> None:
    reason = (
        "the run did not end by itself"
        if summary.partial
        else f"{len(summary.missing)} planned cases have no record"
        if summary.missing
        else "only a part of the golden set was run"
        if summary.selected
        else ""
    )
    if reason and not (decision.cases and previous):
        raise BaselineError(
            f"a baseline needs a whole run: {reason}",
            where=summary.run_id,
            remedy="run the whole golden set, or accept single cases with --case ID",
        )
