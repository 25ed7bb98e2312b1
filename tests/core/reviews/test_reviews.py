"""A review decides what got worse since when, where the money went, and what should move."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import cache
from random import Random
from typing import Any

import pytest

from pytest_llm_telemetry.core.alerts import Notice, Plan
from pytest_llm_telemetry.core.alerts.rules import DAY_S, HOUR_S, AlertRule
from pytest_llm_telemetry.core.baseline import PastRun
from pytest_llm_telemetry.core.events import Event, QueryError, QueryScore, QuerySuccess
from pytest_llm_telemetry.core.reviews import PERIODS, Material, Period, Review, compose
from pytest_llm_telemetry.core.reviews.firing import fired
from pytest_llm_telemetry.core.reviews.moving import of_alerts, of_suite
from pytest_llm_telemetry.core.reviews.spending import peak
from pytest_llm_telemetry.core.thresholds import Limit, Rule, Thresholds
from pytest_llm_telemetry.core.traffic import Hour, Traffic
from pytest_llm_telemetry.core.traffic.counting import Counting
from pytest_llm_telemetry.core.trends import Window

END = datetime(2026, 11, 23, tzinfo=UTC)
HOUR = timedelta(hours=1)
Change = Callable[[datetime], dict[str, float]]


def steady(_: datetime) -> dict[str, float]:
    """Nothing changes."""
    return {}


def traffic(days: int = 36, change: Change = steady, *, calls: int = 8) -> Traffic:
    """Hours of a service: two models, a speed of its own for each day, a cost, a score now and then."""
    start = END - timedelta(days=days)
    places = [start + number * HOUR for number in range(24 * days)]
    hours = tuple(hour_at(at, calls, tuple(change(at).items())) for at in places)
    return Traffic(since=start, until=END, hours=hours, files=1)


@cache
def hour_at(at: datetime, calls: int, told: tuple[tuple[str, float], ...]) -> Hour:
    """One hour, always the same one."""
    speed = Random(f"{at:%j}").lognormvariate(0, 0.05)
    counting = Counting()
    counting.add_events(*_events(Random(f"{at}"), at, calls, {"speed": speed, **dict(told)}))
    (hour,) = counting.hours.values()
    return hour


def _events(rng: Random, at: datetime, calls: int, told: dict[str, float]) -> list[Event]:
    found: list[Event] = []
    for number in range(calls):
        common: dict[str, Any] = {
            "query_id": f"{number}",
            "timestamp": f"{at:%Y-%m-%dT%H:%M:%S}.000Z",
            "query_hash": f"{number % 3}",
            "query_preview": f"question {number % 3}",
            "model": "large" if number % 3 and told.get("models", 2) > 1 else "small",
            "user_hash": f"{number % 4}",
        }
        if rng.random() < told.get("failing", 0.02):
            found.append(QueryError(error_type="Timeout", **common))
            continue
        found.append(
            QuerySuccess(
                latency_ms=rng.lognormvariate(6, 0.4) * told["speed"] * told.get("times", 1.0),
                ttft_ms=100.0 * told["speed"],
                cost_usd=0.001 * told.get("dearer", 1.0) if told.get("priced", 1.0) else None,
                **common,
            )
        )
        liked = rng.random() < told.get("liking", 0.9)
        found.append(
            QueryScore(
                query_id=f"{number}",
                timestamp=common["timestamp"],
                score_name="thumbs",
                score=float(liked),
                passed=liked,
            )
        )
    return found


def look(period: str, found: Traffic, **material: Any) -> Review:
    """The review of the days before `END`."""
    about = {"thresholds": Thresholds(), **material}
    return compose(
        PERIODS[period], PERIODS[period].window(END + 5 * HOUR), Material(traffic=found, **about)
    )


def since(days: float, **told: float) -> Change:
    """A change that began so many days before the end."""
    return lambda at: told if at >= END - timedelta(days=days) else {}


@pytest.mark.parametrize("period", PERIODS)
def test_a_steady_service_gets_no_finding(period: str) -> None:
    """Days of different speed are no change; figures, queries and costs are told all the same."""
    found = look(period, traffic(PERIODS[period].history + PERIODS[period].days))
    assert (found.status, found.exit_status, found.turns) == ("pass", 0, ())
    assert found.breaches == []
    assert {check.metric for check in found.checks} >= {"error_rate", "score", "pass_rate"}
    assert found.trends["queries"].change == pytest.approx(0.0)
    assert len(found.trends["queries"].series) == (
        24 if period == "daily" else PERIODS[period].days
    )
    assert found.failing[0].figures.errors == max(query.figures.errors for query in found.failing)
    assert {query.preview for query in found.costly} == {f"question {n}" for n in range(3)}
    assert sum(
        spend.share for spend in found.spends if spend.dimension == "model"
    ) == pytest.approx(1)
    assert found.calls == 8 * 24 * PERIODS[period].days


@pytest.mark.parametrize(
    ("told", "metric"),
    [
        ({"times": 1.8}, "avg_latency_ms"),
        ({"failing": 0.3}, "error_rate"),
        ({"liking": 0.6}, "score"),
        ({"liking": 0.6}, "pass_rate"),
        ({"dearer": 1.5}, "cost_per_query_usd"),
    ],
)
@pytest.mark.parametrize("period", ["daily", "weekly"])
def test_what_got_worse_is_found(period: str, told: dict[str, float], metric: str) -> None:
    """Slower, failing, liked less, dearer: proven, of all calls, and its turn is dated."""
    found = look(period, traffic(36, since(PERIODS[period].days, **told)))
    assert metric in {check.metric for check in found.breaches if not check.scope}
    assert (found.status, found.exit_status) == ("fail", 1)
    if metric != "pass_rate":
        (turn,) = [turn for turn in found.turns if turn.metric == metric]
        assert turn.worse
        assert turn.end is None
        assert turn.start == found.window.since


def test_what_got_better_is_no_breach() -> None:
    """A turn for the better is told as one."""
    found = look("weekly", traffic(36, since(7, times=0.5)))
    assert found.status == "pass"
    assert {(turn.metric, turn.worse) for turn in found.turns} >= {("avg_latency_ms", False)}


def test_hours_that_are_over_are_dated_to_the_hour() -> None:
    """A turn within a day has an end, and is no finding where it is too small to matter."""

    def bad(at: datetime) -> dict[str, float]:
        return {"times": 3.0} if END - 8 * HOUR <= at < END - 4 * HOUR else {}

    found = look("daily", traffic(29, bad, calls=20))
    turn = found.turns[0]
    assert (turn.start, turn.end) == (END - 8 * HOUR, END - 4 * HOUR)
    assert turn.level > 2 * turn.usual


def test_one_bad_hour_is_no_turn() -> None:
    """A burst is no level that stays: by a month of history, and by days too few to tell of whole ones."""

    def bad(at: datetime) -> dict[str, float]:
        return {"failing": 1.0 if at == END - 5 * HOUR else 0.01}

    for days in (29, 9):
        found = look("daily", traffic(days, bad, calls=20))
        assert "error_rate" in {check.metric for check in found.breaches}
        assert found.turns == ()


def test_a_week_that_is_proven_worse_is_dated() -> None:
    """Four weeks tell too little of whole ones: those are held against the week before."""
    found = look("weekly", traffic(36, since(7, times=1.4)))
    assert "avg_latency_ms" in {check.metric for check in found.breaches}
    turn = next(turn for turn in found.turns if turn.metric == "avg_latency_ms")
    assert (turn.start, turn.end, turn.worse) == (found.window.since, None, True)


def test_a_turn_too_small_to_matter_is_not_told() -> None:
    """A cost that goes up by four per cent for a day is beyond chance, and within what is allowed."""
    assert look("daily", traffic(29, since(1, dearer=1.04), calls=20)).turns == ()
    assert look("daily", traffic(29, since(1, dearer=1.2))).turns[0].metric == "cost_per_query_usd"


def test_one_model_alone_is_named() -> None:
    """A group has its own checks where there is more than one of its kind."""
    found = look("weekly", traffic(36))
    scopes = {check.scope for check in found.checks}
    assert scopes == {"", "model:large", "model:small"}
    lone = look("weekly", traffic(36, since(36, models=1)))
    assert {check.scope for check in lone.checks} == {""}
    assert {spend.dimension for spend in lone.spends} == {"user"}


def test_a_model_that_is_new_is_held_against_nothing() -> None:
    """It has checks only where it has days before."""

    def old(at: datetime) -> dict[str, float]:
        return {"models": 1} if at < END - timedelta(days=3) else {}

    found = look("weekly", traffic(36, old))
    assert {check.scope for check in found.checks} == {"", "model:small"}


def test_costs_with_holes_are_not_judged() -> None:
    """The price of some calls is unknown: nobody knows the change, and no turn is dated by it."""
    found = look("weekly", traffic(36, since(3, priced=0.0)))
    (check,) = [c for c in found.checks if c.metric == "cost_per_query_usd" and not c.scope]
    assert check.status == "inconclusive"
    assert "unknown" in check.reason
    assert found.trends["total_cost_usd"].change is None
    assert found.unpriced > 0


def test_without_a_history_nothing_is_judged() -> None:
    """Two days of logs: figures are told, every check is undecided, and says what would help."""
    found = look("daily", traffic(2))
    assert found.status == "pass"
    assert {check.status for check in found.checks} == {"inconclusive"}
    assert all("longer history" in check.settle for check in found.checks)
    assert found.turns == ()


def test_a_service_that_was_born_today_has_nothing_to_be_held_against() -> None:
    """No figure on the other side, no check."""
    found = look("daily", traffic(1))
    assert (found.status, found.checks) == ("pass", ())


def test_no_call_is_nothing_to_judge() -> None:
    """An empty window fails closed."""
    found = look("weekly", Traffic(since=END - timedelta(days=60), until=END))
    assert (found.status, found.exit_status) == ("error", 4)
    assert found.trends["queries"].now == 0.0
    assert (found.checks, found.turns, found.spends) == ((), (), ())
    assert peak(found.hours) is None


def test_a_quiet_service_is_looked_at_in_longer_steps() -> None:
    """One call an hour says nothing by the hour: days are compared instead."""

    def bad(at: datetime) -> dict[str, float]:
        return {"times": 6.0} if at >= END - timedelta(days=1) else {}

    found = look("daily", traffic(29, bad, calls=1))
    turn = next(turn for turn in found.turns if turn.metric == "avg_latency_ms")
    assert turn.start == END - timedelta(days=1)


def test_the_rules_of_the_thresholds_file_count() -> None:
    """An allowed change that is larger than what happened lets it pass; a scope's own rule counts there."""
    slower = traffic(36, since(7, times=1.5))
    rules = tuple(
        Rule(metric=metric, min_effect=2.0, allowed=3.0)
        for metric in ("avg_latency_ms", "p95_latency_ms")
    )
    found = look("weekly", slower, thresholds=Thresholds(rules=rules))
    assert found.breaches == []
    own = Rule(metric="p95_latency_ms", min_effect=0.1, allowed=0.2, scope="model:large")
    found = look("weekly", slower, thresholds=Thresholds(rules=(*rules, own)))
    assert [(check.metric, check.scope) for check in found.breaches] == [
        ("p95_latency_ms", "model:large")
    ]


