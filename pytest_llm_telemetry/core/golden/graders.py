"""Answer + case -> scores, one a grader."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from math import isfinite
from typing import Any
from unicodedata import normalize

from pytest_llm_telemetry.core.errors import GoldenSetError
from pytest_llm_telemetry.core.golden.answers import (
    answer_text,
    answer_value,
    last_number,
    quoted,
)
from pytest_llm_telemetry.core.golden.case import Case, CustomGrader, Engines, Grader, Score
from pytest_llm_telemetry.core.spelling import did_you_mean

Outcome = tuple[float, str]  # the value in [0, 1], and what was found where that is below 1


def grade(
    answer: object, case: Case, custom: Mapping[str, CustomGrader], engines: Engines
) -> tuple[Score, ...]:
    """The scores of an answer, in the order of the case's graders; none if it declares none.

    Args:
        answer: A text, a JSON value, or a provider's response object.
        case: The golden case.
        custom: Registered graders by name: `(answer, case) -> bool | float | Score`.
        engines: Time-limited regex search and JSON Schema (`storage.graders.ENGINES`).

    Raises:
        GoldenSetError: If a custom grader is not registered or returns something else, or if the
            answer has no text. What a custom grader raises is the caller's to see.
    """
    return tuple(_score(answer, case, grader, (custom, engines)) for grader in case.graders)


def _score(
    answer: object,
    case: Case,
    grader: Grader,
    doors: tuple[Mapping[str, CustomGrader], Engines],
) -> Score:
    custom, engines = doors
    if grader.type == "custom":
        return _custom(answer, case, grader, custom)
    if grader.type == "judge":
        return _judged(answer, case, grader, engines)
    if grader.type == "json-schema":
        value, found = _json_schema(answer, grader, engines)
    elif grader.type == "exact" and not isinstance(grader.value, str):
        value, found = _equal(answer, grader)
    else:
        value, found = _OF_TEXT[grader.type](answer_text(answer), grader, engines)
    passed = value >= (grader.min if grader.type in _CLOSENESS else 1)
    return Score(
        name=grader.name,
        value=value,
        passed=passed,
        explanation=demand(grader) if passed else f"expected {demand(grader)}, got {found}",
    )


def demand(grader: Grader) -> str:
    """What a grader asks for, in a few words: `contains "14 days"`."""
    if grader.type == "json-schema":
        return "JSON that fits the schema"
    if grader.type == "numeric":
        within = f" (within {grader.tolerance:g})" if grader.tolerance else ""
        return f"number {grader.value:.12g}{within}"
    if grader.type == "contains":
        return "contains " + ", ".join(quoted(text) for text in grader.value[:3])
    if grader.type in _CLOSENESS:
        return f"{grader.type} of at least {grader.min:g} to {quoted(grader.value)}"
    verb = {"regex": "matches", "exact": "exactly"}.get(grader.type, grader.type)
    return f"{verb} {quoted(answer_text(grader.value))}"


def _plain(text: str, grader: Grader) -> str:
    """Unicode NFC, so that the same letters compare equal however they were typed."""
    composed = normalize("NFC", text)
    return composed.casefold() if grader.ignore_case else composed


def _exact(text: str, grader: Grader, _: Engines) -> Outcome:
    if _plain(text, grader).strip() == _plain(grader.value, grader).strip():
        return 1.0, ""
    return 0.0, quoted(text)


def _contains(text: str, grader: Grader, _: Engines) -> Outcome:
    plain = _plain(text, grader)
    missing = [wanted for wanted in grader.value if _plain(wanted, grader) not in plain]
    if not missing:
        return 1.0, ""
    lack = f" without {quoted(missing[0])}" if len(grader.value) > 1 else ""
    return 1 - len(missing) / len(grader.value), quoted(text) + lack


def _regex(text: str, grader: Grader, engines: Engines) -> Outcome:
    why = engines.regex(grader.value, text)
    if why is None:
        return 1.0, ""
    return 0.0, quoted(text) + (f" ({why})" if why else "")


def _numeric(text: str, grader: Grader, _: Engines) -> Outcome:
    number = last_number(text)
    if number is None:
        return 0.0, f"no number in {quoted(text)}"
    # 1e-9 of the value: two writings of one decimal must not differ by a float's last bit
    allowed = max(grader.tolerance, 1e-9 * abs(grader.value))
    return float(abs(number - grader.value) <= allowed), f"{number:.12g} in {quoted(text)}"


def _similarity(text: str, grader: Grader, engines: Engines) -> Outcome:
    return _close(engines.similarity(grader.value, text), text)


def _semantic(text: str, grader: Grader, engines: Engines) -> Outcome:
    return _close(engines.semantic(grader.value, text), text)


def _close(value: float, text: str) -> Outcome:
    return value, f"{value:.2f} for {quoted(text)}"


_CLOSENESS = frozenset({"similarity", "semantic"})
_OF_TEXT: Mapping[str, Callable[[str, Grader, Engines], Outcome]] = {
    "exact": _exact,
    "contains": _contains,
    "regex": _regex,
    "numeric": _numeric,
    "similarity": _similarity,
    "semantic": _semantic,
}


def _equal(answer: object, grader: Grader) -> Outcome:
    """Exact for an expected value that is no text: the answer as JSON, compared as JSON."""
    try:
        value = answer_value(answer)
    except ValueError:
        return 0.0, quoted(answer_text(answer))
    return float(_same(value, grader.value)), quoted(answer_text(answer))


def _same(one: Any, other: Any) -> bool:
    if isinstance(one, bool) or isinstance(other, bool):
        return one is other
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(_same, one, other))
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(_same(one[key], other[key]) for key in one)
    return bool(one == other)


def _json_schema(answer: object, grader: Grader, engines: Engines) -> Outcome:
    try:
        value = answer_value(answer)
    except ValueError:
        return 0.0, f"{quoted(answer_text(answer))}, which is not JSON"
    why = engines.json_schema(grader.value, value)
    return (1.0, "") if why is None else (0.0, f"{quoted(answer_text(answer))}: {why}")


def _custom(
    answer: object, case: Case, grader: Grader, custom: Mapping[str, CustomGrader]
) -> Score:
    registered = custom.get(grader.value)
    if registered is None:
        known = ", ".join(sorted(custom)) or "none"
        hint = did_you_mean(grader.value, custom)
        raise GoldenSetError(
            f'case "{case.id}" asks for a custom grader "{grader.value}" that nobody registered',
            where=case.where,
            remedy=f"{hint} registered graders: {known}".strip(),
        )
    said = _said(registered(answer, case), f'custom grader "{grader.value}"', grader, case)
    why = said.explanation or _why_custom(answer, grader, value=said.value, passed=said.passed)
    return replace(said, explanation=why)


def _said(result: object, who: str, grader: Grader, case: Case) -> Score:
    """What a grader of the team's own returned, as a score; its explanation may be empty."""
    if isinstance(result, Score):
        said = replace(result, name=grader.name)
    else:
        value = _number(result)
        passed = result if isinstance(result, bool) else value >= grader.min
        said = Score(name=grader.name, value=value, passed=passed)
    if not (isfinite(said.value) and 0 <= said.value <= 1):
        raise GoldenSetError(
            f"{who} returned {quoted(repr(result))}",
            where=case.where,
            remedy="return a bool, a number from 0 to 1, or a Score",
        )
    return said


