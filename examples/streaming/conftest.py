"""The model that answers while the tests run: offline, about 10 ms to its first word."""

from collections.abc import Iterator

import pytest

from pytest_llm_telemetry.loopback import Latency, LoopbackServer

ANSWERS = {
    "When will my parcel arrive?": "Your parcel takes 2 to 4 working days.",
    "How long can I return an order?": "You can return an order within 14 days.",
    "Hello!": "Hello! How can I help you?",
}


@pytest.fixture(scope="session", autouse=True)
def model() -> Iterator[None]:
    """OpenAI's SDK finds it by its own variables."""
    with (
        LoopbackServer(ANSWERS, latency_ms=Latency(median_ms=10, per_token_ms=1)) as server,
        pytest.MonkeyPatch.context() as env,
    ):
        env.setenv("OPENAI_BASE_URL", server.base_url)
        env.setenv("OPENAI_API_KEY", "offline")
        yield
