"""What was published stays: released schemas never change, and what fitted them fits today's."""

import hashlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from pytest_llm_telemetry.core.events import from_dict
from pytest_llm_telemetry.storage import schemas

RELEASED = Path(__file__).parents[2] / "docs" / "schemas"
FILES = sorted(RELEASED.glob("*/*.schema.json"))


def named(path: Path) -> str:
    return path.relative_to(RELEASED).as_posix()


@pytest.mark.parametrize("path", FILES, ids=named)
def test_a_released_schema_is_never_edited(path: Path) -> None:
    """Its digest is the one that was written down at the release."""
    lines = (path.parent / "SHA256SUMS").read_text(encoding="utf-8").splitlines()
    digests = {name: digest for digest, name in (line.split("  ") for line in lines)}
    assert hashlib.sha256(path.read_bytes()).hexdigest() == digests[path.name]
    assert len(digests) == len(list(path.parent.glob("*.schema.json")))


@pytest.mark.parametrize("path", FILES, ids=named)
def test_what_fitted_a_release_fits_today(path: Path) -> None:
    """Within a version a schema only grows: released examples are valid, no field is gone or new to
    be required, and events are still read. A new version needs a reader of the old one here.
    """
    released = json.loads(path.read_text(encoding="utf-8"))
    name = path.name.removesuffix(".schema.json")
    today = schemas.load(name)
    assert today["$id"] == released["$id"], "a new version: keep a reader of the old one"
    for example in released.get("examples", []):
        schemas.validate(example, name)
        if name == "event":
            from_dict(example)
    now = dict(fields(today))
    for place, needed in fields(released):
        assert place in now, f"{place} is gone"
        assert needed or not now[place], f"{place} was optional"


def fields(schema: dict[str, Any], above: str = "") -> Iterator[tuple[str, bool]]:
    """The place of every field of a schema, and whether it must be there."""
    for key, below in schema.get("properties", {}).items():
        yield f"{above}/{key}", key in schema.get("required", [])
        yield from fields(below, f"{above}/{key}")
    for key, below in schema.get("$defs", {}).items():
        yield from fields(below, f"{above}#{key}")
