"""Anthropic Messages, from its own API, Bedrock or Vertex: the message, and its stream's events."""

from __future__ import annotations

from pytest_llm_telemetry.core.usage.looking import count, get, items, kind, length, total, word

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from pytest_llm_telemetry.core.usage.fields import Found
    from pytest_llm_telemetry.core.usage.tally import Tally

_HOSTS = (("msg_bdrk_", "aws.bedrock"), ("msg_vrtx_", "gcp.vertex_ai"))
_COUNTS = (
    "input_tokens",
    "output_tokens",
    "cache_read_input_tokens",
    "cache_creation_input_tokens",
)
_EMPTY = frozenset({"text", "thinking"})  # blocks that begin without content
_CONTENT = ("text", "partial_json", "thinking")


def read(response: Any) -> Found | None:
    """The fields of a message; None if it is none."""
    if get(response, "type") != "message":
        return None
    blocks = items(get(response, "content"))
    return {
        **_head(response),
        "finish_reason": word(response, "stop_reason"),
        "response_length": sum(_text(block) for block in blocks),
        "tool_calls": sum(kind(block) == "tool_use" for block in blocks),
        **_tokens(_raw(get(response, "usage"))),
    }


def _head(message: Any) -> Found:
    identity = word(message, "id") or ""
    hosts = [host for prefix, host in _HOSTS if identity.startswith(prefix)]
    return {
        "provider": hosts[0] if hosts else "anthropic",
        "operation": "chat",
        "model": word(message, "model"),
        "response_id": identity or None,
        "service_tier": word(get(message, "usage"), "service_tier"),
    }


def _text(block: Any) -> int:
    return length(get(block, "text")) if kind(block) == "text" else 0


def _raw(usage: Any) -> Found:
    """Anthropic's own counts, as far as they are told."""
    found = {name: count(usage, name) for name in _COUNTS}
    found["hour"] = count(get(usage, "cache_creation"), "ephemeral_1h_input_tokens") or None
    found["thinking"] = count(get(usage, "output_tokens_details"), "thinking_tokens")
    return {name: value for name, value in found.items() if value is not None}


def _tokens(raw: Found) -> Found:
    """Anthropic's input leaves the cache out; the convention has it in."""
    plain = raw.get("input_tokens")
    reads, writes = raw.get("cache_read_input_tokens"), raw.get("cache_creation_input_tokens")
    return {
        "input_tokens": None if plain is None else total(plain, reads, writes),
        "output_tokens": raw.get("output_tokens"),
        "cache_read_tokens": reads,
        "cache_write_tokens": writes,
        "cache_write_1h_tokens": raw.get("hour"),
        "reasoning_tokens": raw.get("thinking"),
    }


def add(tally: Tally, event: Any) -> bool | None:
    """Take an event of a stream; true if it carries content, None if it is none."""
    step = _STEPS.get(get(event, "type") or "")
    return None if step is None else step(tally, event)


def _start(tally: Tally, event: Any) -> bool:
    message = get(event, "message")
    tally.take(_head(message))
    _usage(tally, get(message, "usage"))
    return False


def _usage(tally: Tally, usage: Any) -> None:
    """The counts of `message_delta` are cumulative: they replace those of `message_start`."""
    tally.raw |= _raw(usage)
    tally.take(_tokens(tally.raw))


def _block(tally: Tally, event: Any) -> bool:
    block = get(event, "content_block")
    tally.calls += kind(block) == "tool_use"
    tally.length += _text(block)
    return kind(block) not in _EMPTY or _text(block) > 0


def _delta(tally: Tally, event: Any) -> bool:
    delta = get(event, "delta")
    tally.length += length(get(delta, "text"))
    return word(delta, *_CONTENT) is not None


def _end(tally: Tally, event: Any) -> bool:
    tally.take({"finish_reason": word(get(event, "delta"), "stop_reason")})
    _usage(tally, get(event, "usage"))
    return False


def _nothing(tally: Tally, event: Any) -> bool:
    del tally, event
    return False


_STEPS = {
    "message_start": _start,
    "content_block_start": _block,
    "content_block_delta": _delta,
    "content_block_stop": _nothing,
    "message_delta": _end,
    "message_stop": _nothing,
    "ping": _nothing,
}
