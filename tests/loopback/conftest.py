"""Clients of the real SDKs, aimed at a loopback server and closed after the test."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack

import anthropic
import openai
import pytest

from pytest_llm_telemetry.loopback import LoopbackServer

OpenClient = Callable[[LoopbackServer], openai.OpenAI]
OpenClaude = Callable[[LoopbackServer], anthropic.Anthropic]


@pytest.fixture
def stack() -> Iterator[ExitStack]:
    """Whatever a test opens, closed in reverse order."""
    with ExitStack() as opened:
        yield opened


@pytest.fixture
def client_of(stack: ExitStack) -> OpenClient:
    """Make an OpenAI client that does not retry."""

    def make(server: LoopbackServer) -> openai.OpenAI:
        return stack.enter_context(
            openai.OpenAI(base_url=server.base_url, api_key="sk-test", max_retries=0)
        )

    return make


@pytest.fixture
def claude_of(stack: ExitStack) -> OpenClaude:
    """Make an Anthropic client that does not retry."""

    def make(server: LoopbackServer) -> anthropic.Anthropic:
        return stack.enter_context(
            anthropic.Anthropic(base_url=server.root_url, api_key="sk-test", max_retries=0)
        )

    return make
