"""Runs on disk: `run.json` says what was planned, `events.jsonl` what happened."""

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pytest_llm_telemetry.core.errors import ConfigError
from pytest_llm_telemetry.core.events import Event, QueryEnd
from pytest_llm_telemetry.core.metrics import Summary, measure
from pytest_llm_telemetry.core.samples import CasePlan, CaseSamples, collect
from pytest_llm_telemetry.storage import documents, logs
from pytest_llm_telemetry.storage.writing import write_atomically

SCHEMA_VERSION = 1
MANIFEST = "run.json"
EVENTS = "events.jsonl"
MAX_BYTES = 50_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class SuitePlan:
    """What a run intended for one suite. `golden` is the file, relative to the root."""

    golden: str = ""
    golden_hash: str | None = None
    repeats: int = 1
    cases: tuple[CasePlan, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """The manifest of a run.

    `started` and `finished` are ISO-8601 UTC; `complete` is whether it ended by itself, so a run
    that was killed stays incomplete; `selected` is whether only a part was asked for.
    """

    run_id: str
    started: str | None = None
    finished: str | None = None
    complete: bool = False
    selected: bool = False
    commit: str | None = None
    branch: str | None = None
    suites: Mapping[str, SuitePlan] = field(default_factory=dict)


def new_run_id(now: str, token: str) -> str:
    """`2026-11-23T11-20-04Z-7c1e`, of a time in ISO-8601 UTC and a short random text."""
    return f"{now[:19].replace(':', '-')}Z-{token}"


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
            "cases": {
                case.case_id: {"tags": list(case.tags), "where": case.where, "weight": case.weight}
                for case in plan.cases
            },
        }
        for name, plan in run.suites.items()
    }
    head = {name: getattr(run, name) for name in _HEAD}
    document = {"schema_version": SCHEMA_VERSION, **head, "suites": suites}
    text = json.dumps(document, indent=1, ensure_ascii=False) + "\n"
    write_atomically(folder / MANIFEST, text, error=ConfigError)


_HEAD = ("run_id", "started", "finished", "complete", "selected", "commit", "branch")


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


def find_run(folder: Path, wanted: str) -> Path:
    """The folder of a run.

    Args:
        folder: Where runs are stored.
        wanted: `latest`, a run id, the end of one (`7c1e`), or the path of a run's folder.

    Raises:
        ConfigError: If there is none, or more than one.
    """
    known = {path.name: path for path in sorted(folder.glob("*")) if _is_run(path)}
    if wanted == "latest" and known:
        return known[max(known)]
    found = [path for name, path in known.items() if wanted in {name, name.rpartition("-")[2]}]
    if not found and _is_run(Path(wanted)):
        found = [Path(wanted)]
    if len(found) == 1:
        return found[0]
    if found:
        names = ", ".join(path.name for path in found[:5])
        raise ConfigError(
            f"{wanted!r} could be {len(found)} runs",
            where=folder.as_posix(),
            remedy=f"write more of its id: {names}",
        )
    remedy = "run pytest --llm-telemetry first"
    if known:
        remedy = f"known runs: {', '.join(sorted(known, reverse=True)[:5])}"
    raise ConfigError(f"no run {wanted!r}", where=folder.as_posix(), remedy=remedy)


def read(folder: Path) -> tuple[Run, dict[str, Summary], dict[str, int]]:
    """A run as it was planned, what came of each suite, and how many lines were skipped and why.

    Without a manifest the suites are rebuilt from the events, and the run counts as incomplete:
    nobody knows what it lacks.

    Raises:
        ConfigError: If there are no events, or the manifest cannot be used.
    """
    planned = (folder / MANIFEST).exists()
    files = [path for path in (folder / EVENTS, folder / f"{EVENTS}.gz") if path.exists()]
    if not planned and not files:
        raise ConfigError(
            "holds no run", where=folder.as_posix(), remedy="name a folder with events.jsonl"
        )
    run = read_manifest(folder) if planned else None
    reading = logs.read(files)
    events: dict[str, list[Event]] = defaultdict(list)
    for event in reading.events:
        if event.case_id is not None and event.suite is not None:
            events[event.suite].append(event)
    if run is None:
        run = Run(
            run_id=next((e.run_id for e in reading.events if e.run_id), folder.name),
            suites={suite: _rebuilt(found) for suite, found in sorted(events.items())},
        )
    summaries = {
        suite: _summary(suite, plan, run, events.get(suite, []))
        for suite, plan in run.suites.items()
    }
    return run, summaries, dict(reading.skipped)


def summaries(folder: Path) -> dict[str, Summary]:
    """What came of each suite of a run.

    Raises:
        ConfigError: As `read`.
    """
    return read(folder)[1]


def _summary(suite: str, plan: SuitePlan, run: Run, events: list[Event]) -> Summary:
    cases = collect(events, plan.cases, repeats=plan.repeats)
    metrics, unknown = measure(cases)
    ends = [event for event in events if isinstance(event, QueryEnd)]
    tables = sorted({end.price_table_version for end in ends if end.price_table_version})
    return Summary(
        suite=suite,
        run_id=run.run_id,
        cases=cases,
        metrics=metrics,
        unknown=unknown,
        missing=tuple(case.case_id for case in cases if not case.calls and not case.attempts),
        repeats=plan.repeats,
        golden_hash=plan.golden_hash,
        models=_models(cases),
        price_table_version=", ".join(tables) or None,
        started=run.started,
        finished=run.finished,
        commit=run.commit,
        branch=run.branch,
        partial=not run.complete,
        selected=run.selected,
    )


def _models(cases: Iterable[CaseSamples]) -> tuple[str, ...]:
    return tuple(sorted({call.model for case in cases for call in case.calls if call.model}))


def _rebuilt(events: Iterable[Event]) -> SuitePlan:
    """A plan from what happened: the cases that have a record, in the order of their first.

    Reruns cannot be told from repeats here, so every attempt counts as a repeat.
    """
    repeats = 1
    cases: dict[str, CasePlan] = {}
    for event in events:
        case_id = event.case_id or ""
        cases.setdefault(case_id, CasePlan(case_id=case_id))
        repeats = max(repeats, event.attempt or 1)
    return SuitePlan(repeats=repeats, cases=tuple(cases.values()))


def _is_run(path: Path) -> bool:
    return (path / EVENTS).is_file() or (path / MANIFEST).is_file()


def _run(found: Any) -> Run:
    if _of(found, "schema_version", int) != SCHEMA_VERSION:
        raise ValueError(f"schema_version is {found['schema_version']!r}, known is 1")
    return Run(
        run_id=_of(found, "run_id", str),
        started=_of(found, "started", str, None),
        finished=_of(found, "finished", str, None),
        complete=_of(found, "complete", bool, default=False),
        selected=_of(found, "selected", bool, default=False),
        commit=_of(found, "commit", str, None),
        branch=_of(found, "branch", str, None),
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
