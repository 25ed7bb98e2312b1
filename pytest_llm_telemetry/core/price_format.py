"""How prices are written down, what is wrong with them, and which of them hold for a call.

Everything is USD per million tokens, as providers' pages have it:

    [prices."claude-sonnet-4-5"]
    input = 3.00              # required
    output = 15.00            # required; reasoning is part of it
    cache_read = 0.30         # without it a cached token costs what `input` says
    cache_write = 3.75        # without it the same; a cache of 5 minutes
    cache_write_1h = 6.00     # without it what `cache_write` says; a cache of 1 hour
    # reasoning = 15.00       # only where reasoning has a price of its own

    [[prices."claude-sonnet-4-5".above]]   # the whole call, once its input is larger than this
    input_tokens = 200_000
    input = 6.00
    output = 22.50

    [prices."claude-sonnet-4-5".batch]     # or flex, priority: what the response calls its tier
    input = 1.50
    output = 7.50

    [[prices."claude-sonnet-4-5".since]]   # from that day on (UTC), in place of all above
    date = "2026-09-01"
    input = 2.50
    output = 12.50

Each table is complete in itself: nothing is taken over from the one around it. `since` may hold
`batch`, `flex`, `priority` and `above`; these three may hold `above`.
"""

from __future__ import annotations

from _collections_abc import Mapping  # the interpreter has it already; `collections.abc` costs

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

KINDS = ("input", "output", "cache_read", "cache_write", "cache_write_1h", "reasoning")
_REQUIRED = KINDS[:2]
TIERS = ("batch", "flex", "priority")
_STANDARD = frozenset({"standard", "default", "on_demand", "auto"})
_LARGEST = 1_000_000
_DATE = "0000-00-00"

# What a table may hold beside prices, and what the tables inside it may.
_ABOVE = {"input_tokens": None}
_TIER = {"above": _ABOVE}
_SINCE = {"date": None, **dict.fromkeys(TIERS, _TIER), **_TIER}
_MODEL = {**dict.fromkeys(TIERS, _TIER), **_TIER, "since": _SINCE}
_STEPS = {"above": "input_tokens", "since": "date"}


def flaw(prices: Any) -> str | None:
    """What is wrong with the prices of a model, as `batch.input is -1`; None if nothing is."""
    return _flaw(prices, _MODEL, "")


def _flaw(prices: Any, inside: Mapping[str, Any], place: str) -> str | None:
    if not isinstance(prices, Mapping):
        return f"{place or 'it'} is {prices!r}, no table of prices"
    prefix = f"{place}." if place else ""
    for name in _REQUIRED:
        if name not in prices:
            return f"{prefix}{name} is missing, and an unknown price is not 0"
    for name, value in prices.items():
        wrong = _wrong(name, value, inside, f"{prefix}{name}")
        if wrong is not None:
            return wrong
    return None


def _wrong(name: Any, value: Any, inside: Mapping[str, Any], place: str) -> str | None:
    if name in KINDS:
        return None if _is_price(value) else f"{place} is {value!r}"
    if name not in inside:
        return f"{place} is not known"
    if name == "input_tokens":
        return None if type(value) is int and value >= 0 else f"{place} is {value!r}"
    if name == "date":
        return None if _is_date(value) else f"{place} is {value!r}, no day such as '2026-09-01'"
    if name in _STEPS:
        return _wrong_steps(value, inside[name], place, _STEPS[name])
    return _flaw(value, inside[name], place)


def _wrong_steps(steps: Any, inside: Mapping[str, Any], place: str, start: str) -> str | None:
    """Steps each say where they start, and start one after the other."""
    if not isinstance(steps, (list, tuple)):
        return f"{place} is {steps!r}, no list of tables"
    last: Any = None
    for number, step in enumerate(steps):
        here = f"{place}[{number}]"
        wrong = _flaw(step, inside, here)
        if wrong is not None:
            return wrong
        if start not in step:
            return f"{here}.{start} is missing"
        if last is not None and step[start] <= last:
            return f"{here}.{start} is not after the one before"
        last = step[start]
    return None


def _is_price(value: Any) -> bool:
    return type(value) in {int, float} and 0 <= value < _LARGEST


def _is_date(value: Any) -> bool:
    """Whether it is written as a day is, so that days compare as texts do."""
    if type(value) is not str or not value.isascii():
        return False
    return "".join("0" if letter.isdecimal() else letter for letter in value) == _DATE


def applied(
    prices: Mapping[str, Any], input_tokens: int, tier: str | None = None, day: str | None = None
) -> dict[str, float] | None:
    """The unit prices of one call, by kind.

    Args:
        prices: The prices of its model, without a `flaw`.
        input_tokens: The size of its input, cache included.
        tier: The service tier that the response names.
        day: The day of the call (UTC, `2026-11-23`); None asks for the latest prices.

    Returns:
        None when the prices do not cover that tier: a batch price is no standard price.
    """
    for later in prices.get("since", ()):
        if day is None or later["date"] <= day:
            prices = later
    if tier is not None and tier.lower() not in _STANDARD:
        chosen = prices.get(tier.lower()) if tier.lower() in TIERS else None
        if chosen is None:
            return None
        prices = chosen
    for larger in prices.get("above", ()):
        if input_tokens > larger["input_tokens"]:
            prices = larger
    return {kind: prices[kind] for kind in KINDS if kind in prices}


def canonical(prices: Any) -> Any:
    """The same value for the same prices, however they are ordered and whether 3 or 3.0."""
    if isinstance(prices, Mapping):
        return sorted((name, canonical(value)) for name, value in prices.items())
    if isinstance(prices, (list, tuple)):
        return [canonical(value) for value in prices]
    return prices if isinstance(prices, str) else float(prices)
