"""OpenAI's Responses API: the response, and the events of its stream."""

from __future__ import annotations

from pytest_llm_telemetry.core.usage import failures, providers
from pytest_llm_telemetry.core.usage.looking import count, get, items, kind, length, word

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from pytest_llm_telemetry.core.usage.fields import Found
    from pytest_llm_telemetry.core.usage.tally import Tally

# Calls that the caller is asked to run. Searches and the like run at the provider.
_CALLS = frozenset({"function_call", "custom_tool_call"})
_EMPTY = frozenset({"message", "reasoning"})  # items that begin without content
_CONTENT = frozenset({
    "response.output_text.delta",
    "response.refusal.delta",
    "response.reasoning_text.delta",
    "response.reasoning_summary_text.delta",
    "response.function_call_arguments.delta",
    "response.custom_tool_call_input.delta",
})  # fmt: skip


def read(response: Any) -> Found | None:
    """The fields of a response; None if it is none. Its finish reason is its status."""
    if get(response, "object") != "response":
        return None
    model, output = word(response, "model"), items(get(response, "output"))
    usage = get(response, "usage")
    return {
        "provider": providers.of_model(response, model),
        "operation": "chat",
        "model": model,
        "response_id": word(response, "id"),
        "finish_reason": word(response, "status"),
        "response_length": sum(_text(item) for item in output),
        "tool_calls": sum(kind(item) in _CALLS for item in output),
        "service_tier": word(response, "service_tier"),
        "input_tokens": count(usage, "input_tokens"),
        "output_tokens": count(usage, "output_tokens"),
        "cache_read_tokens": count(get(usage, "input_tokens_details"), "cached_tokens"),
        "cache_write_tokens": count(get(usage, "input_tokens_details"), "cache_write_tokens"),
        "reasoning_tokens": count(get(usage, "output_tokens_details"), "reasoning_tokens"),
    }


def _text(item: Any) -> int:
    if kind(item) != "message":
        return 0
    return sum(length(get(part, "text")) for part in items(get(item, "content")))


def add(tally: Tally, event: Any) -> bool | None:
    """Take an event of a stream; true if it carries content, None if it is none."""
    name = get(event, "type")
    if type(name) is not str or not name.startswith("response."):
        return None
    if name in _CONTENT:
        delta = get(event, "delta")
        if name == "response.output_text.delta":
            tally.length += length(delta)
        return bool(delta)
    if name == "response.output_item.added":
        item = kind(get(event, "item"))
        tally.calls += item in _CALLS
        return item not in _EMPTY  # a call of any kind is the model's own output
    _take(tally, get(event, "response"))
    return False


def _take(tally: Tally, response: Any) -> None:
    """The response as it stands: at the start its head, at the end everything."""
    found = read(response) or {}
    if not items(get(response, "output")):  # the deltas know more than a response without output
        found["response_length"] = found["tool_calls"] = None
    tally.take(found | failures.told(response))
