"""The golden set of support_bot, through the same bot with a worse prompt."""

from typing import TYPE_CHECKING

import bot
import pytest

if TYPE_CHECKING:
    from pytest_llm_telemetry.plugin.cases import GoldenCase


@pytest.mark.golden_set("../support_bot/golden/support.jsonl", repeats=3)
def test_support(golden_case: "GoldenCase") -> None:
    """The bot's answer is graded by what the case asks for; the gate judges them all together."""
    golden_case.check(bot.answer(golden_case.input))
