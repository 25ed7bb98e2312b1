"""(usage, unit prices) -> cost. USD per million tokens; an unknown price is never a cost of 0."""

from __future__ import annotations

from _blake2 import blake2b

from pytest_llm_telemetry.core.errors import ConfigError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

_MILLION = 1_000_000
KINDS = ("input", "output", "cache_read", "cache_write")


class PriceTable:
    """The team's own prices, by model. `version` changes whenever a price does."""

    def __init__(self, prices: Mapping[str, Mapping[str, float]], where: str = "") -> None:
        for model, units in prices.items():
            for kind, value in units.items():
                if kind not in KINDS or not 0 <= value < _MILLION:
                    raise ConfigError(
                        f"price {kind!r} of {model!r} is {value!r}",
                        where=where,
                        remedy=f"give USD per million tokens for {', '.join(KINDS)}",
                    )
        self._prices = {model: dict(units) for model, units in prices.items()}
        text = repr(sorted((model, sorted(units.items())) for model, units in prices.items()))
        self.version = blake2b(text.encode(), digest_size=6).hexdigest()

    def price(self, usage: Mapping[str, Any], at: str | None = None) -> dict[str, Any]:
        """`cost_usd`, `cost_source`, `price_table_version` and `unit_prices` of a call's usage."""
        del at
        units = self._units(usage.get("model")) or self._units(usage.get("model_requested"))
        if units is None:
            return {"cost_usd": None, "cost_source": "unknown_model"}
        if usage.get("input_tokens") is None or usage.get("output_tokens") is None:
            return {"cost_usd": None, "cost_source": "unknown_usage"}
        reads = usage.get("cache_read_tokens") or 0
        writes = usage.get("cache_write_tokens") or 0
        plain = usage["input_tokens"] - reads - writes
        whole = units.get("input", 0.0)
        cost = (
            plain * whole
            + reads * units.get("cache_read", whole)
            + writes * units.get("cache_write", whole)
            + usage["output_tokens"] * units.get("output", 0.0)
        )
        return {
            "cost_usd": round(cost / _MILLION, 10),
            "cost_source": "user",
            "price_table_version": self.version,
            "unit_prices": units,
        }

    def _units(self, model: Any) -> dict[str, float] | None:
        if not isinstance(model, str):
            return None
        if model in self._prices:
            return self._prices[model]
        known = [name for name in self._prices if model.startswith((f"{name}-2", f"{name}@"))]
        return self._prices[max(known, key=len)] if known else None
