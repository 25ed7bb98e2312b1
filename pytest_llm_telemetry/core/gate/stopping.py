"""Whether another repeat of the golden set is worth its money."""

from pytest_llm_telemetry.core.baseline import Baseline
from pytest_llm_telemetry.core.gate.findings import Comparison
from pytest_llm_telemetry.core.gate.grades import judge_grades
from pytest_llm_telemetry.core.gate.pairing import pair
from pytest_llm_telemetry.core.metrics import Summary
from pytest_llm_telemetry.core.statistics.sequential import Decision, plan
from pytest_llm_telemetry.core.thresholds import Thresholds

_GRADES = ("pass_rate", "score")


def stop_early(
    so_far: Summary, baseline: Baseline, thresholds: Thresholds, *, repeat: int, repeats: int
) -> Decision:
    """Look at pass rate and score after `repeat` of up to `repeats` repeats.

    "worse": a fall beyond the minimum effect is proven. "no change": on none of them would going
    on be likely to prove one. "go on": run the next repeat, as also where nothing is graded or
    neither is compared. Each look spends a part of the rule's share of alpha only, so stopping
    raises no false alarm; the verdict is still that of `judge` on what was run.
    """
    rules = [rule for rule in thresholds.rules if rule.metric in _GRADES and not rule.scope]
    comparison = Comparison(pairs=pair(so_far.cases, baseline.cases))
    looks = plan(thresholds.alpha / max(1, len(thresholds.rules)), repeats, baseline.repeats)
    decisions: list[Decision] = []
    for rule in rules:
        finding = judge_grades(comparison, rule)
        if finding.p_value is None or finding.change is None:
            continue
        decision = looks.look(repeat, finding.p_value)
        if decision == "worse" and -finding.change > rule.min_effect:
            return "worse"
        decisions.append(decision)
    settled = decisions and all(decision == "no change" for decision in decisions)
    return "no change" if settled else "go on"
