"""OpenAI's responses on the wire: https://platform.openai.com/docs/api-reference/responses."""

import json
from collections.abc import Iterator
from typing import Any

from pytest_llm_telemetry.loopback.exchange import Frame, Turn
from pytest_llm_telemetry.loopback.prompt import pieces


def plain(turn: Turn) -> dict[str, Any]:
    """The body of a response that is not streamed."""
    usage = {
        "input_tokens": turn.input_tokens,
        "input_tokens_details": {"cached_tokens": turn.reply.cached_tokens},
        "output_tokens": turn.output_tokens,
        "output_tokens_details": {"reasoning_tokens": turn.reply.reasoning_tokens},
        "total_tokens": turn.input_tokens + turn.output_tokens,
    }
    cut = turn.reply.finish_reason == "length"
    return _head(turn) | {
        "status": "incomplete" if cut else "completed",
        "incomplete_details": {"reason": "max_output_tokens"} if cut else None,
        "output": [_item(turn, "completed", [_part(turn.reply.text)])],
        "usage": usage,
    }


def frames(turn: Turn) -> Iterator[Frame]:
    """The stream: the pieces between the events that open and close the one output item."""
    place = {"item_id": f"msg_{turn.token}", "output_index": 0, "content_index": 0}
    text, done = turn.reply.text, plain(turn)
    item, part = done["output"][0], done["output"][0]["content"][0]
    opening: list[tuple[str, dict[str, Any]]] = [
        ("response.created", {"response": _head(turn)}),
        ("response.in_progress", {"response": _head(turn)}),
        (
            "response.output_item.added",
            {"output_index": 0, "item": _item(turn, "in_progress", [])},
        ),
        ("response.content_part.added", place | {"part": _part("")}),
    ]
    deltas = [
        ("response.output_text.delta", place | {"delta": piece, "logprobs": []})
        for piece in pieces(text)
    ]
    closing: list[tuple[str, dict[str, Any]]] = [
        ("response.output_text.done", place | {"text": text, "logprobs": []}),
        ("response.content_part.done", place | {"part": part}),
        ("response.output_item.done", {"output_index": 0, "item": item}),
        (f"response.{done['status']}", {"response": done}),
    ]
    for number, (event, data) in enumerate([*opening, *deltas, *closing]):
        yield _frame(event, data, number)


def failure(turn: Turn) -> Frame:
    """The event that ends a stream with an error."""
    message = "The server had an error processing your request."
    data = {"code": "server_error", "message": message, "param": None}
    return _frame("error", data, len(pieces(turn.reply.text)))


def _frame(event: str, data: dict[str, Any], number: int) -> Frame:
    body = {"type": event, **data, "sequence_number": number}
    return Frame(event=event, data=json.dumps(body), piece=event.endswith(".delta"))


def _item(turn: Turn, status: str, content: list[dict[str, Any]]) -> dict[str, Any]:
    return {
        "id": f"msg_{turn.token}",
        "type": "message",
        "status": status,
        "role": "assistant",
        "content": content,
    }


def _part(text: str) -> dict[str, Any]:
    return {"type": "output_text", "annotations": [], "logprobs": [], "text": text}


def _head(turn: Turn) -> dict[str, Any]:
    return {
        "id": f"resp_{turn.token}",
        "object": "response",
        "created_at": turn.created,
        "status": "in_progress",
        "error": None,
        "incomplete_details": None,
        "instructions": turn.request.get("instructions"),
        "metadata": {},
        "model": turn.model,
        "output": [],
        "parallel_tool_calls": True,
        "temperature": turn.request.get("temperature", 1.0),
        "tool_choice": "auto",
        "tools": [],
        "top_p": 1.0,
        "usage": None,
    }
