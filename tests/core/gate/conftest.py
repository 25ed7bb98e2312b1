"""Small suites to judge: a case is written as what it passed, took and cost."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pytest

from pytest_llm_telemetry.core.baseline import Baseline
from pytest_llm_telemetry.core.gate import judge
from pytest_llm_telemetry.core.metrics import METRICS, Summary, measure
from pytest_llm_telemetry.core.samples import Attempt, Call, CaseSamples
from pytest_llm_telemetry.core.thresholds import STANDARD_RULES, Limit, Rule, Thresholds
from pytest_llm_telemetry.core.verdict import Check, Verdict

_DULL: Mapping[str, Any] = {"latency_ms": 500.0, "cost_usd": 0.001}


@dataclass(frozen=True)
class Suites:
    """Builders of the gate's inputs; what a test does not name has a dull default."""

    def case(
        self,
        case_id: str,
        passed: Sequence[bool | None] = (),
        *,
        scores: Sequence[float | None] = (),
        calls: Iterable[Mapping[str, Any]] = ({},),
        notes: Sequence[str] = (),
        **fields: Any,
    ) -> CaseSamples:
        """A case with an attempt a grade, and a call an entry of `calls`."""
        grades = scores or [None if p is None else float(p) for p in passed]
        verdicts = passed or [None] * len(grades)
        attempts = tuple(
            Attempt(number=n, passed=p, score=s, notes=tuple(notes))
            for n, (p, s) in enumerate(zip(verdicts, grades, strict=True), 1)
        )
        return CaseSamples(
            case_id=case_id,
            calls=tuple(
                Call(**{"order": n, "attempt": n + 1, **_DULL, **c}) for n, c in enumerate(calls)
            ),
            attempts=attempts,
            **fields,
        )

    def graded(self, before: Sequence[str]) -> tuple[CaseSamples, ...]:
        """Cases from texts like "110": two attempts passed, one failed."""
        return tuple(
            self.case(f"case-{n:03}", [letter == "1" for letter in text])
            for n, text in enumerate(before)
        )

    def run(self, cases: Iterable[CaseSamples], **fields: Any) -> Summary:
        """A finished run of suite "support"."""
        kept = tuple(cases)
        metrics, unknown = measure(kept)
        start: dict[str, Any] = {"metrics": metrics, "unknown": unknown}
        return Summary(suite="support", run_id="r1", cases=kept, **start | fields)

    def accepted(self, cases: Iterable[CaseSamples], **fields: Any) -> Baseline:
        """The cases as a baseline."""
        return Baseline(
            suite="support", cases={case.case_id: case for case in cases}, accepted=(), **fields
        )

    def rule(self, metric: str, **fields: Any) -> Rule:
        """The default comparison of a metric."""
        known = METRICS[metric]
        start: dict[str, Any] = {"min_effect": known.min_effect, "allowed": known.allowed}
        return Rule(metric=metric, **start | fields)

    def compare(self, *metrics: str, **fields: Any) -> Thresholds:
        """Thresholds that compare these metrics, or the standard ones, with the baseline."""
        return Thresholds(
            rules=tuple(self.rule(metric) for metric in metrics or STANDARD_RULES), **fields
        )

    def judged(
        self, before: Iterable[CaseSamples], now: Iterable[CaseSamples], *metrics: str, **rule: Any
    ) -> Verdict:
        """The verdict on a run against a baseline, compared on these metrics."""
        rules = Thresholds(rules=tuple(self.rule(metric, **rule) for metric in metrics))
        return judge(self.run(now), self.accepted(before), rules)

    def checks(
        self, before: Iterable[CaseSamples], now: Iterable[CaseSamples], *metrics: str, **rule: Any
    ) -> tuple[Check, ...]:
        """The checks of that verdict."""
        return self.judged(before, now, *metrics, **rule).checks

    def checked(
        self, before: Iterable[CaseSamples], now: Iterable[CaseSamples], metric: str, **rule: Any
    ) -> Check:
        """The check of one metric."""
        return self.checks(before, now, metric, **rule)[0]

    def costing(self, *costs: float) -> list[CaseSamples]:
        """A case a cost, in USD, whose calls lie far apart in the run."""
        return [
            self.case(f"c{n:03}", calls=[{"order": 9 * n, "cost_usd": cost}])
            for n, cost in enumerate(costs)
        ]

    def timed(self, times: Iterable[Iterable[float]]) -> list[CaseSamples]:
        """A case a row, a call a latency, in ms."""
        return [
            self.case(f"c{n:03}", calls=[{"latency_ms": ms} for ms in row])
            for n, row in enumerate(times)
        ]

    def limit(self, metric: str, **fields: Any) -> Thresholds:
        """Thresholds of one absolute limit."""
        return Thresholds(limits=(Limit(metric=metric, where="llm-telemetry.toml:3", **fields),))


def near(value: float | Sequence[float] | None) -> Any:
    """The number but for rounding, wherever a number may stand."""
    return pytest.approx(value)


@pytest.fixture(scope="session")
def suites() -> Suites:
    """The builders."""
    return Suites()
