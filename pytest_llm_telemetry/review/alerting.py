"""One check of production: what is new in the logs -> figures -> rules -> messages.

What is to be told is written down before it is sent and struck out when it has arrived, so a check
that is killed, or a channel that is down, loses nothing; the next check sends it. Where it cannot be
written down (a full disk) it is sent all the same: told twice is better than not at all.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from pytest_llm_telemetry.core.alerts import Notice, Plan, minute, read, step
from pytest_llm_telemetry.core.alerts.rules import DAY_S, MINUTE_S
from pytest_llm_telemetry.core.errors import (
    ConfigError,
    DeliveryError,
    TelemetryError,
    UncertainDeliveryError,
)
from pytest_llm_telemetry.core.records import dataclass
from pytest_llm_telemetry.reporters import alert_messages
from pytest_llm_telemetry.review import channels
from pytest_llm_telemetry.storage import alert_state, tails
from pytest_llm_telemetry.storage.alert_state import Memory, Pending
from pytest_llm_telemetry.storage.finding import log_files

LONGEST_CATCH_UP_S = 7 * DAY_S


@dataclass(frozen=True, slots=True, kw_only=True)
class Watch:
    """What to look at and whom to tell.

    `logs` are files and folders; `state` is the file that is remembered; `environment` names the
    channels (see `review.channels`).
    """

    plan: Plan
    logs: Sequence[Path]
    state: Path
    environment: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """What a check came to.

    Attributes:
        notices: What is new.
        firing: The rules (with their groups) that fire.
        lines, skipped: Log lines read, and those of them that are no events.
        notes: What else a person should know.
        faults: Deliveries that failed, which the next check tries again, and a state that could not
            be written, which makes the next check tell the same once more.
        busy: Whether another check was at it, so that this one did nothing.
    """

    notices: tuple[Notice, ...] = ()
    firing: tuple[str, ...] = ()
    lines: int = 0
    skipped: int = 0
    notes: tuple[str, ...] = ()
    faults: tuple[TelemetryError, ...] = ()
    busy: bool = False


def check(watch: Watch, now: float, *, dry_run: bool = False) -> Checked:
    """Read what is new, judge it, and tell what is to be told.

    Args:
        watch: What to look at and whom to tell.
        now: The time, seconds since the epoch; the latest window ends with its minute.
        dry_run: Remember nothing and send nothing.

    Raises:
        ConfigError: If a log cannot be read, or the state's folder holds no lock.
    """
    if dry_run:
        return _look(watch, alert_state.load(watch.state, watch.plan), now)
    with alert_state.locked(watch.state) as ours:
        if not ours:
            return Checked(busy=True)
        memory = alert_state.load(watch.state, watch.plan)
        found = _look(watch, memory, now)
        named = _named(watch.environment)
        memory.history += found.notices
        if named:
            memory.pending += [Pending(notice, list(named)) for notice in found.notices]
        unsaved = _save(watch, memory)
        return replace(found, faults=(*unsaved, *_deliver(watch, memory, named)))


def try_channels(watch: Watch, now: float) -> tuple[str, ...]:
    """Send a test message to every channel, and name them.

    Raises:
        ConfigError: If there is none, or one is not named well.
        DeliveryError: If one did not take it.
    """
    named = _named(watch.environment)
    if not named:
        raise ConfigError(
            "no channel is named", remedy=f"set {channels.WEBHOOK} or {channels.MAIL}"
        )
    for name in named:
        CHANNELS[name](watch, [Notice(kind="test", at=int(now))])
    return named


def _look(watch: Watch, memory: Memory, now: float) -> Checked:
    """Bring the figures up to date and judge every window since the last check."""
    plan = watch.plan
    end = int(now) // MINUTE_S * MINUTE_S
    first = memory.checked is None
    if memory.checked is None:
        memory.since = end - plan.horizon_s
    oldest = max(memory.since, (memory.checked or end) - plan.horizon_s)
    follower = tails.Follower(memory.tails)
    since, until = minute(oldest), minute(end + DAY_S)
    paths = log_files(watch.logs)
    for event in follower.events(paths, datetime.fromtimestamp(oldest, UTC)):
        memory.minutes.add(event, since, until)
    memory.tails = follower.tails
    notices = _judge(plan, memory, [end] if first else _ends(plan, memory.checked or end, end))
    memory.minutes.forget(minute(end - plan.horizon_s))
    memory.since = max(memory.since, end - plan.horizon_s)
    memory.checked = max(end, memory.checked or end)
    return Checked(
        notices=tuple(notices),
        firing=memory.state.firing,
        lines=follower.lines,
        skipped=follower.skipped,
        notes=(memory.note,) if memory.note else (),
    )


def _judge(plan: Plan, memory: Memory, ends: Sequence[int]) -> list[Notice]:
    notices: list[Notice] = []
    for end in ends:
        readings = read(plan, memory.minutes, end, since=memory.since)
        memory.state, found = step(memory.state, readings, end, plan)
        notices += found
    return notices


def _ends(plan: Plan, checked: int, end: int) -> list[int]:
    """The ends of the windows to judge: now, and where checks did not run, what they missed."""
    if end <= checked:
        return []
    stride = min([rule.window_s for rule in plan.rules] + [plan.horizon_s])
    first = max(checked, end - LONGEST_CATCH_UP_S) + stride
    return [*range(first, end, stride), end]


def _deliver(watch: Watch, memory: Memory, named: Sequence[str]) -> tuple[TelemetryError, ...]:
    """Send what waits, channel by channel, and strike out what arrived.

    What may have arrived is not sent again: while it fires, the next reminder repeats it.
    """
    faults: list[TelemetryError] = []
    for name in named:
        waiting = [each for each in memory.pending if name in each.channels]
        if not waiting:
            continue
        try:
            CHANNELS[name](watch, [each.notice for each in waiting])
        except (ConfigError, DeliveryError) as fault:
            faults.append(fault)
            if not isinstance(fault, UncertainDeliveryError):
                continue
        for each in waiting:
            each.channels.remove(name)
        memory.pending = [each for each in memory.pending if each.channels]
        faults += _save(watch, memory)
    return tuple(faults)


def _save(watch: Watch, memory: Memory) -> tuple[ConfigError, ...]:
    """Write down what is remembered; what is wrong where that is impossible."""
    try:
        alert_state.save(watch.state, memory, watch.plan)
    except ConfigError as fault:
        return (fault,)
    return ()


def _post(watch: Watch, notices: Sequence[Notice]) -> None:
    payload = alert_messages.slack(notices, mentions=channels.mentions(watch.environment))
    channels.post(payload, watch.environment, hosts=watch.plan.slack_hosts)


def _mail(watch: Watch, notices: Sequence[Notice]) -> None:
    message = alert_messages.mail(notices, **channels.addresses(watch.environment))
    channels.send(message, watch.environment)


CHANNELS: Mapping[str, Callable[[Watch, Sequence[Notice]], None]] = {
    "slack": _post,
    "email": _mail,
}


def _named(environment: Mapping[str, str]) -> tuple[str, ...]:
    return tuple(name for name in CHANNELS if channels.IS_NAMED[name](environment))


def history(state: Path, plan: Plan) -> tuple[Notice, ...]:
    """What was told, the oldest first, as far as it is remembered."""
    return tuple(alert_state.load(state, plan).history)
