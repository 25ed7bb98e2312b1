"""Two versions of the code under test, run in turns, the older one as the baseline."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from pytest_llm_telemetry.core.baseline import Acceptance
from pytest_llm_telemetry.core.errors import ConfigError
from pytest_llm_telemetry.core.gate import judge
from pytest_llm_telemetry.core.metrics import Summary, measure
from pytest_llm_telemetry.core.report import Report, suite_report
from pytest_llm_telemetry.core.samples import Attempt, Call, CaseSamples
from pytest_llm_telemetry.core.verdict import EXIT_STATUS, worst
from pytest_llm_telemetry.storage import baselines, runs
from pytest_llm_telemetry.storage.settings import Settings


def compare(
    base: Sequence[Path], now: Sequence[Path], *, name: str, settings: Settings, at: str
) -> Report:
    """Judge `now` against `base`, each the runs of one version, a round a run.

    The rounds were run in turns, so the provider's drift falls on both versions alike: the base
    is its own control, and latency may hold the run.

    Args:
        base: The stored runs of the older version, in the order of the rounds.
        now: The stored runs of the newer one.
        name: What the older version is called.
        settings: Limits and rules.
        at: The time, ISO-8601 UTC.

    Raises:
        ConfigError: If a run cannot be read, or the versions share no suite.
    """
    before, after = _joined(base), _joined(now)
    shared = [suite for suite in after if suite in before]
    if not shared:
        raise ConfigError(
            f"{name} and the version of now have no golden set in common",
            remedy="compare with a commit that has the golden set",
        )
    suites = []
    for suite in shared:
        decision = Acceptance(run_id=name, at=at, by="compare", why=f"{name}, run in turns")
        baseline = baselines.from_summary(before[suite], acceptance=decision)
        verdict = judge(
            after[suite],
            baseline,
            settings.thresholds(suite),
            controls=tuple(baseline.cases.values()),
        )
        suites.append(suite_report(after[suite], verdict, baseline, now=at))
    status = worst([suite.verdict.status for suite in suites])
    return Report(run_id=name, suites=tuple(suites), status=status, exit_status=EXIT_STATUS[status])


def _joined(rounds: Sequence[Path]) -> dict[str, Summary]:
    """One summary a suite: the repeats of each round stand behind those of the round before."""
    found: dict[str, list[Summary]] = {}
    for folder in rounds:
        for suite, summary in runs.summaries(folder).items():
            found.setdefault(suite, []).append(summary)
    return {suite: _one(parts) for suite, parts in found.items()}


def _one(parts: Sequence[Summary]) -> Summary:
    cases: dict[str, CaseSamples] = {}
    calls = repeats = 0
    for part in parts:
        for case in part.cases:
            moved = replace(
                case,
                calls=tuple(_moved_call(call, repeats, calls) for call in case.calls),
                attempts=tuple(_moved(attempt, repeats) for attempt in case.attempts),
            )
            cases[case.case_id] = _after(cases, moved)
        calls += sum(len(case.calls) for case in part.cases)
        repeats += part.repeats
    metrics, unknown = measure(cases.values())
    return replace(
        parts[-1],
        cases=tuple(cases.values()),
        metrics=metrics,
        unknown=unknown,
        missing=tuple(sorted({case_id for part in parts for case_id in part.missing})),
        repeats=repeats,
        partial=any(part.partial for part in parts),
    )


def _after(cases: Mapping[str, CaseSamples], more: CaseSamples) -> CaseSamples:
    known = cases.get(more.case_id)
    if known is None:
        return more
    return replace(known, calls=known.calls + more.calls, attempts=known.attempts + more.attempts)


def _moved_call(call: Call, repeats: int, calls: int) -> Call:
    return replace(call, attempt=call.attempt + repeats, order=call.order + calls)


def _moved(attempt: Attempt, repeats: int) -> Attempt:
    return replace(attempt, number=attempt.number + repeats)
