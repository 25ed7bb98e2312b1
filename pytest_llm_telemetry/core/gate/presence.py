"""Nothing may drop out of a run unseen: a case that is not there is judged by name."""

from collections.abc import Mapping, Sequence

from pytest_llm_telemetry.core.baseline import Baseline
from pytest_llm_telemetry.core.gate.wording import count, listing
from pytest_llm_telemetry.core.metrics import Summary
from pytest_llm_telemetry.core.samples import CaseSamples
from pytest_llm_telemetry.core.verdict import CaseChange, Check, Problem


def judge_presence(
    now: Summary, baseline: Baseline | None
) -> tuple[tuple[Check, ...], tuple[Problem, ...], tuple[str, ...]]:
    """A failed check for cases that a whole run lost; problems where the run cannot tell.

    A run that was cut short never passes: what it lacks is no breach, but nobody knows what it
    would have said. A selection (`-k`, `--lf`) answers for the cases it selected.
    """
    known = {case.case_id for case in now.cases if case.calls or case.attempts}
    accepted = baseline.cases if baseline else {}
    lost = _lost(now, accepted, known)
    notes = _new_cases(accepted, known)
    if now.partial:
        return (), (_cut_short(known, lost),), notes
    places = {case_id: case.where for case_id, case in accepted.items()}
    places |= {case.case_id: case.where for case in now.cases if case.where}
    return _missing(lost, places, set(accepted)), _unheard(now.cases, known), notes


_NOTHING = Problem(
    what="the run recorded no call and no score, so there is nothing to judge",
    remedy="wrap the handler with llm_telemetry.wrap, or let the test call golden_case.check",
)


def is_unanswered(cases: Sequence[CaseSamples]) -> bool:
    """Whether calls were made, all of them failed, and nothing was graded all the same."""
    errors = [call.error_type for case in cases for call in case.calls]
    graded = any(attempt.score is not None for case in cases for attempt in case.attempts)
    return bool(errors) and all(errors) and not graded


def _unheard(cases: Sequence[CaseSamples], known: set[str]) -> tuple[Problem, ...]:
    """A run without an answer says nothing of the model's: it is no pass, and no first baseline."""
    if not known:
        return (_NOTHING,)
    if not is_unanswered(cases):
        return ()
    errors = [call.error_type or "" for case in cases for call in case.calls]
    kinds = listing([*dict.fromkeys(errors)])
    return (
        Problem(
            what=f"no call was answered: all of {count(len(errors), 'call')} failed ({kinds})",
            remedy="mend what fails them (a key, an address, an argument), and run it again",
        ),
    )


def _lost(now: Summary, accepted: Mapping[str, CaseSamples], known: set[str]) -> dict[str, str]:
    """The ids that should have a record and have none, and why they should."""
    planned = {case.case_id for case in now.cases} | set(now.missing)
    lost = dict.fromkeys(sorted(planned - known), "planned, but nothing was recorded")
    whole = not now.selected and not now.partial and not planned.isdisjoint(accepted)
    if whole:
        gone = sorted(set(accepted) - planned)
        lost |= dict.fromkeys(gone, "in the baseline, but no longer in the golden set")
    return lost


def _missing(
    lost: Mapping[str, str], places: Mapping[str, str], accepted: set[str]
) -> tuple[Check, ...]:
    if not lost:
        return ()
    reason = f"{count(len(lost), 'case')} left no record: {listing(list(lost))}"
    cases = tuple(
        CaseChange(
            case_id=case_id,
            before="recorded" if case_id in accepted else "planned",
            now="missing",
            contribution=1.0,
            reason=why,
            where=places.get(case_id, ""),
        )
        for case_id, why in lost.items()
    )
    return (
        Check(
            metric="missing_cases",
            kind="absolute",
            status="fail",
            now=float(len(lost)),
            limit=0.0,
            reason=reason,
            cases=cases,
            cases_worse=len(lost),
        ),
    )


def _cut_short(known: set[str], lost: Mapping[str, str]) -> Problem:
    lacking = f", {count(len(lost), 'case')} left no record" if lost else ""
    return Problem(
        what=f"the run was cut short: {count(len(known), 'case')} recorded{lacking}",
        remedy="run it to its end (no -x, --maxfail or Ctrl-C) to get a verdict",
    )


def _new_cases(accepted: Mapping[str, CaseSamples], known: set[str]) -> tuple[str, ...]:
    new = sorted(known - set(accepted)) if accepted else []
    if not new:
        return ()
    verb = "is" if len(new) == 1 else "are"
    return (f"{count(len(new), 'new case')} {verb} not in the baseline yet: {listing(new)}",)
