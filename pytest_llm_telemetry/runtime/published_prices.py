"""Extra `prices`: what providers publish, as genai-prices transcribes it, behind a team's own.

The package is imported when the table is made (0.4 s), never during a call, and no request is
sent: prices are those of the version that is installed, which stands on every event.
"""

from __future__ import annotations

from pytest_llm_telemetry.core.errors import ConfigError
from pytest_llm_telemetry.core.pricing import PriceTable
from pytest_llm_telemetry.runtime.unpriced import warn

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

_KINDS = {
    "input_mtok": "input",
    "output_mtok": "output",
    "cache_read_mtok": "cache_read",
    "cache_write_mtok": "cache_write",
    "cache_write_1h_mtok": "cache_write_1h",
    "output_reasoning_mtok": "reasoning",
}
_BY_REQUEST = "requests_kcount"  # a fee for each call, which no price of tokens holds
# OpenTelemetry's name of a provider -> genai-prices'. A server of one's own has no published price.
_PROVIDERS = {
    "anthropic": "anthropic",
    "aws.bedrock": "aws",
    "azure.ai.openai": "azure",
    "cohere": "cohere",
    "deepseek": "deepseek",
    "gcp.gemini": "google",
    "gcp.vertex_ai": "google",
    "groq": "groq",
    "mistral_ai": "mistral",
    "openai": "openai",
    "openrouter": "openrouter",
    "perplexity": "perplexity",
    "x_ai": "x-ai",
}
_TIERS = {
    "batch": {"processing": "batch"},
    "flex": {"service_tier": "flex"},
    "priority": {"service_tier": "priority"},
}


def published_prices(own: Mapping[str, Mapping[str, Any]] | None = None) -> PriceTable:
    """A price table with the team's own prices first, and the published ones behind them.

    Args:
        own: Model -> prices, as `core.price_format` describes them.

    Raises:
        ConfigError: genai-prices is not installed, or a price of the team's own has a flaw.
    """
    return PriceTable(own or {}, lookup=PublishedPrices(), unpriced=warn)


def price_table(own: Mapping[str, Mapping[str, Any]], price_list: str | None) -> PriceTable | None:
    """The prices that a settings file asks for; None where it asks for none.

    Args:
        own: Its `prices`.
        price_list: Its `price_list`.

    Raises:
        ConfigError: genai-prices is asked for and not installed, or a price has a flaw.
    """
    if price_list is not None:
        return published_prices(own)
    return PriceTable(own, unpriced=warn) if own else None


class PublishedPrices:
    """Looks up (provider, model, day) -> prices in the team's own format, for a `PriceTable`.

    Attributes:
        source: What `cost_source` says.
        version: The version of genai-prices, whose data ships with it.

    Raises:
        ConfigError: genai-prices is not installed.
    """

    source = "genai-prices"

    def __init__(self) -> None:
        try:
            import genai_prices  # noqa: PLC0415 - an extra, and 0.4 s that only its users pay
            from genai_prices import data_snapshot  # noqa: PLC0415 - see above
        except ImportError as error:
            raise ConfigError(
                "published prices need genai-prices",
                where="published_prices",
                remedy="pip install 'pytest-llm-telemetry[prices]'",
            ) from error
        self.version = f"genai-prices {genai_prices.__version__}"
        self._snapshot = data_snapshot.get_snapshot()

    def __call__(self, provider: str | None, model: str, day: str | None) -> dict[str, Any] | None:
        """The prices of a model on a day (UTC; None is today).

        None where they are not known: another provider's price of the same model is no answer,
        nor is one that changes with the hour of the day or has a fee for each request.
        """
        known = _PROVIDERS.get(provider or "")
        if known is None:
            return None
        try:
            _, found = self._snapshot.find_provider_model(model, None, known, None)
        except LookupError:
            return None
        return None if _hourly(found) else _prices(found, _noon(day))


def _noon(day: str | None) -> Any:
    from datetime import UTC, datetime  # noqa: PLC0415 - genai-prices has it loaded

    return datetime.fromisoformat(f"{day}T12:00:00+00:00") if day else datetime.now(UTC)


def _hourly(found: Any) -> bool:
    steps = found.prices if isinstance(found.prices, list) else []
    steps = [*steps, *(found.price_variants or ())]
    return any(hasattr(step.constraint, "start_time") for step in steps)


def _prices(found: Any, at: Any) -> dict[str, Any] | None:
    standard = _table(found.get_prices(at), found.id)
    if standard is None:
        return None
    for tier, when in _TIERS.items():
        if any(
            variant.when == when and _begun(variant, at) for variant in found.price_variants or ()
        ):
            table = _table(found.get_prices(at, when), found.id)
            standard |= {} if table is None else {tier: table}
    return standard


def _begun(variant: Any, at: Any) -> bool:
    return variant.constraint is None or variant.constraint.active(at)


def _table(published: Any, model: str) -> dict[str, Any] | None:
    """One price table, with its steps by size of the input."""
    given = {name: value for name, value in vars(published).items() if value is not None}
    if _BY_REQUEST in given:
        return None
    kinds = {kind: given[name] for name, kind in _KINDS.items() if name in given}
    if "output" not in kinds and "embed" in model:
        kinds["output"] = 0  # there is none to be paid
    starts = {tier.start for price in kinds.values() for tier in getattr(price, "tiers", ())}
    table: dict[str, Any] = {kind: _at(price, 0) for kind, price in kinds.items()}
    steps = [
        {"input_tokens": start} | {kind: _at(price, start + 1) for kind, price in kinds.items()}
        for start in sorted(starts)
    ]
    return table | {"above": steps} if steps else table


def _at(price: Any, input_tokens: int) -> float:
    """The price of a call with so many input tokens."""
    reached = [tier.price for tier in getattr(price, "tiers", ()) if input_tokens > tier.start]
    return float(reached[-1] if reached else getattr(price, "base", price))
