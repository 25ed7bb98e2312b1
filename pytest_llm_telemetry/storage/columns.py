"""The samples of one case as columns, and back: small, and one line of a diff.

A column that is all null is left out, one whose values are all equal is that value. Left out as
well is what goes without saying: the attempts of calls where they are 1, 2, 3, ..., the suite's
one model, as many attempts as the suite has repeats, and a score that is 1 where the attempt
passed and else 0. Milliseconds are whole from 100 on and keep four digits below, USD keep six:
finer than any check can tell apart, and half the size.
"""

from collections.abc import Mapping, Sequence
from math import isfinite
from typing import Any

from pytest_llm_telemetry.core.errors import BaselineError
from pytest_llm_telemetry.core.records import dataclass
from pytest_llm_telemetry.core.samples import Attempt, Call, CaseSamples

Scalar = str | bool | int | float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Usual:
    """What goes without saying in a baseline: its one model, and its number of repeats."""

    model: str | None = None
    repeats: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class _Column:
    """What a column holds: its types, the least number, the greatest, and the digits that are kept."""

    types: tuple[type, ...]
    least: float = 0
    most: float = float("inf")
    digits: int | None = None

    def fits(self, value: object) -> bool:
        """Whether a value belongs into the column."""
        if value is None:
            return True
        if not isinstance(value, self.types) or (
            isinstance(value, bool) and bool not in self.types
        ):
            return False
        if isinstance(value, int | float) and not isinstance(value, bool):
            return isfinite(value) and self.least <= value <= self.most
        return True

    def rounded(self, value: Scalar) -> Scalar:
        """The value with the digits that are kept."""
        if self.digits is None or not isinstance(value, float):
            return value
        whole = self.digits == _MS and value >= _WHOLE_MS
        short = round(value) if whole else float(f"{value:.{self.digits}g}")
        return int(short) if short == int(short) and abs(short) < _LONG else float(short)


_MOST_ATTEMPTS = 1_000_000
_MS = 4
_WHOLE_MS = 100
_LONG = 1e15  # what is larger is written with an exponent, or no reader takes its digits
_NUMBER = (int, float)
_CALLS: Mapping[str, _Column] = {
    "latency_ms": _Column(types=_NUMBER, digits=_MS),
    "ttft_ms": _Column(types=_NUMBER, digits=_MS),
    "cost_usd": _Column(types=_NUMBER, digits=6),
    "input_tokens": _Column(types=(int,)),
    "output_tokens": _Column(types=(int,)),
    "error_type": _Column(types=(str,)),
    "cached": _Column(types=(bool,)),
    "model": _Column(types=(str,)),
    "attempt": _Column(types=(int,), least=1),
    "sample_weight": _Column(types=_NUMBER, digits=6),
    "order": _Column(types=(int,)),
}
_ATTEMPTS: Mapping[str, _Column] = {
    "attempts": _Column(types=(int,), least=1, most=_MOST_ATTEMPTS),
    "passed": _Column(types=(bool,)),
    "score": _Column(types=_NUMBER, least=float("-inf"), digits=6),
}
_CASE = ("tags", "weight")


def pack(case: CaseSamples, usual: Usual) -> dict[str, Any]:
    """The columns of a case, without what goes without saying."""
    size = len(case.calls)
    found: dict[str, Any] = {}
    for name, column in _CALLS.items():
        values = [column.rounded(_of_call(call, name)) for call in case.calls]
        found[name] = values if name == "order" else _short(values)
    if found["attempt"] == list(range(1, size + 1)) or found["attempt"] == size == 1:
        del found["attempt"]
    if found["model"] == usual.model:
        del found["model"]
    elif found["model"] is None and size:
        found["model"] = [None] * size
    found |= _pack_attempts(case.attempts, usual)
    found["tags"] = list(case.tags)
    found["weight"] = None if case.weight == 1 else case.weight
    return {name: value for name, value in found.items() if value is not None and value != []}


def _pack_attempts(attempts: Sequence[Attempt], usual: Usual) -> dict[str, Any]:
    numbers = [attempt.number for attempt in attempts]
    passed = [attempt.passed for attempt in attempts]
    scores = [_ATTEMPTS["score"].rounded(attempt.score) for attempt in attempts]
    found: dict[str, Any] = {"passed": _short(passed)}
    if numbers != list(range(1, usual.repeats + 1)):
        counted = numbers == list(range(1, len(numbers) + 1))
        found["attempts"] = len(numbers) if counted else numbers
    if scores != _implied(passed):
        found["score"] = _short(scores) if any(s is not None for s in scores) else scores
    return found


