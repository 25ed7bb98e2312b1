"""`run.json`: what a run planned, and whether it ended by itself."""

import json
from collections.abc import Mapping
from dataclasses import field
from pathlib import Path
from typing import Any

from pytest_llm_telemetry.core.errors import ConfigError
from pytest_llm_telemetry.core.records import dataclass
from pytest_llm_telemetry.core.samples import CasePlan
from pytest_llm_telemetry.storage import documents
from pytest_llm_telemetry.storage.writing import write_atomically

SCHEMA_VERSION = 1
MANIFEST = "run.json"
MAX_BYTES = 50_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class SuitePlan:
    """What a run intended for one suite. `golden` is the file, relative to the root.

    `stopped_after` is how many of the repeats were run, where fewer were enough to decide.
    """

    golden: str = ""
    golden_hash: str | None = None
    repeats: int = 1
    stopped_after: int | None = None
    cases: tuple[CasePlan, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """The manifest of a run.

    `started` and `finished` are ISO-8601 UTC; `complete` is whether it ended by itself, so a run
    that was killed stays incomplete; `selected` is whether only a part was asked for; `stopped` is
    why no further call was made (its budget), empty otherwise. `baselines` and `thresholds` are what it was judged by, relative to the root, so that it can be again.
    """

    run_id: str
    started: str | None = None
    finished: str | None = None
    complete: bool = False
    selected: bool = False
    stopped: str = ""
    commit: str | None = None
    branch: str | None = None
    baselines: str | None = None
    thresholds: str | None = None
    suites: Mapping[str, SuitePlan] = field(default_factory=dict)


def write_manifest(folder: Path, run: Run) -> None:
    """Write `run.json`, in one step that no reader sees half of.

    Raises:
        ConfigError: If it cannot be written.
    """
    suites = {
        name: {
            "golden": plan.golden,
            "golden_hash": plan.golden_hash,
            "repeats": plan.repeats,
            "stopped_after": plan.stopped_after,
            "cases": {
                case.case_id: {"tags": list(case.tags), "where": case.where, "weight": case.weight}
                for case in plan.cases
            },
        }
        for name, plan in run.suites.items()
    }
    head = {name: getattr(run, name) for name in _HEAD}
    document = {"schema_version": SCHEMA_VERSION, **head, "suites": suites}
    # an item a line reads well enough, and unlike an indent it is written by json's C half
    text = json.dumps(document, ensure_ascii=False, separators=(",\n", ": ")) + "\n"
    write_atomically(folder / MANIFEST, text, error=ConfigError)


_HEAD = (
    "run_id",
    "started",
    "finished",
    "complete",
    "selected",
    "stopped",
    "commit",
    "branch",
    "baselines",
    "thresholds",
)


def read_manifest(folder: Path) -> Run:
    """Read `run.json`.

    Raises:
        ConfigError: If it is missing, unreadable, of a newer version or not as it is written.
    """
    name = (folder / MANIFEST).as_posix()
    text = documents.read_text(folder / MANIFEST, name, limit=MAX_BYTES)
    document = documents.parse_json(text, name)
    try:
        return _run(document.value)
    except ValueError as fault:
        raise ConfigError(
            f"is no manifest of a run: {fault}",
            where=name,
            remedy="run the golden set again, or delete the file to judge the events alone",
        ) from None


def _run(found: Any) -> Run:
    if _of(found, "schema_version", int) != SCHEMA_VERSION:
        raise ValueError(f"schema_version is {found['schema_version']!r}, known is 1")
    return Run(
        run_id=_of(found, "run_id", str),
        started=_of(found, "started", str, None),
        finished=_of(found, "finished", str, None),
        complete=_of(found, "complete", bool, default=False),
        selected=_of(found, "selected", bool, default=False),
        stopped=_of(found, "stopped", str, ""),
        commit=_of(found, "commit", str, None),
        branch=_of(found, "branch", str, None),
        baselines=_of(found, "baselines", str, None),
        thresholds=_of(found, "thresholds", str, None),
        suites={name: _suite(plan) for name, plan in _of(found, "suites", dict).items()},
    )


def _suite(found: Any) -> SuitePlan:
    repeats = _of(found, "repeats", int, 1)
    if repeats < 1:
        raise ValueError(f"repeats is {repeats}")
    return SuitePlan(
        golden=_of(found, "golden", str, ""),
        golden_hash=_of(found, "golden_hash", str, None),
        repeats=repeats,
        stopped_after=_of(found, "stopped_after", int, None),
        cases=tuple(_plan(case_id, case) for case_id, case in _of(found, "cases", dict).items()),
    )


def _plan(case_id: str, found: Any) -> CasePlan:
    tags = _of(found, "tags", list, [])
    return CasePlan(
        case_id=case_id,
        tags=tuple(str(tag) for tag in tags),
        where=_of(found, "where", str, ""),
        weight=float(_of(found, "weight", float, 1.0)),
    )


_MISSING: Any = object()


def _of(table: Any, key: str, kind: type, default: Any = _MISSING) -> Any:
    """A value of a table, of the type it must have; null is the same as left out."""
    if not isinstance(table, dict):
        raise ValueError(f"{str(table)[:40]!r} stands where {key!r} is looked for")  # noqa: TRY004 - one type for the caller
    value = table.get(key)
    if value is None:
        value = default
    if value is _MISSING:
        raise ValueError(f"{key!r} is missing")
    kinds = (int, float) if kind is float else kind
    fits = isinstance(value, kinds) and (kind is bool or not isinstance(value, bool))
    if value is not default and not fits:
        raise ValueError(f"{key!r} is {str(value)[:40]!r}")
    return value
