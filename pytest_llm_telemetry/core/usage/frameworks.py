"""What frameworks hand back instead of the provider's object: LangChain, LlamaIndex, pydantic-ai."""

from __future__ import annotations

from pytest_llm_telemetry.core.usage import providers
from pytest_llm_telemetry.core.usage.looking import (
    count,
    either,
    get,
    items,
    kind,
    length,
    total,
    word,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from pytest_llm_telemetry.core.usage.fields import Found
    from pytest_llm_telemetry.core.usage.tally import Tally

_LANGCHAIN_COUNTS = {
    "input_tokens": (None, "input_tokens"),
    "output_tokens": (None, "output_tokens"),
    "cache_read_tokens": ("input_token_details", "cache_read"),
    "cache_write_tokens": ("input_token_details", "cache_creation"),
    "reasoning_tokens": ("output_token_details", "reasoning"),
}


def read_langchain(message: Any) -> Found | None:
    """The fields of a LangChain AIMessage; None if it is none."""
    about = get(message, "response_metadata")
    if about is None or get(message, "content") is None:
        return None
    model = word(about, "model_name", "model")
    return {
        "provider": providers.of_model(None, model),
        "operation": "chat",
        "model": model,
        "response_id": word(about, "id") or word(message, "id"),
        "finish_reason": word(about, "finish_reason", "stop_reason", "stopReason", "done_reason"),
        "response_length": _langchain_text(get(message, "content")),
        "tool_calls": len(items(get(message, "tool_calls"))),
        **_langchain_tokens(get(message, "usage_metadata")),
    }


def _langchain_text(content: Any) -> int:
    if isinstance(content, str):
        return len(content)
    return sum(
        length(part) or (length(get(part, "text")) if kind(part) == "text" else 0)
        for part in items(content)
    )


def _langchain_tokens(usage: Any) -> Found:
    """LangChain's input has the cache in it and its output the reasoning, by its own contract."""
    return {
        name: count(usage if place is None else get(usage, place), key)
        for name, (place, key) in _LANGCHAIN_COUNTS.items()
    }


def add_langchain(tally: Tally, chunk: Any) -> bool | None:
    """Take an AIMessageChunk; true if it carries content, None if it is none.

    Its chunks are made to be added up, so here, and only here, counts are summed.
    """
    found = read_langchain(chunk)
    if found is None:
        return None
    for name in _LANGCHAIN_COUNTS:
        found[name] = total(tally.found.get(name), found[name])
    text = found.pop("response_length")
    del found["tool_calls"]
    tally.length += text
    calls = items(get(chunk, "tool_call_chunks"))
    for place, call in enumerate(calls):
        index = get(call, "index")
        tally.call(place if index is None else str(index), word(call, "id"))
    tally.take(found)
    return text > 0 or bool(calls)


def read_pydantic_ai(response: Any) -> Found | None:
    """The fields of a pydantic-ai ModelResponse or run result; None if it is neither."""
    state = get(response, "_state")
    history = items(get(state, "message_history"))
    if history:
        return {**(read_pydantic_ai(history[-1]) or {}), **_run_tokens(get(state, "usage"))}
    parts = get(response, "parts")
    if not isinstance(parts, (list, tuple)) or get(response, "model_name") is None:
        return None
    return {
        "provider": word(response, "provider_name"),
        "operation": "chat",
        "model": word(response, "model_name"),
        "response_id": word(response, "provider_response_id"),
        "finish_reason": word(response, "finish_reason"),
        "response_length": sum(
            length(get(part, "content")) for part in parts if get(part, "part_kind") == "text"
        ),
        "tool_calls": sum(get(part, "part_kind") == "tool-call" for part in parts),
        **_run_tokens(get(response, "usage")),
    }


def _run_tokens(usage: Any) -> Found:
    """pydantic-ai writes 0 for what it was not told, so a 0 says nothing."""
    names = ("input_tokens", "output_tokens", "cache_read_tokens", "cache_write_tokens")
    found: Found = {name: count(usage, name) or None for name in names}
    found["reasoning_tokens"] = count(get(usage, "details"), "reasoning_tokens") or None
    return found


def inner(response: Any) -> Any:
    """The provider's own object or chunk inside a wrapper; None if there is none.

    `raw` is LlamaIndex's, `data` a Mistral event's, `chunk` an OpenAI helper event's.
    """
    data = get(response, "data")
    if data is not None and get(data, "choices") is not None:
        return data
    if get(response, "raw") is not None and either(response, "message", "text") is not None:
        return get(response, "raw")
    return get(response, "chunk") if kind(response) == "chunk" else None