def unpack(case_id: str, record: object, usual: Usual) -> CaseSamples:
    """The samples that columns hold.

    Raises:
        BaselineError: If a column is unknown, too short or too long, or of the wrong type.
    """
    case = f'case "{case_id}"'
    if not isinstance(record, Mapping):
        raise BaselineError(f"{case} is no object")
    for name in record:
        if name not in _CALLS and name not in _ATTEMPTS and name not in _CASE:
            raise BaselineError(f'{case}: unknown column "{name}"')
    return CaseSamples(
        case_id=case_id,
        calls=_unpack_calls(record, usual, case),
        attempts=_unpack_attempts(record, usual, case),
        tags=_tags(record.get("tags", []), case),
        weight=_weight(record.get("weight", 1.0), case),
    )


def _unpack_calls(record: Mapping[str, Any], usual: Usual, case: str) -> tuple[Call, ...]:
    order = record.get("order", [])
    if not isinstance(order, list) or None in order:
        raise BaselineError(f"{case}: order is no list of numbers")
    columns = {
        name: _long(record, (name, column), len(order), case) for name, column in _CALLS.items()
    }
    if "model" not in record:
        columns["model"] = [usual.model] * len(order)
    return tuple(_call(columns, index) for index in range(len(order)))


def _unpack_attempts(record: Mapping[str, Any], usual: Usual, case: str) -> tuple[Attempt, ...]:
    numbers = _numbers(record.get("attempts", usual.repeats), case)
    passed = _long(record, ("passed", _ATTEMPTS["passed"]), len(numbers), case)
    scores = _implied(passed)
    if "score" in record:
        scores = _long(record, ("score", _ATTEMPTS["score"]), len(numbers), case)
    return tuple(
        Attempt(number=number, passed=one, score=score)
        for number, one, score in zip(numbers, passed, scores, strict=True)
    )


def _implied(passed: Sequence[bool | None]) -> list[float | None]:
    return [None if one is None else float(one) for one in passed]


def _of_call(call: Call, name: str) -> Scalar:
    if name == "sample_weight":
        return None if call.weight == 1 else call.weight
    value: Scalar = getattr(call, name)
    return None if value is False else value


def _call(columns: Mapping[str, Sequence[Any]], index: int) -> Call:
    values = {name: column[index] for name, column in columns.items()}
    weight, cached = values.pop("sample_weight"), values.pop("cached")
    values["attempt"] = values["attempt"] or index + 1
    return Call(**values, weight=1.0 if weight is None else weight, cached=bool(cached))


def _short(values: Sequence[Scalar]) -> Scalar | Sequence[Scalar]:
    if values and all(type(value) is type(values[0]) and value == values[0] for value in values):
        return values[0]
    return values


def _long(
    record: Mapping[str, Any], column: tuple[str, _Column], size: int, case: str
) -> list[Any]:
    name, kind = column
    found = record.get(name)
    values = found if isinstance(found, list) else [found] * size
    if len(values) != size:
        raise BaselineError(f"{case}: {name} has {len(values)} values, expected {size}")
    for value in values:
        if not kind.fits(value):
            raise BaselineError(f"{case}: {name} holds {value!r}")
    return values


def _numbers(found: object, case: str) -> list[int]:
    if type(found) is int and 0 <= found <= _MOST_ATTEMPTS:
        return list(range(1, found + 1))
    fits = _ATTEMPTS["attempts"].fits
    if not isinstance(found, list) or None in found or not all(map(fits, found)):
        raise BaselineError(f"{case}: attempts is {str(found)[:60]}")
    return found


def _tags(found: object, case: str) -> tuple[str, ...]:
    if not isinstance(found, list) or not all(isinstance(tag, str) for tag in found):
        raise BaselineError(f"{case}: tags is no list of texts")
    return tuple(found)


def _weight(found: object, case: str) -> float:
    if not isinstance(found, int | float) or isinstance(found, bool) or found <= 0:
        raise BaselineError(f"{case}: weight is {found!r}")
    return float(found)
