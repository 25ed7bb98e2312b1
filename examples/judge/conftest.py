"""A judge: a model that reads an answer and says whether it keeps to the rubric.

Offline a small server answers for both, bot and judge; with OPENAI_BASE_URL and a key of your own the
real ones do. The judge's calls go through a logger, so the run tells what judging cost, apart from
what the bot cost.
"""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from openai import OpenAI

from pytest_llm_telemetry import TelemetryLogger
from pytest_llm_telemetry.loopback import LoopbackServer, question

telemetry = TelemetryLogger(service="judge")


def pytest_llm_judge(config: pytest.Config) -> Callable[[str, str, Any], bool]:
    """What `{"type": "judge", "rubric": ...}` asks: one vote a call."""
    del config

    def vote(rubric: str, answer: str, _case: Any) -> bool:
        asked = f"{rubric}\nAnswer yes or no.\n\n{answer}"
        with telemetry.observe(asked) as call, OpenAI() as client:
            response = client.chat.completions.create(
                model="gpt-4o", messages=[{"role": "user", "content": asked}]
            )
            call.record(response)
        return (response.choices[0].message.content or "").lower().startswith("yes")

    return vote


def _says(request: dict[str, Any]) -> str:
    """The stand-in: as bot it answers, as judge it looks for an insult."""
    text = question(request)
    if "Answer yes or no." in text:
        return "No." if "your own fault" in text else "Yes."
    return {
        "My parcel is late!": "I am sorry. I have asked the carrier and will write tomorrow.",
        "The cup is broken.": "I am sorry. A new cup is on its way.",
    }.get(text, "That is your own fault.")


@pytest.fixture(scope="session", autouse=True)
def model() -> Iterator[None]:
    """OpenAI's SDK finds it by its own variables."""
    with LoopbackServer(_says) as server, pytest.MonkeyPatch.context() as env:
        env.setenv("OPENAI_BASE_URL", server.base_url)
        env.setenv("OPENAI_API_KEY", "offline")
        yield