def test_a_golden_run_decides_the_exit_status() -> None:
    """The status of the run that was made for the review is the review's."""
    assert replace(look("weekly", traffic(36)), run_exit=3).exit_status == 3


def test_the_days_of_a_period_end_with_the_last_midnight() -> None:
    """Whole days of UTC, whatever the time and zone of the look."""
    period = PERIODS["weekly"]
    window = period.window(datetime(2026, 11, 23, 23, 59, tzinfo=UTC))
    assert (window.since, window.until) == (END - timedelta(days=7), END)
    assert period.held_against(window) == Window(
        since=END - timedelta(days=14), until=END - timedelta(days=7)
    )


def test_the_hour_that_costs_most_is_known() -> None:
    """The earlier one of two that cost the same."""
    assert peak([None, 1.0, 2.0, 2.0]) == 2


def notice(kind: Any, at: float, begun: float, **fields: Any) -> Notice:
    """A notice so many hours before the end."""
    told = {"rule": "error_rate", "metric": "error_rate", **fields}
    end = int(END.timestamp())
    return Notice(kind=kind, at=end - int(at * HOUR_S), since=end - int(begun * HOUR_S), **told)


def test_alerts_are_told_with_how_long_they_lasted_within_the_window() -> None:
    """One that began before, one that lasts, one of a group, and none from before or after."""
    window = Window(since=END - 24 * HOUR, until=END)
    found = fired(
        [
            notice("firing", 60, 60),
            notice("resolved", 50, 60),
            notice("firing", 30, 30, worst=0.3),
            notice("resolved", 22, 30, worst=0.4),
            notice("firing", 2, 2, group="model=a", worst=0.2),
            notice("heartbeat", 1, 1),
            notice("firing", -3, -3, rule="later"),
            notice("silent", -1, 3, rule="slow", metric="avg_latency_ms"),
        ],
        window,
    )
    assert [
        (each.rule, each.group, each.times, each.seconds, each.worst, each.lasts) for each in found
    ] == [
        ("slow", "", 0, 3 * HOUR_S, None, True),
        ("error_rate", "", 0, 2 * HOUR_S, 0.4, False),
        ("error_rate", "model=a", 1, 2 * HOUR_S, 0.2, True),
    ]


