"""The graders that a golden case declares: long form, short form, or `expected` alone."""

import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from math import isfinite
from typing import Any, TypeGuard

from pytest_llm_telemetry.core.errors import GoldenSetError
from pytest_llm_telemetry.core.golden.answers import only_number, quoted
from pytest_llm_telemetry.core.golden.case import GRADER_TYPES, Grader, GraderType
from pytest_llm_telemetry.core.spelling import did_you_mean

SHORT_FORMS: Mapping[str, GraderType] = {
    "contains": "contains",
    "regex": "regex",
    "numeric": "numeric",
    "json_schema": "json-schema",
    "custom": "custom",
}
# a grader's own keys beside `type`; the first is the one that a short form gives
GRADER_KEYS: Mapping[GraderType, tuple[str, ...]] = {
    "exact": ("value", "ignore_case"),
    "contains": ("value", "ignore_case"),
    "regex": ("pattern",),
    "numeric": ("value", "tolerance"),
    "json-schema": ("schema",),
    "similarity": ("value", "min"),
    "semantic": ("value", "min"),
    "judge": ("rubric", "votes", "min"),
    "custom": ("name", "min"),
}
MAX_PATTERN = 2_000
MAX_VOTES = 99
_NO_OTHER_KEYS: Mapping[str, Any] = {}
_CLOSE = 0.8  # how close a text must be, where the grader does not say


def read_graders(record: Mapping[str, Any], where: str) -> tuple[Grader, ...]:
    """The graders of a case: its short forms, then its list; exact where it has `expected` only.

    Raises:
        GoldenSetError: If a grader is unknown, lacks its value or has one of the wrong type.
    """
    listed = record.get("graders")
    if listed is not None and not isinstance(listed, list):
        raise wrong(where, "graders", listed, 'a list: [{"type": "contains", "value": "14 days"}]')
    expected = record.get("expected")
    graders = [
        _READERS[kind](record[short], _NO_OTHER_KEYS, where)
        for short, kind in SHORT_FORMS.items()
        if record.get(short) is not None
    ]
    graders += [_grader(found, expected, where) for found in listed or ()]
    if not graders and expected is not None:
        graders = [_exact(expected, _NO_OTHER_KEYS, where)]
    return tuple(graders) if len(graders) == 1 else tuple(_named_apart(graders))


def wrong(where: str, name: str, found: object, expected: str) -> GoldenSetError:
    """The error for a value of the wrong type or range, with what was found and expected."""
    shown = quoted(found) if isinstance(found, str) else quoted(repr(found))[1:-1]
    return GoldenSetError(f"{name} is {shown}", where=where, remedy=f"write {expected}")


def known_keys(record: Mapping[str, Any], known: tuple[str, ...], where: str, more: str) -> None:
    """Refuse a key that nobody reads: a typo there would switch a demand off in silence.

    Raises:
        GoldenSetError: Naming the key, the nearest known one, and all known ones.
    """
    for key in record:
        if key not in known:
            hint = did_you_mean(str(key), known)
            raise GoldenSetError(
                f"unknown key {quoted(str(key))}",
                where=where,
                remedy=f"{hint} known keys: {', '.join(known)}{more}".strip(),
            )


def is_number(found: object) -> TypeGuard[float]:
    """Whether it is a finite int or float, and no bool."""
    if isinstance(found, bool) or not isinstance(found, int | float):
        return False
    try:
        return isfinite(found)
    except OverflowError:
        return False


def _named_apart(graders: list[Grader]) -> list[Grader]:
    """Two graders of one name in a case are two scores: contains, contains#2."""
    seen: dict[str, int] = {}
    named = []
    for grader in graders:
        seen[grader.name] = count = seen.get(grader.name, 0) + 1
        named.append(grader if count == 1 else replace(grader, name=f"{grader.name}#{count}"))
    return named


def _grader(found: object, expected: object, where: str) -> Grader:
    if isinstance(found, str):
        found = {"type": found}
    if not isinstance(found, Mapping):
        raise wrong(where, "a grader", found, '{"type": "contains", "value": "14 days"}')
    kind = next((kind for kind in GRADER_TYPES if kind == found.get("type")), None)
    if kind is None:
        shown = quoted(str(found.get("type", "")))
        raise GoldenSetError(
            f"unknown grader {shown}",
            where=where,
            remedy=(
                f"{did_you_mean(str(found.get('type')), GRADER_TYPES)} "
                f"known graders: {', '.join(GRADER_TYPES)}; "
                'one of your own is {"type": "custom", "name": "polite"}'
            ).strip(),
        )
    keys = GRADER_KEYS[kind]
    known_keys(found, ("type", *keys), where, "")
    value = found.get(keys[0])
    if value is None and kind != "custom":
        value = expected
    if value is None:
        raise GoldenSetError(
            f"grader {kind} has no {keys[0]}",
            where=where,
            remedy=f'add "{keys[0]}"'
            + ("" if kind == "custom" else ' to it, or "expected" to the case'),
        )
    return _READERS[kind](value, found, where)


