"""Chat completions, legacy completions and embeddings: OpenAI, and every server that speaks it.

Azure, Mistral, Groq, OpenRouter, xAI, DeepSeek, Together, vLLM, LiteLLM and others differ in where
they tell cache and reasoning tokens; what none tells stays unknown.
"""

from __future__ import annotations

from pytest_llm_telemetry.core.usage import providers
from pytest_llm_telemetry.core.usage.looking import count, get, items, kind, length, total, word

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from pytest_llm_telemetry.core.usage.fields import Found
    from pytest_llm_telemetry.core.usage.tally import Tally

_NO_TEXT = ("reasoning_content", "reasoning", "refusal")
_LEGACY = "text_completion"


def read(response: Any) -> Found | None:
    """The fields of a completion; None if it is none."""
    choices = get(response, "choices")
    if not isinstance(choices, (list, tuple)):
        return None
    first = choices[0] if choices else None
    model = word(response, "model")
    messages = [get(choice, "message") for choice in choices]
    texts = (_text(get(message, "content")) for message in messages)
    return {
        "provider": providers.of_chat(response, first, model),
        "operation": _operation(response, first),
        "model": model,
        "response_id": word(response, "id"),
        "finish_reason": word(first, "finish_reason", "stop_reason"),  # the latter on Bedrock
        "response_length": sum(texts) + sum(length(get(choice, "text")) for choice in choices),
        "tool_calls": sum(_calls(message) for message in messages),
        "service_tier": word(response, "service_tier"),
        **tokens(get(response, "usage")),
    }


def _operation(response: Any, choice: Any) -> str:
    legacy = get(response, "object") == _LEGACY or word(choice, "text") is not None
    return _LEGACY if legacy else "chat"


def read_embeddings(response: Any) -> Found | None:
    """The fields of a list of embeddings; None if it is none."""
    data = items(get(response, "data"))
    if not data or get(data[0], "embedding") is None:
        return None
    model = word(response, "model")
    return {
        "provider": providers.of_model(response, model),
        "operation": "embeddings",
        "model": model,
        "response_id": word(response, "id"),
        "input_tokens": count(get(response, "usage"), "prompt_tokens", "total_tokens"),
        "response_length": 0,
        "tool_calls": 0,
    }


def tokens(usage: Any) -> Found:
    """The token counts of a `usage` object; input and output are as the convention wants them."""
    prompt, completion = (
        get(usage, "prompt_tokens_details"),
        get(usage, "completion_tokens_details"),
    )
    reasoning = _first(count(completion, "reasoning_tokens"), count(usage, "reasoning_tokens"))
    reads = ("prompt_cache_hit_tokens", "num_cached_tokens", "cached_tokens",
             "cache_read_input_tokens")  # fmt: skip
    return {
        "input_tokens": count(usage, "prompt_tokens"),
        "output_tokens": _output(usage, reasoning),
        "cache_read_tokens": _first(count(prompt, "cached_tokens"), count(usage, *reads)),
        "cache_write_tokens": _first(
            count(prompt, "cache_write_tokens", "cache_creation_tokens"),
            count(usage, "cache_creation_input_tokens"),
        ),
        "reasoning_tokens": reasoning,
        "other_tokens": total(count(prompt, "audio_tokens"), count(completion, "audio_tokens"))
        or None,
    }


def _first(one: int | None, other: int | None) -> int | None:
    return other if one is None else one


def _output(usage: Any, reasoning: int | None) -> int | None:
    """Output includes reasoning: xAI leaves it out of the completion, which its total tells."""
    output, prompt = count(usage, "completion_tokens"), count(usage, "prompt_tokens")
    if output is None or prompt is None or not reasoning:
        return output
    apart = count(usage, "total_tokens") == prompt + output + reasoning
    return output + reasoning if apart else output


def _text(content: Any) -> int:
    """Characters of a message's text: a string, or Mistral's list of text and thinking parts."""
    if isinstance(content, str):
        return len(content)
    return sum(length(get(part, "text")) for part in items(content) if kind(part) != "thinking")


def _calls(message: Any) -> int:
    legacy = get(message, "function_call") is not None
    return len(items(get(message, "tool_calls"))) or int(legacy)


def add(tally: Tally, chunk: Any) -> bool | None:
    """Take a chunk of a completion; true if it carries content, None if it is none."""
    choices = get(chunk, "choices")
    if not isinstance(choices, (list, tuple)):
        return None
    if not tally.model:
        _head(tally, chunk, choices)
    usage = get(chunk, "usage")
    if usage is None:
        usage = _usage_elsewhere(chunk, choices[0] if choices else None)
    if usage is not None:
        tally.take(tokens(usage))
    content = False
    for choice in choices:
        content = _choice(tally, choice) or content
    return content


def _usage_elsewhere(chunk: Any, choice: Any) -> Any:
    """Groq tells usage beside its last choice, Moonshot inside of it."""
    if choice is not None and get(choice, "finish_reason") is None:
        return None
    beside = get(get(chunk, "x_groq"), "usage")
    return get(choice, "usage") if beside is None else beside


def _head(tally: Tally, chunk: Any, choices: Any) -> None:
    """Who answers, until the model is known: Azure's first chunk has none."""
    tally.model = word(chunk, "model")
    first = choices[0] if choices else None
    tally.take(
        {
            "provider": providers.of_chat(chunk, first, tally.model),
            "operation": _operation(chunk, first),
            "response_id": word(chunk, "id"),
        }
    )


def _choice(tally: Tally, choice: Any) -> bool:
    reason = get(choice, "finish_reason")
    if reason is not None:
        tally.take({"finish_reason": word(choice, "finish_reason")})
    delta = get(choice, "delta")
    content = get(delta, "content") if delta is not None else get(choice, "text")
    if type(content) is str and content:
        tally.length += len(content)
        return True
    if content:
        tally.length += _text(content)
        return True
    return _other_content(tally, choice, delta)


def _other_content(tally: Tally, choice: Any, delta: Any) -> bool:
    calls = items(get(delta, "tool_calls"))
    for place, call in enumerate(calls):
        index = count(call, "index")
        tally.call((get(choice, "index"), place if index is None else index), word(call, "id"))
    if get(delta, "function_call") is not None:
        tally.call("function_call", None)
        return True
    return bool(calls) or (not tally.begun and _is_begun(delta))


def _is_begun(delta: Any) -> bool:
    """Whether it carries what is content and no text: a thought, a refusal, sound."""
    return word(delta, *_NO_TEXT) is not None or get(delta, "audio") is not None
