"""The `[alerts]` tables become a plan."""

from typing import Any

import pytest

from pytest_llm_telemetry.core.alerts import AlertRule, Burn, Plan, parse
from pytest_llm_telemetry.core.alerts.document import Place, seconds
from pytest_llm_telemetry.core.alerts.rules import BURNS
from pytest_llm_telemetry.core.errors import ConfigError
from pytest_llm_telemetry.core.thresholds_document import check


def where(place: Place) -> str:
    return ".".join(map(str, place)) + ":1"


def plan(window_s: int | None = None, **alerts: Any) -> Plan:
    return parse({"alerts": alerts}, where=where, window_s=window_s)


def test_without_a_word_errors_and_latency_are_watched() -> None:
    """Error rate over ten per cent, average latency over five seconds, in an hour."""
    found = parse({}, where=where)
    assert found.rules == (
        AlertRule(name="error_rate", metric="error_rate", max=0.1),
        AlertRule(name="avg_latency_ms", metric="avg_latency_ms", max=5000),
    )
    assert (found.cool_down_s, found.remind_s, found.heartbeat_s) == (3600, 86400, 0)
    assert (found.horizon_s, found.dimensions, found.slow_ms) == (3600, (), ())
    assert not found.percentiles


def test_every_key_has_its_say() -> None:
    """General keys hold for rules that have none of their own."""
    found = plan(
        logs=["a", "b"],
        window="30m",
        min_calls=5,
        cool_down="2h",
        remind="0m",
        heartbeat="1d",
        slack_hosts=["chat.test"],
        rules={
            "error_rate": {"enabled": False},
            "avg_latency_ms": {"max": 900, "for": 3},
            "slow": {"metric": "p95_latency_ms", "max": 9, "window": "2h", "min_calls": 7},
            "shop": {"metric": "queries", "min": 1, "by": "service", "only": ["shop"]},
        },
        burn_rates={
            "errors": {"budget": 0.01, "by": "model"},
            "off": {"budget": 0.5, "enabled": False},
            "slow": {
                "budget": 0.05,
                "slow_ms": 800,
                "pairs": [{"long": "3d", "short": "6h", "factor": 1}],
            },
        },
    )
    latency, slow, shop = found.rules
    assert (latency.max, latency.windows, latency.window_s, latency.min_calls) == (900, 3, 1800, 5)
    assert (slow.metric, slow.window_s, slow.min_calls) == ("p95_latency_ms", 7200, 7)
    assert (shop.min, shop.by, shop.only) == (1, "service", ("shop",))
    errors, burning = found.burns
    assert (errors.burns, errors.slow_ms, errors.by) == (BURNS, None, "model")
    assert burning.burns == (Burn(long_s=3 * 86400, short_s=6 * 3600, factor=1),)
    assert (found.logs, found.slack_hosts) == (("a", "b"), ("chat.test",))
    assert (found.cool_down_s, found.remind_s, found.heartbeat_s) == (7200, 0, 86400)
    assert (found.horizon_s, found.dimensions) == (3 * 86400, ("model", "service"))
    assert (found.slow_ms, found.percentiles) == ((800,), True)


def test_the_window_of_a_command_line_wins_over_the_general_one() -> None:
    """A rule's own window stays."""
    found = plan(window_s=600, window="1h", rules={"error_rate": {"max": 0.5, "window": "2h"}})
    assert [rule.window_s for rule in found.rules] == [7200, 600]


@pytest.mark.parametrize(
    ("alerts", "told", "place"),
    [
        ({"rules": {"shop": {"max": 1}}}, "watches no metric", "alerts.rules.shop:1"),
        ({"rules": {"score": {"by": "model"}}}, "has no limit", "alerts.rules.score:1"),
        ({"rules": {"score": {"min": 2, "max": 1}}}, "below min", "alerts.rules.score.max:1"),
        (
            {"rules": {"score": {"min": 0.5, "window": "0h"}}},
            "a window of no time",
            "alerts.rules.score.window:1",
        ),
        (
            {"rules": {"score": {"min": 0.5, "only": ["x"]}}},
            "not of what",
            "alerts.rules.score.only:1",
        ),
        (
            {"burn_rates": {"e": {"budget": 1, "pairs": [PAIR]}}}
            if (PAIR := {"long": "5m", "short": "1h", "factor": 2})
            else {},
            "not shorter",
            "alerts.burn_rates.e.pairs:1",
        ),
    ],
)
def test_a_rule_that_contradicts_itself_is_told_with_its_place(
    alerts: dict[str, Any], told: str, place: str
) -> None:
    """What could never fire, or always, is refused before production relies on it."""
    with pytest.raises(ConfigError, match=told) as caught:
        check({"alerts": alerts}, where=where)
    assert caught.value.where == place
    assert caught.value.remedy


@pytest.mark.parametrize("text", ["", "1", "h", "1.5h", "-1h", "1w", "1234567h", "\u0661h"])
def test_a_span_of_time_is_a_number_and_a_unit(text: str) -> None:
    """Anything else is refused with an example."""
    assert (seconds("5m"), seconds("2h"), seconds("30d")) == (300, 7200, 30 * 86400)
    with pytest.raises(ConfigError, match="is no span of time"):
        seconds(text)
