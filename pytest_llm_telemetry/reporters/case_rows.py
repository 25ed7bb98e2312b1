"""One row a golden case: what it did in this run, and what it did in the baseline."""

from collections.abc import Iterable
from dataclasses import dataclass
from statistics import fmean, median

from pytest_llm_telemetry.core.report import SuiteReport
from pytest_llm_telemetry.core.samples import CaseSamples


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseFigures:
    """A case's samples in a few figures. Latency in ms, cost in USD a query; `None` is unknown.

    `passed` of `graded` attempts passed; `latency_ms` is the median of calls that succeeded and
    were not answered from a cache; `error_types` and `notes` say what went wrong, each once.
    """

    case_id: str
    tags: tuple[str, ...] = ()
    where: str = ""
    attempts: int = 0
    graded: int = 0
    passed: int = 0
    score: float | None = None
    calls: int = 0
    errors: int = 0
    latency_ms: float | None = None
    cost_usd: float | None = None
    error_types: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def share(self) -> float | None:
        """The fraction of graded attempts that passed; `None` if nothing graded the case."""
        return self.passed / self.graded if self.graded else None


def figures_of(case: CaseSamples) -> CaseFigures:
    """Condense the samples of one case."""
    answered = [call for call in case.calls if call.error_type is None]
    timed = [c.latency_ms for c in answered if c.latency_ms is not None and not c.cached]
    spent = [call.cost_usd for call in answered if call.cost_usd is not None]
    graded = [attempt.passed for attempt in case.attempts if attempt.passed is not None]
    scores = [attempt.score for attempt in case.attempts if attempt.score is not None]
    failed = [call.error_type for call in case.calls if call.error_type is not None]
    return CaseFigures(
        case_id=case.case_id,
        tags=case.tags,
        where=case.where,
        attempts=len(case.attempts),
        graded=len(graded),
        passed=sum(graded),
        score=fmean(scores) if scores else None,
        calls=len(case.calls),
        errors=len(failed),
        latency_ms=median(timed) if timed else None,
        cost_usd=fmean(spent) if spent and len(spent) == len(answered) else None,
        error_types=_once(failed),
        notes=_once(note for attempt in case.attempts for note in attempt.notes),
    )


def case_rows(suite: SuiteReport) -> list[tuple[CaseFigures, CaseFigures | None]]:
    """Each case of the run beside the same case of the baseline, in the order of the run."""
    return [
        (
            figures_of(case),
            figures_of(before) if (before := suite.before.get(case.case_id)) else None,
        )
        for case in suite.summary.cases
    ]


def _once(texts: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(texts))
