"""The shapes of a decision. `core.gate` makes them; reports only show them."""

from collections.abc import Sequence
from typing import Literal

from pytest_llm_telemetry.core.records import dataclass

CheckStatus = Literal["pass", "fail", "inconclusive"]
VerdictStatus = Literal["pass", "fail", "error", "budget"]

EXIT_STATUS: dict[VerdictStatus, int] = {"pass": 0, "fail": 1, "budget": 3, "error": 4}


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseChange:
    """One case's share in a check: what it was, what it is, and why, in the grader's words.

    `before` and `now` are ready to read ("3/3", "0/3", "1.2 s"); `contribution` ranks the cases
    (positive is worse, in the check's measure); `where` is `file:line`.
    """

    case_id: str
    before: str
    now: str
    contribution: float
    reason: str = ""
    where: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One rule, judged.

    `kind` is "absolute" (a limit) or "relative" (against the baseline). `scope` says on which
    part: "" is the suite, else "tag:x", "model:x" or "case:x". `baseline`, `now` and `limit` are
    in the metric's unit (an absolute limit) and `change`, `interval` and `limit` in its measure
    of change (`core.metrics.Metric.change`). `p_value` is one-sided, after the correction for all
    checks. A check that is not `binding` never holds the verdict. `reason` is one sentence;
    `settle` says what would decide an inconclusive check.
    """

    metric: str
    kind: Literal["absolute", "relative"]
    status: CheckStatus
    scope: str = ""
    baseline: float | None = None
    now: float | None = None
    change: float | None = None
    interval: tuple[float, float] | None = None
    limit: float | None = None
    p_value: float | None = None
    binding: bool = True
    reason: str = ""
    settle: str = ""
    cases: tuple[CaseChange, ...] = ()
    cases_worse: int = 0
    cases_better: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """Something that keeps the gate from judging: what, where, and how to mend it."""

    what: str
    where: str = ""
    remedy: str = ""

    def __str__(self) -> str:
        place = f"{self.where}: " if self.where else ""
        mend = f"; {self.remedy}" if self.remedy else ""
        return f"{place}{self.what}{mend}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What the gate says of one suite. `status` is the only truth; everything else explains it.

    A breach that was proven stands even if something else could not be judged: "fail" goes before
    "error". `notes` are worth reading and hold nothing (a first run, a new case, an old baseline).
    """

    suite: str
    status: VerdictStatus
    checks: tuple[Check, ...] = ()
    problems: tuple[Problem, ...] = ()
    notes: tuple[str, ...] = ()
    baseline_used: bool = False

    @property
    def exit_status(self) -> int:
        """0 pass, 1 quality breach, 3 budget exceeded, 4 cannot judge."""
        return EXIT_STATUS[self.status]

    @property
    def breaches(self) -> tuple[Check, ...]:
        """The binding checks that failed, which are why the verdict is "fail".

        Comparisons come first: their cases are those that got worse, where a limit's are all that
        are bad, many of them as bad as ever.
        """
        failed = [check for check in self.checks if check.binding and check.status == "fail"]
        return tuple(sorted(failed, key=lambda check: check.kind == "absolute"))


def worst(statuses: Sequence[VerdictStatus]) -> VerdictStatus:
    """The status of several suites together: fail, then budget, then error, then pass."""
    ranking: tuple[VerdictStatus, ...] = ("fail", "budget", "error")
    return next((status for status in ranking if status in statuses), "pass")
