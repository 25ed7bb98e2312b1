"""Costs worked out by hand from the prices that providers publish.

`PAGES` names where each provider publishes them. Anthropic's were read from its own page, Gemini
2.5 Pro's from that page as quoted on Google's forum; the others as genai-prices 0.2.3 transcribes
the page that is named.
"""

from collections.abc import Mapping
from typing import Any, NamedTuple

import pytest

from pytest_llm_telemetry.core.pricing import PriceTable

PAGES = {
    "anthropic": "https://docs.anthropic.com/en/docs/about-claude/pricing",
    "openai": "https://developers.openai.com/api/docs/pricing",
    "google": "https://ai.google.dev/gemini-api/docs/pricing",
    "cohere": "https://cohere.com/pricing",
    "perplexity": "https://docs.perplexity.ai/getting-started/pricing",
}
TABLE = PriceTable({
    "claude-opus-4-1": {
        "input": 15, "output": 75, "cache_read": 1.5, "cache_write": 18.75, "cache_write_1h": 30,
    },
    "claude-sonnet-4": {
        "input": 3, "output": 15, "cache_read": 0.3, "cache_write": 3.75, "cache_write_1h": 6,
        "batch": {"input": 1.5, "output": 7.5},
        "above": [{"input_tokens": 200_000, "input": 6, "output": 22.5, "cache_read": 0.6}],
    },
    "claude-3-5-haiku": {"input": 0.8, "output": 4, "cache_read": 0.08},
    "claude-3-haiku": {"input": 0.25, "output": 1.25, "batch": {"input": 0.125, "output": 0.625}},
    "gpt-4o": {"input": 2.5, "output": 10, "cache_read": 1.25},
    "gpt-4o-mini": {"input": 0.15, "output": 0.6, "cache_read": 0.075},
    "gpt-5": {
        "input": 1.25, "output": 10, "cache_read": 0.125,
        "batch": {"input": 0.625, "output": 5, "cache_read": 0.0625},
    },
    "gpt-5.6-sol": {
        "input": 5, "output": 30, "cache_read": 0.5, "cache_write": 6.25,
        "since": [{
            "date": "2026-08-21", "input": 4, "output": 20, "cache_read": 0.4, "cache_write": 5,
        }],
    },
    "o1": {"input": 15, "output": 60, "cache_read": 7.5},
    "o3": {
        "input": 10, "output": 40,
        "since": [{"date": "2025-06-10", "input": 2, "output": 8, "cache_read": 0.5}],
    },
    "text-embedding-3-small": {"input": 0.02, "output": 0},
    "gemini-2.5-pro": {
        "input": 1.25, "output": 10, "cache_read": 0.125,
        "above": [{"input_tokens": 200_000, "input": 2.5, "output": 15, "cache_read": 0.25}],
    },
    "gemini-2.5-flash": {"input": 0.3, "output": 2.5, "batch": {"input": 0.15, "output": 1.25}},
    "command-r7b-12-2024": {"input": 0.0375, "output": 0.15},
    "sonar-deep-research": {"input": 2, "output": 8, "reasoning": 3},
})  # fmt: skip


class Case(NamedTuple):
    """A call, and what it costs."""

    what: str
    page: str
    model: str
    usage: Mapping[str, Any]
    usd: float
    at: str | None = None


def tokens(input_tokens: int, output_tokens: int, **others: Any) -> dict[str, Any]:
    return {"input_tokens": input_tokens, "output_tokens": output_tokens, **others}


LONG = {"cache_write_tokens": 8_000, "cache_write_1h_tokens": 8_000}
MIXED = {"cache_read_tokens": 10_000, "cache_write_tokens": 6_000, "cache_write_1h_tokens": 2_000}
BILLED = {"billed_input_tokens": 41, "billed_output_tokens": 25}
EMBEDDING = {"operation": "embeddings", "input_tokens": 8_000}
WRITTEN, READ = {"cache_write_tokens": 4_012}, {"cache_read_tokens": 4_012}

