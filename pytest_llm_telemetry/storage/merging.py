"""Several stored runs that are parts of one: shards of a golden set from several machines."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from shutil import rmtree

from pytest_llm_telemetry.core.errors import ConfigError, GoldenSetError
from pytest_llm_telemetry.core.samples import CONTROL
from pytest_llm_telemetry.storage import goldens, logs, runs
from pytest_llm_telemetry.storage.manifest import Run, SuitePlan, read_manifest, write_manifest


def merge(folders: Sequence[Path], target: Path, *, root: Path) -> Run:
    """Write one run of several: all their events, and a plan of all their cases.

    Args:
        folders: Stored runs, each with its manifest.
        target: The folder of the new run, which is made.
        root: Where golden sets are looked up, to know whether the parts make a whole.

    Raises:
        ConfigError: If the runs are no parts of one: other commits, golden sets or repeats, or a
            case that two of them ran.
    """
    parts = [read_manifest(folder) for folder in folders]
    if len(parts) < 2:  # noqa: PLR2004 - one run is whole already
        raise ConfigError("a merge needs two runs or more", remedy="name the shards' runs")
    _same("commit", {part.commit for part in parts})
    suites = _suites(parts)
    run = replace(
        parts[0],
        run_id=target.name,
        started=min((part.started for part in parts if part.started), default=None),
        finished=max((part.finished for part in parts if part.finished), default=None),
        complete=all(part.complete for part in parts),
        selected=any(part.selected for part in parts) and not _are_whole(suites, root),
        stopped="; ".join(dict.fromkeys(part.stopped for part in parts if part.stopped)),
        suites=suites,
    )
    target.mkdir(parents=True)
    try:
        _join(target / runs.EVENTS, folders)
    except ConfigError:  # half of a run would be taken for a run
        rmtree(target)
        raise
    write_manifest(target, run)
    return run


def _join(target: Path, folders: Sequence[Path]) -> None:
    with target.open("wb") as file:
        for folder in folders:
            for log in (folder / runs.EVENTS, folder / f"{runs.EVENTS}.gz"):
                # a torn last line must not glue itself to the next shard's first
                file.writelines(line + b"\n" for line in (logs.lines(log) if log.exists() else ()))


def _suites(parts: Sequence[Run]) -> dict[str, SuitePlan]:
    found: dict[str, SuitePlan] = {}
    for part in parts:
        for name, plan in part.suites.items():
            known = found.get(name)
            if known is None:
                found[name] = plan
                continue
            _same(f"golden set of suite {name!r}", {known.golden_hash, plan.golden_hash})
            _same(f"repeats of suite {name!r}", {known.repeats, plan.repeats})
            twice = {case.case_id for case in known.cases} & {case.case_id for case in plan.cases}
            if twice and not name.endswith(CONTROL):
                raise ConfigError(
                    f"case {min(twice)!r} of suite {name!r} was run by two of the runs",
                    remedy="merge shards only: each case belongs to one of them",
                )
            new = tuple(case for case in plan.cases if case.case_id not in twice)
            found[name] = replace(known, cases=known.cases + new)
    return found


def _same(what: str, values: set[str | None] | set[int]) -> None:
    if len(values) > 1:
        told = ", ".join(sorted(str(value) for value in values))
        raise ConfigError(f"the runs differ in {what}: {told}", remedy="merge shards of one run")


def _are_whole(suites: Mapping[str, SuitePlan], root: Path) -> bool:
    """Whether the parts have every case of their golden sets between them."""
    for name, plan in suites.items():
        if name.endswith(CONTROL):
            continue
        try:
            golden = goldens.load(root / plan.golden, root=root)
        except GoldenSetError:
            return False
        if golden.digest != plan.golden_hash or len(golden.cases) != len(plan.cases):
            return False
    return True
