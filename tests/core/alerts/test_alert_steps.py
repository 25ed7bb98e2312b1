"""Rules over figures, and what a person is told of them."""

from dataclasses import replace
from typing import Any

from pytest_llm_telemetry.core.alerts import (
    AlertRule,
    AlertState,
    BurnRule,
    Minutes,
    Notice,
    Plan,
    Reading,
    minute,
    read,
    step,
)
from pytest_llm_telemetry.core.alerts.rules import DAY_S, HOUR_S
from pytest_llm_telemetry.core.events import QueryError, QuerySuccess

NOW = 1_795_392_000
UNTIL = minute(NOW + DAY_S)
ERRORS = AlertRule(name="error_rate", metric="error_rate", max=0.1)


def minutes(*hours: tuple[int, int], service: str = "a", **fields: Any) -> Minutes:
    """(calls, errors) of the latest hour, the one before, ..."""
    found = Minutes(dimensions=("service",), slow_ms=(800.0,))
    for back, (calls, errors) in enumerate(hours):
        stamp = f"{minute(NOW - back * HOUR_S - 120)}:00.000Z"
        kept: dict[str, Any] = {"query_id": "q", "timestamp": stamp, "service": service}
        for number in range(calls):
            event = (
                QueryError(**kept, error_type="Timeout")
                if number < errors
                else QuerySuccess(**kept, **fields)
            )
            found.add(event, "2000", UNTIL)
    return found


def status(rule: AlertRule | BurnRule, found: Minutes, *, since: int = 0) -> list[str]:
    plan = Plan(burns=(rule,)) if isinstance(rule, BurnRule) else Plan(rules=(rule,))
    return [reading.status for reading in read(plan, found, NOW, since=since)]


def test_a_limit_needs_a_sample_and_its_windows() -> None:
    """Too few calls say nothing, and a breach must last as long as it was asked to."""
    assert status(ERRORS, minutes((100, 20))) == ["breach"]
    assert status(ERRORS, minutes((100, 10))) == ["fine"]
    assert status(ERRORS, minutes((19, 19))) == ["unknown"]
    twice = replace(ERRORS, windows=2)
    assert status(twice, minutes((100, 20), (100, 0))) == ["pending"]
    assert status(twice, minutes((100, 20), (100, 20))) == ["breach"]
    assert status(twice, minutes((100, 0), (100, 20))) == ["fine"]


def test_silence_and_lower_bounds_are_watched() -> None:
    """No calls break a lower bound of calls, once a whole window is known."""
    calls = AlertRule(name="calls", metric="queries", min=5)
    assert status(calls, minutes()) == ["breach"]
    assert status(calls, minutes(), since=NOW - 60) == ["unknown"]
    assert status(calls, minutes((9, 0))) == ["fine"]
    both = replace(ERRORS, min=0.5, max=0.9)
    (reading,) = read(Plan(rules=(both,)), minutes((100, 20)), NOW, since=0)
    assert (reading.status, reading.bound, reading.limit) == ("breach", "min", 0.5)


def test_an_unknown_price_hides_no_breach() -> None:
    """What is known already breaks the limit; below it nobody knows."""
    cost = AlertRule(name="total_cost_usd", metric="total_cost_usd", max=1.0)
    found = minutes((100, 0))
    assert status(cost, found) == ["unknown"]
    stamp = f"{minute(NOW - 60)}:00.000Z"
    found.add(QuerySuccess(query_id="q", timestamp=stamp, cost_usd=2.0), "2000", UNTIL)
    assert status(cost, found) == ["breach"]


def test_groups_are_judged_by_themselves() -> None:
    """All of them, or those that are named."""
    assert status(replace(ERRORS, by="service"), minutes((100, 20))) == ["breach"]
    assert status(replace(ERRORS, by="service", only=("b",)), minutes((100, 20))) == ["unknown"]


def test_a_burn_rate_needs_both_windows() -> None:
    """The long window says that it matters, the short one that it goes on."""
    rule = BurnRule(name="errors", budget=0.01)
    assert status(rule, minutes((100, 20))) == ["breach"]
    assert status(rule, minutes((100, 0))) == ["fine"]
    assert status(rule, minutes((1, 0))) == ["unknown"]
    assert status(rule, minutes()) == ["unknown"]
    assert status(replace(rule, slow_ms=800.0), minutes((100, 0), latency_ms=900.0)) == ["breach"]


