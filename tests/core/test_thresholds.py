"""A thresholds document becomes the limits and comparisons of one suite."""

from typing import Any

import pytest

from pytest_llm_telemetry.core.errors import ConfigError
from pytest_llm_telemetry.core.metrics import METRICS
from pytest_llm_telemetry.core.thresholds import STANDARD_RULES, Limit, Rule, Thresholds
from pytest_llm_telemetry.core.thresholds_document import Place, check, parse


def where(place: Place) -> str:
    return ".".join(map(str, place)) + ":1"


def thresholds(suite: str = "support", **document: Any) -> Thresholds:
    return parse(document, suite, where=where)


def rule(found: Thresholds, metric: str, scope: str = "") -> Rule:
    return next(rule for rule in found.rules if (rule.metric, rule.scope) == (metric, scope))


def test_without_a_word_the_standard_rules_hold() -> None:
    """No limits, and one comparison for each question a team asks, with the metric's defaults."""
    found = thresholds()
    assert found.limits == ()
    assert [rule.metric for rule in found.rules] == list(STANDARD_RULES)
    for made in found.rules:
        known = METRICS[made.metric]
        assert (made.min_effect, made.allowed) == (known.min_effect, known.allowed)
    assert (found.alpha, found.on_inconclusive) == (0.01, "pass")


def test_a_limit_carries_its_bounds_and_its_line() -> None:
    """`max` and `min` are the last values allowed, in the metric's unit."""
    found = thresholds(limits={"error_rate": {"max": 0.05}, "pass_rate": {"min": 0.8, "max": 1}})
    assert found.limits == (
        Limit(metric="error_rate", max=0.05, where="limits.error_rate:1"),
        Limit(metric="pass_rate", min=0.8, max=1, where="limits.pass_rate:1"),
    )


def test_a_suites_table_takes_the_place_of_the_global_one() -> None:
    """The whole table of a metric is replaced, for this suite and no other."""
    document: dict[str, Any] = {
        "limits": {"pass_rate": {"min": 0.8, "max": 0.99}, "error_rate": {"max": 0.05}},
        "suites": {"support": {"limits": {"pass_rate": {"min": 0.9}}}},
    }
    own = thresholds("support", **document)
    assert [(limit.metric, limit.min, limit.max) for limit in own.limits] == [
        ("pass_rate", 0.9, None),
        ("error_rate", None, 0.05),
    ]
    assert own.limits[0].where == "suites.support.limits.pass_rate:1"
    assert thresholds("other", **document).limits[0].min == 0.8


def test_tags_models_and_cases_have_tables_of_their_own() -> None:
    """Below a suite, each scope is judged beside the suite, not instead of it."""
    table = {"limits": {"p95_latency_ms": {"max": 9000}}, "regression": {"pass_rate": {}}}
    found = thresholds(
        suites={"support": {"tags": {"long": table}, "models": {"m": table}, "cases": {"c": table}}}
    )
    scopes = ["tag:long", "model:m", "case:c"]
    assert [limit.scope for limit in found.limits] == scopes
    assert [made.scope for made in found.rules if made.scope] == scopes
    assert (
        rule(found, "pass_rate", "tag:long").where
        == "suites.support.tags.long.regression.pass_rate:1"
    )


@pytest.mark.parametrize(
    ("metric", "table", "effect", "allowed"),
    [
        ("cost_per_query_usd", {}, 0.02, 0.05),
        ("cost_per_query_usd", {"max_increase": 0.1}, 0.1, 0.1),
        ("cost_per_query_usd", {"max_increase": 0.1, "min_effect": 0.03}, 0.03, 0.1),
        ("cost_per_query_usd", {"max_increase": 0}, 0, 0),
        ("cost_per_query_usd", {"min_effect": 0.01}, 0.01, 0.05),
        ("cost_per_query_usd", {"min_effect": 0.2}, 0.2, 0.2),
        ("pass_rate", {"max_decrease": 0.03}, 0.03, 0.03),
        ("p95_latency_ms", {"max_increase": 0.5}, 0.5, 0.5),
    ],
)
def test_an_allowed_change_is_the_failing_bound_unless_a_minimum_effect_is_given(
    metric: str, table: dict[str, float], effect: float, allowed: float
) -> None:
    """The two knobs, with the metric's defaults where one is not turned."""
    made = rule(thresholds(regression={metric: table}), metric)
    assert (made.min_effect, made.allowed) == (effect, allowed)


def test_a_comparison_can_be_taken_out() -> None:
    """`enabled = false` leaves the metric unjudged, and a suite can take it in again."""
    document: dict[str, Any] = {
        "regression": {"score": {"enabled": False}},
        "suites": {"support": {"regression": {"score": {"enabled": True}}}},
    }
    assert "score" not in [rule.metric for rule in thresholds("other", **document).rules]
    assert "score" in [rule.metric for rule in thresholds("support", **document).rules]


def test_confidence_is_the_familys_and_can_be_set_for_one_check() -> None:
    """Alpha is 1 - confidence, without the dust of binary floats."""
    found = thresholds(confidence=0.9, regression={"score": {"confidence": 0.999}})
    assert found.alpha == 0.1
    assert rule(found, "score").confidence == 0.999
    assert rule(found, "pass_rate").confidence == 0.9


def test_what_an_inconclusive_check_does_is_the_teams_choice() -> None:
    """The word of the file is carried on, and the file's name."""
    found = parse({"on_inconclusive": "fail"}, "s", where=lambda _: "llm-telemetry.toml:1")
    assert (found.on_inconclusive, found.source) == ("fail", "llm-telemetry.toml")


def test_limits_that_no_run_can_keep_are_refused() -> None:
    """`max` below `min` is told at the line of `max`."""
    with pytest.raises(ConfigError) as caught:
        thresholds(limits={"pass_rate": {"min": 0.9, "max": 0.5}})
    assert str(caught.value) == (
        "limits.pass_rate.max:1: pass_rate: max 0.5 is below min 0.9, so that every run would fail; "
        "swap them"
    )


def test_a_minimum_effect_above_the_allowed_change_is_refused() -> None:
    """A change between the two would be neither allowed nor able to fail."""
    with pytest.raises(ConfigError, match=r"min_effect 0\.2 is above max_decrease 0\.1; lower"):
        thresholds(regression={"pass_rate": {"max_decrease": 0.1, "min_effect": 0.2}})


def test_every_suite_is_checked_before_any_is_judged() -> None:
    """A fault in the table of a suite that does not run today is told today."""
    check({"suites": {"a": {}}}, where=where)
    with pytest.raises(ConfigError, match=r"suites\.b\.limits\.score\.max:1"):
        check({"suites": {"a": {}, "b": {"limits": {"score": {"min": 1, "max": 0}}}}}, where=where)
