"""A thresholds document -> the limits and comparisons of one suite."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from pytest_llm_telemetry.core.errors import ConfigError
from pytest_llm_telemetry.core.metrics import METRICS
from pytest_llm_telemetry.core.thresholds import STANDARD_RULES, Limit, Rule, Thresholds

Place = tuple[str | int, ...]
Where = Callable[[Place], str]
Table = tuple[Place, Mapping[str, Any]]  # where a metric's table stands, and what it says

CONFIDENCE = 0.99
_SCOPES = {"tags": "tag", "models": "model", "cases": "case"}


def parse(document: Mapping[str, Any], suite: str, *, where: Where) -> Thresholds:
    """What is judged of a suite.

    The tables of `[suites.NAME]` override the global ones, metric by metric; what no table
    mentions is compared by `STANDARD_RULES` with the defaults of `METRICS`.

    Args:
        document: A document that fits thresholds.schema.json.
        suite: The suite's name; one that the document does not mention has the global tables.
        where: Tells the place of a path in the document as `file:line`.

    Raises:
        ConfigError: If limits or bounds contradict each other, with the place and the remedy.
    """
    confidence = document.get("confidence", CONFIDENCE)
    limits = [
        _limit(scope, metric, table, where)
        for (scope, metric), table in _tables(document, suite, "limits").items()
    ]
    asked = _tables(document, suite, "regression")
    standard: dict[tuple[str, str], Table] = {("", metric): ((), {}) for metric in STANDARD_RULES}
    rules = [
        _rule(scope, metric, table, confidence, where)
        for (scope, metric), table in (standard | asked).items()
        if table[1].get("enabled", True)
    ]
    return Thresholds(
        limits=tuple(limits),
        rules=tuple(rules),
        alpha=round(1 - confidence, 12),  # 1 - 0.99 is 0.010000000000000009
        on_inconclusive=document.get("on_inconclusive", "pass"),
        source=where(()).rpartition(":")[0],
    )


def check(document: Mapping[str, Any], *, where: Where) -> None:
    """Parse the global tables, those of every suite and the alerts: no fault waits for its use.

    Raises:
        ConfigError: As `parse`.
    """
    for suite in ("", *document.get("suites", {})):
        parse(document, suite, where=where)
    if "alerts" in document:
        from pytest_llm_telemetry.core.alerts import parse as parse_alerts  # noqa: PLC0415 - 20 ms

        parse_alerts(document, where=where)


def _tables(document: Mapping[str, Any], suite: str, kind: str) -> dict[tuple[str, str], Table]:
    """(scope, metric) -> the table that counts, global ones first, then the suite's own."""
    found: dict[tuple[str, str], Table] = {}
    for scope, place, tables in _scopes(document, suite):
        for metric, table in tables.get(kind, {}).items():
            found[scope, metric] = ((*place, kind, metric), table)
    return found


def _scopes(
    document: Mapping[str, Any], suite: str
) -> Iterator[tuple[str, Place, Mapping[str, Any]]]:
    yield "", (), document
    own: Mapping[str, Any] = document.get("suites", {}).get(suite, {})
    place: Place = ("suites", suite)
    yield "", place, own
    for key, kind in _SCOPES.items():
        for name, tables in own.get(key, {}).items():
            yield f"{kind}:{name}", (*place, key, name), tables


def _limit(scope: str, metric: str, table: Table, where: Where) -> Limit:
    place, found = table
    low, high = found.get("min"), found.get("max")
    if low is not None and high is not None and high < low:
        raise ConfigError(
            f"{metric}: max {high:g} is below min {low:g}, so that every run would fail",
            where=where((*place, "max")),
            remedy="swap them",
        )
    return Limit(metric=metric, max=high, min=low, scope=scope, where=where(place))


def _rule(scope: str, metric: str, table: Table, confidence: float, where: Where) -> Rule:
    place, found = table
    known = METRICS[metric]
    bound = "max_increase" if known.better == "lower" else "max_decrease"
    asked, effect = found.get(bound), found.get("min_effect")
    if asked is not None and effect is not None and effect > asked:
        raise ConfigError(
            f"{metric}: min_effect {effect:g} is above {bound} {asked:g}",
            where=where((*place, "min_effect")),
            remedy="lower min_effect: a change between the two could neither pass nor fail",
        )
    if effect is None:
        effect = known.min_effect if asked is None else asked
    return Rule(
        metric=metric,
        min_effect=effect,
        allowed=max(known.allowed, effect) if asked is None else asked,
        confidence=found.get("confidence", confidence),
        scope=scope,
        where=where(place) if place else "",
    )
