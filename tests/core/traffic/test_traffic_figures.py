"""What hours of calls come to, and that it adds up in any order."""

import random
from dataclasses import replace
from datetime import UTC, datetime, timedelta
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
from pytest_llm_telemetry.core.metrics import measure
from pytest_llm_telemetry.core.samples import Call, CaseSamples
from pytest_llm_telemetry.core.traffic import (
    DIMENSIONS,
    Figures,
    Hour,
    Traffic,
    hour_of,
    whole_hours,
)
from pytest_llm_telemetry.core.traffic.counting import BATCH, Counting
from pytest_llm_telemetry.core.traffic.figures import MOST_NAMES, OTHERS
from pytest_llm_telemetry.core.traffic.rows import Reader, Row, Rows, row_of

AT = "2026-11-23T11:20:04.512Z"
JUNK = Row(*[""] * len(Row._fields))._replace(other="junk")
START = datetime(2026, 11, 23, 11, tzinfo=UTC)


def success(**fields: Any) -> QuerySuccess:
    return QuerySuccess(query_id="q", timestamp=AT, **fields)


def error(kind: str = "Timeout", **fields: Any) -> QueryError:
    return QueryError(query_id="q", timestamp=AT, error_type=kind, **fields)


def score(value: float, name: str = "thumbs", **fields: Any) -> QueryScore:
    return QueryScore(query_id="q", timestamp=AT, score_name=name, score=value, **fields)


def hour(*events: Event, start: datetime = START) -> Hour:
    counting = Counting()
    counting.add_events(*events)
    (found,) = counting.hours.values() or [Hour(start)]
    found.start = start
    return found


def figures(*events: Event) -> Figures:
    return hour(*events).total


def traffic(*hours: Hour, size: int = 24) -> Traffic:
    return Traffic(since=START, until=START + size * timedelta(hours=1), hours=hours)


EVENTS = st.lists(
    st.builds(
        success,
        latency_ms=st.none() | st.floats(1, 1e5),
        ttft_ms=st.none() | st.floats(1, 1e4),
        cached=st.sampled_from([None, True, False]),
        cost_usd=st.none() | st.floats(1e-6, 1),
        input_tokens=st.none() | st.integers(0, 10_000),
        model=st.sampled_from(["a", "b", None]),
        query_hash=st.sampled_from(["1", "2", "3", None]),
        query_preview=st.sampled_from(["x", "y", None]),
        parent_id=st.sampled_from([None, "p"]),
        nested_calls=st.sampled_from([None, 2]),
        tags=st.sampled_from([None, ("route:a", "x"), ("x", "x")]),
        feature_flags=st.sampled_from([None, {"new": True}, {"k": "v"}]),
        sample_rate=st.sampled_from([None, 1.0, 0.5, 0.3]),
    )
    | st.builds(error, st.sampled_from(["Timeout", "RateLimit"]), sample_rate=st.just(1.0))
    | st.builds(score, st.floats(0, 1), passed=st.sampled_from([None, True, False])),
    max_size=12,
)


def test_nothing_has_no_figures() -> None:
    """Every figure that nobody measured is None; only counts are 0."""
    found = Figures()
    names = [name for name in dir(Figures) if isinstance(getattr(Figures, name), property)]
    assert len(names) > 15
    counts = {"calls", "errors", "cached", "unpriced", "error_types", "cost_is_partial"}
    assert {name for name in names if getattr(found, name) is not None} == counts
    assert (found.calls, found.errors, found.error_types) == (0, 0, {})


@given(EVENTS)
def test_the_figures_are_those_of_a_run(events: list[Event]) -> None:
    """Of root calls without nested ones, as the gate measures them."""
    ends = [e for e in events if isinstance(e, QuerySuccess | QueryError) and not e.parent_id]
    calls = tuple(
        Call(
            order=place,
            latency_ms=end.latency_ms,
            ttft_ms=end.ttft_ms,
            error_type=getattr(end, "error_type", None),
            cached=bool(end.cached),
            weight=1 / (end.sample_rate or 1),
        )
        for place, end in enumerate(ends)
    )
    metrics, _ = measure([CaseSamples(case_id="c", calls=calls)])
    found = figures(*events)
    assert (found.calls or None) == pytest.approx(metrics["queries"])
    for name in ("error_rate", "avg_latency_ms", "avg_ttft_ms"):
        assert getattr(found, name) == pytest.approx(metrics[name])


@given(st.lists(EVENTS, max_size=5), st.randoms())
def test_hours_add_up_in_any_order(parts: list[list[Event]], chance: random.Random) -> None:
    """Merged from files or hosts in any order, or counted at once: equal to the last bit."""
    whole = hour(*[event for part in parts for event in part])
    chance.shuffle(parts)
    merged = Hour(START)
    for part in parts:
        merged.merge(hour(*part))
    assert merged.total == whole.total
    assert merged.by == whole.by
    assert merged.counted == whole.counted


