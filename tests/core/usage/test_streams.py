"""What the chunks of a stream tell, for every family, from chunks made by hand."""

import base64
import json
from types import SimpleNamespace
from typing import Any

import pytest

from pytest_llm_telemetry.core.usage import StreamUsage
from pytest_llm_telemetry.core.usage.tally import Tally


def told(*chunks: Any) -> tuple[int | None, dict[str, Any]]:
    """The place of the first chunk with content, and what the stream told."""
    stream = StreamUsage()
    marks = [place for place, chunk in enumerate(chunks) if stream.add(chunk)]
    assert len(marks) <= 1
    return (marks[0] if marks else None), dict(stream.result())


def delta(**fields: Any) -> dict[str, Any]:
    return {"id": "c1", "model": "gpt-4o", "choices": [{"index": 0, "delta": fields}]}


def test_openai_tells_usage_in_its_last_chunk() -> None:
    """The role comes first and is no content; text is counted, and usage has the last word."""
    end = {"model": "gpt-4o", "choices": [{"delta": {}, "finish_reason": "stop"}]}
    last = {"choices": [], "usage": {"prompt_tokens": 10, "completion_tokens": 2}}
    first, found = told(delta(role="assistant", content=""), delta(content="Hel"),
                        delta(content="lo"), end, last)  # fmt: skip
    assert first == 1
    assert found == {
        "streaming": True,
        "provider": "openai",
        "operation": "chat",
        "model": "gpt-4o",
        "response_id": "c1",
        "finish_reason": "stop",
        "response_length": 5,
        "tool_calls": 0,
        "input_tokens": 10,
        "output_tokens": 2,
    }


def test_a_stream_without_usage_has_none() -> None:
    """The counts are absent, not 0."""
    _, found = told(delta(content="Hello"))
    assert not [name for name in found if name.endswith("_tokens")]


def test_azures_first_chunk_has_no_model() -> None:
    """The model is taken from the first chunk that names it."""
    filters = {"model": "", "choices": [], "prompt_filter_results": []}
    named = {
        "model": "gpt-4o",
        "choices": [{"delta": {"content": "x"}, "content_filter_results": {}}],
    }
    _, found = told(filters, named)
    assert (found["model"], found["provider"]) == ("gpt-4o", "azure.ai.openai")


def test_groq_tells_usage_beside_its_last_chunk() -> None:
    """In `x_groq`, where the chunk itself has none."""
    _, found = told(delta(content="x"), {"choices": [], "x_groq": {"usage": {"prompt_tokens": 4}}})
    assert found["input_tokens"] == 4


def test_tool_calls_are_counted_once() -> None:
    """By their place and, where one place has several, by their id."""
    calls = [
        delta(tool_calls=[{"index": 0, "id": "a"}]),
        delta(tool_calls=[{"index": 0, "function": {"arguments": "{}"}}]),
        delta(tool_calls=[{"index": 1, "id": "b"}]),
        delta(tool_calls=[{"id": "c"}]),
        delta(tool_calls=[{"index": 0, "id": "d"}]),
    ]
    first, found = told(*calls)
    assert (first, found["tool_calls"]) == (0, 4)
    first, found = told(delta(function_call={"name": "f"}), delta(function_call={"arguments": "1"}))
    assert (first, found["tool_calls"]) == (0, 1)


def test_thoughts_are_content_and_no_text() -> None:
    """The first thought stops the clock; it is not counted as an answer."""
    first, found = told(delta(role="assistant"), delta(reasoning_content="hm"), delta(content="x"))
    assert (first, found["response_length"]) == (1, 1)


def test_mistrals_chunks_are_wrapped_and_have_parts() -> None:
    """`data` holds the chunk, and content may be a list of parts."""
    parts = [{"type": "text", "text": "Hello"}]
    chunk = SimpleNamespace(
        data=SimpleNamespace(model="m", choices=[{"delta": {"content": parts}}])
    )
    assert told(chunk, chunk)[1]["response_length"] == 10


def test_a_legacy_completion_streams_text() -> None:
    """`text` in place of a delta."""
    assert told({"choices": [{"text": "Hello"}]})[1]["response_length"] == 5


def test_responses_tell_everything_at_their_end() -> None:
    """Deltas stamp the first content; the completed response has the last word."""
    start = {
        "type": "response.created",
        "response": {"object": "response", "status": "in_progress"},
    }
    item = {"type": "response.output_item.added", "item": {"type": "message"}}
    text = {"type": "response.output_text.delta", "delta": "Hello"}
    refusal = {"type": "response.refusal.delta", "delta": ""}
    call = {"type": "response.output_item.added", "item": {"type": "function_call"}}
    end = {
        "type": "response.completed",
        "response": {
            "object": "response",
            "model": "gpt-5",
            "status": "completed",
            "output": [{"type": "message", "content": [{"text": "Hello"}]}],
            "usage": {"input_tokens": 3, "output_tokens": 2},
        },
    }
    first, found = told(start, item, refusal, text, call)
    assert first == 3
    assert (found["response_length"], found["tool_calls"]) == (5, 1)
    first, found = told(start, call, text, end)
    assert first == 1
    assert (found["finish_reason"], found["input_tokens"], found["response_length"]) == (
        "completed",
        3,
        5,
    )


