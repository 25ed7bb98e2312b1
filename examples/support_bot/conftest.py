"""Where the bot's questions go: to a model on loopback, or to the real one if you name it."""

import os
from collections.abc import Iterator

import pytest
from offline_model import OfflineModel

from pytest_llm_telemetry.loopback import Latency, LoopbackServer


@pytest.fixture(scope="session", autouse=True)
def provider() -> Iterator[None]:
    """With both OPENAI_API_KEY and OPENAI_BASE_URL set, the real thing; a key alone costs nothing."""
    if os.environ.get("OPENAI_API_KEY") and os.environ.get("OPENAI_BASE_URL"):
        yield
        return
    pace = Latency(median_ms=6, per_token_ms=0.3, jitter=0.1)
    with (
        LoopbackServer(OfflineModel(), latency_ms=pace, seed=1) as server,
        pytest.MonkeyPatch.context() as env,
    ):
        env.setenv("OPENAI_BASE_URL", server.base_url)
        env.setenv("OPENAI_API_KEY", "offline")
        env.setenv("NO_PROXY", "127.0.0.1")
        yield
