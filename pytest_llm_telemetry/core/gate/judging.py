"""The one path to a verdict."""

from collections.abc import Sequence

from pytest_llm_telemetry.core.baseline import Baseline
from pytest_llm_telemetry.core.gate.absolute import judge_limits
from pytest_llm_telemetry.core.gate.circumstances import circumstances
from pytest_llm_telemetry.core.gate.finite import odd_numbers
from pytest_llm_telemetry.core.gate.presence import judge_presence
from pytest_llm_telemetry.core.metrics import Summary
from pytest_llm_telemetry.core.samples import CaseSamples
from pytest_llm_telemetry.core.thresholds import Thresholds
from pytest_llm_telemetry.core.verdict import Check, Problem, Verdict, VerdictStatus


def judge(
    now: Summary,
    baseline: Baseline | None,
    thresholds: Thresholds,
    *,
    controls: Sequence[CaseSamples] | None = None,
) -> Verdict:
    """Decide on a run: "fail" for a proven breach, else "error" if it cannot judge, else "pass".

    Args:
        now: The run's figures and samples.
        baseline: What was accepted; `None` judges the absolute limits alone.
        thresholds: Limits and rules; without any rule nothing is compared.
        controls: Samples of baseline cases replayed in the same session with the unchanged
            version. They show how the provider drifted, which makes latency checks binding.

    Returns:
        The verdict. Nothing is raised: what keeps the gate from judging is a problem in it.
    """
    accepted = baseline.cases if baseline else {}
    problems = odd_numbers(now, accepted.values(), thresholds)
    if problems:
        return Verdict(suite=now.suite, status="error", problems=problems)
    checks, problems, notes = judge_presence(now, baseline)
    more_checks, more_problems = judge_limits(now, thresholds.limits, accepted)
    checks, problems = checks + more_checks, problems + more_problems
    notes += circumstances(now, baseline)
    overlap = any(case.case_id in accepted for case in now.cases)
    if baseline is not None and not overlap:
        problems += (_no_overlap(baseline),)
    elif baseline is not None:
        # 15 ms of statistics that a run without a baseline need not wait for
        from pytest_llm_telemetry.core.gate.relative import judge_rules  # noqa: PLC0415

        compared, more_problems, more_notes = judge_rules(now, baseline, thresholds, controls or ())
        checks, problems, notes = checks + compared, problems + more_problems, notes + more_notes
    return Verdict(
        suite=now.suite,
        status=_status(checks, problems, thresholds),
        checks=checks,
        problems=problems,
        notes=notes,
        baseline_used=overlap,
    )


def _no_overlap(baseline: Baseline) -> Problem:
    return Problem(
        what=f"no case of the run is in the baseline of suite {baseline.suite}",
        where=baseline.suite,
        remedy="check that the baseline belongs to this golden set, or accept a new one with "
        "llm-telemetry baseline accept",
    )


def _status(
    checks: Sequence[Check], problems: Sequence[Problem], thresholds: Thresholds
) -> VerdictStatus:
    holding = {"fail"}
    if thresholds.on_inconclusive == "fail":
        holding.add("inconclusive")
    if any(check.binding and check.status in holding for check in checks):
        return "fail"
    return "error" if problems else "pass"
