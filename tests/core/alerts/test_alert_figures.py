"""Events become figures a minute, and windows are sums of them."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_llm_telemetry.core.alerts import Figures, Minutes, minute
from pytest_llm_telemetry.core.alerts.figures import METRICS, MOST_GROUPS, MOST_KINDS, OTHERS
from pytest_llm_telemetry.core.events import Event, QueryError, QueryScore, QueryStart, QuerySuccess
from pytest_llm_telemetry.core.metrics import measure
from pytest_llm_telemetry.core.samples import CasePlan, collect

SINCE, UNTIL = "2026-11-23T00:00", "2026-11-24T00:00"


def at(minutes: int) -> str:
    return f"2026-11-23T{minutes // 60:02}:{minutes % 60:02}:30.000Z"


def success(minutes: int = 0, **fields: Any) -> QuerySuccess:
    return QuerySuccess(**({"query_id": "q", "timestamp": at(minutes)} | fields))


def error(minutes: int = 0, kind: str = "Timeout", **fields: Any) -> QueryError:
    return QueryError(query_id="q", timestamp=at(minutes), error_type=kind, **fields)


def score(value: float, **fields: Any) -> QueryScore:
    return QueryScore(query_id="q", timestamp=at(0), score_name="s", score=value, **fields)


def window(*events: Event, group: str = "", **shape: Any) -> Figures:
    minutes = Minutes(**shape)
    for event in events:
        minutes.add(event, SINCE, UNTIL)
    return minutes.window(SINCE, UNTIL)[group]


def test_a_minute_is_named_as_events_name_it() -> None:
    """Minutes sort as times do."""
    assert minute(1_795_433_400) == "2026-11-23T11:30"


def test_no_calls_have_no_figures() -> None:
    """Unknown is None, but the number of queries is known to be none."""
    figures = window()
    assert {name: figures.value(name) for name in METRICS} == {
        name: (0.0 if name == "queries" else None, 0) for name in METRICS
    }


@given(
    st.lists(
        st.builds(
            success,
            latency_ms=st.none() | st.floats(1, 1e5),
            ttft_ms=st.none() | st.floats(1, 1e4),
            cost_usd=st.floats(0, 1),
            cached=st.booleans(),
            sample_rate=st.sampled_from([None, 0.1, 0.5]),
        )
        | st.builds(error),
        min_size=1,
    )
)
def test_the_figures_are_those_of_a_run(events: list[QuerySuccess | QueryError]) -> None:
    """Averages and rates equal the ones that the gate measures, percentiles within 0.5 %."""
    kept = [
        type(event)(**(_fields(event) | {"query_id": str(n), "suite": "s", "case_id": "c"}))
        for n, event in enumerate(events)
    ]
    metrics, _ = measure(collect(kept, [CasePlan(case_id="c")], repeats=1))
    figures = window(*kept, percentiles=True)
    assert figures.value("queries")[0] == pytest.approx(metrics["queries"])
    assert figures.value("error_rate")[0] == pytest.approx(metrics["error_rate"])
    for name in ("avg_latency_ms", "avg_ttft_ms", "cost_per_query_usd"):
        if metrics[name] is not None and name != "avg_ttft_ms":
            assert figures.value(name)[0] == pytest.approx(metrics[name])
    timed = [e.latency_ms for e in kept if not e.cached and e.latency_ms is not None]
    timed = [value for value in timed if value]
    if timed:
        found = figures.value("p99_latency_ms")[0]
        assert found is not None
        assert min(timed) * 0.994 <= found <= max(timed) * 1.006


def _fields(event: Event) -> dict[str, Any]:
    return {name: getattr(event, name) for name in event.__dataclass_fields__}


def test_percentiles_are_within_half_a_per_cent() -> None:
    """The buckets grow by one per cent."""
    figures = window(*[success(latency_ms=float(ms)) for ms in range(1, 1001)], percentiles=True)
    for name, exact in (("p50", 500), ("p95", 950), ("p99", 990)):
        assert figures.value(f"{name}_latency_ms")[0] == pytest.approx(exact, rel=0.0051)
    assert window(success(latency_ms=0), percentiles=True).value("p50_latency_ms")[0] is not None


def test_nested_calls_cost_once_and_are_no_calls_of_their_own() -> None:
    """Errors and times are the root's, cost is that of the calls that called no other."""
    figures = window(
        success(nested_calls=2, latency_ms=900.0),
        success(parent_id="q", latency_ms=400.0, cost_usd=0.2, model="m"),
        error(parent_id="q"),
    )
    assert figures.value("queries") == (1, 1)
    assert figures.value("error_rate") == (0, 1)
    assert figures.value("avg_latency_ms") == (900, 1)
    assert figures.value("total_cost_usd") == (0.2, 1)
    assert not figures.is_partial("total_cost_usd")


