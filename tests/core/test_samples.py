"""Events become what each golden case did."""

from collections.abc import Iterable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_llm_telemetry.core.events import (
    Event,
    QueryError,
    QueryScore,
    QueryStart,
    QuerySuccess,
)
from pytest_llm_telemetry.core.samples import Attempt, Call, CasePlan, CaseSamples, collect


def at(second: float) -> str:
    return f"2026-11-23T11:20:{second:06.3f}Z"


def success(query_id: str, second: float = 0, *, case_id: str | None = "a", **fields: Any) -> Event:
    return QuerySuccess(query_id=query_id, timestamp=at(second), case_id=case_id, **fields)


def error(query_id: str, second: float = 0, **fields: Any) -> Event:
    fields.setdefault("error_type", "Timeout")
    return QueryError(query_id=query_id, timestamp=at(second), case_id="a", **fields)


def scored(value: float, *, passed: bool | None = True, **fields: Any) -> Event:
    return QueryScore(
        query_id="q",
        timestamp=at(1),
        case_id="a",
        score_name="s",
        score=value,
        passed=passed,
        **fields,
    )


def one(events: Iterable[Event], *, repeats: int = 1) -> CaseSamples:
    (case,) = collect(events, [CasePlan(case_id="a")], repeats=repeats)
    return case


def test_a_call_carries_the_figures_of_its_end() -> None:
    """Milliseconds, USD and tokens as written; the weight is 1 / sample rate."""
    case = one(
        [
            QueryStart(query_id="q", timestamp=at(0), case_id="a"),
            success(
                "q",
                1,
                attempt=2,
                latency_ms=812.4,
                ttft_ms=100.0,
                cost_usd=0.001,
                input_tokens=10,
                output_tokens=5,
                cached=True,
                model="m",
                sample_rate=0.25,
            ),
        ]
    )
    assert case.calls == (
        Call(
            order=0,
            attempt=2,
            latency_ms=812.4,
            ttft_ms=100.0,
            cost_usd=0.001,
            input_tokens=10,
            output_tokens=5,
            cached=True,
            model="m",
            weight=4.0,
        ),
    )


def test_what_is_not_on_the_line_stays_unknown() -> None:
    """Unknown is None, never 0."""
    (call,) = one([success("q")]).calls
    assert call == Call(order=0)


def test_cases_stand_in_the_order_of_the_plan_with_what_was_planned() -> None:
    """A case without a record is there and empty; events of other cases are left out."""
    plans = [
        CasePlan(case_id="b", tags=("t",), where="test_bot.py:3", weight=2.0),
        CasePlan(case_id="a"),
    ]
    events = [success("r", case_id="z"), success("s", case_id=None), success("q")]
    b, a = collect(events, plans)
    assert b == CaseSamples(case_id="b", tags=("t",), where="test_bot.py:3", weight=2.0)
    assert [call.order for call in a.calls] == [0]


def test_a_calls_place_in_the_run_is_by_the_time_it_ended() -> None:
    """Across cases and whatever the order of lines, which several workers write."""
    plans = [CasePlan(case_id="a"), CasePlan(case_id="b")]
    events = [success("q1", 3), success("q2", 1, case_id="b"), success("q3", 2)]
    a, b = collect(events, plans)
    assert [call.order for call in a.calls] == [1, 2]
    assert [call.order for call in b.calls] == [0]


def test_a_failed_call_names_its_error_and_the_model_it_was_sent_to() -> None:
    """The model that was asked for stands in for one that never answered."""
    (call,) = one([error("q", model_requested="m")]).calls
    assert (call.error_type, call.model, call.cost_usd) == ("Timeout", "m", None)


def test_nested_calls_are_folded_into_their_root() -> None:
    """Latency is what the root's caller saw; cost and tokens are the sum over the leaves."""
    (call,) = one(
        [
            success(
                "leaf1",
                1,
                parent_id="mid",
                cost_usd=0.1,
                input_tokens=1,
                latency_ms=5.0,
                model="m1",
            ),
            success(
                "leaf2",
                2,
                parent_id="mid",
                cost_usd=0.2,
                input_tokens=2,
                latency_ms=5.0,
                model="m2",
            ),
            success("mid", 3, parent_id="root", nested_calls=2, cost_source="nested"),
            success("root", 4, latency_ms=20.0, nested_calls=1),
        ]
    ).calls
    assert call.cost_usd == pytest.approx(0.3)
    assert (call.input_tokens, call.latency_ms, call.model, call.order) == (3, 20.0, "m2", 0)


