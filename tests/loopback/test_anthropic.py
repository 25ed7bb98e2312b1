"""Anthropic's own SDK, aimed at the loopback server, notices no difference."""

from collections.abc import Callable
from typing import Any

import anthropic
import pytest

from pytest_llm_telemetry.loopback import Fault, LoopbackServer, Reply

ClaudeOf = Callable[[LoopbackServer], anthropic.Anthropic]


def ask(client: anthropic.Anthropic) -> Any:
    return client.messages.create(
        model="claude-x", max_tokens=9, messages=[{"role": "user", "content": "hi"}]
    )


def test_a_message_carries_text_and_usage_without_cached_tokens(claude_of: ClaudeOf) -> None:
    """Input tokens exclude the cached ones, as in Anthropic's own responses."""
    reply = Reply("Hello there", input_tokens=50, output_tokens=4, cached_tokens=30)
    with LoopbackServer({"hi": reply}) as server:
        message = ask(claude_of(server))
    assert message.content[0].text == "Hello there"
    assert (message.model, message.stop_reason) == ("claude-x", "end_turn")
    usage = message.usage
    assert (usage.input_tokens, usage.cache_read_input_tokens, usage.output_tokens) == (20, 30, 4)
    assert message._request_id == server.requests[0].request_id


def test_a_stream_ends_in_the_same_message(claude_of: ClaudeOf) -> None:
    """The streamed text and the final usage equal those of a plain message."""
    with LoopbackServer({"hi": Reply("Hello there", finish_reason="length")}) as server:
        client = claude_of(server)
        plain = ask(client)
        with client.messages.stream(
            model="claude-x", max_tokens=9, messages=[{"role": "user", "content": "hi"}]
        ) as stream:
            text = "".join(stream.text_stream)
            final = stream.get_final_message()
    assert text == "Hello there"
    assert final.usage.output_tokens == plain.usage.output_tokens
    assert final.stop_reason == plain.stop_reason == "max_tokens"


def test_errors_have_anthropics_types(claude_of: ClaudeOf) -> None:
    """Faults before and within a stream raise the SDK's own errors."""
    faults = iter([Fault("rate_limit"), Fault("server_error"), Fault("broken_stream")])
    with LoopbackServer(lambda _: next(faults)) as server:
        client = claude_of(server)
        with pytest.raises(anthropic.RateLimitError, match="rate_limit_error"):
            ask(client)
        with pytest.raises(anthropic.InternalServerError, match="api_error"):
            ask(client)
        with (
            pytest.raises(anthropic.APIError, match="Overloaded"),
            client.messages.stream(
                model="m", max_tokens=9, messages=[{"role": "user", "content": "hi"}]
            ) as stream,
        ):
            stream.until_done()
