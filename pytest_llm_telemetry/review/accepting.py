"""Baselines: find the one that a suite is compared with, and accept a run as a new one."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from pytest_llm_telemetry.core.baseline import Acceptance, Baseline
from pytest_llm_telemetry.core.errors import BaselineError
from pytest_llm_telemetry.core.gate.presence import is_unanswered
from pytest_llm_telemetry.core.metrics import Summary
from pytest_llm_telemetry.core.samples import CONTROL
from pytest_llm_telemetry.storage import runs
from pytest_llm_telemetry.storage.baseline_files import path_for


def find_baseline(place: Path, suite: str, models: Sequence[str] = ()) -> Baseline | None:
    """The baseline of a suite; `None` where there is none yet.

    A baseline of the run's one model (`baselines/support@gpt-4o.json`) goes before the suite's.
    Branches need no names of their own: a baseline lives in git, with the code that it is of.

    Raises:
        BaselineError: If it is there and cannot be used.
    """
    path = _path(place, suite)
    if len(models) == 1 and (own := _path(place, suite, models[0])).exists():
        path = own
    if not path.exists():
        return None
    from pytest_llm_telemetry.storage import baselines  # noqa: PLC0415 - the first runs have none

    baseline = baselines.read(path)
    if baseline.suite != suite:
        raise BaselineError(
            f"this is the baseline of suite {baseline.suite!r}, not of {suite!r}",
            where=str(path),
            remedy="point --llm-baseline at the folder of baselines",
        )
    return baseline


def _path(place: Path, suite: str, model: str = "") -> Path:
    if place.suffix == ".json":
        return place
    return path_for(place, f"{suite}@{model}" if model else suite)


def accept(
    run_dir: Path,
    place: Path,
    decision: Acceptance,
    *,
    suite: str | None = None,
    per_model: bool = False,
) -> list[Path]:
    """Make a stored run the baseline, whole or for `decision.cases`; returns the files written.

    With `per_model` it becomes the baseline of the model that answered, beside those of others.

    Raises:
        BaselineError: If the run is partial or only a selection, if a case is not in it, or if
            `per_model` is asked for where several models answered, or none that is known.
    """
    from pytest_llm_telemetry.storage import baselines  # noqa: PLC0415 - as above

    written = []
    for name, summary in _chosen(run_dir, suite, decision).items():
        path = _path(place, name, _only_model(summary) if per_model else "")
        previous = find_baseline(path, name)
        _refuse_incomplete(summary, decision, previous)
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


def _chosen(run_dir: Path, suite: str | None, decision: Acceptance) -> dict[str, Summary]:
    """What a run has of one suite or of all, and of single cases the suites that they are of."""
    found = {
        name: summary
        for name, summary in runs.summaries(run_dir).items()
        if suite in (None, name)
        and not name.endswith(CONTROL)
        and (_named(decision, summary) or not decision.cases)
    }
    if not found:
        raise BaselineError(
            "the run holds no such suite or case", where=str(run_dir), remedy="look at run.json"
        )
    return found


def _only_model(summary: Summary) -> str:
    if len(summary.models) != 1:
        answered = ", ".join(summary.models) or "no model that is known"
        raise BaselineError(
            f"a baseline per model needs one model, and {answered} answered suite {summary.suite}",
            where=summary.run_id,
            remedy="accept it without --per-model",
        )
    return summary.models[0]


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
        else "no call was answered"
        if is_unanswered(summary.cases)
        else ""
    )
    if reason and not (decision.cases and previous):
        raise BaselineError(
            f"a baseline needs a whole run: {reason}",
            where=summary.run_id,
            remedy="run the whole golden set, or accept single cases with --case ID",
        )