def test_an_error_is_no_latency_and_a_cache_none_either() -> None:
    """What a limiter refuses in 3 ms, or a cache answers, must not make the service look fast."""
    found = figures(
        success(latency_ms=900.0),
        success(latency_ms=3.0, cached=True),
        error(latency_ms=3.0, status_code=429),
    )
    assert found.avg_latency_ms == 900
    assert found.p95_latency_ms == pytest.approx(900, rel=0.005)
    assert (found.calls, found.errors, found.cached) == (3, 1, 1)
    assert found.error_rate == pytest.approx(1 / 3)


def test_a_sampled_call_stands_for_several() -> None:
    """Counts, sums and shares are weighted by 1 / sample rate; a senseless rate stays bounded."""
    found = figures(
        success(latency_ms=100.0, cost_usd=0.5, sample_rate=0.1), error(sample_rate=1.0)
    )
    assert (found.calls, found.recorded, found.total_cost_usd) == (11, 2, 5)
    assert found.error_rate == pytest.approx(1 / 11)
    assert figures(success(sample_rate=1e-300, latency_ms=1e300)).calls == 2**20
    assert figures(success(sample_rate=-1.0)).calls == 1


def test_a_nested_call_costs_once() -> None:
    """The query is the outer call's, cost and tokens are the inner ones', by model too."""
    outer = success(latency_ms=900.0, nested_calls=2, cost_usd=0.3, input_tokens=30)
    inner = [
        success(parent_id="q", model="m", latency_ms=400.0, cost_usd=each, input_tokens=15)
        for each in (0.1, 0.2)
    ]
    found = hour(*inner, outer)
    assert (found.total.calls, found.total.avg_latency_ms) == (1, 900)
    assert found.total.total_cost_usd == pytest.approx(0.3)
    assert found.total.cost_per_query_usd == pytest.approx(0.3)
    assert found.total.tokens["input"].total == 30
    assert found.by["model"].named["m"].calls == 2
    assert found.by["model"].named["m"].avg_latency_ms == 400


def test_an_unknown_price_makes_cost_a_lower_bound() -> None:
    """It is said, not counted as 0."""
    found = figures(success(cost_usd=0.2), success(), error())
    assert (found.total_cost_usd, found.unpriced, found.cost_is_partial) == (0.2, 1, True)
    assert found.cost_per_query_usd == pytest.approx(0.1)
    assert figures(success()).total_cost_usd is None
    assert figures(error(cost_usd=0.1)).cost_per_query_usd is None


def test_scores_are_told_by_name_and_together() -> None:
    """A score that says nothing about passing counts in no pass rate."""
    found = figures(score(1.0, passed=True), score(0.0, passed=False), score(0.5, "clarity"))
    assert (found.score, found.pass_rate) == (0.5, 0.5)
    assert (found.scores["clarity"].mean, found.scores["clarity"].pass_rate) == (0.5, None)
    assert (found.scores["thumbs"].count, found.scores["thumbs"].pass_rate) == (2, 0.5)


def test_types_of_errors_and_scores_stay_bounded() -> None:
    """An error type made of a request id fills no memory; what is beyond counts as others."""
    found = figures(*[error(f"E{n}") for n in range(200)], *[score(1, f"s{n}") for n in range(200)])
    assert len(found.error_types) == len(found.scores) == MOST_NAMES + 1
    assert found.error_types[OTHERS] == 200 - MOST_NAMES
    assert next(iter(found.error_types)) == OTHERS
    assert found.scores[OTHERS].count == 200 - MOST_NAMES


def test_calls_are_told_apart_by_what_they_carry() -> None:
    """Models (asked for, where none answered), tags, routes, flags with their value, users."""
    event = success(
        model_requested="m",
        service="s",
        environment="prod",
        variant="B",
        user_hash="u",
        tags=("route:checkout", "long"),
        feature_flags={"new_prompt": True, "depth": 2},
    )
    found = hour(event)
    names = {dimension: set(found.by[dimension].named) for dimension in DIMENSIONS}
    assert names == {
        "model": {"m"},
        "service": {"s"},
        "environment": {"prod"},
        "variant": {"B"},
        "user": {"u"},
        "tag": {"route:checkout", "long"},
        "route": {"checkout"},
        "feature": {"new_prompt=true", "depth=2"},
    }
    assert hour(QueryStart(query_id="q", timestamp=AT, service="s")).counted == 1


