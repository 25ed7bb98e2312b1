"""Shapes that real traffic may hold beside the ones that were recorded, made by hand."""

from typing import Any

import pytest

from pytest_llm_telemetry.core.usage import StreamUsage, read

END = {"index": 0, "delta": {}, "finish_reason": "stop"}
USAGE = {"prompt_tokens": 5, "completion_tokens": 2}


def streamed(*chunks: Any) -> tuple[int, dict[str, Any]]:
    """The place of the first chunk with content (-1 for none), and all that was told."""
    usage = StreamUsage()
    firsts = [usage.add(chunk) for chunk in chunks]
    return firsts.index(True) if True in firsts else -1, {**usage.result()}


def delta(**fields: Any) -> dict[str, Any]:
    return {"choices": [{"index": 0, "delta": fields, "finish_reason": None}]}


@pytest.mark.parametrize(
    "last",
    [
        {"choices": [END], "x_groq": {"usage": USAGE}},  # Groq without include_usage
        {"choices": [{**END, "usage": USAGE}]},  # Moonshot
        {"choices": [END], "usage": USAGE},  # DeepSeek
        {"choices": [], "usage": USAGE},  # OpenAI
    ],
)
def test_the_last_chunk_has_several_places_for_usage(last: dict[str, Any]) -> None:
    """Wherever a server puts it, it is found; a chunk before it has none to be found."""
    _, found = streamed(delta(content="Paris"), last)
    assert (found["input_tokens"], found["output_tokens"]) == (5, 2)
    _, found = streamed(delta(content="Paris"), {"choices": [END]})
    assert "input_tokens" not in found


@pytest.mark.parametrize(
    "content", [{"refusal": "No."}, {"audio": {"data": "AA=="}}, {"reasoning": "hm"}]
)
def test_what_is_no_text_begins_an_answer_too(content: dict[str, Any]) -> None:
    """A refusal, sound and a thought are the first content, and no characters of text."""
    first, found = streamed(delta(role="assistant", content=""), delta(**content))
    assert (first, found["response_length"]) == (1, 0)


def test_a_legacy_completion_is_one_in_a_stream_as_well() -> None:
    """Its operation is told by `object`, or by the text."""
    whole = {"object": "text_completion", "choices": [{"text": "", "finish_reason": "stop"}]}
    assert read(whole)["operation"] == "text_completion"
    _, found = streamed({"object": "text_completion", "choices": [{"text": "Paris"}]})
    assert found["operation"] == "text_completion"


def test_azure_is_told_by_the_filter_of_the_prompt() -> None:
    """A deployment without a content filter on its answers still filters prompts."""
    response = {"choices": [], "model": "gpt-4o", "prompt_filter_results": [{"prompt_index": 0}]}
    assert read(response)["provider"] == "azure.ai.openai"


def test_an_embedding_that_counts_in_total_was_all_input() -> None:
    """Voyage tells `total_tokens` alone."""
    response = {"data": [{"embedding": [0.5]}], "model": "voyage-3", "usage": {"total_tokens": 7}}
    assert read(response)["input_tokens"] == 7


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (  # DeepSeek on Bedrock
            {"choices": [{"text": "Paris", "stop_reason": "stop"}]},
            {"operation": "text_completion", "finish_reason": "stop", "response_length": 5},
        ),
        (  # Mistral on Bedrock
            {"outputs": [{"text": "Paris", "stop_reason": "length"}]},
            {"operation": "text_completion", "finish_reason": "length", "response_length": 5},
        ),
        ({"outputs": ["mine"]}, {"operation": None}),
    ],
)
def test_bodies_of_invoke_model_are_read_by_their_makers(
    body: dict[str, Any], expected: dict[str, Any]
) -> None:
    """The models of one door write as their makers do."""
    told = read(body)
    assert {name: told.get(name) for name in expected} == expected


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ({"error": "model not found"}, {"error_type": "error"}),  # Ollama
        ({"code": "invalid argument", "error": "no such model"},
         {"error_type": "invalid argument"}),  # xAI
        ({"error": "busy", "error_type": "overloaded", "status_code": 503},
         {"error_type": "overloaded", "status_code": 503}),  # Hugging Face
        ({"error": "small", "answer": "Paris"}, {}),  # a handler's own
        ({"error": ValueError("its own"), "answer": "Paris"}, {}),
    ],
)  # fmt: skip
def test_an_error_that_is_a_text_counts_beside_what_errors_have(
    body: dict[str, Any], expected: dict[str, Any]
) -> None:
    """A server's short error is one, a handler's own answer with an `error` in it is none."""
    assert read(body) == expected


def test_a_response_that_failed_in_its_stream_says_so() -> None:
    """The Responses API ends a failed stream with an event, which the SDK does not raise."""
    failed = {"object": "response", "status": "failed", "error": {"code": "server_error"}}
    _, found = streamed(
        {"type": "response.created", "response": {"object": "response", "id": "r"}},
        {"type": "response.failed", "response": failed},
    )
    assert (found["finish_reason"], found["error_type"]) == ("failed", "server_error")
