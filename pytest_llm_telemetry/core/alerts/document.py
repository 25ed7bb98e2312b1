"""The `[alerts]` tables of a thresholds document -> a plan."""

from collections.abc import Callable, Mapping
from typing import Any

from pytest_llm_telemetry.core.alerts.figures import METRICS
from pytest_llm_telemetry.core.alerts.rules import (
    BURNS,
    DAY_S,
    HOUR_S,
    MINUTE_S,
    AlertRule,
    Burn,
    BurnRule,
    Plan,
)
from pytest_llm_telemetry.core.errors import ConfigError

Place = tuple[str | int, ...]
Where = Callable[[Place], str]
Table = Mapping[str, Any]

# What is watched where nobody says otherwise.
STANDARD: Mapping[str, Table] = {"error_rate": {"max": 0.10}, "avg_latency_ms": {"max": 5000.0}}
_DIGITS = 6
_UNITS = {"m": MINUTE_S, "h": HOUR_S, "d": DAY_S}


def parse(document: Mapping[str, Any], *, where: Where, window_s: int | None = None) -> Plan:
    """The plan of a document that fits thresholds.schema.json; of an empty one, `STANDARD`.

    Args:
        document: The whole document.
        where: Tells the place of a path in it as `file:line`.
        window_s: The window, in seconds, of rules without one of their own; `None` for the
            document's own (an hour by default).

    Raises:
        ConfigError: If a rule contradicts itself, with the place and the remedy.
    """
    alerts: Table = document.get("alerts", {})
    named: Mapping[str, Table] = alerts.get("rules", {})
    general = {
        "window_s": window_s or seconds(alerts.get("window", "1h")),
        "windows": alerts.get("for", 1),
        "min_calls": alerts.get("min_calls", 20),
    }
    rules = [
        _rule(
            name, table, general, lambda *step, name=name: where(("alerts", "rules", name, *step))
        )
        for name, table in {**STANDARD, **named}.items()
        if table.get("enabled", True)
    ]
    burns = [
        _burn_rule(
            name,
            table,
            general,
            lambda *step, name=name: where(("alerts", "burn_rates", name, *step)),
        )
        for name, table in alerts.get("burn_rates", {}).items()
        if table.get("enabled", True)
    ]
    return Plan(
        rules=tuple(rules),
        burns=tuple(burns),
        cool_down_s=seconds(alerts.get("cool_down", "1h")),
        remind_s=seconds(alerts.get("remind", "1d")),
        heartbeat_s=seconds(alerts.get("heartbeat", "0m")),
        logs=tuple(alerts.get("logs", ())),
        slack_hosts=tuple(alerts.get("slack_hosts", ())),
    )


def seconds(text: str) -> int:
    """`5m`, `1h` or `30d` in seconds.

    Raises:
        ConfigError: If it is no such text.
    """
    number, unit = text[:-1], text[-1:]
    if unit not in _UNITS or not (number.isascii() and number.isdigit() and len(number) <= _DIGITS):
        raise ConfigError(f"{text[:40]!r} is no span of time", remedy='write "5m", "1h" or "30d"')
    return int(number) * _UNITS[unit]


def _rule(
    name: str, table: Table, general: Mapping[str, int], where: Callable[..., str]
) -> AlertRule:
    metric = table.get("metric", name)
    if metric not in METRICS:
        raise ConfigError(
            f"alert {name!r} watches no metric that is known",
            where=where(),
            remedy=f"add metric = one of {', '.join(METRICS)}",
        )
    high, low = table.get("max"), table.get("min")
    if high is None and low is None:
        raise ConfigError(f"alert {name!r} has no limit", where=where(), remedy="add max or min")
    if high is not None and low is not None and high < low:
        raise ConfigError(
            f"alert {name!r}: max {high:g} is below min {low:g}, so that it would always fire",
            where=where("max"),
            remedy="swap them",
        )
    return AlertRule(
        name=name,
        metric=metric,
        max=high,
        min=low,
        window_s=_window(table, general, where),
        windows=table.get("for", general["windows"]),
        min_calls=table.get("min_calls", general["min_calls"]),
        by=table.get("by", ""),
        only=_only(name, table, where),
    )


def _window(table: Table, general: Mapping[str, int], where: Callable[..., str]) -> int:
    found = seconds(table["window"]) if "window" in table else general["window_s"]
    if found == 0:
        raise ConfigError("a window of no time", where=where("window"), remedy='write "5m" or more')
    return found


def _only(name: str, table: Table, where: Callable[..., str]) -> tuple[str, ...]:
    if table.get("only") and not table.get("by"):
        raise ConfigError(
            f"alert {name!r} names groups, but not of what",
            where=where("only"),
            remedy='add by = "service"',
        )
    return tuple(table.get("only", ()))


def _burn_rule(
    name: str, table: Table, general: Mapping[str, int], where: Callable[..., str]
) -> BurnRule:
    burns = tuple(
        Burn(long_s=seconds(pair["long"]), short_s=seconds(pair["short"]), factor=pair["factor"])
        for pair in table.get("pairs", ())
    )
    for burn in burns:
        if not 0 < burn.short_s < burn.long_s:
            raise ConfigError(
                f"burn rate {name!r}: the short window is not shorter than the long one",
                where=where("pairs"),
                remedy='write such as { long = "1h", short = "5m", factor = 14.4 }',
            )
    return BurnRule(
        name=name,
        budget=table["budget"],
        slow_ms=table.get("slow_ms"),
        burns=burns or BURNS,
        min_calls=table.get("min_calls", general["min_calls"]),
        by=table.get("by", ""),
        only=_only(name, table, where),
    )