def _judged(answer: object, case: Case, grader: Grader, engines: Engines) -> Score:
    """The mean of the votes; passed by their majority. A lost vote that says why is quoted."""
    text = answer_text(answer)
    votes = [
        _said(engines.judge(grader.value, text, case), "the judge", grader, case)
        for _ in range(grader.votes)
    ]
    lost = [vote for vote in votes if vote.passed is False]
    passed = 2 * len(lost) < len(votes)
    tally = f"{len(votes) - len(lost)} of {len(votes)} votes" if len(votes) > 1 else "judge"
    why = next((vote.explanation for vote in lost if vote.explanation), "")
    told = f"{tally}: {why or quoted(text)}" if not passed else tally
    return Score(
        name=grader.name,
        value=sum(vote.value for vote in votes) / len(votes),
        passed=passed,
        explanation=told,
    )


def _number(result: object) -> float:
    return float(result) if isinstance(result, bool | int | float) else float("nan")


def _why_custom(answer: object, grader: Grader, *, value: float, passed: bool | None) -> str:
    if passed is not False:
        return f"{grader.value} ({value:.3g})"
    shown = quoted(answer) if isinstance(answer, str) else f"a {type(answer).__name__}"
    return f"expected {grader.value} of at least {grader.min:g}, got {value:.3g} for {shown}"