class Player:
    """Plays readings into the state, hour by hour."""

    def __init__(self, **plan: Any) -> None:
        self.plan = Plan(rules=(ERRORS, replace(ERRORS, name="s", by="service")), **plan)
        self.state = AlertState()
        self.now = 0

    def hours(self, *values: float | None, group: str = "") -> list[str]:
        """The kinds of notices that one figure an hour leads to."""
        told: list[Notice] = []
        for value in values:
            kind = "unknown" if value is None else "breach" if value > 0.1 else "fine"
            rule = "s" if group else "error_rate"
            reading = Reading(
                rule=rule,
                group=group,
                metric="error_rate",
                status=kind,  # type: ignore[arg-type]  # one of three literals
                value=value,
            )
            self.state, found = step(self.state, [reading], self.now, self.plan)
            told += found
            self.now += HOUR_S
        return [notice.kind for notice in told]


def test_it_is_told_once_when_it_begins_and_once_when_it_is_over() -> None:
    """While it lasts, a reminder comes seldom."""
    player = Player()
    assert player.hours(0.0, 0.5, 0.6, 0.4) == ["firing"]
    assert player.state.firing == ("error_rate|",)
    assert player.hours(0.0) == ["resolved"]
    assert not player.state.firing
    assert player.hours(*[0.5] * 26) == ["firing", "reminder"]
    assert Player(remind_s=0).hours(*[0.5] * 50) == ["firing"]


def test_a_cool_down_holds_back_and_forgets_nothing() -> None:
    """What comes again at once is told when the cool-down is over, if it still fires."""
    player = Player(cool_down_s=4 * HOUR_S)
    assert player.hours(0.5, 0.0, 0.5, 0.0) == ["firing", "resolved"]
    (alert,) = player.state.alerts.values()
    assert alert.held == 1
    assert player.hours(0.5) == ["firing"]
    assert player.hours(0.0, 0.0, 0.0, 0.0) == ["resolved"]
    assert player.state.alerts == {}


def test_what_cannot_be_judged_is_held_and_taken_off_after_a_day() -> None:
    """Too few calls are no recovery."""
    player = Player()
    assert player.hours(0.5, *[None] * 23) == ["firing"]
    assert player.hours(None, None) == ["silent"]
    gone = Player()
    assert gone.hours(0.5, group="service=a") == ["firing"]
    gone.now += 2 * DAY_S
    assert step(gone.state, [], gone.now, gone.plan)[1][0].kind == "silent"
    assert step(gone.state, [], gone.now, Plan()) == (AlertState(), ())
    quiet = Player(cool_down_s=9 * DAY_S)
    quiet.hours(0.5, 0.0)
    assert quiet.hours(*[None] * 30) == []
    assert quiet.state.alerts == {}


def test_the_worst_figure_is_kept_in_its_direction() -> None:
    """A message tells how bad it was."""
    plan = Plan(rules=(ERRORS,), remind_s=0)
    state = AlertState()
    reading = Reading(rule="error_rate", group="", metric="error_rate", status="breach")
    for value in (None, 0.5, 0.2, None):
        state, _ = step(state, [replace(reading, value=value, bound="min")], NOW, plan)
    assert state.alerts["error_rate|"].worst == 0.2
    state, _ = step(state, [replace(reading, value=0.9)], NOW, plan)
    assert state.alerts["error_rate|"].worst == 0.9


def test_a_sign_of_life_comes_at_its_time() -> None:
    """At once, and then as often as was asked for."""
    player = Player(heartbeat_s=DAY_S)
    assert player.hours(*[0.0] * 25) == ["heartbeat", "heartbeat"]


def test_a_plan_without_rules_looks_back_an_hour() -> None:
    """Nothing is watched, nothing is read twice."""
    assert (Plan().horizon_s, read(Plan(), Minutes(), NOW, since=0)) == (HOUR_S, ())