def test_the_largest_are_named_and_the_rest_is_counted() -> None:
    """By calls, by errors and by cost, so that a rare call that fails or costs much is seen."""
    events: list[Event] = [success(model="busy") for _ in range(5)]
    events += [error(model="failing"), success(model="dear", cost_usd=9.0)]
    events += [success(model=f"m{n}") for n in range(30)]
    groups = traffic(hour(*events)).by("model", most=1)
    assert set(groups.named) == {"busy", "failing", "dear"}
    assert (groups.rest.calls, groups.rest_keys) == (30, 30)
    assert groups.ranked()[0][0] == "busy"
    assert traffic(hour(*events)).by("model", most=99).rest_keys == 0


def test_many_users_and_queries_are_named_by_size_and_the_rest_adds_up() -> None:
    """What is named and what is not is exactly all that has a name."""
    events: list[Event] = [
        success(user_hash=f"u{n}", query_hash=f"q{n}", cost_usd=0.1, input_tokens=n)
        for n in range(40)
    ]
    events += [error(user_hash="failing", query_hash="failing") for _ in range(2)]
    events += [success(user_hash="dear", query_hash="dear", cost_usd=9.0, ttft_ms=5.0)]
    events += [success(user_hash="busy"), success(user_hash="busy"), success(), score(1.0)]
    events += [score(0.5, user_hash="u39")]
    found = hour(*events)
    users = found.by["user"]
    assert {"failing", "dear", "busy"} <= set(users.named)
    assert len(users.named) + users.rest_keys == 43
    named = Figures()
    for each in (*users.named.values(), users.rest):
        named.merge(each)
    assert named == hour(*[event for event in events if event.user_hash]).total
    queries = found.queries.groups
    assert queries.rest.calls == queries.rest_keys == 42 - len(queries.named)
    assert (found.total.calls, found.total.scores["thumbs"].count) == (46, 2)


def test_users_beyond_the_largest_are_counted_whatever_befell_them() -> None:
    """Each failed in a way of its own."""
    users = hour(*[error(f"E{n}", user_hash=f"u{n}") for n in range(20)]).by["user"]
    assert (len(users.named), users.rest.errors, users.rest_keys) == (16, 4, 4)
    assert len(users.rest.error_types) == 4


def test_a_senseless_hour_is_damage() -> None:
    """It counts as such in the hour of a line that tells one, and waits for one to come."""
    counting = Counting()
    counting.add(
        Rows.of([row_of(QuerySuccess(query_id="q", timestamp="2026-99-99T11:20:04.512Z"))])
    )
    counting.add(Rows.of([row_of(QueryStart(query_id="q", timestamp="2026-99-99T11:20:04.512Z"))]))
    counting.add(Rows.of([JUNK]))
    counting.flush()
    assert counting.hours == {}
    counting.add_events(success())
    (found,) = counting.hours.values()
    assert (found.counted, found.skipped) == (1, {"wrong_types": 2, "junk": 1})
    assert (found.start, hour_of(AT)) == (START, START)


@pytest.mark.parametrize(
    "stamp", ["", "2026-11-23", "2026-11-23 11", "20261123T1100", "2026--1-23T11", "2026-11-23T24"]
)
def test_an_hour_is_written_in_one_way(stamp: str) -> None:
    """What only looks like one is refused."""
    with pytest.raises(ValueError):  # noqa: PT011 - which one says nothing more
        hour_of(f"{stamp}:00:00.000Z")


def test_damage_counts_in_the_hour_of_the_line_before_it() -> None:
    """Be that line a start that has no row of its own, or one that has."""
    start = (
        '{"schema_version":1,"event":"query_start","timestamp":"2026-11-23T%s:20:04.512Z",'
        '"level":"INFO","message":"query_start","query_id":"q"}\n'
    )
    counting, reader = Counting(), Reader(patience=1)
    assert reader.rows_of((start % 10).encode()) is None  # it never saw one
    for some in (start % 11 + "junk\n", start % 12 + start % 13 + "junk\n\n", start % 14):
        counting.add(reader.rows_of(some.encode()) or Rows.of([]))
    counting.add(Rows.of([row_of(success()), JUNK]))
    counting.flush()
    lines = {each.start.hour: (each.counted, each.skipped) for each in counting.take()}
    damage = {"junk": 1, "": 1}
    assert lines == {11: (2, {"junk": 2}), 12: (1, {}), 13: (1, damage), 14: (1, {})}


def test_rows_by_pattern_and_by_parser_are_counted_as_one() -> None:
    """A pattern tells no field that its lines do not have; the parser tells all."""
    line = (
        f'{{"schema_version":1,"event":"query_success","timestamp":"{AT}","level":"INFO",'
        '"message":"query_success","query_id":"q","latency_ms":5.0}\n'
    )
    reader, paid = Reader(patience=1), row_of(success(cost_usd=1))
    assert reader.rows_of(line.encode()) is None
    by_pattern, damaged = reader.rows_of(line.encode()), reader.rows_of(f"{line}junk\n".encode())
    assert by_pattern is not None
    assert damaged is not None
    by_parser, by_both = Rows.of([paid]), damaged.mended(lambda _: paid)
    assert len(by_pattern.fields) < len(by_parser.fields)
    for some in ([by_pattern, by_parser], [by_parser, by_pattern], [by_both]):
        counting = Counting()
        for rows in some:
            counting.add(rows)
        counting.flush()
        (found,) = counting.hours.values()
        assert (found.counted, found.total.calls, found.total.cost_usd.told) == (2, 2, 1)
        assert found.skipped == {}