def test_anthropics_usage_is_cumulative() -> None:
    """`message_delta` replaces what `message_start` said; cache counts stay."""
    events = [
        {
            "type": "message_start",
            "message": {
                "id": "msg_1",
                "model": "claude-sonnet-4-5",
                "usage": {"input_tokens": 10, "cache_read_input_tokens": 5, "output_tokens": 1},
            },
        },
        {"type": "ping"},
        {"type": "content_block_start", "content_block": {"type": "text", "text": ""}},
        {"type": "content_block_delta", "delta": {"type": "text_delta", "text": "Hello"}},
        {"type": "content_block_stop"},
        {"type": "content_block_start", "content_block": {"type": "tool_use"}},
        {
            "type": "message_delta",
            "delta": {"stop_reason": "tool_use"},
            "usage": {"output_tokens": 9},
        },
        {"type": "message_stop"},
    ]
    first, found = told(*events)
    assert first == 3
    assert (found["input_tokens"], found["output_tokens"], found["tool_calls"]) == (15, 9, 1)
    assert (found["finish_reason"], found["model"]) == ("tool_use", "claude-sonnet-4-5")


def test_geminis_usage_is_cumulative_in_each_chunk() -> None:
    """The last word counts, never a sum."""

    def chunk(text: str, output: int, **more: Any) -> dict[str, Any]:
        parts = [{"text": text}] if text else [{"function_call": {"name": "f"}}]
        usage = {"prompt_token_count": 10, "candidates_token_count": output}
        return {"candidates": [{"content": {"parts": parts}, **more}], "usage_metadata": usage}

    first, found = told(chunk("Hel", 1), chunk("lo", 2), chunk("", 4, finish_reason="STOP"))
    assert (first, found["output_tokens"], found["response_length"]) == (0, 4, 5)
    assert (found["tool_calls"], found["finish_reason"]) == (1, "STOP")


def test_converse_streams_events_by_name() -> None:
    """Text, tool use, stop reason and usage, each in its own event."""
    first, found = told(
        {"messageStart": {"role": "assistant"}},
        {"contentBlockDelta": {"delta": {"text": "Hello"}}},
        {"contentBlockStart": {"start": {"toolUse": {"name": "f"}}}},
        {"contentBlockStop": {}},
        {"messageStop": {"stopReason": "tool_use"}},
        {"metadata": {"usage": {"inputTokens": 3, "outputTokens": 2}}},
    )
    assert first == 1
    assert (found["input_tokens"], found["finish_reason"], found["tool_calls"]) == (
        3,
        "tool_use",
        1,
    )
    assert found["provider"] == "aws.bedrock"


def test_invoke_model_streams_bytes() -> None:
    """The bytes hold the maker's own events, and Bedrock's count in the last."""

    def chunk(body: dict[str, Any]) -> dict[str, Any]:
        return {"chunk": {"bytes": json.dumps(body).encode()}}

    metrics = {"amazon-bedrock-invocationMetrics": {"inputTokenCount": 3, "outputTokenCount": 2}}
    text = {"type": "content_block_delta", "delta": {"text": "Hello"}}
    first, found = told(chunk(text), chunk({"type": "message_stop", **metrics}))
    assert (first, found["input_tokens"], found["response_length"]) == (0, 3, 5)
    start = {"type": "message_start", "message": {"usage": {"input_tokens": 9}}}
    assert told(chunk(start), chunk({"type": "message_stop", **metrics}))[1]["input_tokens"] == 9
    assert told({"chunk": {"bytes": base64.b64encode(b"\x00")}})[1] == {"streaming": True}


def test_cohere_version_2_streams_events() -> None:
    """Text, thoughts and plans are content; usage comes with the end."""
    first, found = told(
        {"type": "message-start", "id": "c1"},
        {"type": "content-start"},
        {"type": "content-delta", "delta": {"message": {"content": {"text": "Hello"}}}},
        {"type": "tool-plan-delta"},
        {"type": "tool-call-start"},
        {"type": "tool-call-delta"},
        {
            "type": "message-end",
            "delta": {"finish_reason": "COMPLETE", "usage": {"tokens": {"input_tokens": 3}}},
        },
    )
    assert first == 2
    assert (found["input_tokens"], found["tool_calls"], found["response_id"]) == (3, 1, "c1")
    assert found["finish_reason"] == "COMPLETE"


def test_cohere_version_1_streams_events() -> None:
    """The end holds the whole response."""
    response = {"generation_id": "g", "text": "Hello", "meta": {"tokens": {"input_tokens": 3}}}
    first, found = told(
        {"event_type": "stream-start"},
        {"event_type": "text-generation", "text": "Hello"},
        {"event_type": "stream-end", "finish_reason": "COMPLETE", "response": response},
    )
    assert (first, found["input_tokens"], found["response_length"]) == (1, 3, 5)
    assert found["finish_reason"] == "COMPLETE"
    assert "input_tokens" not in told({"event_type": "stream-end", "response": {}})[1]


