"""Which prices a call has, and why a cost is unknown."""

from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_llm_telemetry.core.errors import ConfigError
from pytest_llm_telemetry.core.pricing import PriceTable

PLAIN = {"input": 1.0, "output": 2.0}
USAGE = {"model": "m", "input_tokens": 10, "output_tokens": 20}


class Lookup:
    """A look-up that counts how often it is asked."""

    source, version = "listed", "2026-11"

    def __init__(self, prices: Mapping[str, Any]) -> None:
        self.prices = prices
        self.asked: list[tuple[str | None, str, str | None]] = []

    def __call__(self, provider: str | None, model: str, day: str | None) -> Any:
        """The prices of a model, whoever serves it and whenever."""
        self.asked.append((provider, model, day))
        return self.prices.get(model)


@pytest.mark.parametrize(
    ("name", "model"),
    [
        ("gpt-4o-mini", "gpt-4o-mini-2024-07-18"),
        ("gpt-4", "gpt-4-0613"),
        ("claude-3-5-haiku", "claude-3-5-haiku-20241022"),
        ("claude-sonnet-4", "claude-sonnet-4@20250514"),
        ("gemini-1.5-flash", "gemini-1.5-flash-002"),
        ("mistral-medium", "mistral-medium-latest"),
        ("m", "m"),
    ],
)
def test_a_snapshot_has_the_prices_of_its_model(name: str, model: str) -> None:
    """A date, a revision number or `latest` behind a model's name makes no other model of it."""
    assert PriceTable({name: PLAIN}).price({**USAGE, "model": model})["cost_source"] == "user"


@pytest.mark.parametrize(
    ("name", "model"),
    [
        ("gpt-4o", "gpt-4o-mini"),
        ("gpt-4o", "gpt-4o-mini-2024-07-18"),
        ("gpt-4", "gpt-4.1"),
        ("o1", "o1-pro-2025-03-19"),
        ("gpt-5", "gpt-5.6-sol"),
        ("claude-3", "claude-3-5-haiku"),
        ("gpt-4", "gpt-4-2024-07"),
        ("gpt-4", "gpt-4-\u0662\u0660\u0662\u0664"),
        ("gemini-2", "gemini-2-"),
        ("free", "free:0613"),
        ("openai/gpt-4o", "gpt-4o"),
    ],
)
def test_another_model_with_the_same_beginning_has_no_price(name: str, model: str) -> None:
    """A name that merely begins alike is another model, whose price is unknown, not guessed."""
    told = PriceTable({name: PLAIN}).price({**USAGE, "model": model})
    assert told == {"cost_usd": None, "cost_source": "unknown_model"}


def test_the_longest_name_that_fits_has_the_price() -> None:
    """A snapshot with prices of its own does not have those of its model."""
    table = PriceTable({"m": PLAIN, "m-0613": {"input": 5.0, "output": 5.0}})
    assert table.price({**USAGE, "model": "m-0613"})["unit_prices"]["input"] == 5.0


def test_the_model_asked_for_prices_a_response_that_names_none() -> None:
    """Bedrock and Cohere tell no model, so the request's has the price."""
    usage = {"model_requested": "m", "input_tokens": 10, "output_tokens": 20}
    assert PriceTable({"m": PLAIN}).price(usage)["cost_usd"] == 0.00005


@pytest.mark.parametrize(
    "usage",
    [
        {"output_tokens": 1},
        {"input_tokens": 1},
        {"input_tokens": 1, "output_tokens": 1, "cache_read_tokens": 2},
        {
            "input_tokens": 3,
            "output_tokens": 1,
            "cache_write_tokens": 1,
            "cache_write_1h_tokens": 2,
        },
        {"input_tokens": -1, "output_tokens": 1},
        {"input_tokens": True, "output_tokens": 1},
        {"input_tokens": 1.5, "output_tokens": 1},
        {"input_tokens": "1", "output_tokens": 1},
        {"input_tokens": 1, "output_tokens": 1, "cache_read_tokens": "none"},
        {"billed_input_tokens": -1, "billed_output_tokens": 1},
        {"input_tokens": 1, "output_tokens": 1, "reasoning_tokens": 2},
        {"input_tokens": 9, "output_tokens": 1, "other_tokens": 8},  # sound is no text
    ],
)
def test_counts_that_are_missing_or_contradict_each_other_have_no_cost(
    usage: dict[str, Any],
) -> None:
    """A cost is never made up from counts that cannot be right."""
    table = PriceTable({"m": {**PLAIN, "reasoning": 3.0}})
    told = table.price({"model": "m", **usage})
    assert told == {"cost_usd": None, "cost_source": "unknown_usage"}