def test_a_leaf_of_unknown_cost_makes_the_cost_unknown() -> None:
    """A sum with a hole is no sum."""
    (call,) = one(
        [
            success("leaf1", parent_id="root", cost_usd=0.1),
            success("leaf2", parent_id="root"),
            success("root"),
        ]
    ).calls
    assert call.cost_usd is None


def test_a_failed_leaf_that_cost_nothing_we_know_of_is_left_out() -> None:
    """A retry that succeeded has a cost; its failed try without usage does not hide it."""
    (call,) = one(
        [
            error("leaf1", parent_id="root"),
            success("leaf2", parent_id="root", cost_usd=0.1, cached=False),
            success("root"),
        ]
    ).calls
    assert call.cost_usd == 0.1


def test_calls_that_name_each_other_as_parents_end() -> None:
    """A damaged log may hold a circle; it has no root, and a self-made parent is walked once."""
    assert one([success("a1", parent_id="a2"), success("a2", parent_id="a1")]).calls == ()
    (call,) = one(
        [success("root"), success("x", parent_id="root"), success("root", 1, parent_id="x")]
    ).calls
    assert call.order == 0


def test_an_attempt_passes_when_every_score_of_it_passed() -> None:
    """The score is the mean; notes are what failed, in the grader's words."""
    (attempt,) = one(
        [scored(1.0, explanation="good"), scored(0.0, passed=False, explanation="got 30 days")]
    ).attempts
    assert attempt == Attempt(number=1, passed=False, score=0.5, notes=("got 30 days",))


def test_an_attempt_keeps_how_its_answer_began() -> None:
    """Of all its scores one carries the answer."""
    (attempt,) = one([scored(1.0), scored(1.0, answer_preview="30 days")]).attempts
    assert attempt.answer == "30 days"


def test_a_score_that_decides_nothing_leaves_the_attempt_undecided() -> None:
    """Feedback alone is a figure, no pass."""
    (attempt,) = one([scored(0.3, passed=None)]).attempts
    assert (attempt.passed, attempt.score) == (None, 0.3)


def test_the_last_rerun_of_a_repeat_counts() -> None:
    """With 2 repeats, attempt 3 is a rerun of repeat 1, and attempt 4 of repeat 2."""
    events = [
        scored(0.0, passed=False, attempt=1),
        scored(1.0, attempt=2),
        scored(1.0, attempt=3),
        scored(0.0, passed=False, attempt=4),
    ]
    case = one(events, repeats=2)
    assert [(attempt.number, attempt.passed) for attempt in case.attempts] == [
        (1, True),
        (2, False),
    ]


def test_reruns_are_counted_from_the_first_repeat_on() -> None:
    """Of three repeats, attempt 4 is a rerun of the first and 6 of the third."""
    passed = {1: False, 2: False, 3: False, 4: True, 6: True}
    events = [scored(1.0, passed=p, attempt=number) for number, p in passed.items()]
    case = one(events, repeats=3)
    assert [(attempt.number, attempt.passed) for attempt in case.attempts] == [
        (1, True),
        (2, False),
        (3, True),
    ]


def test_without_repeats_every_further_attempt_is_a_rerun() -> None:
    """One attempt is left, the last; a score that names none belongs to the first of several."""
    plans = [CasePlan(case_id="a")]
    (case,) = collect([scored(0.0, attempt=1), scored(1.0, attempt=2)], plans)
    assert case.attempts == (Attempt(number=1, passed=True, score=1.0),)
    (case,) = collect([scored(0.5)], plans, repeats=2)
    assert [attempt.number for attempt in case.attempts] == [1]


def test_where_every_leaf_failed_the_first_stands_for_them() -> None:
    """A query that only failed has one model: the one it was sent to first."""
    (call,) = one(
        [
            error("leaf1", 1, parent_id="root", model_requested="m1"),
            error("leaf2", 2, parent_id="root", model_requested="m2"),
            error("root", 3),
        ]
    ).calls
    assert (call.model, call.cost_usd, call.error_type) == ("m1", None, "Timeout")


@given(st.permutations(range(6)))
def test_the_order_of_lines_does_not_matter(order: list[int]) -> None:
    """Workers append to one file as they come."""
    events = [
        success("root", 4, latency_ms=20.0),
        success("leaf", 1, parent_id="root", cost_usd=0.1),
        success("other", 5, attempt=2, cost_usd=0.2),
        scored(1.0, attempt=1),
        scored(0.0, attempt=2, passed=False),
        error("third", 6, attempt=3),
    ]
    shuffled = [events[place] for place in order]
    assert one(shuffled, repeats=3) == one(events, repeats=3)
