"""The extra `prices`: what genai-prices publishes, behind the team's own prices."""

import logging
import sys
from collections.abc import Iterator
from datetime import date, time
from decimal import Decimal
from typing import Any

import pytest
from genai_prices import data_snapshot
from genai_prices.types import (
    ClauseEquals,
    ConditionalPrice,
    ModelInfo,
    ModelPrice,
    PriceVariant,
    Provider,
    StartDateConstraint,
    Tier,
    TieredPrices,
    TimeOfDateConstraint,
)

from pytest_llm_telemetry import MemorySink, TelemetryLogger, published_prices
from pytest_llm_telemetry.core.errors import ConfigError
from pytest_llm_telemetry.core.price_format import flaw
from pytest_llm_telemetry.runtime.published_prices import PublishedPrices, price_table


def at(input_usd: str, output_usd: str = "10", **others: Any) -> ModelPrice:
    kinds = {"input_mtok": input_usd, "output_mtok": output_usd, **others}
    return ModelPrice(
        **{name: Decimal(usd) if isinstance(usd, str) else usd for name, usd in kinds.items()}
    )


def model(name: str, prices: Any, *variants: PriceVariant) -> ModelInfo:
    match = ClauseEquals(equals=name)
    return ModelInfo(id=name, match=match, prices=prices, price_variants=list(variants) or None)


def since(text: str) -> StartDateConstraint:
    return StartDateConstraint(start_date=date.fromisoformat(text))


NIGHT = TimeOfDateConstraint(start_time=time(0), end_time=time(8))
STEPS = TieredPrices(base=Decimal(1), tiers=[Tier(start=200_000, price=Decimal(2))])
BATCH, FLEX = {"processing": "batch"}, {"service_tier": "flex"}
MODELS = [
    model("plain", at("2", cache_read_mtok="0.5", cache_write_mtok="2.5", cache_write_1h_mtok="4")),
    model("steps", at("0", input_mtok=STEPS)),
    model("dated", [
        ConditionalPrice(prices=at("4")),
        ConditionalPrice(constraint=since("2026-08-01"), prices=at("3")),
    ]),
    model("tiers", at("2"), PriceVariant(when=BATCH, prices=at("1", "5")),
          PriceVariant(when=FLEX, prices=at("1.5"), constraint=since("2026-08-01"))),
    model("hourly", [
        ConditionalPrice(prices=at("4")), ConditionalPrice(constraint=NIGHT, prices=at("1")),
    ]),
    model("fee", at("1", requests_kcount="5")),
    model("fee-in-batch", at("1"), PriceVariant(when=BATCH, prices=at("1", requests_kcount="5"))),
    model("text-embed", ModelPrice(input_mtok=Decimal("0.02"))),
    model("half-known", ModelPrice(input_mtok=Decimal("0.02"))),
]  # fmt: skip


@pytest.fixture(autouse=True)
def _these_prices() -> Iterator[None]:
    """Prices of our own making in the package's place, so that its next version changes nothing."""
    openai = Provider(id="openai", name="OpenAI", api_pattern="x", models=MODELS)
    data_snapshot.set_custom_snapshot(
        data_snapshot.DataSnapshot(providers=[openai], from_auto_update=False)
    )
    yield
    data_snapshot.set_custom_snapshot(None)


def usd(name: str, at: str | None = None, **usage: Any) -> Any:
    """The cost of a million input tokens, or why there is none."""
    million = {"provider": "openai", "input_tokens": 1_000_000, "output_tokens": 0}
    told = published_prices().price({**million, "model": name, **usage}, at)
    return told["cost_source"] if told["cost_usd"] is None else told["cost_usd"]


def test_published_prices_are_read_as_the_teams_own_are() -> None:
    """All kinds of tokens, with the source and its version on the event."""
    usage = {
        "provider": "openai",
        "model": "plain",
        "input_tokens": 10,
        "output_tokens": 3,
        "cache_read_tokens": 4,
        "cache_write_tokens": 3,
        "cache_write_1h_tokens": 1,
    }
    told = published_prices().price(usage)
    assert told["cost_usd"] == pytest.approx((3 * 2 + 4 * 0.5 + 2 * 2.5 + 4 + 3 * 10) / 1e6)
    assert told["cost_source"] == "genai-prices"
    assert told["price_table_version"].startswith("genai-prices ")
    assert told["unit_prices"]["cache_write_1h"] == 4


