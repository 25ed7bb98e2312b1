"""Which cases are compared with which: by id, within a scope."""

from collections.abc import Iterable, Mapping
from dataclasses import replace

from pytest_llm_telemetry.core.records import dataclass
from pytest_llm_telemetry.core.samples import CaseSamples


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """One case as it was accepted and as it is now. Tags, weight and place are those of now."""

    before: CaseSamples
    now: CaseSamples


def pair(
    now: Iterable[CaseSamples], baseline: Mapping[str, CaseSamples], scope: str = ""
) -> tuple[Pair, ...]:
    """The cases that both sides know, in the order of the run, narrowed to `scope`."""
    found = []
    for case in within(now, scope):
        before = baseline.get(case.case_id)
        if before is None:
            continue
        kept = _of_model(before, scope)
        if kept is not None:
            found.append(Pair(before=kept, now=case))
    return tuple(found)


def within(cases: Iterable[CaseSamples], scope: str) -> tuple[CaseSamples, ...]:
    """The part of the cases that `scope` ("", "tag:x", "model:x" or "case:x") names."""
    kind, _, name = scope.partition(":")
    if kind == "tag":
        return tuple(case for case in cases if name in case.tags)
    if kind == "case":
        return tuple(case for case in cases if case.case_id == name)
    if kind == "model":
        kept = (_of_model(case, scope) for case in cases)
        return tuple(case for case in kept if case is not None)
    return tuple(cases)


def _of_model(case: CaseSamples, scope: str) -> CaseSamples | None:
    """The case with the calls of one model only, and the attempts that made them."""
    kind, _, name = scope.partition(":")
    if kind != "model":
        return case
    calls = tuple(call for call in case.calls if call.model == name)
    if not calls:
        return None
    numbers = {call.attempt for call in calls}
    attempts = tuple(attempt for attempt in case.attempts if attempt.number in numbers)
    return replace(case, calls=calls, attempts=attempts)
