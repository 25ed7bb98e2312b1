"""AWS Bedrock: Converse and its stream, and the bodies and headers of InvokeModel.

No response carries its model: the request's `modelId` is all there is.
"""

from __future__ import annotations

from pytest_llm_telemetry.core.usage.looking import count, get, items, length, total, word

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from pytest_llm_telemetry.core.usage.fields import Found
    from pytest_llm_telemetry.core.usage.tally import Tally

_HEADER = "x-amzn-bedrock-{}-token-count"
_EVENTS = (
    "contentBlockDelta",
    "contentBlockStart",
    "contentBlockStop",
    "messageStart",
    "messageStop",
    "metadata",
)


def read(response: Any) -> Found | None:
    """The fields of a Converse response; None if it is none."""
    if get(response, "stopReason") is None or get(response, "output") is None:
        return None
    blocks = items(get(get(get(response, "output"), "message"), "content"))
    return {
        **_head(get(response, "ResponseMetadata")),
        "finish_reason": word(response, "stopReason"),
        "response_length": sum(length(get(block, "text")) for block in blocks),
        "tool_calls": sum(get(block, "toolUse") is not None for block in blocks),
        **_tokens(get(response, "usage")),
    }


def _head(metadata: Any) -> Found:
    return {
        "provider": "aws.bedrock",
        "operation": "chat",
        "response_id": word(metadata, "RequestId"),
    }


def _tokens(usage: Any) -> Found:
    """Converse's input leaves the cache out; the convention has it in."""
    plain = count(usage, "inputTokens")
    reads = count(usage, "cacheReadInputTokens", "cacheReadInputTokenCount")
    writes = count(usage, "cacheWriteInputTokens", "cacheWriteInputTokenCount")
    hours = [
        count(part, "inputTokens")
        for part in items(get(usage, "cacheDetails"))
        if get(part, "ttl") == "1h"
    ]
    return {
        "input_tokens": None if plain is None else total(plain, reads, writes),
        "output_tokens": count(usage, "outputTokens"),
        "cache_read_tokens": reads,
        "cache_write_tokens": writes,
        "cache_write_1h_tokens": total(*hours),
    }


def read_body(body: Any) -> Found | None:
    """The fields of an InvokeModel body that only Bedrock has (Titan, Llama, Mistral); None if it is none.

    Bodies of Anthropic, Cohere, Mistral and Nova models have their makers' or Converse's shape.
    """
    found: Found = {"provider": "aws.bedrock"}
    if get(body, "inputTextTokenCount") is not None:
        found["input_tokens"] = count(body, "inputTextTokenCount")
        return found | _titan(items(get(body, "results")))
    if get(body, "generation") is not None:
        return found | {
            "operation": "text_completion",
            "input_tokens": count(body, "prompt_token_count"),
            "output_tokens": count(body, "generation_token_count"),
            "finish_reason": word(body, "stop_reason"),
            "response_length": length(get(body, "generation")),
        }
    outputs = items(get(body, "outputs"))
    if outputs and get(outputs[0], "text") is not None:
        return found | _mistral(outputs)
    return None


def _mistral(outputs: Any) -> Found:
    """Mistral's text completion, whose tokens stand in the headers alone."""
    return {
        "operation": "text_completion",
        "finish_reason": word(outputs[0], "stop_reason"),
        "response_length": sum(length(get(output, "text")) for output in outputs),
    }


def _titan(results: Any) -> Found:
    if not results:
        return {"operation": "embeddings"}
    counts = [count(result, "tokenCount") for result in results]
    return {
        "operation": "text_completion",
        "output_tokens": None if None in counts else total(*counts),
        "finish_reason": word(results[0], "completionReason"),
        "response_length": sum(length(get(result, "outputText")) for result in results),
    }


def read_headers(header: Any) -> Found:
    """The counts that Bedrock puts beside an InvokeModel body; `header` looks a header up."""

    def told(name: str) -> int | None:
        value = header(_HEADER.format(name))
        return int(value) if value and value.isdecimal() else None

    plain, reads = told("input"), told("cache-read-input")
    writes = told("cache-write-input")
    found = {
        "input_tokens": None if plain is None else total(plain, reads, writes),
        "output_tokens": told("output"),
        "cache_read_tokens": reads,
        "cache_write_tokens": writes,
    }
    return {"provider": "aws.bedrock", **found} if total(*found.values()) is not None else {}


def add(tally: Tally, event: Any) -> bool | None:
    """Take an event of a Converse stream; true if it carries content, None if it is none."""
    for name in _EVENTS:
        told = get(event, name)
        if told is not None:
            return _event(tally, name, told)
    return None


def _event(tally: Tally, name: str, told: Any) -> bool:
    if name == "contentBlockDelta":
        delta = get(told, "delta")
        tally.length += length(get(delta, "text"))
        return bool(delta)
    if name == "contentBlockStart":
        calls = get(get(told, "start"), "toolUse") is not None
        tally.calls += calls
        return calls
    tally.take({"provider": "aws.bedrock", "operation": "chat"})
    tally.take({"finish_reason": word(told, "stopReason"), **_tokens(get(told, "usage"))})
    return False
