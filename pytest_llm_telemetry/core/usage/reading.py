"""OpenAI- and Anthropic-shaped responses, dicts and strings -> event fields."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import Any

    Usage = dict[str, Any]


def _get(value: Any, name: str) -> Any:
    if isinstance(value, dict):
        return value.get(name)
    return getattr(value, name, None)


def _count(value: Any, *names: str) -> int | None:
    for name in names:
        found = _get(value, name)
        if isinstance(found, int) and not isinstance(found, bool):
            return found
    return None


def read(response: Any, request: Mapping[str, Any] | None = None) -> Usage:
    """The event fields that a response tells; a key that is absent is unknown. Never raises."""
    del request
    if isinstance(response, str):
        return {"response_length": len(response)}
    try:
        return {key: value for key, value in _read(response).items() if value is not None}
    except Exception:  # noqa: BLE001 - a response of any class may do anything when looked at
        return {}


def _read(response: Any) -> Usage:
    usage = _get(response, "usage")
    found: Usage = {}
    model = _get(response, "model")
    identity = _get(response, "id")
    if isinstance(model, str):
        found["model"] = model
    if isinstance(identity, str):
        found["response_id"] = identity
    if _get(response, "stop_reason") is not None or _get(response, "type") == "message":
        found |= _anthropic(response, usage)
    elif isinstance(choices := _get(response, "choices"), (list, tuple)):
        found |= _openai(choices, usage)
    return found


def _openai(choices: Sequence[Any], usage: Any) -> Usage:
    found: Usage = {"provider": "openai", "operation": "chat", **_openai_tokens(usage)}
    if choices:
        found["finish_reason"] = _get(choices[0], "finish_reason")
        message = _get(choices[0], "message")
        content = _get(message, "content")
        found["response_length"] = len(content) if isinstance(content, str) else None
        calls = _get(message, "tool_calls")
        found["tool_calls"] = len(calls) if isinstance(calls, (list, tuple)) else None
    return found


def _openai_tokens(usage: Any) -> Usage:
    return {
        "input_tokens": _count(usage, "prompt_tokens", "input_tokens"),
        "output_tokens": _count(usage, "completion_tokens", "output_tokens"),
        "cache_read_tokens": _count(_get(usage, "prompt_tokens_details"), "cached_tokens"),
        "reasoning_tokens": _count(_get(usage, "completion_tokens_details"), "reasoning_tokens"),
    }


def _anthropic(response: Any, usage: Any) -> Usage:
    blocks = _get(response, "content") or ()
    texts = [text for block in blocks if isinstance(text := _get(block, "text"), str)]
    return {
        "provider": "anthropic",
        "operation": "chat",
        "finish_reason": _get(response, "stop_reason"),
        "response_length": sum(map(len, texts)),
        "tool_calls": sum(_get(block, "type") == "tool_use" for block in blocks),
        **_anthropic_tokens(usage),
    }


def _anthropic_tokens(usage: Any) -> Usage:
    plain = _count(usage, "input_tokens")
    reads = _count(usage, "cache_read_input_tokens")
    writes = _count(usage, "cache_creation_input_tokens")
    return {
        "input_tokens": None if plain is None else plain + (reads or 0) + (writes or 0),
        "output_tokens": _count(usage, "output_tokens"),
        "cache_read_tokens": reads,
        "cache_write_tokens": writes,
    }


class StreamUsage:
    """What the chunks of a stream tell, taken together; keeps counts, no text."""

    def __init__(self) -> None:
        self._found: Usage = {}
        self._length = 0
        self._anthropic: Usage = {}

    def add(self, chunk: Any) -> bool:
        """Take one chunk; true if it carries content."""
        try:
            return self._add(chunk)
        except Exception:  # noqa: BLE001 - a chunk of any class may do anything when looked at
            return False

    def _add(self, chunk: Any) -> bool:
        if isinstance(chunk, str):
            self._length += len(chunk)
            return bool(chunk)
        message = _get(chunk, "message")
        if message is not None and _get(chunk, "type") == "message_start":
            self._found |= read(message)
            self._anthropic = _plain(_get(message, "usage"))
            return False
        delta = _get(chunk, "delta")
        if delta is not None:
            return self._anthropic_delta(delta, _get(chunk, "usage"))
        return self._openai_chunk(chunk)

    def _anthropic_delta(self, delta: Any, usage: Any) -> bool:
        if usage is not None:
            self._anthropic |= _plain(usage)
            tokens = _anthropic_tokens(self._anthropic)
            self._found |= {key: value for key, value in tokens.items() if value is not None}
        if _get(delta, "stop_reason"):
            self._found["finish_reason"] = _get(delta, "stop_reason")
        text = _get(delta, "text")
        self._length += len(text) if isinstance(text, str) else 0
        return bool(text)

    def _openai_chunk(self, chunk: Any) -> bool:
        self._found |= {
            key: value
            for key, value in read(chunk).items()
            if key not in {"response_length", "finish_reason", "tool_calls"}
        }
        choices = _get(chunk, "choices") or ()
        if not choices:
            return False
        if _get(choices[0], "finish_reason"):
            self._found["finish_reason"] = _get(choices[0], "finish_reason")
        text = _get(_get(choices[0], "delta"), "content")
        self._length += len(text) if isinstance(text, str) else 0
        return bool(text)

    def result(self) -> Usage:
        """The event fields that the stream told so far."""
        return {**self._found, "response_length": self._length}


def _plain(usage: Any) -> Usage:
    names = (
        "input_tokens",
        "output_tokens",
        "cache_read_input_tokens",
        "cache_creation_input_tokens",
    )
    return {name: value for name in names if (value := _count(usage, name)) is not None}


def read_error(error: BaseException) -> Usage:
    """Error type, status code and retry-after of an SDK's exception, as far as it tells them."""
    found: Usage = {"error_type": type(error).__name__}
    status = _count(error, "status_code", "code")
    if status is not None:
        found["status_code"] = status
    return found


def query_text(args: Sequence[Any], kwargs: Mapping[str, Any]) -> str | None:
    """The query of a wrapped call: the first text argument, or the last user message."""
    for value in (*args, *(kwargs.get(name) for name in ("query", "prompt", "input", "question"))):
        if isinstance(value, str):
            return value
    messages = kwargs.get("messages")
    if isinstance(messages, (list, tuple)):
        for message in reversed(messages):
            if _get(message, "role") == "user" and isinstance(_get(message, "content"), str):
                return str(_get(message, "content"))
    return None


def request_fields(kwargs: Mapping[str, Any]) -> Usage:
    """What the request alone tells: the model asked for."""
    model = kwargs.get("model")
    return {"model_requested": model} if isinstance(model, str) else {}
