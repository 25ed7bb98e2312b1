"""Gemini's generateContent, from the Developer API or Vertex: SDK objects and JSON alike."""

from __future__ import annotations

from pytest_llm_telemetry.core.usage.looking import count, either, get, items, length, total, word

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from pytest_llm_telemetry.core.usage.fields import Found
    from pytest_llm_telemetry.core.usage.tally import Tally

_COUNTS = {
    "prompt": ("prompt_token_count", "promptTokenCount"),
    "candidates": ("candidates_token_count", "candidatesTokenCount"),
    "thoughts": ("thoughts_token_count", "thoughtsTokenCount"),
    "cached": ("cached_content_token_count", "cachedContentTokenCount"),
    "tools": ("tool_use_prompt_token_count", "toolUsePromptTokenCount"),
    "total": ("total_token_count", "totalTokenCount"),
}
# Where the counts are split by modality, and which of these have prices of their own.
_APART = {
    ("prompt_tokens_details", "promptTokensDetails"): {"AUDIO"},
    ("candidates_tokens_details", "candidatesTokensDetails"): {"AUDIO", "IMAGE", "VIDEO"},
}


_NO_DATA: dict[str, Any] = {}


def _named(value: Any, *names: str) -> tuple[str, ...]:
    """The SDK's name alone where its object has it: to look for JSON's there costs microseconds."""
    return names[:1] if names[0] in getattr(value, "__dict__", _NO_DATA) else names


def _pick(value: Any, name: str, in_json: str) -> Any:
    """What stands under the SDK's name, or under JSON's."""
    if type(value) is dict:
        found = value.get(in_json)
        return value.get(name) if found is None else found
    held = getattr(value, "__dict__", _NO_DATA)
    return held[name] if name in held else either(value, name, in_json)


def _usage(response: Any) -> Any:
    return _pick(response, "usage_metadata", "usageMetadata")


def _is_one(response: Any) -> bool:
    return (
        isinstance(get(response, "candidates"), (list, tuple))
        or _pick(response, "prompt_feedback", "promptFeedback") is not None
        or count(_usage(response), *_COUNTS["prompt"]) is not None
    )


def read(response: Any) -> Found | None:
    """The fields of a response; None if it is none."""
    if not _is_one(response):
        return None
    candidates = items(get(response, "candidates"))
    parts = [part for candidate in candidates for part in _parts(candidate)]
    return {
        **_head(response),
        "finish_reason": _finish(candidates),
        "response_length": sum(_text(part) for part in parts),
        "tool_calls": sum(_is_call(part) for part in parts),
        **_tokens(_raw(response)),
    }


def _head(response: Any) -> Found:
    usage = _usage(response)  # Vertex alone tells its traffic
    traffic = either(usage, *_named(usage, "traffic_type", "trafficType"))
    return {
        "provider": "gcp.gemini" if traffic is None else "gcp.vertex_ai",
        "operation": "generate_content",
        "model": word(response, *_named(response, "model_version", "modelVersion")),
        "response_id": word(response, *_named(response, "response_id", "responseId")),
    }


def _finish(candidates: Any) -> str | None:
    if not candidates:
        return None
    return word(candidates[0], *_named(candidates[0], "finish_reason", "finishReason"))


def _parts(candidate: Any) -> Any:
    return items(get(get(candidate, "content"), "parts"))


def _text(part: Any) -> int:
    return 0 if get(part, "thought") else length(get(part, "text"))


def _is_call(part: Any) -> bool:
    return _pick(part, "function_call", "functionCall") is not None


def _raw(response: Any) -> Found:
    usage = _usage(response)
    found = {name: count(usage, *_named(usage, *names)) for name, names in _COUNTS.items()}
    found["other"] = _other(usage)
    return {name: value for name, value in found.items() if value is not None}


def _other(usage: Any) -> int | None:
    """Tokens of sound, and of what the model made that is no text."""
    counts = (
        count(detail, "token_count", "tokenCount")
        for names, apart in _APART.items()
        for detail in items(either(usage, *_named(usage, *names)))
        if word(detail, "modality") in apart
    )
    return total(*counts) or None


def _tokens(raw: Found) -> Found:
    """Thoughts are outside of the candidates, tool results outside of the prompt."""
    prompt, thoughts = raw.get("prompt"), raw.get("thoughts")
    output = total(raw.get("candidates"), thoughts)
    entry = None if prompt is None else total(prompt, raw.get("tools"))
    if output is None and entry is not None and "total" in raw:
        output = max(raw["total"] - entry, 0)  # a count of 0 is left out, the total is not
    return {
        "input_tokens": entry,
        "output_tokens": output,
        "cache_read_tokens": raw.get("cached"),
        "reasoning_tokens": thoughts,
        "other_tokens": raw.get("other"),
    }


def add(tally: Tally, chunk: Any) -> bool | None:
    """Take a chunk of a stream; true if it carries content, None if it is none."""
    candidates = get(chunk, "candidates")
    if type(candidates) is not list and not _is_one(chunk):
        return None
    if "model" not in tally.found:
        tally.take(_head(chunk))
    usage = _usage(chunk)
    if usage is not None:
        _usage_told(tally, chunk, usage)
    content = False
    for place, candidate in enumerate(items(candidates)):
        content = _candidate(tally, candidate, first=not place) or content
    return content


def _candidate(tally: Tally, candidate: Any, *, first: bool) -> bool:
    content = False
    for part in _parts(candidate):
        text = get(part, "text")
        called = _is_call(part)
        tally.calls += called
        if type(text) is str and not get(part, "thought"):
            tally.length += len(text)
        content = content or called or bool(text)
    if first and _pick(candidate, "finish_reason", "finishReason") is not None:
        tally.take({"finish_reason": _finish((candidate,))})
    return content


def _usage_told(tally: Tally, chunk: Any, usage: Any) -> None:
    """Counts are cumulative in each chunk: the last word is read at the end, never a sum."""
    if _pick(usage, *_COUNTS["prompt"]) is not None:
        tally.late = _settle, chunk
        return
    if tally.late is not None:
        _settle(tally, tally.late[1])
        tally.late = None
    _settle(tally, chunk)


def _settle(tally: Tally, chunk: Any) -> None:
    tally.raw |= _raw(chunk)
    tally.take({**_tokens(tally.raw), "provider": _head(chunk)["provider"]})


def read_embeddings(response: Any) -> Found | None:
    """The fields of an embedding call; None if it is none. Vertex alone tells its tokens."""
    found = items(get(response, "embeddings"))
    if not found or get(found[0], "values") is None:
        return None
    counts = [count(get(item, "statistics"), "token_count", "tokenCount") for item in found]
    return {
        "provider": "gcp.gemini",
        "operation": "embeddings",
        "input_tokens": None if None in counts else total(*counts),
    }