def test_steps_dates_and_tiers_hold() -> None:
    """A large input, a day, a batch: each has its price, and a tier that has none has no cost."""
    assert usd("steps", input_tokens=200_000) == 0.2
    assert usd("steps", input_tokens=200_001) == pytest.approx(0.400002)
    assert usd("dated", "2026-07-31T23:59:59.999Z") == 4
    assert usd("dated", "2026-08-01T00:00:00.000Z") == 3
    assert usd("dated") == 3
    assert usd("tiers", service_tier="batch") == 1
    assert usd("tiers", "2026-08-01T00:00:00.000Z", service_tier="flex") == 1.5
    assert usd("tiers", "2026-07-31T00:00:00.000Z", service_tier="flex") == "unknown_tier"
    assert usd("plain", service_tier="priority") == "unknown_tier"


def test_what_no_price_of_tokens_tells_is_unknown() -> None:
    """Prices by the hour of the day, fees by the request, half a price, a model or server unknown."""
    for name in ("hourly", "fee", "half-known", "never-heard-of"):
        assert usd(name) == "unknown_model"
    assert usd("fee-in-batch") == 1
    assert usd("fee-in-batch", service_tier="batch") == "unknown_tier"
    assert usd("plain", provider="vllm") == "unknown_model"
    assert usd("plain", provider="anthropic") == "unknown_model"
    assert usd("text-embed", output_tokens=None, operation="embeddings") == 0.02


def test_the_teams_own_price_wins() -> None:
    """A model of the team's table is priced by it alone."""
    table = published_prices({"plain": {"input": 7, "output": 0}})
    told = table.price({"provider": "openai", "model": "plain", "input_tokens": 1_000_000,
                        "output_tokens": 0})  # fmt: skip
    assert (told["cost_usd"], told["cost_source"]) == (7, "user")


def test_without_the_package_the_error_names_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    """Who asks for published prices hears what to install; who does not has their own prices."""
    monkeypatch.setitem(sys.modules, "genai_prices", None)
    with pytest.raises(ConfigError, match=r"pip install 'pytest-llm-telemetry\[prices\]'"):
        published_prices()
    with pytest.raises(ConfigError, match="genai-prices"):
        price_table({}, "genai-prices")
    own = price_table({"m": {"input": 1, "output": 1}}, None)
    assert own is not None
    assert own.price({"provider": "openai", "model": "plain"})["cost_source"] == "unknown_model"


def test_a_settings_file_has_published_prices_only_when_it_asks() -> None:
    """Without a word there is no table; with it every model that is published has a cost."""
    assert price_table({}, None) is None
    table = price_table({}, "genai-prices")
    assert table is not None
    usage = {"provider": "openai", "model": "plain", "input_tokens": 1, "output_tokens": 1}
    assert table.price(usage)["cost_source"] == "genai-prices"


def test_every_price_that_ships_can_be_read_or_is_unknown() -> None:
    """Of all models of the installed version, none makes the look-up raise or tell nonsense."""
    data_snapshot.set_custom_snapshot(None)
    lookup = PublishedPrices()
    told = [
        lookup("openai", found.id, "2026-11-01")
        for provider in data_snapshot.get_snapshot().providers
        if provider.id == "openai"
        for found in provider.models
    ]
    known = [prices for prices in told if prices is not None and flaw(prices) is None]
    assert len(known) > len(told) / 2


def test_a_model_without_a_price_is_warned_of_once(caplog: pytest.LogCaptureFixture) -> None:
    """The first call of such a model says so in the log, and nothing is raised."""
    sink = MemorySink()
    telemetry = TelemetryLogger(sink, prices={"m": {"input": 1, "output": 1}})
    answer = {"choices": [], "model": "new", "usage": {"prompt_tokens": 1, "completion_tokens": 1}}
    with caplog.at_level(logging.WARNING, logger="pytest_llm_telemetry"):
        for _ in range(3):
            with telemetry.observe("hello") as call:
                call.record(answer)
    assert [record.name for record in caplog.records] == ["pytest_llm_telemetry"]
    assert "no price is known for the model 'new'" in caplog.text
    assert sink.events[-1]["cost_usd"] is None
    assert sink.events[-1]["cost_source"] == "unknown_model"
