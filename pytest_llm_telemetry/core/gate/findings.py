"""What one comparison found, before it is decided."""

from collections.abc import Callable, Mapping
from dataclasses import field

from pytest_llm_telemetry.core.baseline import PastRun
from pytest_llm_telemetry.core.gate.pairing import Pair
from pytest_llm_telemetry.core.records import dataclass
from pytest_llm_telemetry.core.thresholds import Rule
from pytest_llm_telemetry.core.verdict import CaseChange, Problem

Figures = Mapping[str, float | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """What a rule may look at: the paired cases of its scope, and what tells drift from change.

    `controls` pairs calls of the unchanged version, made in the same session, with their record in
    the baseline. `before` and `now` are the figures of the paired cases alone. `timed` keeps
    the times that several rules read.
    """

    pairs: tuple[Pair, ...]
    before: Figures = field(default_factory=dict)
    now: Figures = field(default_factory=dict)
    controls: tuple[Pair, ...] = ()
    history: tuple[PastRun, ...] = ()
    repeats: int = 1
    timed: dict[str, list[tuple[Pair, tuple[float, ...], tuple[float, ...]]]] = field(
        default_factory=dict
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """The evidence on one rule.

    `change`, `interval` and `error` (its standard error) are in the metric's measure of change;
    `p_value` is one-sided for a change for the worse, alone. `undecided` says why nothing can be
    decided, and then the rest is for show. `figures` are before and now, where one run alone does
    not have them. `carriers` lists
    the cases that got worse, when somebody wants to read them. `note` and `problem` are for the whole
    verdict.
    """

    figures: tuple[float, float] | None = None
    change: float | None = None
    interval: tuple[float, float] | None = None
    error: float = 0.0
    p_value: float | None = None
    binding: bool = True
    undecided: str = ""
    reason: str = ""
    settle: str = ""
    note: str = ""
    problem: Problem | None = None
    carriers: Callable[[], tuple[CaseChange, ...]] = tuple
    worse: int = 0
    better: int = 0


Judge = Callable[[Comparison, Rule], Finding]
