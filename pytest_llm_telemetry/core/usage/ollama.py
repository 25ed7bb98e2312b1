"""Ollama's own chat, generate and embed. Counts are absent when a prompt came from its cache."""

from __future__ import annotations

from pytest_llm_telemetry.core.usage.looking import count, get, items, length, word

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from pytest_llm_telemetry.core.usage.fields import Found
    from pytest_llm_telemetry.core.usage.tally import Tally


def read(response: Any) -> Found | None:
    """The fields of a response, or of the last chunk of a stream; None if it is none."""
    if isinstance(get(response, "done"), bool):
        message = get(response, "message")
        return {
            **_head(response),
            "operation": "chat" if message is not None else "text_completion",
            "finish_reason": word(response, "done_reason"),
            "response_length": _text(response),
            "tool_calls": len(items(get(message, "tool_calls"))),
        }
    if get(response, "embeddings") is not None and get(response, "total_duration") is not None:
        return {**_head(response), "operation": "embeddings"}
    return None


def _head(response: Any) -> Found:
    return {
        "provider": "ollama",
        "model": word(response, "model"),
        "input_tokens": count(response, "prompt_eval_count"),
        "output_tokens": count(response, "eval_count"),
    }


def _text(response: Any) -> int:
    message = get(response, "message")
    return length(get(response, "response") if message is None else get(message, "content"))


def add(tally: Tally, chunk: Any) -> bool | None:
    """Take a chunk of a stream; true if it carries content, None if it is none."""
    done = get(chunk, "done")
    if not isinstance(done, bool):
        return None
    if done or not tally.found:
        found = read(chunk) or {}
        tally.take({**found, "response_length": None, "tool_calls": None})
    message = get(chunk, "message")
    text, calls = _text(chunk), len(items(get(message, "tool_calls")))
    tally.length += text
    tally.calls += calls
    return text > 0 or calls > 0 or word(message, "thinking") is not None
