"""The tone of answers, which no pattern can grade."""

from typing import TYPE_CHECKING

import pytest
from openai import OpenAI

from pytest_llm_telemetry import TelemetryLogger

if TYPE_CHECKING:
    from pytest_llm_telemetry.plugin.cases import GoldenCase

telemetry = TelemetryLogger(service="bot")


def answer(question: str) -> str:
    """Ask the bot."""
    with telemetry.observe(question) as call, OpenAI() as client:
        response = client.chat.completions.create(
            model="gpt-4o-mini", messages=[{"role": "user", "content": question}]
        )
        call.record(response)
    return response.choices[0].message.content or ""


@pytest.mark.golden_set("golden/tone.jsonl", repeats=2)
def test_tone(golden_case: "GoldenCase") -> None:
    """The majority of three votes decides each answer."""
    golden_case.check(answer(golden_case.input))