def _exact(value: object, found: Mapping[str, Any], where: str) -> Grader:
    return Grader(type="exact", name="exact", value=value, ignore_case=_flag(found, where))


def _contains(value: object, found: Mapping[str, Any], where: str) -> Grader:
    wanted = value if isinstance(value, list) else [value]
    if not wanted or not all(wanted) or set(map(type, wanted)) != {str}:
        raise wrong(where, "contains", value, 'a text or a list of texts: "14 days"')
    return Grader(
        type="contains", name="contains", value=tuple(wanted), ignore_case=_flag(found, where)
    )


def _regex(value: object, _: Mapping[str, Any], where: str) -> Grader:
    if not isinstance(value, str) or not value:
        raise wrong(where, "regex", value, 'a pattern: "^(Hallo|Guten Tag)"')
    if len(value) > MAX_PATTERN:
        raise wrong(where, "regex", value, f"a pattern of at most {MAX_PATTERN} characters")
    try:
        re.compile(value)
    except (re.error, RecursionError, OverflowError) as error:
        raise GoldenSetError(
            f"regex {quoted(value)} is no pattern: {error}",
            where=where,
            remedy="mend it; the syntax is Python's re (a backslash is written twice in JSON)",
        ) from None
    return Grader(type="regex", name="regex", value=value)


def _numeric(value: object, found: Mapping[str, Any], where: str) -> Grader:
    number = only_number(value) if isinstance(value, str) else value
    if not is_number(number):
        raise wrong(where, "numeric", value, "a number: 18")
    tolerance = found.get("tolerance", 0)
    if not is_number(tolerance) or tolerance < 0:
        raise wrong(where, "tolerance", tolerance, "a number from 0 up, in the answer's own unit")
    return Grader(
        type="numeric",
        name="numeric",
        value=float(number),
        tolerance=float(tolerance),
    )


def _json_schema(value: object, _: Mapping[str, Any], where: str) -> Grader:
    if not isinstance(value, Mapping):
        raise wrong(where, "schema", value, 'a JSON Schema: {"type": "object"}')
    return Grader(type="json-schema", name="json-schema", value=value)


def _custom(value: object, found: Mapping[str, Any], where: str) -> Grader:
    if not isinstance(value, str) or not value:
        raise wrong(where, "custom", value, 'the name of a registered grader: "polite"')
    return Grader(type="custom", name=value, value=value, min=_least(found, 0.5, where))


def _similarity(value: object, found: Mapping[str, Any], where: str) -> Grader:
    text, least = _text("similarity", value, where), _least(found, _CLOSE, where)
    return Grader(type="similarity", name="similarity", value=text, min=least)


def _semantic(value: object, found: Mapping[str, Any], where: str) -> Grader:
    text, least = _text("semantic", value, where), _least(found, _CLOSE, where)
    return Grader(type="semantic", name="semantic", value=text, min=least)


def _judge(value: object, found: Mapping[str, Any], where: str) -> Grader:
    votes = found.get("votes", 1)
    if type(votes) is not int or not 1 <= votes <= MAX_VOTES or votes % 2 == 0:
        raise wrong(where, "votes", votes, "an odd number: 3 votes have a majority, 2 may not")
    return Grader(
        type="judge",
        name="judge",
        value=_text("judge", value, where),
        min=_least(found, 0.5, where),
        votes=votes,
    )


def _text(kind: str, value: object, where: str) -> str:
    if not isinstance(value, str) or not value.strip():
        raise wrong(where, kind, value, 'a text: "You have 14 days to return it"')
    return value


def _least(found: Mapping[str, Any], usual: float, where: str) -> float:
    least = found.get("min", usual)
    if not is_number(least) or not 0 <= least <= 1:
        raise wrong(where, "min", least, "a number from 0 to 1")
    return float(least)


def _flag(found: Mapping[str, Any], where: str) -> bool:
    flag = found.get("ignore_case", False)
    if not isinstance(flag, bool):
        raise wrong(where, "ignore_case", flag, "true or false")
    return flag


_READERS: Mapping[GraderType, Callable[[object, Mapping[str, Any], str], Grader]] = {
    "exact": _exact,
    "contains": _contains,
    "regex": _regex,
    "numeric": _numeric,
    "json-schema": _json_schema,
    "similarity": _similarity,
    "semantic": _semantic,
    "judge": _judge,
    "custom": _custom,
}
