"""OpenAI's chat completions on the wire: https://platform.openai.com/docs/api-reference/chat."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

from pytest_llm_telemetry.loopback.exchange import Frame, Turn
from pytest_llm_telemetry.loopback.prompt import pieces


def usage(turn: Turn) -> dict[str, Any]:
    """The usage object: prompt tokens include the cached, completion tokens the reasoning."""
    return {
        "prompt_tokens": turn.input_tokens,
        "completion_tokens": turn.output_tokens,
        "total_tokens": turn.input_tokens + turn.output_tokens,
        "prompt_tokens_details": {"cached_tokens": turn.reply.cached_tokens, "audio_tokens": 0},
        "completion_tokens_details": {
            "reasoning_tokens": turn.reply.reasoning_tokens,
            "audio_tokens": 0,
            "accepted_prediction_tokens": 0,
            "rejected_prediction_tokens": 0,
        },
    }


def plain(turn: Turn) -> dict[str, Any]:
    """The body of a chat completion that is not streamed."""
    message: dict[str, Any] = {
        "role": "assistant",
        "content": turn.reply.text,
        "refusal": None,
        "annotations": [],
    }
    choice = {
        "index": 0,
        "message": message,
        "logprobs": None,
        "finish_reason": turn.reply.finish_reason,
    }
    return {**_head(turn, "chat.completion"), "choices": [choice], "usage": usage(turn)}


def frames(turn: Turn) -> Iterator[Frame]:
    """The stream. With `stream_options.include_usage` every chunk has a `usage` of null and one
    more chunk, with no choices, carries it; without, no chunk has that key at all.
    """
    head = _head(turn, "chat.completion.chunk")
    options = turn.request.get("stream_options")
    counted = isinstance(options, Mapping) and bool(options.get("include_usage"))

    def chunk(delta: dict[str, Any], finish_reason: str | None, *, piece: bool = False) -> Frame:
        choice = {"index": 0, "delta": delta, "logprobs": None, "finish_reason": finish_reason}
        body = head | {"choices": [choice]} | ({"usage": None} if counted else {})
        return Frame(data=json.dumps(body), piece=piece)

    yield chunk({"role": "assistant", "content": "", "refusal": None}, None)
    for text in pieces(turn.reply.text):
        yield chunk({"content": text}, None, piece=True)
    yield chunk({}, turn.reply.finish_reason)
    if counted:
        yield Frame(data=json.dumps(head | {"choices": [], "usage": usage(turn)}))
    yield Frame(data="[DONE]")


def failure(turn: Turn) -> Frame:  # noqa: ARG001 - the formats share one signature
    """The event that ends a stream with an error."""
    return Frame(data=json.dumps(error(500, "The server had an error processing your request.")))


def error(status: int, message: str, param: str | None = None) -> dict[str, Any]:
    """An error body as OpenAI sends it."""
    kinds = {429: ("requests", "rate_limit_exceeded"), 500: ("server_error", None)}
    kind, code = kinds.get(status, ("invalid_request_error", None))
    return {"error": {"message": message, "type": kind, "param": param, "code": code}}


def models(model: str) -> dict[str, Any]:
    """The body of the list of models, which has one."""
    entry = {"id": model, "object": "model", "created": 0, "owned_by": "loopback"}
    return {"object": "list", "data": [entry]}


def _head(turn: Turn, kind: str) -> dict[str, Any]:
    return {
        "id": f"chatcmpl-{turn.token}",
        "object": kind,
        "created": turn.created,
        "model": turn.model,
        "service_tier": "default",
        "system_fingerprint": "fp_loopback",
    }
