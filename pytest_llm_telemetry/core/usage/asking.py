"""What a call is about to ask: its query, the model it names, whether it streams."""

from __future__ import annotations

from pytest_llm_telemetry.core.usage.looking import either, get, parsed, quietly, word

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import Any

    from pytest_llm_telemetry.core.usage.fields import Usage

_NAMES = (
    "query", "prompt", "question", "input", "contents", "messages", "message", "text", "inputText",
    "body",
)  # fmt: skip
_USERS = frozenset({"user", "human", "USER"})
_DEPTH = 6


def query_text(args: Sequence[Any], kwargs: Mapping[str, Any]) -> str | None:
    """The query of a wrapped call, None when there is none to be seen. Never raises.

    The first text among the arguments, else an argument that is named as a query is (`prompt`,
    `query`, `question`, `input`, `contents`, ...), else the last user message of `messages`, of
    any provider's shape.
    """
    found: str | None = quietly(_query, args, kwargs)
    return found


def _query(args: Sequence[Any], kwargs: Mapping[str, Any]) -> str | None:
    for value in args:
        if isinstance(value, str):
            return value
    for value in (*(kwargs.get(name) for name in _NAMES), *args):
        text = _text(value, _DEPTH)
        if text is not None:
            return text
    return None


def _text(value: Any, depth: int) -> str | None:
    """The text that a value asks with: itself, or its last user message's."""
    if isinstance(value, (str, bytes)):
        body = parsed(value) if value[:1] in {"{", b"{"} else None
        inner = _text(body, depth - 1) if isinstance(body, dict) and depth else None
        return inner or (value if isinstance(value, str) else None)
    if isinstance(value, (list, tuple)):
        return _last_user(value, depth) if depth else None
    if value is None or not depth:
        return None
    for name in ("content", "parts", *_NAMES):
        text = _text(get(value, name), depth - 1)
        if text is not None:
            return text
    return None


def _last_user(messages: Sequence[Any], depth: int) -> str | None:
    """The texts of the last message that a user wrote, or of a list without roles."""
    if messages and either(messages[0], "role", "type") is None:
        texts = [text for part in messages if (text := _text(part, depth - 1)) is not None]
        return "\n".join(texts) or None
    for message in reversed(messages):
        if word(message, "role", "type") in _USERS:
            text = _text(message, depth - 1)
            if text is not None:
                return text
    parts = [_text(part, depth - 1) for part in messages if word(part, "role") is None]
    return "\n".join(text for text in parts if text is not None) or None


def request_fields(kwargs: Mapping[str, Any]) -> Usage:
    """What a call's keyword arguments alone tell: `model_requested` and `streaming`. Never raises."""
    found: Usage = {}
    if not kwargs:  # as where a handler is asked by position
        return found
    model = quietly(word, kwargs, "model", "modelId", "model_id", "model_name", "model_requested")
    if model is not None:
        found["model_requested"] = model
    streaming = quietly(get, kwargs, "stream")
    if isinstance(streaming, bool):
        found["streaming"] = streaming
    return found