def test_contradicting_reasoning_does_not_matter_where_it_has_no_price() -> None:
    """OpenRouter was seen with more reasoning than output; the output is what is billed."""
    told = PriceTable({"m": PLAIN}).price({**USAGE, "reasoning_tokens": 21})
    assert told["cost_usd"] == 0.00005


@pytest.mark.parametrize("tier", ["batch", "flex", "priority", "scale", "performance"])
def test_a_tier_without_prices_has_no_cost(tier: str) -> None:
    """A batch or priority call does not cost what a standard one does."""
    told = PriceTable({"m": PLAIN}).price({**USAGE, "service_tier": tier})
    assert told == {"cost_usd": None, "cost_source": "unknown_tier"}


@pytest.mark.parametrize("tier", ["standard", "default", "ON_DEMAND", "auto", None, 7])
def test_the_standard_tier_has_the_standard_price(tier: object) -> None:
    """Whatever a provider calls its standard tier, and where it says nothing, that price holds."""
    told = PriceTable({"m": PLAIN}).price({**USAGE, "service_tier": tier})
    assert told["cost_usd"] == 0.00005


def test_cached_tokens_without_a_price_of_their_own_cost_what_input_does() -> None:
    """Fallbacks go from 1 hour to 5 minutes to input."""
    usage = {
        **USAGE, "cache_read_tokens": 1, "cache_write_tokens": 4, "cache_write_1h_tokens": 2,
    }  # fmt: skip
    assert PriceTable({"m": PLAIN}).price(usage)["cost_usd"] == 0.00005
    dearer = PriceTable({"m": {**PLAIN, "cache_write": 2.0}})
    assert dearer.price(usage)["cost_usd"] == 0.000054


def test_a_look_up_is_asked_once_and_tells_its_source() -> None:
    """What a look-up says is remembered, by provider, model and day."""
    lookup = Lookup({"m": PLAIN})
    table = PriceTable({}, lookup=lookup)
    usage = {**USAGE, "provider": "openai"}
    for _ in range(3):
        told = table.price(usage, "2026-11-23T10:00:00.000Z")
    assert told == {
        "cost_usd": 0.00005,
        "cost_source": "listed",
        "price_table_version": "2026-11",
        "unit_prices": PLAIN,
    }
    table.price(usage, "2026-11-24T10:00:00.000Z")
    days = ["2026-11-23", "2026-11-24"]
    assert lookup.asked == [("openai", "m", day) for day in days]


def test_the_teams_own_prices_win_over_the_look_up() -> None:
    """A price the team gives is not looked up, also where it is the model asked for that has it."""
    lookup = Lookup({"answered": {"input": 9.0, "output": 9.0}})
    usage = {**USAGE, "model": "answered", "model_requested": "asked"}
    told = PriceTable({"asked": PLAIN}, lookup=lookup).price(usage)
    assert (told["cost_source"], told["unit_prices"]) == ("user", PLAIN)
    assert lookup.asked == []


def test_a_look_up_is_asked_for_the_model_that_was_requested_too() -> None:
    """A model nobody lists is priced by the name it was asked for under."""
    lookup = Lookup({"asked": PLAIN})
    usage = {**USAGE, "model": "answered", "model_requested": "asked"}
    assert PriceTable({}, lookup=lookup).price(usage)["cost_source"] == "listed"


@pytest.mark.parametrize("prices", [{"input": 1.0}, {"input": -1.0, "output": 1.0}, [], "free"])
def test_a_look_up_that_tells_nonsense_tells_nothing(prices: object) -> None:
    """Prices that could not be written down are not applied either."""
    told = PriceTable({}, lookup=Lookup({"m": prices})).price(USAGE)
    assert told == {"cost_usd": None, "cost_source": "unknown_model"}


def test_a_plain_function_may_look_up() -> None:
    """Without `source` and `version` the event says no more than that it was looked up."""
    told = PriceTable({}, lookup=lambda *asked: PLAIN).price(USAGE)
    assert told["cost_source"] == "lookup"
    assert "price_table_version" not in told


