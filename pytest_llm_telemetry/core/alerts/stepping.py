"""Which readings a person is told of: once when it begins, seldom while it lasts, once when over."""

from collections.abc import Mapping, Sequence
from dataclasses import field, replace
from typing import Literal

from pytest_llm_telemetry.core.alerts.reading import Reading
from pytest_llm_telemetry.core.alerts.rules import DAY_S, Plan
from pytest_llm_telemetry.core.records import dataclass

NoticeKind = Literal["firing", "reminder", "resolved", "silent", "heartbeat", "test"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Alert:
    """What is remembered of one rule in one group. Times are seconds since the epoch.

    Attributes:
        since: When it began to fire; `None` while it does not.
        told: Whether a person was told of it, so that its end is told as well.
        notified_at: When a person was last told that it fires.
        held: How often it came and went unsaid since, because of the cool-down.
        seen: When it could last be judged.
        worst: The figure furthest beyond its limit since it began.
    """

    since: int | None = None
    told: bool = False
    notified_at: int | None = None
    held: int = 0
    seen: int = 0
    worst: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertState:
    """What is remembered from check to check."""

    alerts: Mapping[str, Alert] = field(default_factory=dict)
    heartbeat: int | None = None

    @property
    def firing(self) -> tuple[str, ...]:
        """The rules (with their groups) that fire."""
        return tuple(key for key, alert in self.alerts.items() if alert.since is not None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """Something to tell a person. Times are seconds since the epoch.

    `kind` is "firing", "reminder" (it still does), "resolved", "silent" (it can no longer be
    judged, and is taken off), "heartbeat" or "test". `worst` is the figure furthest beyond the
    limit since it began, `held` counts what came and went unsaid before.
    """

    kind: NoticeKind
    at: int
    since: int = 0
    rule: str = ""
    group: str = ""
    metric: str = ""
    value: float | None = None
    limit: float | None = None
    bound: Literal["max", "min"] = "max"
    window_s: int = 0
    calls: int = 0
    burn: float | None = None
    worst: float | None = None
    held: int = 0
    causes: str = ""


def step(
    state: AlertState, readings: Sequence[Reading], now: int, plan: Plan
) -> tuple[AlertState, tuple[Notice, ...]]:
    """The state after a check, and what to tell of it.

    A rule that is no longer in the plan, and a group that no longer calls, are forgotten: the
    latter when a day has gone by, with a last word if a person knows of it.
    """
    alerts: dict[str, Alert] = {}
    notices: list[Notice] = []
    told = {reading.key: reading for reading in readings}
    told |= {
        key: gone
        for key in state.alerts
        if key not in told and (gone := _gone(key, plan)) is not None
    }
    for key, reading in told.items():
        alert, notice = _step(state.alerts.get(key, Alert(seen=now)), reading, now, plan)
        if alert != Alert(seen=alert.seen):
            alerts[key] = alert
        if notice is not None:
            notices.append(notice)
    heartbeat = state.heartbeat
    if plan.heartbeat_s and (heartbeat is None or now - heartbeat >= plan.heartbeat_s):
        heartbeat = now
        notices.append(_sign_of_life(readings, now))
    return AlertState(alerts=alerts, heartbeat=heartbeat), tuple(notices)


def _step(alert: Alert, reading: Reading, now: int, plan: Plan) -> tuple[Alert, Notice | None]:
    if reading.status == "unknown":
        return _unknown(alert, reading, now)
    alert = replace(alert, seen=now)
    if reading.status == "breach":
        return _breach(alert, reading, now, plan)
    if reading.status == "fine" and alert.since is not None:
        return _over(alert, reading, now, "resolved")
    return _cooled(alert, now, plan), None


def _breach(alert: Alert, reading: Reading, now: int, plan: Plan) -> tuple[Alert, Notice | None]:
    since = now if alert.since is None else alert.since
    alert = replace(alert, since=since, worst=_worse(alert.worst, reading))
    rest = None if alert.notified_at is None else now - alert.notified_at
    if not alert.told:
        if rest is not None and rest < plan.cool_down_s:
            return alert, None
        kind: NoticeKind = "firing"
    elif plan.remind_s and rest is not None and rest >= plan.remind_s:
        kind = "reminder"
    else:
        return alert, None
    notice = _notice(kind, alert, reading, now)
    return replace(alert, told=True, notified_at=now, held=0), notice


def _over(
    alert: Alert, reading: Reading, now: int, kind: NoticeKind
) -> tuple[Alert, Notice | None]:
    notice = _notice(kind, alert, reading, now) if alert.told else None
    held = alert.held + (not alert.told)
    return Alert(notified_at=alert.notified_at, held=held, seen=now), notice


def _unknown(alert: Alert, reading: Reading, now: int) -> tuple[Alert, Notice | None]:
    """Too few calls are no recovery; but what nobody can judge for a day is taken off."""
    if now - alert.seen < DAY_S:
        return alert, None
    return _over(alert, reading, now, "silent") if alert.since is not None else (Alert(), None)


def _cooled(alert: Alert, now: int, plan: Plan) -> Alert:
    """Forget the last notice once the cool-down is over and nothing is left to be said of it."""
    last = alert.notified_at
    if alert.since is None and last is not None and now - last >= plan.cool_down_s:
        return Alert(seen=now)
    return alert


def _gone(key: str, plan: Plan) -> Reading | None:
    """A reading for a group that has no calls any more; `None` if its rule is gone as well."""
    name, _, group = key.partition("|")
    rules = [rule for rule in plan.watched if rule.name == name]
    if not rules or bool(group) != bool(rules[0].by):
        return None
    metric = getattr(rules[0], "metric", "error_rate")
    return Reading(rule=name, group=group, metric=metric, status="unknown")


def _worse(worst: float | None, reading: Reading) -> float | None:
    if worst is None or reading.value is None:
        return reading.value if worst is None else worst
    return min(worst, reading.value) if reading.bound == "min" else max(worst, reading.value)


def _notice(kind: NoticeKind, alert: Alert, reading: Reading, now: int) -> Notice:
    return Notice(
        kind=kind,
        at=now,
        since=now if alert.since is None else alert.since,
        rule=reading.rule,
        group=reading.group,
        metric=reading.metric,
        value=reading.value,
        limit=reading.limit,
        bound=reading.bound,
        window_s=reading.window_s,
        calls=reading.calls,
        burn=reading.burn,
        worst=alert.worst,
        held=alert.held,
        causes=reading.causes,
    )


def _sign_of_life(readings: Sequence[Reading], now: int) -> Notice:
    """How many rules are watched (`calls`) and how many of them fire (`held`)."""
    firing = sum(reading.status == "breach" for reading in readings)
    return Notice(kind="heartbeat", at=now, calls=len(readings), held=firing)
