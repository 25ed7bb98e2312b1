"""The support bot of a pottery shop, as production runs it: telemetry is three lines of it."""

import os
import sys
import tomllib
from functools import cache
from pathlib import Path

from openai import OpenAI

from pytest_llm_telemetry import TelemetryLogger

MODEL = "gpt-4o-mini"
HERE = Path(__file__).parent
PROMPT = Path(os.environ.get("SUPPORT_BOT_PROMPT", HERE / "prompt.md"))
PRICES = tomllib.loads((HERE / "llm-telemetry.toml").read_text(encoding="utf-8"))["prices"]

telemetry = TelemetryLogger("logs/llm.jsonl", service="support-bot", prices=PRICES)


@cache
def client() -> OpenAI:
    """The provider's client, made at the first question: importing the bot needs no key."""
    return OpenAI()


def answer(question: str) -> str:
    """Answer a customer's question from the facts in the prompt."""
    with telemetry.observe(question) as call:
        response = client().chat.completions.create(
            model=MODEL,
            temperature=0,
            messages=[
                {"role": "system", "content": PROMPT.read_text(encoding="utf-8")},
                {"role": "user", "content": question},
            ],
        )
        call.record(response)
    return response.choices[0].message.content or ""


if __name__ == "__main__":
    print(answer(" ".join(sys.argv[1:])))