def test_a_pattern_that_learns_tells_other_fields() -> None:
    """Rows from before and after are counted as one."""
    counting, reader = Counting(), Reader(patience=1)
    for fields in ('"latency_ms":5.0', '"user_hash":"u","latency_ms":5.0'):
        line = (
            f'{{"schema_version":1,"event":"query_success","timestamp":"{AT}","level":"INFO",'
            f'"message":"query_success","query_id":"q",{fields}}}\n'
        )
        while (rows := reader.rows_of(line.encode())) is None or rows.lost:
            pass
        counting.add(rows)
        counting.count()
        counting.add(rows)  # and waits as others come
    counting.flush()
    (found,) = counting.hours.values()
    assert (found.total.calls, found.by["user"].named["u"].calls) == (4, 2)


def test_hours_that_are_over_are_taken_with_their_largest_names() -> None:
    """So that a log of any length is counted in bounded memory."""
    counting = Counting()
    events = [success(model=f"m{n:03}", variant="B") for n in range(60)]
    for at in ("2026-11-23T10", "2026-11-23T11", "2026-11-23T12"):
        counting.add_events(*[replace(event, timestamp=f"{at}:00:00.000Z") for event in events])
    taken = counting.take(left=2)
    assert [each.start for each in taken] == [START - timedelta(hours=1)]
    models = taken[0].by["model"]
    assert (len(models.named), models.rest_keys, models.rest.calls) == (50, 10, 10)
    assert taken[0].by["variant"].named["B"].calls == 60
    assert [each.start for each in counting.take()] == [START, START + timedelta(hours=1)]
    assert counting.take() == []


def test_thousands_of_rows_are_counted_as_they_come() -> None:
    """Not held back until the end."""
    counting = Counting()
    counting.add(Rows.of([row_of(success())] * BATCH))
    assert [each.total.calls for each in counting.hours.values()] == [BATCH]


def test_queries_are_ranked_by_failures_and_by_cost() -> None:
    """Each with its preview, where one was kept."""
    found = hour(
        error(query_hash="1", query_preview="boom"),
        success(query_hash="2", cost_usd=2.0),
        success(query_hash="3", cost_usd=3.0, query_preview="dear"),
        success(query_hash="4", query_preview="dull"),
        success(),
    )
    queries = traffic(found, found).queries()
    assert [(q.query_hash, q.preview) for q in queries.failing()] == [("1", "boom")]
    assert [(q.query_hash, q.preview) for q in queries.costly()] == [("3", "dear"), ("2", None)]
    assert queries.failing()[0].figures.errors == 2
    assert [q.query_hash for q in queries.frequent(1)] == ["1"]
    few = traffic(found).queries(most=1)
    assert set(few.groups.previews) == {"1", "3"}
    assert (few.groups.rest.calls, few.groups.rest_keys) == (2, 2)


def test_a_window_is_whole_hours() -> None:
    """Whatever the zone it is asked for in, the hours are those of UTC that it touches."""
    zone = datetime.fromisoformat("2026-11-23T13:20:00+02:00")
    assert whole_hours(zone, zone + timedelta(hours=1)) == (START, START + timedelta(hours=2))
    assert whole_hours(START, START + timedelta(hours=1)) == (START, START + timedelta(hours=1))


def test_hours_and_days_without_a_call_are_told_too() -> None:
    """A gap in a chart is a finding."""
    later = START + timedelta(hours=26)
    found = traffic(hour(success()), hour(error(), error(), start=later), size=30)
    hours = found.per_hour()
    assert len(hours) == 30
    assert [(at, each.calls) for at, each in hours if each.calls] == [(START, 1), (later, 2)]
    assert [each.calls for _, each in found.per_day()] == [1, 2]
    assert (found.total.calls, found.total.errors) == (3, 2)


def test_lines_are_those_that_count_and_those_that_do_not() -> None:
    """Damage is told by reason, the most frequent first."""
    first, second = hour(success()), hour(success(), success())
    first.skipped = {"torn": 1}
    second.skipped = {"torn": 1, "junk": 3}
    found = traffic(first, second)
    assert list(found.skipped.items()) == [("junk", 3), ("torn", 2)]
    assert (found.counted, found.lines) == (3, 8)
    first.merge(second)
    assert (first.counted, first.skipped) == (3, {"torn": 2, "junk": 3})
