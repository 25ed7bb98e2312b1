"""What the gate says around its checks: missing cases, notes and reasons, word for word."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pytest_llm_telemetry.core.gate import judge
from pytest_llm_telemetry.core.thresholds import Thresholds
from pytest_llm_telemetry.core.verdict import CaseChange, Check

if TYPE_CHECKING:
    from tests.core.gate.conftest import Suites

_TOML = "llm-telemetry.toml:3"


def test_a_run_of_failed_calls_has_no_latency(suites: Suites) -> None:
    """It is noted, once; and a comparison that nobody asked for leaves no trace."""
    before = [suites.case("a")]
    now = [suites.case("a", calls=[{"error_type": "ValueError"}])]
    verdict = suites.judged(before, now, "avg_latency_ms", where=_TOML)
    assert verdict.notes == ("latency was not judged: every call failed",)
    silent = Thresholds(rules=(suites.rule("score"),))
    verdict = judge(suites.run(before), suites.accepted(before), silent)
    assert (verdict.notes, verdict.problems, verdict.checks) == ((), (), ())


def test_notes_of_several_comparisons_come_together(suites: Suites) -> None:
    """What the baseline has not yet is noted for each figure, after what changed around it."""
    before = [suites.case("a"), suites.case("b")]
    now = [suites.case(name, [True], calls=[{"ttft_ms": 90.0}]) for name in ("a", "b")]
    rules = suites.compare("pass_rate", "score", "avg_ttft_ms", "avg_latency_ms")
    notes = judge(suites.run(now, selected=True), suites.accepted(before), rules).notes
    accept = "the baseline has none; accept a new baseline to compare it"
    assert notes[:4] == (
        "only 2 selected cases of the golden set ran",
        f"pass rate: {accept}",
        f"score: {accept}",
        f"first token avg: {accept}",
    )
    assert [note[:20] for note in notes[4:]] == ["latency is advisory:"]


def test_missing_cases_are_one_check_with_a_reason_each(suites: Suites) -> None:
    """Planned and never recorded, or gone from the golden set: the whole check."""
    before = [suites.case("kept"), suites.case("gone", where="golden.jsonl:2")]
    run = suites.run([before[0]], missing=("lost", "gone too"))
    check = judge(run, suites.accepted(before), Thresholds()).checks[0]
    planned = "planned, but nothing was recorded"
    assert check == Check(
        metric="missing_cases",
        kind="absolute",
        status="fail",
        now=3.0,
        limit=0.0,
        reason="3 cases left no record: gone too, lost, gone",
        cases=(
            CaseChange(
                case_id="gone too",
                before="planned",
                now="missing",
                contribution=1.0,
                reason=planned,
            ),
            CaseChange(
                case_id="lost", before="planned", now="missing", contribution=1.0, reason=planned
            ),
            CaseChange(
                case_id="gone",
                before="recorded",
                now="missing",
                contribution=1.0,
                reason="in the baseline, but no longer in the golden set",
                where="golden.jsonl:2",
            ),
        ),
        cases_worse=3,
    )


def test_a_case_that_ran_elsewhere_is_missed_where_it_is_now(suites: Suites) -> None:
    """The place of this run goes before the place the baseline remembers."""
    before = [suites.case("kept"), suites.case("moved", where="old.py:1")]
    now = [before[0], suites.case("moved", calls=[], where="new.py:2")]
    check = judge(suites.run(now), suites.accepted(before), Thresholds()).checks[0]
    assert [(case.before, case.where) for case in check.cases] == [("recorded", "new.py:2")]


def test_a_compared_run_says_that_its_baseline_was_used(suites: Suites) -> None:
    """One common case is enough; a first run has none."""
    cases = suites.graded(["1"])
    assert judge(suites.run(cases), suites.accepted(cases), Thresholds()).baseline_used
    assert not judge(suites.run(cases), None, Thresholds()).baseline_used


def test_errors_are_told_by_kind_the_most_frequent_first(suites: Suites) -> None:
    """Two kinds are named and the others counted; ties go by name; no error has no kind."""
    kinds = ["D", "C", "C", "B", "B", "A", None, None, None, None]
    before = [suites.case(f"c{n}", calls=[{"order": 9 * n}]) for n in range(10)]
    now = [
        suites.case(f"c{n}", calls=[{"order": 9 * n, "error_type": kind}])
        for n, kind in enumerate(kinds)
    ]
    told = [
        suites.judged(before, side, "error_rate", where=_TOML).checks[0].reason
        for side in (now, before)
    ]
    assert told[0].endswith("6 of 10 calls failed, 0 of 10 before: B, C and 2 more")
    assert told[1].endswith("0 of 10 calls failed, 0 of 10 before")


def test_the_model_that_moved_is_told_in_points(suites: Suites) -> None:
    """How far the unchanged version fell, on how many controls."""
    before = suites.graded(["1111"] * 30)
    controls = suites.graded(["1100"] * 20)
    rules = suites.compare("pass_rate")
    notes = judge(suites.run(before), suites.accepted(before), rules, controls=controls).notes
    assert notes == (
        (
            "pass rate of the unchanged version fell too, by -50.0 pp on 20 controls: the model moved, "
            "not only you"
        ),
    )


def test_what_differs_around_the_cases_is_told_only_where_both_sides_know_it(
    suites: Suites,
) -> None:
    """An unknown hash, model or price table is no change; a known one is, in one sentence each."""
    cases = suites.graded(["1"])
    known = {"golden_hash": "a", "models": ("m1", "m2"), "price_table_version": "1"}
    other = {"golden_hash": "b", "models": ("m2", "m3"), "price_table_version": "2"}

    def notes(now: dict[str, Any], before: dict[str, Any]) -> tuple[str, ...]:
        run = suites.run(cases, **now)
        return judge(run, suites.accepted(cases, **before), Thresholds()).notes

    same = known | {"models": ("m2", "m1")}
    assert notes(known, {}) == notes({}, known) == notes({}, {}) == notes(known, same) == ()
    assert notes(other, known) == (
        (
            "the golden set changed since the baseline was accepted; which cases changed is not "
            "recorded, so they are still compared by id"
        ),
        "the models changed: m1, m2 in the baseline, m2, m3 now",
        "the price table changed: 1 in the baseline, 2 now",
    )


def test_answers_from_a_cache_are_told_whole(suites: Suites) -> None:
    """How many calls, and of how many cases the repeats repeat nothing."""
    cases = [suites.case("a", calls=[{"cached": True}] * 2), suites.case("b")]
    assert judge(suites.run(cases), None, Thresholds()).notes[1:] == (
        "2 of 3 calls came from a cache and are left out of latency",
        (
            "the repeats of 1 case were answered from a recording: they tell nothing of how much the "
            "model's answers vary"
        ),
    )


def test_a_new_case_hides_none_that_follow(suites: Suites) -> None:
    """Wherever it stands in the run, the others are compared."""
    before = suites.graded(["11", "11"])
    now = [suites.case("a new one", [True]), *before]
    assert suites.checked(before, now, "pass_rate").reason.endswith("none of 2 cases changed")
