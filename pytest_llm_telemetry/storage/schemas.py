"""The published JSON Schemas, and validation against them. No `$ref` is ever fetched.

The truth stands in the top-level folder `schemas/`; a wheel carries a copy inside the package. An
editable install does not see that copy, so both places are looked at, and no other.
"""

import json
import re
from collections.abc import Callable, Iterable
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pytest_llm_telemetry.core.errors import SchemaError
from pytest_llm_telemetry.core.spelling import did_you_mean
from pytest_llm_telemetry.core.text import clean

if TYPE_CHECKING:
    from jsonschema import Draft202012Validator
    from jsonschema.exceptions import ValidationError

NAMES = (
    "event",
    "thresholds",
    "baseline",
    "golden",
    "run",
    "report",
    "export",
    "review",
    "dashboard",
)
_PACKAGE = Path(__file__).parents[1]
PLACES = (_PACKAGE / "schemas", _PACKAGE.parent / "schemas")

Place = tuple[str | int, ...]


def load(name: str, *, places: Iterable[Path] = PLACES) -> dict[str, Any]:
    """The schema called `name`, one of `NAMES`.

    Raises:
        SchemaError: If there is no such schema.
    """
    if name in NAMES:
        for place in places:
            path = place / f"{name}.schema.json"
            if path.is_file():
                schema: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
                return schema
    raise SchemaError(f"no schema {name!r}", remedy=f"known schemas: {', '.join(NAMES)}")


def validate(document: object, name: str, *, where: Callable[[Place], str] | None = None) -> None:
    """Hold a document against a schema.

    Args:
        document: JSON values, as a strict parser gives them: NaN passes every `maximum`.
        name: One of `NAMES`.
        where: Tells the place of a path in the document as `file:line`, for the error.

    Raises:
        SchemaError: For the fault that explains most (`jsonschema.exceptions.best_match`).
    """
    # 100 ms that a run without settings and baseline need not wait for
    from jsonschema.exceptions import best_match  # noqa: PLC0415

    fault = best_match(_validator(name).iter_errors(document))
    if fault is None:
        return
    place: Place = tuple(fault.absolute_path)
    what, remedy, place = _told(fault, place)
    raise SchemaError(what, where=where(place) if where else _dotted(place), remedy=remedy)


@cache
def _validator(name: str) -> "Draft202012Validator":
    from jsonschema import Draft202012Validator  # noqa: PLC0415 - as above
    from referencing import Registry  # noqa: PLC0415 - as above

    return Draft202012Validator(load(name), registry=Registry())


def _told(fault: "ValidationError", place: Place) -> tuple[str, str, Place]:
    """What is wrong, the remedy, and the place, in the words of this package."""
    if fault.validator == "additionalProperties":
        return _unknown_key(fault, place)
    name = _dotted(place) or "the document"
    if fault.validator == "required":
        asked: Any = fault.validator_value
        found: Any = fault.instance
        missing = next(key for key in asked if key not in found)
        return f'{name} lacks "{missing}"', "add it", place
    return f"{name} is {_shown(fault.instance)}", _expected(fault), place


def _unknown_key(fault: "ValidationError", place: Place) -> tuple[str, str, Place]:
    schema: Any = fault.schema
    found: Any = fault.instance
    known = [key for key in schema["properties"] if not key.startswith("$")]
    unknown = next(key for key in found if key not in schema["properties"])
    noun = "metric" if place and place[-1] in _OF_METRICS else "key"
    under = f" under [{_dotted(place)}]" if place else ""
    hint = did_you_mean(unknown, known)
    return (
        f"unknown {noun} {_shown(unknown)}{under}",
        f"{hint} known {noun}s: {', '.join(known)}".strip(),
        (*place, unknown),
    )


def _expected(fault: "ValidationError") -> str:
    """What should stand there instead, as an imperative sentence."""
    asked: Any = fault.validator_value
    found: Any = fault.instance
    if fault.validator in _UPPER and asked == 1 and 1 < found <= _PER_CENT:
        return f"write a fraction from 0 to 1; did you mean {found / _PER_CENT:g}?"
    if fault.validator in {"enum", "const"}:
        choices = asked if fault.validator == "enum" else [asked]
        return f"write {' or '.join(_shown(choice) for choice in choices)}"
    if fault.validator == "type":
        kinds = [asked] if isinstance(asked, str) else asked
        return f"write {' or '.join(_KINDS.get(kind, kind) for kind in kinds)}"
    words = _WORDS.get(str(fault.validator))
    return words.format(asked) if words else f"it {fault.message[-200:]}"


_PER_CENT = 100
_UPPER = {"maximum", "exclusiveMaximum"}
_OF_METRICS = {"limits", "regression"}
_KINDS = {
    "string": "a text",
    "number": "a number",
    "integer": "a whole number",
    "boolean": "true or false",
    "object": "a table of keys and values",
    "array": "a list",
}
_WORDS = {
    "minimum": "write a number from {} up",
    "maximum": "write a number up to {}",
    "exclusiveMinimum": "write a number above {}",
    "exclusiveMaximum": "write a number below {}",
    "minProperties": "write at least one key",
    "minItems": "write at least {}",
    "minLength": "write at least {} character",
    "pattern": "write a text that matches {}",
}


def _dotted(place: Place) -> str:
    """The place as TOML writes it: limits.error_rate, prices."gpt-4o-mini"."""
    return ".".join(
        str(step) if isinstance(step, int) or _BARE.fullmatch(step) else json.dumps(step)
        for step in place
    )


def _shown(value: object) -> str:
    text = clean(json.dumps(value, ensure_ascii=False, default=str))
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]} ..."


_SHOWN = 60
_BARE = re.compile(r"[A-Za-z0-9_-]+")
