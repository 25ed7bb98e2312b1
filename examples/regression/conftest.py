"""The same bot with another prompt, and offline a model with a slower tail."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from provider import offline_unless_named

from pytest_llm_telemetry.loopback import Latency

# The bot reads this when it is imported, which is when its tests are collected.
os.environ["SUPPORT_BOT_PROMPT"] = str(Path(__file__).with_name("prompt.md"))


@pytest.fixture(scope="session", autouse=True)
def model() -> Iterator[None]:
    """As in support_bot, but one answer in four takes four times as long."""
    pace = Latency(median_ms=25, per_token_ms=0.4, jitter=0.3, slow_rate=0.25, slow_factor=4)
    with offline_unless_named(pace):
        yield
