"""Cohere's chat, versions 1 and 2, and its embeddings.

The tokens that a model read differ from those that are billed: the first are reported, the second
are kept for the price. A v2 response carries no model.
"""

from __future__ import annotations

from pytest_llm_telemetry.core.usage.looking import count, either, get, items, kind, length, word

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from pytest_llm_telemetry.core.usage.fields import Found
    from pytest_llm_telemetry.core.usage.tally import Tally


def read(response: Any) -> Found | None:
    """The fields of a chat response; None if it is none."""
    message, reason = get(response, "message"), word(response, "finish_reason")
    if get(response, "generation_id") is not None:
        text, calls = length(get(response, "text")), items(get(response, "tool_calls"))
    elif reason is not None and message is not None:
        text, calls = _text(get(message, "content")), items(get(message, "tool_calls"))
    else:
        return None
    return {
        "provider": "cohere",
        "operation": "chat",
        "response_id": word(response, "id", "response_id", "generation_id"),
        "finish_reason": reason,
        "response_length": text,
        "tool_calls": len(calls),
        **_tokens(either(response, "usage", "meta")),
    }


def _text(content: Any) -> int:
    return sum(length(get(part, "text")) for part in items(content) if kind(part) == "text")


def _tokens(usage: Any) -> Found:
    tokens, billed = get(usage, "tokens"), get(usage, "billed_units")
    return {
        "input_tokens": count(tokens, "input_tokens"),
        "output_tokens": count(tokens, "output_tokens"),
        "cache_read_tokens": count(usage, "cached_tokens"),
        "billed_input_tokens": count(billed, "input_tokens"),
        "billed_output_tokens": count(billed, "output_tokens"),
    }


def read_embeddings(response: Any) -> Found | None:
    """The fields of an embedding call; None if it is none. All that was read is billed."""
    billed = get(get(response, "meta"), "billed_units")
    if billed is None or get(response, "embeddings") is None:
        return None
    return {
        "provider": "cohere",
        "operation": "embeddings",
        "response_id": word(response, "id"),
        "input_tokens": count(billed, "input_tokens"),
    }


def add(tally: Tally, event: Any) -> bool | None:
    """Take an event of a stream; true if it carries content, None if it is none."""
    old = get(event, "event_type")
    if old is not None:
        return _add_v1(tally, event, old)
    name = get(event, "type")
    if type(name) is not str or name not in _V2:
        return None
    delta = get(event, "delta")
    if name == "content-delta":
        return _content(tally, get(get(delta, "message"), "content"))
    if name == "message-end":
        tally.take({"finish_reason": word(delta, "finish_reason"), **_tokens(get(delta, "usage"))})
    elif name == "message-start":
        tally.take({"provider": "cohere", "operation": "chat", "response_id": word(event, "id")})
    tally.calls += name == "tool-call-start"
    return name in {"tool-call-start", "tool-plan-delta"}


_V2 = frozenset({
    "message-start", "content-start", "content-delta", "content-end", "tool-plan-delta",
    "tool-call-start", "tool-call-delta", "tool-call-end", "citation-start", "citation-end",
    "message-end",
})  # fmt: skip


def _content(tally: Tally, content: Any) -> bool:
    tally.length += length(get(content, "text"))
    return word(content, "text", "thinking") is not None


def _add_v1(tally: Tally, event: Any, name: Any) -> bool:
    if name == "text-generation":
        tally.length += length(get(event, "text"))
        return word(event, "text") is not None
    if name == "stream-end":
        tally.take(read(get(event, "response")) or {})
        tally.take({"finish_reason": word(event, "finish_reason")})
    return False
