"""Runs on disk: `run.json` says what was planned, `events.jsonl` what happened."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from pytest_llm_telemetry.core.errors import ConfigError
from pytest_llm_telemetry.core.events import Event, QueryEnd, with_fields
from pytest_llm_telemetry.core.metrics import Summary, measure
from pytest_llm_telemetry.core.samples import JUDGE, CasePlan, CaseSamples, collect
from pytest_llm_telemetry.storage import logs
from pytest_llm_telemetry.storage.garbage import uncollected
from pytest_llm_telemetry.storage.manifest import (
    MANIFEST,
    Run,
    SuitePlan,
    read_manifest,
    write_manifest,
)

__all__ = [
    "EVENTS",
    "MANIFEST",
    "Run",
    "SuitePlan",
    "find_run",
    "new_run_id",
    "read",
    "read_manifest",
    "summaries",
    "write_manifest",
]

EVENTS = "events.jsonl"


def new_run_id(now: str, token: str) -> str:
    """`2026-11-23T11-20-04Z-7c1e`, of a time in ISO-8601 UTC and a short random text."""
    return f"{now[:19].replace(':', '-')}Z-{token}"


def find_run(folder: Path, wanted: str) -> Path:
    """The folder of a run.

    Args:
        folder: Where runs are stored.
        wanted: `latest`, a run id, the end of one (`7c1e`), the path of a run's folder, or a
            production log.

    Raises:
        ConfigError: If there is none, or more than one.
    """
    known = {path.name: path for path in sorted(folder.glob("*")) if _is_run(path)}
    if wanted == "latest" and known:
        return max(known.values(), key=_when)
    found = [path for name, path in known.items() if wanted in {name, name.rpartition("-")[2]}]
    if not found and (_is_run(Path(wanted)) or Path(wanted).is_file()):
        found = [Path(wanted)]
    if len(found) == 1:
        return found[0]
    what, remedy = f"no run {wanted!r}", "run pytest --llm-telemetry first"
    if found:
        what = f"{wanted!r} could be {len(found)} runs"
        remedy = f"write more of its id: {', '.join(path.name for path in found[:5])}"
    elif known:
        remedy = f"known runs: {', '.join(sorted(known, reverse=True)[:5])}"
    raise ConfigError(what, where=folder.as_posix(), remedy=remedy)


def _when(run: Path) -> tuple[str, int]:
    """When a run was: the second that its id begins with, and within that by its log's last write."""
    second = run.name.rpartition("-")[0] or run.name
    log = run / EVENTS
    return second, (log if log.exists() else run).stat().st_mtime_ns


@uncollected()
def read(folder: Path, run: Run | None = None) -> tuple[Run, dict[str, Summary], dict[str, int]]:
    """A run as it was planned, what came of each suite, and how many lines were skipped and why.

    Without a manifest the suites are rebuilt from the events, and the run counts as incomplete:
    nobody knows what it lacks; `run` stands for a manifest that the caller knows. A file is a
    production log: its services are the suites, and calls with the same query (by its hash) the
    repeats of a case.

    Raises:
        ConfigError: If there are no events, or the manifest cannot be used.
    """
    if folder.is_file():
        return _read_log(folder)
    planned = (folder / MANIFEST).exists()
    files = [path for path in (folder / EVENTS, folder / f"{EVENTS}.gz") if path.exists()]
    if not planned and not files:
        raise ConfigError(
            "holds no run", where=folder.as_posix(), remedy="name a folder with events.jsonl"
        )
    reading = logs.read(files)
    events = _by_suite(reading.events)
    if run is None:
        run = read_manifest(folder) if planned else _rebuilt(folder.name, reading.events, events)
    summaries = {
        suite: _with_judges(
            _summary(suite, plan, run, events.get(suite, ())), events.get(suite + JUDGE, ())
        )
        for suite, plan in run.suites.items()
    }
    return run, summaries, dict(reading.skipped)


def _with_judges(summary: Summary, events: Sequence[Event]) -> Summary:
    """The summary with what its graders asked of models; a cost that one call lacks is unknown."""
    ends = [event for event in events if isinstance(event, QueryEnd) and not event.nested_calls]
    costs = [end.cost_usd for end in ends]
    known = [cost for cost in costs if cost is not None]
    total = sum(known) if known and len(known) == len(costs) else None
    return replace(summary, judge_calls=len(ends), judge_cost_usd=total)


def _read_log(path: Path) -> tuple[Run, dict[str, Summary], dict[str, int]]:
    reading = logs.read([path])
    name = path.name.partition(".")[0]
    queries: dict[str, tuple[str, str, int]] = {}
    seen: dict[tuple[str, str], int] = defaultdict(int)
    first = {event.query_id: event for event in reversed(reading.events)}
    events = [
        _of_production(event, _root(event, first), name, queries, seen) for event in reading.events
    ]
    run = replace(_rebuilt(name, events, _by_suite(events)), complete=True)
    found = {
        suite: _summary(suite, plan, run, _by_suite(events).get(suite, ()))
        for suite, plan in run.suites.items()
    }
    return run, found, dict(reading.skipped)


def _root(event: Event, first: Mapping[str, Event]) -> Event:
    """The call that an event's call ran in, however deep, of the first events of all calls."""
    seen: set[str] = set()
    event = first[event.query_id]
    while event.query_id not in seen and (above := first.get(event.parent_id or "")):
        seen.add(event.query_id)
        event = above
    return event


def _of_production(
    event: Event,
    root: Event,
    name: str,
    queries: dict[str, tuple[str, str, int]],
    seen: dict[tuple[str, str], int],
) -> Event:
    """The event as part of a case: its root call's query, and which call with that query it is."""
    if root.query_id not in queries:
        suite = root.suite or root.service or name
        case_id = root.case_id or getattr(root, "query_hash", None) or "query"
        seen[suite, case_id] += 1
        queries[root.query_id] = (suite, case_id, seen[suite, case_id])
    suite, case_id, attempt = queries[root.query_id]
    return with_fields(event, suite=suite, case_id=case_id, attempt=attempt)


def summaries(folder: Path) -> dict[str, Summary]:
    """What came of each suite of a run.

    Raises:
        ConfigError: As `read`.
    """
    return read(folder)[1]


def _summary(suite: str, plan: SuitePlan, run: Run, events: Sequence[Event]) -> Summary:
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
        repeats=plan.stopped_after or plan.repeats,
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


def _by_suite(events: Iterable[Event]) -> dict[str, list[Event]]:
    """The events of golden cases; what a run recorded besides belongs to no suite."""
    found: dict[str, list[Event]] = defaultdict(list)
    for event in events:
        if event.case_id is not None and event.suite is not None:
            found[event.suite].append(event)
    return found


def _rebuilt(name: str, events: Iterable[Event], suites: Mapping[str, Iterable[Event]]) -> Run:
    return Run(
        run_id=next((event.run_id for event in events if event.run_id), name),
        suites={
            suite: _plan(found)
            for suite, found in sorted(suites.items())
            if not suite.endswith(JUDGE)
        },
    )


def _plan(events: Iterable[Event]) -> SuitePlan:
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