def test_an_unknown_price_makes_a_cost_a_lower_bound() -> None:
    """The known part is told, and that it is a part."""
    figures = window(success(cost_usd=0.5), success())
    assert figures.value("total_cost_usd") == (0.5, 2)
    assert figures.is_partial("total_cost_usd")
    assert not figures.is_partial("error_rate")


def test_scores_and_first_tokens_are_averaged() -> None:
    """A score without a judgement counts for the mean only."""
    figures = window(score(1.0, passed=True), score(0.0, passed=False), score(0.8))
    assert figures.value("pass_rate") == (0.5, 3)
    assert figures.value("score")[0] == pytest.approx(0.6)
    times = window(success(latency_ms=9.0, ttft_ms=4.0), success(latency_ms=9.0, ttft_ms=8.0))
    assert times.value("avg_ttft_ms") == (6, 2)


def test_slow_calls_and_kinds_of_errors_are_counted() -> None:
    """What burns a budget, and why."""
    events = [success(latency_ms=ms) for ms in (100.0, 700.0, 900.0)]
    figures = window(*events, error(kind="A"), error(kind="A"), error(kind="B"), slow_ms=(800.0,))
    assert (figures.failed(None), figures.failed(800.0)) == (3, 4)
    assert figures.causes() == "2 A, 1 B"
    assert figures.causes(1) == "2 A, 1 others"
    many = window(*[error(kind=f"E{number:02}") for number in range(MOST_KINDS + 5)])
    assert many.causes(1) == f"5 {OTHERS}, {MOST_KINDS} others"


def test_calls_are_told_apart_by_their_groups() -> None:
    """A group that a call does not name does not count it, and there are not too many."""
    calls = [success(service="a", model="m"), success(service="b"), success()]
    minutes = Minutes(dimensions=("service", "model"))
    for call in calls:
        minutes.add(call, SINCE, UNTIL)
    found = minutes.window(SINCE, UNTIL)
    assert {group: figures.calls for group, figures in found.items()} == {
        "": 3,
        "service=a": 1,
        "service=b": 1,
        "model=m": 1,
    }
    many = [success(service=f"s{number}") for number in range(MOST_GROUPS + 7)]
    assert window(*many, group=f"service={OTHERS}", dimensions=("service",)).calls == 7


def test_what_no_window_reaches_is_left_out() -> None:
    """Too old, from a clock that is ahead, or the start of a call."""
    minutes = Minutes()
    minutes.add(success(0), "2026-11-23T00:01", UNTIL)
    minutes.add(success(5), SINCE, "2026-11-23T00:04")
    minutes.add(QueryStart(query_id="q", timestamp=at(1)), SINCE, UNTIL)
    assert (minutes.outside, minutes.dump()) == (2, {})


def test_windows_begin_and_end_where_they_are_told_to() -> None:
    """The first minute counts, the last does not; what was forgotten is gone."""
    minutes = Minutes()
    for place in range(10):
        minutes.add(success(place), SINCE, UNTIL)
    assert minutes.window("2026-11-23T00:02", "2026-11-23T00:05")[""].calls == 3
    minutes.forget("2026-11-23T00:08")
    assert minutes.window(SINCE, UNTIL)[""].calls == 2


def test_minutes_are_what_they_were_after_a_journey_through_json() -> None:
    """Nothing is lost, and known groups stay known."""
    shape: dict[str, Any] = {
        "dimensions": ("service",),
        "slow_ms": (5.0,),
        "percentiles": True,
    }
    minutes = Minutes(**shape)
    events: list[Event] = [
        success(latency_ms=9.0, service="a"),
        error(service="b"),
        score(0.5),
    ]
    for event in events:
        minutes.add(event, SINCE, UNTIL)
    again = Minutes(**shape)
    again.load(json.loads(json.dumps(minutes.dump())))
    assert again.window(SINCE, UNTIL) == minutes.window(SINCE, UNTIL)
    assert again.dump() == minutes.dump()


@pytest.mark.parametrize(
    "damage",
    [
        lambda sums: [*sums[:-4], "7", *sums[-3:]],
        lambda sums: sums[1:],
        lambda sums: [*sums[:-1], [[7, 1]]],
        lambda sums: [*sums[:-1], [["A", "1"]]],
    ],
)
def test_damaged_minutes_are_refused(damage: Any) -> None:
    """A figure of the wrong type would end in a wrong alarm, or in none."""
    minutes = Minutes()
    minutes.add(error(), SINCE, UNTIL)
    dumped = {stamp: {"": damage(groups[""])} for stamp, groups in minutes.dump().items()}
    with pytest.raises(ValueError):  # noqa: PT011 - any text will do
        Minutes().load(dumped)