def test_alert_limits_that_chance_breaks_or_nothing_reaches_should_move() -> None:
    """A limit within the noise is raised, one far above lowered, one in between and of groups kept."""
    rules = (
        AlertRule(name="tight", metric="avg_latency_ms", max=440.0),
        AlertRule(name="loose", metric="avg_latency_ms", max=5000.0),
        AlertRule(name="fine", metric="avg_latency_ms", max=750.0),
        AlertRule(name="days", metric="error_rate", max=0.9, window_s=DAY_S),
        AlertRule(name="quality", metric="score", min=0.89),
        AlertRule(name="volume", metric="queries", min=1),
        AlertRule(name="group", metric="error_rate", max=0.0, by="model"),
        AlertRule(name="minutes", metric="error_rate", max=0.0, window_s=300),
    )
    hours = [(hour.start, hour.total) for hour in traffic(30, calls=20).hours]
    found = {move.place.rpartition(".")[2]: move for move in of_alerts(Plan(rules=rules), hours)}
    assert set(found) == {"tight", "loose", "days", "quality"}
    assert not found["tight"].tighter
    assert found["tight"].broken > 10
    assert 440.0 < found["tight"].proposed < 750.0
    assert found["loose"].tighter
    assert found["loose"].broken == 0
    assert found["days"].windows == 30
    assert found["quality"].bound == "min"
    assert of_alerts(Plan(rules=rules), hours[:10]) == ()


def test_limits_of_golden_sets_are_held_against_accepted_runs() -> None:
    """A limit of the whole suite counts, one of a part does not."""
    history = [
        PastRun(run_id=str(n), at="", metrics={"pass_rate": 0.95 + n % 3 / 100}) for n in range(8)
    ]
    limits = [
        Limit(metric="pass_rate", min=0.3),
        Limit(metric="pass_rate", min=0.3, scope="tag:x"),
        Limit(metric="error_rate", max=0.1),
        Limit(metric="pass_rate", max=0.1),
    ]
    (move,) = of_suite("support", limits, history)
    assert (move.place, move.bound, move.limit) == ("suites.support.limits.pass_rate", "min", 0.3)
    assert move.tighter
    assert 0.8 < move.proposed < 0.95


def test_a_period_can_be_of_any_length() -> None:
    """Three days held against six before."""
    period = Period(name="short", days=3, before=6, history=30, step=timedelta(days=1))
    found = compose(
        period, period.window(END), Material(traffic=traffic(33), thresholds=Thresholds())
    )
    assert found.status == "pass"
    assert len(found.trends["queries"].series) == 3
