"""One record of a golden file -> a `Case`, or an error that says what to write instead."""

import re
from collections.abc import Mapping
from typing import Any

from pytest_llm_telemetry.core.errors import GoldenSetError
from pytest_llm_telemetry.core.golden.case import Case
from pytest_llm_telemetry.core.golden.demands import (
    SHORT_FORMS,
    is_number,
    known_keys,
    read_graders,
    wrong,
)

CASE_KEYS = ("id", "input", "expected", "graders", *SHORT_FORMS, "tags", "weight", "metadata")
_KNOWN = frozenset(CASE_KEYS)
MAX_ID = 200


def parse_case(record: object, where: str) -> Case:
    """Read one case.

    A case has an `id`, an `input`, and usually `expected` or graders. `expected` without any
    grader means exact: the answer equals it, but for white space at both ends. Graders that name
    no value of their own take `expected`. A null is the same as a key left out.

    Raises:
        GoldenSetError: If a key is unknown or missing, or has the wrong type.
    """
    if type(record) is not dict and not isinstance(record, Mapping):
        raise wrong(where, "a case", record, 'an object: {"id": "a", "input": "Hi"}')
    if not _KNOWN.issuperset(record):
        known_keys(record, CASE_KEYS, where, '; your own data goes under "metadata"')
    case_id = _id(record.get("id"), where)
    if record.get("input") is None:
        raise GoldenSetError(
            f'case "{case_id}" has no input', where=where, remedy='add "input": what is asked'
        )
    return Case(
        id=case_id,
        input=record["input"],
        expected=record.get("expected"),
        graders=read_graders(record, where),
        tags=_tags(record.get("tags"), where),
        weight=_weight(record.get("weight"), where),
        where=where,
        metadata=_metadata(record.get("metadata"), where),
    )


def _id(found: object, where: str) -> str:
    if found is None:
        raise GoldenSetError(
            "a case without an id",
            where=where,
            remedy='add "id": a short name that stays when the case is edited',
        )
    if not isinstance(found, str):
        raise wrong(where, "id", found, f'text: "{found}"' if type(found) is int else "text")
    if not found or found != found.strip() or not found.isprintable():
        raise wrong(where, "id", found, "printable text without white space at its ends")
    if len(found) > MAX_ID:
        raise wrong(where, "id", found, f"at most {MAX_ID} characters")
    if "#" in found and re.search(r"#\d+\Z", found):
        raise wrong(where, "id", found, 'an id that does not end in "#" and a number: repeats do')
    return found


def _tags(found: object, where: str) -> tuple[str, ...]:
    if found is None:
        return ()
    if not isinstance(found, list) or not all(isinstance(tag, str) and tag for tag in found):
        raise wrong(where, "tags", found, 'a list of texts: ["billing", "long-context"]')
    return tuple(dict.fromkeys(found))


def _weight(found: Any, where: str) -> float:
    if found is None:
        return 1.0
    if not is_number(found) or found <= 0:
        raise wrong(where, "weight", found, "a number above 0")
    return float(found)


def _metadata(found: object, where: str) -> Mapping[str, Any]:
    if found is None:
        return {}
    if not isinstance(found, Mapping):
        raise wrong(where, "metadata", found, 'an object: {"source": "ticket 12"}')
    return found