def test_ollama_counts_in_its_last_chunk() -> None:
    """Thoughts and tool calls are content as well."""
    first, found = told(
        {"model": "m", "done": False, "message": {"content": "", "thinking": "hm"}},
        {"model": "m", "done": False, "message": {"content": "Hello"}},
        {"model": "m", "done": False, "message": {"content": "", "tool_calls": [{}]}},
        {"model": "m", "done": True, "done_reason": "stop", "message": {}, "eval_count": 5},
    )
    assert (first, found["output_tokens"], found["response_length"]) == (0, 5, 5)
    assert (found["tool_calls"], found["model"]) == (1, "m")
    assert told({"done": "no"})[1] == {"streaming": True}


def test_langchains_chunks_are_added_up() -> None:
    """They are made for it: here, and only here, counts are summed."""

    def chunk(text: str, tokens: int, **more: Any) -> SimpleNamespace:
        usage = {"input_tokens": tokens, "output_tokens": 1}
        return SimpleNamespace(content=text, response_metadata={}, usage_metadata=usage, **more)

    first, found = told(
        chunk("", 10),
        chunk("Hello", 0),
        chunk("", 0, tool_call_chunks=[{"index": 0, "id": "a"}, {"id": "b"}]),
    )
    assert (first, found["input_tokens"], found["output_tokens"]) == (1, 10, 3)
    assert (found["response_length"], found["tool_calls"]) == (5, 2)


def test_texts_are_counted_and_nothing_else_is_known() -> None:
    """A generator of strings tells its length alone; one without a string not even that."""
    assert told("", "Hel", "lo") == (1, {"streaming": True, "response_length": 5})
    assert told() == (None, {"streaming": True})
    assert told(3, None, object()) == (None, {"streaming": True})


def test_a_chunk_that_raises_is_passed_over() -> None:
    """Whatever a chunk does when it is looked at, the stream goes on."""

    class Hostile(dict[str, Any]):
        def get(self, *_: object) -> Any:
            raise RuntimeError

    assert told(Hostile(), "Hello")[1]["response_length"] == 5


def test_an_error_in_mid_stream_is_told() -> None:
    """A chunk with choices and an error, as OpenRouter sends it, tells both."""
    broken = {
        "choices": [{"delta": {}, "finish_reason": "error"}],
        "error": {"code": 502, "message": "m"},
    }
    _, found = told(delta(content="Hel"), broken)
    assert (found["error_type"], found["status_code"], found["finish_reason"]) == (
        "502",
        502,
        "error",
    )


@pytest.mark.parametrize("calls", [10, 10_000])
def test_ever_new_tool_calls_do_not_fill_the_memory(calls: int) -> None:
    """Their ids are kept up to a bound."""
    tally = Tally()
    for number in range(calls):
        tally.call(number, None)
        tally.call(number, None)
    assert len(tally._calls) <= 4096
    assert tally.calls >= calls


def gemini(*parts: dict[str, Any], usage: dict[str, int] | None = None) -> dict[str, Any]:
    chunk: dict[str, Any] = {"candidates": [{"content": {"parts": list(parts)}}]}
    return chunk if usage is None else {**chunk, "usageMetadata": usage}


def test_geminis_counts_are_read_once_and_each_by_its_last_word() -> None:
    """Every chunk repeats what was counted so far; one that tells a part of it replaces that part."""
    usage = StreamUsage()
    prompt = {"promptTokenCount": 10, "candidatesTokenCount": 1}
    told = [
        {**gemini(), "modelVersion": "gemini-2.5-pro"},
        gemini({"text": "hmm", "thought": True}, usage={**prompt, "thoughtsTokenCount": 4}),
        gemini({"text": "Par"}, usage={**prompt, "candidatesTokenCount": 2}),
        gemini({"text": "is"}),
        gemini({"inlineData": {}}, usage={"thoughtsTokenCount": 5}),
        gemini(usage={"candidatesTokenCount": 3}),
    ]
    assert [usage.add(chunk) for chunk in told] == [False, True, False, False, False, False]
    found = usage.result()
    assert (found["input_tokens"], found["output_tokens"]) == (10, 8)
    assert (found["model"], found["reasoning_tokens"]) == ("gemini-2.5-pro", 5)
    assert found["response_length"] == 5


def test_the_first_of_several_candidates_tells_why_it_ended() -> None:
    """Texts of all candidates count, the finish reason is the first's."""
    usage = StreamUsage()
    first = {"content": {"parts": [{"text": "a"}]}, "finishReason": "STOP"}
    second = {"content": {"parts": [{"text": "b"}]}, "finishReason": "MAX_TOKENS"}
    usage.add({"candidates": [first, second]})
    assert usage.result()["finish_reason"] == "STOP"
    assert usage.result()["response_length"] == 2
