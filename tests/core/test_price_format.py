"""How prices are written, what is refused, and that the published schema refuses the same."""

import json
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from pytest_llm_telemetry.core.price_format import applied, flaw

PLAIN = {"input": 1.0, "output": 2.0}
STEP = {**PLAIN, "input_tokens": 100}
DAY = {**PLAIN, "date": "2026-09-01"}
SCHEMA = json.loads(
    (Path(__file__).parents[2] / "schemas" / "thresholds.schema.json").read_text(encoding="utf-8")
)
VALIDATOR = Draft202012Validator({"$ref": "#/$defs/price", "$defs": SCHEMA["$defs"]})

GOOD: list[Any] = [
    PLAIN,
    {"input": 0, "output": 0},
    {**PLAIN, "cache_read": 0.1, "cache_write": 1.25, "cache_write_1h": 2, "reasoning": 3},
    {**PLAIN, "above": []},
    {**PLAIN, "above": [STEP, {**STEP, "input_tokens": 200}]},
    {**PLAIN, "batch": PLAIN, "flex": PLAIN, "priority": {**PLAIN, "above": [STEP]}},
    {**PLAIN, "since": [{**DAY, "batch": {**PLAIN, "above": [STEP]}, "above": [STEP]}]},
]
BAD: list[tuple[Any, str]] = [
    (7, "it is 7, no table of prices"),
    ({"output": 1.0}, "input is missing, and an unknown price is not 0"),
    ({**PLAIN, "output": "2"}, "output is '2'"),
    ({**PLAIN, "output": True}, "output is True"),
    ({**PLAIN, "output": None}, "output is None"),
    ({**PLAIN, "output": -0.1}, "output is -0.1"),
    ({**PLAIN, "output": 1_000_000}, "output is 1000000"),
    ({**PLAIN, "cached": 1.0}, "cached is not known"),
    ({**PLAIN, "batch": 0.5}, "batch is 0.5, no table of prices"),
    ({**PLAIN, "batch": {**PLAIN, "since": []}}, "batch.since is not known"),
    ({**PLAIN, "above": STEP}, f"above is {STEP!r}, no list of tables"),
    ({**PLAIN, "above": [PLAIN]}, "above[0].input_tokens is missing"),
    ({**PLAIN, "above": [{**STEP, "input_tokens": -1}]}, "above[0].input_tokens is -1"),
    ({**PLAIN, "above": [{**STEP, "batch": PLAIN}]}, "above[0].batch is not known"),
    ({**PLAIN, "since": [PLAIN]}, "since[0].date is missing"),
    (
        {**PLAIN, "since": [{**DAY, "date": "1 Sept"}]},
        "since[0].date is '1 Sept', no day such as '2026-09-01'",
    ),
    (
        {**PLAIN, "since": [{**DAY, "date": 20260901}]},
        "since[0].date is 20260901, no day such as '2026-09-01'",
    ),
    ({**PLAIN, "since": [{**DAY, "since": []}]}, "since[0].since is not known"),
]
# JSON Schema compares no two items
BAD_ORDER: list[tuple[Any, str]] = [
    ({**PLAIN, "above": [STEP, STEP]}, "above[1].input_tokens is not after the one before"),
    (
        {**PLAIN, "since": [DAY, {**DAY, "date": "2026-01-01"}]},
        "since[1].date is not after the one before",
    ),
]


@pytest.mark.parametrize("prices", GOOD)
def test_prices_as_they_may_be_written_have_no_flaw(prices: Any) -> None:
    """Every form that is documented is taken, by the code and by the schema."""
    assert flaw(prices) is None
    assert VALIDATOR.is_valid(prices)


@pytest.mark.parametrize(("prices", "told"), BAD)
def test_a_flaw_is_named_with_its_place(prices: Any, told: str) -> None:
    """What the code refuses, the schema refuses too."""
    assert flaw(prices) == told
    assert not VALIDATOR.is_valid(prices)


@pytest.mark.parametrize(("prices", "told"), BAD_ORDER)
def test_steps_come_one_after_the_other(prices: Any, told: str) -> None:
    """Steps out of order would say one thing and mean another."""
    assert flaw(prices) == told


@pytest.mark.parametrize(
    "value", [float("nan"), float("inf"), "\u0662\u0660\u0662\u0666-\u0660\u0669-\u0660\u0661"]
)
def test_what_only_looks_like_a_number_is_refused(value: Any) -> None:
    """NaN and infinity are no prices, and other scripts' digits no day."""
    assert flaw({**PLAIN, "input": value}) is not None
    assert flaw({**PLAIN, "since": [{**DAY, "date": value}]}) is not None


@pytest.mark.parametrize(
    ("tier", "day", "tokens", "price"),
    [
        (None, None, 100, 20.0),
        (None, "2026-08-31", 100, 1.0),
        (None, "2026-09-01", 100, 20.0),
        (None, "2026-08-31", 101, 3.0),
        (None, "2026-08-31", 201, 4.0),
        ("batch", "2026-08-31", 100, 5.0),
        ("Batch", "2026-08-31", 101, 6.0),
    ],
)
def test_the_day_then_the_tier_then_the_size_choose_the_table(
    tier: str | None, day: str | None, tokens: int, price: float
) -> None:
    """A call has one table: the latest of its day, of its tier there, of its size there."""
    prices = {
        "input": 1.0,
        "output": 1.0,
        "above": [
            {"input_tokens": 100, "input": 3.0, "output": 3.0},
            {"input_tokens": 200, "input": 4.0, "output": 4.0},
        ],
        "batch": {
            "input": 5.0,
            "output": 5.0,
            "above": [{"input_tokens": 100, "input": 6.0, "output": 6.0}],
        },
        "since": [{"date": "2026-09-01", "input": 20.0, "output": 20.0}],
    }
    assert flaw(prices) is None
    assert applied(prices, tokens, tier, day) == {"input": price, "output": price}


def test_a_later_table_takes_nothing_over() -> None:
    """Batch prices of the time before are no batch prices of now."""
    prices = {**PLAIN, "batch": PLAIN, "since": [DAY]}
    assert applied(prices, 1, "batch", "2026-01-01") == PLAIN
    assert applied(prices, 1, "batch", "2026-12-01") is None