# Each sum is in millionths of a USD: tokens x USD per million.
CASES = [
    # 1,000 x 3 + 500 x 15 = 10,500
    Case("plain", "anthropic", "claude-sonnet-4-20250514", tokens(1_000, 500), 0.0105),
    # 2,000 x 3 + 8,000 x 3.75 + 100 x 15 = 37,500
    Case("cache written for 5 minutes", "anthropic", "claude-sonnet-4",
         tokens(10_000, 100, cache_write_tokens=8_000), 0.0375),
    # 2,000 x 3 + 8,000 x 6 + 100 x 15 = 55,500
    Case("cache written for 1 hour", "anthropic", "claude-sonnet-4",
         tokens(10_000, 100, **LONG), 0.0555),
    # 2,000 x 3 + 8,000 x 0.30 + 100 x 15 = 9,900
    Case("cache read", "anthropic", "claude-sonnet-4",
         tokens(10_000, 100, cache_read_tokens=8_000), 0.0099),
    # 4,000 x 15 + 10,000 x 1.50 + 4,000 x 18.75 + 2,000 x 30 + 1,000 x 75 = 285,000
    Case("all four kinds of input", "anthropic", "claude-opus-4-1-20250805",
         tokens(20_000, 1_000, **MIXED), 0.285),
    # 3,000 x 0.80 + 1,000 x 4 = 6,400
    Case("a dated snapshot", "anthropic", "claude-3-5-haiku-20241022", tokens(3_000, 1_000), 0.0064),
    # 100,000 x 0.125 + 10,000 x 0.625 = 18,750
    Case("batch of a small model", "anthropic", "claude-3-haiku-20240307",
         tokens(100_000, 10_000, service_tier="batch"), 0.01875),
    # 50,000 x 1.50 + 4,000 x 7.50 = 105,000
    Case("batch", "anthropic", "claude-sonnet-4",
         tokens(50_000, 4_000, service_tier="batch"), 0.105),
    # 200,000 x 3 + 1,000 x 15 = 615,000; the page: "<= 200K input tokens"
    Case("at the border of long context", "anthropic", "claude-sonnet-4",
         tokens(200_000, 1_000), 0.615),
    # 200,001 x 6 + 1,000 x 22.50 = 1,222,506; the page: "> 200K input tokens"
    Case("a token past it, all of it dearer", "anthropic", "claude-sonnet-4",
         tokens(200_001, 1_000), 1.222506),
    # 60,000 x 6 + 150,000 x 0.60 + 1,000 x 22.50 = 472,500; cached input counts as input
    Case("long context by its cache", "anthropic", "claude-sonnet-4",
         tokens(210_000, 1_000, cache_read_tokens=150_000), 0.4725),
    # 1,200 x 0.15 + 300 x 0.60 = 360
    Case("a dated snapshot", "openai", "gpt-4o-mini-2024-07-18", tokens(1_200, 300), 0.00036),
    # 952 x 2.50 + 2,048 x 1.25 + 200 x 10 = 6,940
    Case("cached at half the price", "openai", "gpt-4o-2024-08-06",
         tokens(3_000, 200, cache_read_tokens=2_048), 0.00694),
    # 500 x 15 + 4,200 x 60 = 259,500; 4,000 of the 4,200 are reasoning
    Case("reasoning is output", "openai", "o1", tokens(500, 4_200, reasoning_tokens=4_000), 0.2595),
    # 1,000 x 10 + 1,000 x 40 = 50,000
    Case("the day before the price fell", "openai", "o3", tokens(1_000, 1_000), 0.05,
         "2025-06-09T23:59:59.999Z"),
    # 1,000 x 2 + 1,000 x 8 = 10,000
    Case("the day it fell", "openai", "o3", tokens(1_000, 1_000), 0.01,
         "2025-06-10T00:00:00.000Z"),
    # 1,000 x 1.25 + 9,000 x 0.125 + 1,000 x 10 = 12,375
    Case("cached at a tenth", "openai", "gpt-5-2025-08-07",
         tokens(10_000, 1_000, cache_read_tokens=9_000), 0.012375),
    # 1,000 x 0.625 + 9,000 x 0.0625 + 1,000 x 5 = 6,187.5
    Case("cached in a batch", "openai", "gpt-5",
         tokens(10_000, 1_000, cache_read_tokens=9_000, service_tier="batch"), 0.0061875),
    # 8 x 5 + 4,012 x 6.25 + 4 x 30 = 25,235
    Case("cache written, before the price fell", "openai", "gpt-5.6-sol",
         tokens(4_020, 4, **WRITTEN), 0.025235, "2026-07-01T12:00:00.000Z"),
    # 8 x 4 + 4,012 x 0.40 + 4 x 20 = 1,716.8
    Case("cache read, after it", "openai", "gpt-5.6-sol", tokens(4_020, 4, **READ), 0.0017168,
         "2026-09-01T12:00:00.000Z"),
    # 8,000 x 0.02 = 160
    Case("an embedding has no output", "openai", "text-embedding-3-small", EMBEDDING, 0.00016),
    # 1,500 x 1.25 + 10,000 x 0.125 + 11,000 x 10 = 113,125; thoughts are 10,000 of the 11,000
    Case("cached, with thoughts", "google", "gemini-2.5-pro",
         tokens(11_500, 11_000, cache_read_tokens=10_000, reasoning_tokens=10_000), 0.113125),
    # 300,000 x 2.50 + 2,000 x 15 = 780,000
    Case("a prompt of more than 200k", "google", "gemini-2.5-pro", tokens(300_000, 2_000), 0.78),
    # 20,000 x 0.15 + 2,000 x 1.25 = 5,500
    Case("batch", "google", "gemini-2.5-flash",
         tokens(20_000, 2_000, service_tier="batch"), 0.0055),
    # 41 x 0.0375 + 25 x 0.15 = 5.2875; read were 1,441 and 54 tokens, billed 41 and 25
    Case("billed units", "cohere", "command-r7b-12-2024",
         tokens(1_441, 54, **BILLED), 0.0000052875),
    # 100 x 2 + 1,000 x 8 + 4,000 x 3 = 20,200
    Case("reasoning with a price of its own", "perplexity", "sonar-deep-research",
         tokens(100, 5_000, reasoning_tokens=4_000), 0.0202),
]  # fmt: skip


def test_there_are_26_cases_each_with_its_page() -> None:
    """As many cases as were asked for, and none without a source."""
    assert len(CASES) == 26
    assert {case.page for case in CASES} == set(PAGES)


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.page}: {case.what}")
def test_a_cost_is_what_the_providers_page_makes_it(case: Case) -> None:
    """The cost of a call is, to the last digit, the one worked out by hand."""
    told = TABLE.price({"model": case.model, **case.usage}, case.at)
    assert told["cost_usd"] == pytest.approx(case.usd, rel=1e-12, abs=0)
    assert told["cost_source"] == "user"
