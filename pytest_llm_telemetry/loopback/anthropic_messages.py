"""Anthropic's messages on the wire: https://docs.anthropic.com/en/api/messages."""

import json
from collections.abc import Iterator
from typing import Any

from pytest_llm_telemetry.loopback.exchange import Frame, Turn
from pytest_llm_telemetry.loopback.prompt import pieces

_STOP_REASONS = {"stop": "end_turn", "length": "max_tokens"}
_KINDS = {
    400: "invalid_request_error",
    404: "not_found_error",
    429: "rate_limit_error",
    500: "api_error",
}


def plain(turn: Turn) -> dict[str, Any]:
    """The body of a message that is not streamed. Its input tokens exclude the cached ones."""
    return _head(turn) | {
        "content": [{"type": "text", "text": turn.reply.text}],
        "stop_reason": _stop_reason(turn),
        "usage": _usage(turn, turn.output_tokens),
    }


def frames(turn: Turn) -> Iterator[Frame]:
    """The stream. The usage of `message_delta` is cumulative and repeats that of the start."""
    yield _frame("message_start", message=_head(turn) | {"usage": _usage(turn, 1)})
    yield _frame("content_block_start", index=0, content_block={"type": "text", "text": ""})
    yield _frame("ping")
    for text in pieces(turn.reply.text):
        yield _frame("content_block_delta", index=0, delta={"type": "text_delta", "text": text})
    yield _frame("content_block_stop", index=0)
    yield _frame(
        "message_delta",
        delta={"stop_reason": _stop_reason(turn), "stop_sequence": None},
        usage=_usage(turn, turn.output_tokens),
    )
    yield _frame("message_stop")


def failure(turn: Turn) -> Frame:  # noqa: ARG001 - the formats share one signature
    """The event that ends a stream with an error."""
    return _frame("error", error={"type": "overloaded_error", "message": "Overloaded"})


def error(status: int, message: str, param: str | None = None) -> dict[str, Any]:
    """An error body as Anthropic sends it, which has no place for the parameter's name."""
    text = f"{param}: {message}" if param else message
    return {"type": "error", "error": {"type": _KINDS[status], "message": text}}


def _frame(event: str, **data: Any) -> Frame:
    body = json.dumps({"type": event, **data})
    return Frame(event=event, data=body, piece=event == "content_block_delta")


def _stop_reason(turn: Turn) -> str:
    return _STOP_REASONS.get(turn.reply.finish_reason, turn.reply.finish_reason)


def _usage(turn: Turn, output_tokens: int) -> dict[str, Any]:
    return {
        "input_tokens": turn.input_tokens - turn.reply.cached_tokens,
        "cache_creation_input_tokens": 0,
        "cache_read_input_tokens": turn.reply.cached_tokens,
        "output_tokens": output_tokens,
        "service_tier": "standard",
    }


def _head(turn: Turn) -> dict[str, Any]:
    return {
        "id": f"msg_{turn.token}",
        "type": "message",
        "role": "assistant",
        "model": turn.model,
        "content": [],
        "stop_reason": None,
        "stop_sequence": None,
    }
