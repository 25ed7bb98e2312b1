"""The model that answers while the tests run."""

from collections.abc import Iterator

import pytest
from provider import offline_unless_named

from pytest_llm_telemetry.loopback import Latency


@pytest.fixture(scope="session", autouse=True)
def model() -> Iterator[None]:
    """Offline a quick one: about 10 ms an answer, spread as a real one's latency is."""
    with offline_unless_named(Latency(median_ms=6, per_token_ms=0.3, jitter=0.1)):
        yield
