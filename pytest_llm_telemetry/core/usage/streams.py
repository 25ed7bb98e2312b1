"""What the chunks of a stream tell, taken together, in constant memory."""

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
)
from pytest_llm_telemetry.core.usage.looking import get, parsed, quietly
from pytest_llm_telemetry.core.usage.tally import Tally

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from pytest_llm_telemetry.core.usage.fields import Usage

_METRICS = "amazon-bedrock-invocationMetrics"


def _text(tally: Tally, chunk: Any) -> bool | None:
    if not isinstance(chunk, str):
        return None
    tally.length += len(chunk)
    return bool(chunk)


_FAMILIES = (
    _text,
    openai_chat.add,
    openai_responses.add,
    anthropic_messages.add,
    gemini.add,
    bedrock.add,
    cohere.add,
    ollama.add,
    frameworks.add_langchain,
)


class StreamUsage:
    """The accumulator of one stream: of a provider's chunk objects, dict events or texts.

    Usage is taken by its last word and never added up, since providers repeat or accumulate it;
    a stream that tells none leaves the counts absent. Keeps counts, no text.
    """

    __slots__ = ("_family", "_tally", "_wrapped")

    def __init__(self) -> None:
        self._tally = Tally()
        self._family: Callable[[Tally, Any], bool | None] = _text
        self._wrapped = False  # whether chunks come inside of others

    def add(self, chunk: Any) -> bool:
        """Take one chunk. True once: when it is the first that carries content.

        Content is whatever the model generates: text, thoughts, a tool call. Never raises.
        """
        tally = self._tally
        if quietly(self._take, chunk) and not tally.begun:
            tally.begun = True
            return True
        return False

    def _take(self, chunk: Any) -> bool:
        taken = self._family(self._tally, frameworks.inner(chunk) if self._wrapped else chunk)
        if taken is None:
            taken = self._look(chunk)
        if taken is None:
            taken = self._unwrapped(chunk)
        if not taken and type(chunk) is dict:
            self._tally.take(failures.told(chunk))
        return bool(taken)

    def _look(self, chunk: Any) -> bool | None:
        """Find the family that knows this chunk, and stay with it."""
        for family in _FAMILIES:
            taken = family(self._tally, chunk)
            if taken is not None:
                self._family = family
                return taken
        return None

    def _unwrapped(self, chunk: Any) -> bool | None:
        """What stands inside a framework's wrapper, or in the bytes of InvokeModel's stream."""
        body = parsed(get(get(chunk, "chunk"), "bytes"))
        if body is not None:
            metrics = get(body, _METRICS)
            usage = {"inputTokens": get(metrics, "inputTokenCount"),
                     "outputTokens": get(metrics, "outputTokenCount")}  # fmt: skip
            if metrics is not None and not self._tally.raw:
                bedrock.add(self._tally, {"metadata": {"usage": usage}})
        inner = frameworks.inner(chunk) if body is None else body
        taken = None if inner is None else self._look(inner)
        self._wrapped = body is None and taken is not None
        return taken

    def result(self) -> Usage:
        """The event fields that the stream told so far, `streaming` among them."""
        tally = self._tally
        if tally.late is not None:
            read_late, chunk = tally.late
            quietly(read_late, tally, chunk)
        found: Any = {"streaming": True, **tally.found}
        if tally.model is not None:
            found["model"] = tally.model
        if tally.length or self._family is not _text:
            found.setdefault("response_length", tally.length)
        if self._family is not _text:
            found.setdefault("tool_calls", tally.calls)
        usage: Usage = found
        return usage
