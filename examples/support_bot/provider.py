"""Where the bot's questions go: to a model on loopback, or to the real one if you name it."""

import os
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from offline_model import OfflineModel

from pytest_llm_telemetry.loopback import Latency, LoopbackServer


@contextmanager
def offline_unless_named(pace: Latency) -> Iterator[None]:
    """Serve the stand-in at this pace, and aim OpenAI's SDK at it through its own settings.

    With both OPENAI_API_KEY and OPENAI_BASE_URL set, nothing is served and the real thing
    answers; a key alone, which many shells have, spends nothing.
    """
    if os.environ.get("OPENAI_API_KEY") and os.environ.get("OPENAI_BASE_URL"):
        yield
        return
    with (
        LoopbackServer(OfflineModel(), latency_ms=pace, seed=1) as server,
        pytest.MonkeyPatch.context() as env,
    ):
        env.setenv("OPENAI_BASE_URL", server.base_url)
        env.setenv("OPENAI_API_KEY", "offline")
        env.setenv("NO_PROXY", "127.0.0.1")
        yield
