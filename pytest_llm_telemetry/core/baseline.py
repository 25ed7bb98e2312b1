"""What a team accepted: per-case samples, and who accepted them when and why."""

from collections.abc import Mapping

from pytest_llm_telemetry.core.records import dataclass
from pytest_llm_telemetry.core.samples import CaseSamples


@dataclass(frozen=True, slots=True, kw_only=True)
class Acceptance:
    """One decision to accept. `cases` are the ids it covers; empty means the whole suite."""

    run_id: str
    at: str
    by: str
    why: str = ""
    commit: str | None = None
    branch: str | None = None
    cases: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class PastRun:
    """The figures of an earlier run; those of accepted ones tell the drift from run to run."""

    run_id: str
    at: str
    metrics: Mapping[str, float | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Baseline:
    """A suite as it was accepted. `cases` are what a later run is paired with, case by case."""

    suite: str
    cases: Mapping[str, CaseSamples]
    accepted: tuple[Acceptance, ...]
    history: tuple[PastRun, ...] = ()
    golden_hash: str | None = None
    models: tuple[str, ...] = ()
    price_table_version: str | None = None
    repeats: int = 1
