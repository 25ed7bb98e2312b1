"""One row a golden case: what it did in this run, and what it did in the baseline."""

from collections.abc import Iterable, Sequence
from statistics import fmean, median
from typing import TypeVar

from pytest_llm_telemetry.core.records import dataclass
from pytest_llm_telemetry.core.report import SuiteReport
from pytest_llm_telemetry.core.samples import Call, CaseSamples

_V = TypeVar("_V")


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseFigures:
    """A case's samples in a few figures. Latency in ms, cost in USD a query; `None` is unknown.

    `passed` of `graded` attempts passed; `latency_ms` is the median of calls that succeeded and
    were not answered from a cache; `error_types` and `notes` say what went wrong, each once;
    `answer` is how an answer begins, of one that failed before one that did not.
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
    answer: str | None = None

    @property
    def share(self) -> float | None:
        """The fraction of graded attempts that passed; `None` if nothing graded the case."""
        return self.passed / self.graded if self.graded else None


def figures_of(case: CaseSamples) -> CaseFigures:
    """Condense the samples of one case."""
    answered = [call for call in case.calls if call.error_type is None]
    graded = _known(attempt.passed for attempt in case.attempts)
    return CaseFigures(
        case_id=case.case_id,
        tags=case.tags,
        where=case.where,
        attempts=len(case.attempts),
        graded=len(graded),
        passed=sum(graded),
        score=_mean(_known(attempt.score for attempt in case.attempts)),
        calls=len(case.calls),
        errors=len(case.calls) - len(answered),
        latency_ms=_median(latencies(case)),
        cost_usd=_cost(answered),
        error_types=_once(_known(call.error_type for call in case.calls)),
        notes=_once(note for attempt in case.attempts for note in attempt.notes),
        answer=_answer(case),
    )


def _answer(case: CaseSamples) -> str | None:
    bad = sorted(case.attempts, key=lambda attempt: attempt.passed is not False)
    return next((attempt.answer for attempt in bad if attempt.answer), None)


def latencies(case: CaseSamples) -> list[float]:
    """Milliseconds of the calls that succeeded and were not answered from a cache."""
    live = (call for call in case.calls if call.error_type is None and not call.cached)
    return _known(call.latency_ms for call in live)


def _cost(answered: Sequence[Call]) -> float | None:
    """Mean cost in USD; unknown if any call's is: a mean with holes is wrong."""
    spent = _known(call.cost_usd for call in answered)
    return _mean(spent) if len(spent) == len(answered) else None


def _median(values: Sequence[float]) -> float | None:
    return median(values) if values else None


def _mean(values: Sequence[float]) -> float | None:
    return fmean(values) if values else None


def _known(values: Iterable[_V | None]) -> list[_V]:
    return [value for value in values if value is not None]


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
