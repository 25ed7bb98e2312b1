"""A plan held against the figures of a time: what breaks its limit, what is well, what is unknown."""

from collections.abc import Iterator, Mapping
from typing import Literal

from pytest_llm_telemetry.core.alerts.figures import Figures, Minutes, minute
from pytest_llm_telemetry.core.alerts.rules import AlertRule, Burn, BurnRule, Plan
from pytest_llm_telemetry.core.records import dataclass

Status = Literal["breach", "pending", "fine", "unknown"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """One rule in one group at one time.

    `status` is "breach", "fine", "pending" (broken, but not in enough windows yet) or "unknown"
    (too few calls, or a price is missing). `value` and `limit` are in the metric's unit, `value`
    over the latest window of `window_s` seconds and its `calls` (scores, for a score). For a burn
    rate, `value` is the rate of failures and `burn` the factor it is of the budget. `causes` are
    the most frequent errors of the window.
    """

    rule: str
    group: str
    metric: str
    status: Status
    value: float | None = None
    limit: float | None = None
    bound: Literal["max", "min"] = "max"
    window_s: int = 0
    calls: int = 0
    burn: float | None = None
    causes: str = ""

    @property
    def key(self) -> str:
        """Identity of the rule in its group."""
        return f"{self.rule}|{self.group}"


def read(plan: Plan, minutes: Minutes, now: int, *, since: int) -> tuple[Reading, ...]:
    """What every rule says of the time up to `now`.

    Args:
        plan: The rules.
        minutes: The figures, at least as far back as the plan looks.
        now: The end of the latest window, seconds since the epoch, a whole minute.
        since: From when on the logs are known: before it, no calls are no silence.
    """
    windows = _Windows(minutes, now)
    found = [reading for rule in plan.rules for reading in _limits(rule, windows, since)]
    found += [reading for rule in plan.burns for reading in _burning(rule, windows)]
    return tuple(found)


class _Windows:
    """Windows before a time, each summed once however many rules look at it."""

    def __init__(self, minutes: Minutes, now: int) -> None:
        self._minutes = minutes
        self._known: dict[tuple[int, int], Mapping[str, Figures]] = {}
        self.now = now

    def before(self, size_s: int, back: int = 0) -> Mapping[str, Figures]:
        """The figures of the window that ends `back` windows ago."""
        key = (size_s, back)
        if key not in self._known:
            end = self.now - back * size_s
            self._known[key] = self._minutes.window(minute(end - size_s), minute(end))
        return self._known[key]


def _groups(rule: AlertRule | BurnRule, found: Mapping[str, Figures]) -> list[str]:
    if not rule.by:
        return [""]
    if rule.only:
        return [f"{rule.by}={name}" for name in rule.only]
    return sorted(group for group in found if group.startswith(f"{rule.by}="))


def _limits(rule: AlertRule, windows: _Windows, since: int) -> Iterator[Reading]:
    latest = windows.before(rule.window_s)
    for group in _groups(rule, latest):
        figures = latest.get(group) or Figures()
        value, sample = figures.value(rule.metric)
        yield Reading(
            rule=rule.name,
            group=group,
            metric=rule.metric,
            status=_status(rule, windows, group, since),
            value=value,
            limit=rule.min if _is_low(rule, value) else rule.max,
            bound="min" if _is_low(rule, value) else "max",
            window_s=rule.window_s,
            calls=sample,
            causes=figures.causes() if rule.metric == "error_rate" else "",
        )


def _is_low(rule: AlertRule, value: float | None) -> bool:
    """Whether it is the lower bound that a figure is told beside."""
    if rule.max is None:
        return True
    return rule.min is not None and value is not None and value < rule.min


def _status(rule: AlertRule, windows: _Windows, group: str, since: int) -> Status:
    found: list[Status] = []
    for back in range(rule.windows):
        figures = windows.before(rule.window_s, back).get(group) or Figures()
        whole = windows.now - (back + 1) * rule.window_s >= since
        found.append(_judge(rule, figures, whole=whole))
        if found[-1] != "breach":
            break
    return found[0] if len(found) == 1 or found[-1] == "breach" else "pending"


def _judge(rule: AlertRule, figures: Figures, *, whole: bool) -> Status:
    value, sample = figures.value(rule.metric)
    enough = sample >= rule.min_calls
    if rule.metric == "queries" and rule.min is not None:
        enough = whole  # silence is what this bound is there for
    if value is None or not enough:
        return "unknown"
    if rule.max is not None and value > rule.max:
        return "breach"
    if figures.is_partial(rule.metric):
        return "unknown"
    return "breach" if rule.min is not None and value < rule.min else "fine"


def _burning(rule: BurnRule, windows: _Windows) -> Iterator[Reading]:
    first = max(rule.burns, key=lambda burn: burn.long_s)
    for group in _groups(rule, windows.before(first.long_s)):
        judged = [_burn(rule, burn, windows, group) for burn in rule.burns]
        yield min(judged, key=lambda reading: _RANK[reading.status])


_RANK: Mapping[Status, int] = {"breach": 0, "unknown": 1, "pending": 2, "fine": 3}


def _burn(rule: BurnRule, burn: Burn, windows: _Windows, group: str) -> Reading:
    long = windows.before(burn.long_s).get(group) or Figures()
    short = windows.before(burn.short_s).get(group) or Figures()
    least = max(1, round(rule.min_calls * burn.short_s / burn.long_s))
    limit = rule.budget * burn.factor
    rates = [
        each.failed(rule.slow_ms) / each.weight if each.weight else 0 for each in (long, short)
    ]
    status: Status = "breach" if min(rates) > limit else "fine"
    if long.calls < rule.min_calls or short.calls < least:
        status = "unknown"
    return Reading(
        rule=rule.name,
        group=group,
        metric="error_rate",
        status=status,
        value=rates[0],
        limit=limit,
        window_s=burn.long_s,
        calls=long.calls,
        burn=rates[0] / rule.budget,
        causes=long.causes(),
    )
