"""The model that answers while the tests run."""

from collections.abc import Iterator

import pytest
from provider import offline_unless_named

from pytest_llm_telemetry.loopback import Latency


@pytest.fixture(scope="session", autouse=True)
def model() -> Iterator[None]:
    """Offline a quick one: about 30 ms an answer, spread as widely as a real one is."""
    with offline_unless_named(Latency(median_ms=25, per_token_ms=0.4, jitter=0.3)):
        yield
