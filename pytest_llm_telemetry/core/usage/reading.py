"""`read`: any provider's response -> event fields."""

from __future__ import annotations

from pytest_llm_telemetry.core.usage import (
    anthropic_messages,
    bedrock,
    cohere,
    failures,
    frameworks,
    gemini,
    ollama,
    openai_chat,
    openai_responses,
    web,
)
from pytest_llm_telemetry.core.usage.asking import request_fields
from pytest_llm_telemetry.core.usage.looking import quietly

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Any

    from pytest_llm_telemetry.core.usage.fields import Found, Usage

_FAMILIES = (
    openai_chat.read,
    openai_responses.read,
    anthropic_messages.read,
    gemini.read,
    bedrock.read,
    cohere.read,
    ollama.read,
    openai_chat.read_embeddings,
    cohere.read_embeddings,
    gemini.read_embeddings,
    bedrock.read_body,
    frameworks.read_langchain,
    frameworks.read_pydantic_ai,
)
_DEPTH = 3  # wrappers in wrappers; an object that holds itself ends here
_PLAIN = frozenset({int, float, bool, bytes, bytearray, list, tuple, set, frozenset})
_KNOWN = 64  # classes remembered
_known: dict[type, Callable[[Any], Found | None]] = {}  # which family read this class last


def read(response: Any, request: Mapping[str, Any] | None = None) -> Usage:
    """See `core.usage.read`."""
    found: Any = request_fields(request) if request is not None else {}
    told: Found = quietly(_read, response, _DEPTH) or {}
    for name, value in told.items():
        if value is not None:
            found[name] = value
    usage: Usage = found
    return usage


def _read(response: Any, depth: int) -> Found:
    if isinstance(response, str):
        return {"response_length": len(response)}
    kind = type(response)
    if response is None or kind in _PLAIN or not depth:
        return {}
    if kind in _known:
        found = _known[kind](response)
        if found is not None:
            return {**found, **failures.told(response)}
    for family in _FAMILIES:
        found = family(response)
        if found is not None:
            _remember(kind, family)
            return {**found, **failures.told(response)}
    return _wrapped(response, depth)


def _remember(kind: type, family: Callable[[Any], Found | None]) -> None:
    """A provider's class is read by its family at once the next time; a dict may be anybody's."""
    if kind is not dict and len(_known) < _KNOWN:
        _known[kind] = family


def _wrapped(response: Any, depth: int) -> Found:
    opened = web.opened(response)
    if opened is not None:
        body, beside = opened
        told = {} if isinstance(body, str) else _read(body, depth - 1)
        return {**beside, **{name: value for name, value in told.items() if value is not None}}
    inner = frameworks.inner(response)
    return failures.told(response) if inner is None else _read(inner, depth - 1)