def test_a_model_without_a_price_is_told_once() -> None:
    """Whoever asked to be told hears of each such model once, and of no unnamed one."""
    told: list[str] = []
    table = PriceTable({"m": PLAIN}, unpriced=told.append)
    for usage in ({"model": "new"}, {"model": "new"}, {"model_requested": "old"}, {}, USAGE):
        table.price(usage)
    assert told == ["new", "old"]
    for number in range(1_000):
        table.price({"model": f"m{number}"})
    assert len(told) < 1_000


def test_memory_stays_bounded_with_ever_new_models() -> None:
    """A flood of model names neither fills the memory nor changes a price."""
    table = PriceTable({"m": PLAIN})
    for number in range(2_000):
        assert table.price({**USAGE, "model": f"x{number}"})["cost_usd"] is None
    assert len(table._known) <= 512
    assert table.price(USAGE)["cost_usd"] == 0.00005


def test_the_version_changes_with_a_price_and_with_nothing_else() -> None:
    """Order and spelling of a number make no other table; a price, however deep, does."""
    deep: Any = {**PLAIN, "batch": {**PLAIN, "above": [{**PLAIN, "input_tokens": 5}]}}
    dearer: Any = {**PLAIN, "batch": {**PLAIN, "above": [{**PLAIN, "input_tokens": 6}]}}
    same: list[Any] = [{"a": PLAIN, "b": deep}, {"b": deep, "a": {"output": 2, "input": 1}}]
    assert len({PriceTable(prices).version for prices in same}) == 1
    assert PriceTable({"a": PLAIN, "b": dearer}).version != PriceTable(same[0]).version


def test_a_refused_price_names_its_place_and_the_remedy() -> None:
    """The error says which file, model and price, and what to write."""
    with pytest.raises(ConfigError) as caught:
        PriceTable({"m": {**PLAIN, "batch": {"input": 1.0}}}, where="llm-telemetry.toml")
    assert str(caught.value) == (
        "llm-telemetry.toml: prices of 'm': batch.output is missing, and an unknown price is not 0"
        "; give USD per million tokens for input, output, cache_read, cache_write, cache_write_1h,"
        " reasoning"
    )


@given(
    counts=st.tuples(*[st.integers(0, 10**9)] * 6),
    prices=st.tuples(*[st.floats(0, 999_999, allow_nan=False)] * 6),
)
def test_a_cost_is_never_negative_and_never_below_its_cheapest_token(
    counts: tuple[int, ...], prices: tuple[float, ...]
) -> None:
    """Whatever the prices, every token of input and output is paid for once."""
    plain, reads, writes, hours, output, thoughts = counts
    kinds = ("input", "output", "cache_read", "cache_write", "cache_write_1h", "reasoning")
    usage = {
        "model": "m",
        "input_tokens": plain + reads + writes + hours,
        "output_tokens": output + thoughts,
        "cache_read_tokens": reads,
        "cache_write_tokens": writes + hours,
        "cache_write_1h_tokens": hours,
        "reasoning_tokens": thoughts,
    }
    cost = PriceTable({"m": dict(zip(kinds, prices, strict=True))}).price(usage)["cost_usd"]
    millions = sum(counts) / 1e6
    assert min(prices) * millions * (1 - 1e-9) - 1e-9 <= cost
    assert cost <= max(prices) * millions * (1 + 1e-9) + 1e-9


ANYTHING = st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.lists(st.none())
NAMES = (
    "provider", "model", "model_requested", "operation", "service_tier", "input_tokens",
    "output_tokens", "cache_read_tokens", "cache_write_tokens", "cache_write_1h_tokens",
    "reasoning_tokens", "billed_input_tokens", "billed_output_tokens",
)  # fmt: skip


@given(usage=st.dictionaries(st.sampled_from(NAMES), ANYTHING | st.just("m")))
def test_any_usage_has_a_cost_or_a_reason(usage: dict[str, Any]) -> None:
    """Pricing never raises; a cost is a number of at least 0, or None beside the reason."""
    told = PriceTable({"m": PLAIN}, lookup=Lookup({})).price(usage)
    if told["cost_usd"] is None:
        assert told["cost_source"] in {"unknown_model", "unknown_usage", "unknown_tier"}
    else:
        assert told["cost_usd"] >= 0
