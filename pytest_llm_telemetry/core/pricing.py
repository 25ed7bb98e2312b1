"""(usage, unit prices) -> cost. USD per million tokens; an unknown price is never a cost of 0."""

from __future__ import annotations

from _blake2 import blake2b

from pytest_llm_telemetry.core.errors import ConfigError
from pytest_llm_telemetry.core.price_format import KINDS, applied, canonical, flaw

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Any

    Prices = Mapping[str, Any]
    Lookup = Callable[[str | None, str, str | None], Prices | None]
    Known = tuple[Prices, str, str]

_MILLION = 1_000_000
_DIGITS = 12  # of a USD: one token at 0.000001 USD a million still counts
_REMEMBERED = 512
_PARTS = ("cache_read_tokens", "cache_write_tokens", "cache_write_1h_tokens", "reasoning_tokens")
_SNAPSHOTS = ([4, 2, 2], [8], [4], [3])  # 2024-07-18, 20240718, 0613, 001


class PriceTable:
    """The team's own prices by model, and behind them, if given, those of a look-up.

    Args:
        prices: Model -> prices, as `core.price_format` describes them. A model's dated snapshots
            have its prices (`gpt-4o-mini-2024-07-18` those of `gpt-4o-mini`), other models with
            the same beginning have not.
        where: Where the prices were read, for the error's text.
        lookup: Asked with (provider, model, day) for a model without prices here; gives them in
            the same format, or None. Its attributes `source` and `version`, if it has them, are
            told as `cost_source` and `price_table_version`. What it says is remembered.
        unpriced: Told once of each model that has no price.

    Attributes:
        version: The identity of the team's own prices. It changes whenever one of them does.

    Raises:
        ConfigError: A price is missing, negative, no number or of an unknown kind.
    """

    def __init__(
        self,
        prices: Mapping[str, Prices],
        where: str = "",
        *,
        lookup: Lookup | None = None,
        unpriced: Callable[[str], None] | None = None,
    ) -> None:
        for model, own in prices.items():
            wrong = flaw(own)
            if wrong is not None:
                raise ConfigError(
                    f"prices of {model!r}: {wrong}",
                    where=where,
                    remedy=f"give USD per million tokens for {', '.join(KINDS)}",
                )
        self._prices = {model: dict(own) for model, own in prices.items()}
        self._lookup = lookup
        self._unpriced = unpriced
        self._told: set[str] = set()
        self._known: dict[tuple[Any, ...], Known | None] = {}
        text = repr(canonical(prices))
        self.version = blake2b(text.encode(), digest_size=6).hexdigest()

    def price(self, usage: Mapping[str, Any], at: str | None = None) -> dict[str, Any]:
        """`cost_usd`, `cost_source`, `price_table_version` and `unit_prices` of a call's usage.

        Args:
            usage: Event fields, and what `core.usage` tells beside them for a price.
            at: The call's ISO timestamp (UTC), for prices that are dated; without it the latest
                prices hold.

        A cost that cannot be known is None, and `cost_source` says why: `unknown_model`,
        `unknown_usage` (counts are missing, contradict each other, or hold tokens of sound) or
        `unknown_tier` (the response names a service tier that the prices do not cover).
        """
        day = at[:10] if at else None
        known = self._find(usage, day)
        if known is None:
            self._tell(_text(usage, "model") or _text(usage, "model_requested"))
            return _unknown("model")
        counts = _counts(usage)
        if counts is None:
            return _unknown("usage")
        prices, source, version = known
        units = applied(prices, counts[0], _text(usage, "service_tier"), day)
        if units is None:
            return _unknown("tier")
        cost = _cost(counts, units)
        if cost is None:
            return _unknown("usage")
        told = {"cost_usd": round(cost / _MILLION, _DIGITS), "cost_source": source}
        if version:
            told["price_table_version"] = version
        return told | {"unit_prices": units}

    def _find(self, usage: Mapping[str, Any], day: str | None) -> Known | None:
        """The prices of the model that answered, or else of the one that was asked for."""
        names = (_text(usage, "model"), _text(usage, "model_requested"))
        key = (_text(usage, "provider"), *names, day if self._lookup is not None else None)
        if key in self._known:
            return self._known[key]
        if len(self._known) >= _REMEMBERED:
            self._known.clear()
        found = self._known[key] = self._own(names) or self._looked_up(key[0], names, day)
        return found

    def _tell(self, model: str | None) -> None:
        told = self._told
        if self._unpriced is None or model is None or model in told or len(told) >= _REMEMBERED:
            return
        told.add(model)
        self._unpriced(model)

    def _own(self, names: tuple[str | None, ...]) -> Known | None:
        for model in names:
            if model is None:
                continue
            fitting = [name for name in self._prices if _covers(name, model)]
            if fitting:
                return self._prices[max(fitting, key=len)], "user", self.version
        return None

    def _looked_up(
        self, provider: str | None, names: tuple[str | None, ...], day: str | None
    ) -> Known | None:
        lookup = self._lookup
        if lookup is None:
            return None
        for model in names:
            prices = lookup(provider, model, day) if model is not None else None
            if prices is not None and flaw(prices) is None:
                source = getattr(lookup, "source", "lookup")
                return prices, source, getattr(lookup, "version", "")
        return None


def _unknown(what: str) -> dict[str, Any]:
    return {"cost_usd": None, "cost_source": f"unknown_{what}"}


def _text(usage: Mapping[str, Any], name: str) -> str | None:
    value = usage.get(name)
    return value if isinstance(value, str) else None


def _covers(name: str, model: str) -> bool:
    """Whether that name's prices are the model's: itself, a dated snapshot, a numbered revision."""
    if model == name:
        return True
    mark, tag = model[len(name) : len(name) + 1], model[len(name) + 1 :]
    if not model.startswith(name) or mark not in {"-", "@"} or not tag.isascii():
        return False
    parts = tag.split("-")
    dated = [len(part) for part in parts] in _SNAPSHOTS and "".join(parts).isdecimal()
    return dated or tag in {"latest", "default"}


def _counts(usage: Mapping[str, Any]) -> list[int] | None:
    """Input, output, cache reads, cache writes, those of 1 hour, reasoning; None if unknown.

    What a provider bills (Cohere) goes before what its model read. An embedding has no output.
    Sound is dearer than text, and the prices here are those of text.
    """
    if usage.get("other_tokens"):
        return None
    billed = [usage.get("billed_input_tokens"), usage.get("billed_output_tokens")]
    if None not in billed:
        return _whole([*billed, 0, 0, 0, 0])
    output = usage.get("output_tokens")
    if output is None and usage.get("operation") == "embeddings":
        output = 0
    parts = [0 if usage.get(name) is None else usage[name] for name in _PARTS]
    counts = _whole([usage.get("input_tokens"), output, *parts])
    if counts is None or counts[2] + counts[3] > counts[0] or counts[4] > counts[3]:
        return None
    return counts


def _whole(counts: list[Any]) -> list[int] | None:
    return counts if all(type(count) is int and count >= 0 for count in counts) else None


def _cost(counts: list[int], units: Mapping[str, float]) -> float | None:
    """Millionths of a USD."""
    whole, output, reads, writes, hours, thoughts = counts
    if "reasoning" not in units:
        thoughts = 0
    elif thoughts > output:
        return None
    plain = units["input"]
    write = units.get("cache_write", plain)
    return (
        (whole - reads - writes) * plain
        + reads * units.get("cache_read", plain)
        + (writes - hours) * write
        + hours * units.get("cache_write_1h", write)
        + (output - thoughts) * units["output"]
        + thoughts * units.get("reasoning", 0.0)
    )
