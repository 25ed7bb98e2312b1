"""What a whole response tells, for every family of shapes, from JSON made by hand."""

import enum
from types import SimpleNamespace
from typing import Any, NamedTuple

import pytest

from pytest_llm_telemetry.core import usage
from pytest_llm_telemetry.core.usage import fields, read

CHAT = {
    "id": "chatcmpl-1",
    "model": "gpt-4o-mini-2024-07-18",
    "choices": [
        {
            "finish_reason": "stop",
            "message": {"role": "assistant", "content": "Paris", "tool_calls": [{"id": "c1"}]},
        }
    ],
    "usage": {
        "prompt_tokens": 20,
        "completion_tokens": 9,
        "total_tokens": 29,
        "prompt_tokens_details": {"cached_tokens": 8},
        "completion_tokens_details": {"reasoning_tokens": 4},
    },
}
ANTHROPIC = {
    "id": "msg_01",
    "type": "message",
    "model": "claude-sonnet-4-5",
    "stop_reason": "tool_use",
    "content": [
        {"type": "thinking", "thinking": "hm"},
        {"type": "text", "text": "Hello"},
        {"type": "tool_use", "id": "t1"},
    ],
    "usage": {
        "input_tokens": 10,
        "cache_read_input_tokens": 100,
        "cache_creation_input_tokens": 1000,
        "cache_creation": {"ephemeral_1h_input_tokens": 400},
        "output_tokens": 7,
        "service_tier": "standard",
    },
}
GEMINI = {
    "responseId": "r1",
    "modelVersion": "gemini-2.5-flash",
    "candidates": [
        {
            "finishReason": "STOP",
            "content": {
                "parts": [
                    {"text": "hm", "thought": True},
                    {"text": "Hello"},
                    {"functionCall": {"name": "f"}},
                ]
            },
        }
    ],
    "usageMetadata": {
        "promptTokenCount": 10,
        "candidatesTokenCount": 5,
        "thoughtsTokenCount": 3,
        "cachedContentTokenCount": 4,
        "toolUsePromptTokenCount": 2,
        "totalTokenCount": 20,
    },
}
CONVERSE = {
    "ResponseMetadata": {"RequestId": "q1"},
    "output": {"message": {"content": [{"text": "Hello"}, {"toolUse": {"name": "f"}}]}},
    "stopReason": "end_turn",
    "usage": {
        "inputTokens": 10,
        "outputTokens": 5,
        "cacheReadInputTokens": 100,
        "cacheWriteInputTokens": 1000,
        "cacheDetails": [
            {"ttl": "5m", "inputTokens": 600},
            {"ttl": "1h", "inputTokens": 400},
        ],
    },
}
COHERE_V2 = {
    "id": "c1",
    "finish_reason": "COMPLETE",
    "message": {
        "content": [{"type": "text", "text": "Hello"}, {"type": "thinking", "thinking": "hm"}],
        "tool_calls": [],
    },
    "usage": {
        "tokens": {"input_tokens": 200.0, "output_tokens": 5.0},
        "billed_units": {"input_tokens": 10, "output_tokens": 5},
    },
}
OLLAMA = {
    "model": "llama3.2",
    "done": True,
    "done_reason": "stop",
    "message": {"content": "Hello", "tool_calls": [{"function": {}}]},
    "prompt_eval_count": 10,
    "eval_count": 5,
}
RESPONSES = {
    "object": "response",
    "id": "resp_1",
    "status": "completed",
    "model": "gpt-5",
    "service_tier": "flex",
    "output": [
        {"type": "reasoning"},
        {"type": "message", "content": [{"type": "output_text", "text": "Hello"}]},
        {"type": "function_call", "name": "f"},
        {"type": "web_search_call"},
    ],
    "usage": {
        "input_tokens": 10,
        "output_tokens": 5,
        "input_tokens_details": {"cached_tokens": 4},
        "output_tokens_details": {"reasoning_tokens": 3},
    },
}
LANGCHAIN = {
    "content": "Hello",
    "id": "run-1",
    "tool_calls": [{"name": "f"}],
    "response_metadata": {"model_name": "gpt-4o", "finish_reason": "stop"},
    "usage_metadata": {
        "input_tokens": 10,
        "output_tokens": 5,
        "input_token_details": {"cache_read": 4, "cache_creation": 1},
        "output_token_details": {"reasoning": 3},
    },
}
PYDANTIC_AI = {
    "parts": [
        {"part_kind": "text", "content": "Hello"},
        {"part_kind": "tool-call", "tool_name": "f"},
    ],
    "model_name": "gpt-4o",
    "provider_name": "openai",
    "provider_response_id": "p1",
    "finish_reason": "stop",
    "usage": {
        "input_tokens": 10,
        "output_tokens": 5,
        "cache_read_tokens": 0,
        "details": {"reasoning_tokens": 3},
    },
}

CASES: dict[str, tuple[Any, dict[str, Any]]] = {
    "openai_chat": (
        CHAT,
        {
            "provider": "openai",
            "operation": "chat",
            "model": "gpt-4o-mini-2024-07-18",
            "response_id": "chatcmpl-1",
            "finish_reason": "stop",
            "response_length": 5,
            "tool_calls": 1,
            "input_tokens": 20,
            "output_tokens": 9,
            "cache_read_tokens": 8,
            "reasoning_tokens": 4,
        },
    ),
    "anthropic": (
        ANTHROPIC,
        {
            "provider": "anthropic",
            "operation": "chat",
            "model": "claude-sonnet-4-5",
            "response_id": "msg_01",
            "finish_reason": "tool_use",
            "response_length": 5,
            "tool_calls": 1,
            "input_tokens": 1110,
            "output_tokens": 7,
            "cache_read_tokens": 100,
            "cache_write_tokens": 1000,
            "cache_write_1h_tokens": 400,
            "service_tier": "standard",
        },
    ),
    "gemini": (
        GEMINI,
        {
            "provider": "gcp.gemini",
            "operation": "generate_content",
            "model": "gemini-2.5-flash",
            "response_id": "r1",
            "finish_reason": "STOP",
            "response_length": 5,
            "tool_calls": 1,
            "input_tokens": 12,
            "output_tokens": 8,
            "cache_read_tokens": 4,
            "reasoning_tokens": 3,
        },
    ),
    "bedrock_converse": (
        CONVERSE,
        {
            "provider": "aws.bedrock",
            "operation": "chat",
            "response_id": "q1",
            "finish_reason": "end_turn",
            "response_length": 5,
            "tool_calls": 1,
            "input_tokens": 1110,
            "output_tokens": 5,
            "cache_read_tokens": 100,
            "cache_write_tokens": 1000,
            "cache_write_1h_tokens": 400,
        },
    ),
    "bedrock_titan": (
        {
            "inputTextTokenCount": 10,
            "results": [
                {"tokenCount": 3, "outputText": "Hel", "completionReason": "FINISH"},
                {"tokenCount": 2, "outputText": "lo"},
            ],
        },
        {
            "provider": "aws.bedrock",
            "operation": "text_completion",
            "finish_reason": "FINISH",
            "response_length": 5,
            "input_tokens": 10,
            "output_tokens": 5,
        },
    ),
    "bedrock_titan_part_unknown": (
        {"inputTextTokenCount": 10, "results": [{"tokenCount": 3}, {"outputText": "lo"}]},
        {
            "provider": "aws.bedrock",
            "operation": "text_completion",
            "response_length": 2,
            "input_tokens": 10,
        },
    ),
    "bedrock_titan_embeddings": (
        {"inputTextTokenCount": 10, "embedding": [0.1]},
        {"provider": "aws.bedrock", "operation": "embeddings", "input_tokens": 10},
    ),
    "bedrock_llama": (
        {
            "generation": "Hello",
            "prompt_token_count": 10,
            "generation_token_count": 5,
            "stop_reason": "stop",
        },
        {
            "provider": "aws.bedrock",
            "operation": "text_completion",
            "finish_reason": "stop",
            "response_length": 5,
            "input_tokens": 10,
            "output_tokens": 5,
        },
    ),
    "cohere_v2": (
        COHERE_V2,
        {
            "provider": "cohere",
            "operation": "chat",
            "response_id": "c1",
            "finish_reason": "COMPLETE",
            "response_length": 5,
            "tool_calls": 0,
            "input_tokens": 200,
            "output_tokens": 5,
            "billed_input_tokens": 10,
            "billed_output_tokens": 5,
        },
    ),
    "cohere_v1": (
        {
            "generation_id": "g1",
            "response_id": "c1",
            "text": "Hello",
            "finish_reason": "COMPLETE",
            "meta": {"tokens": {"input_tokens": 10, "output_tokens": 5}},
        },
        {
            "provider": "cohere",
            "operation": "chat",
            "response_id": "c1",
            "finish_reason": "COMPLETE",
            "response_length": 5,
            "tool_calls": 0,
            "input_tokens": 10,
            "output_tokens": 5,
        },
    ),
    "cohere_embeddings": (
        {"id": "e1", "embeddings": [[0.1]], "meta": {"billed_units": {"input_tokens": 3}}},
        {
            "provider": "cohere",
            "operation": "embeddings",
            "response_id": "e1",
            "input_tokens": 3,
        },
    ),
    "ollama_chat": (
        OLLAMA,
        {
            "provider": "ollama",
            "operation": "chat",
            "model": "llama3.2",
            "finish_reason": "stop",
            "response_length": 5,
            "tool_calls": 1,
            "input_tokens": 10,
            "output_tokens": 5,
        },
    ),
    "ollama_generate_from_cache": (
        {"model": "m", "done": True, "response": "Hello", "eval_count": 5},
        {
            "provider": "ollama",
            "operation": "text_completion",
            "model": "m",
            "response_length": 5,
            "tool_calls": 0,
            "output_tokens": 5,
        },
    ),
    "ollama_embed": (
        {"model": "m", "embeddings": [[0.1]], "total_duration": 9, "prompt_eval_count": 3},
        {"provider": "ollama", "operation": "embeddings", "model": "m", "input_tokens": 3},
    ),
    "openai_responses": (
        RESPONSES,
        {
            "provider": "openai",
            "operation": "chat",
            "model": "gpt-5",
            "response_id": "resp_1",
            "finish_reason": "completed",
            "response_length": 5,
            "tool_calls": 1,
            "service_tier": "flex",
            "input_tokens": 10,
            "output_tokens": 5,
            "cache_read_tokens": 4,
            "reasoning_tokens": 3,
        },
    ),
    "openai_embeddings": (
        {
            "model": "text-embedding-3-small",
            "data": [{"embedding": [0.1]}],
            "usage": {"prompt_tokens": 3, "total_tokens": 3},
        },
        {
            "provider": "openai",
            "operation": "embeddings",
            "model": "text-embedding-3-small",
            "input_tokens": 3,
            "response_length": 0,
            "tool_calls": 0,
        },
    ),
    "openai_completion": (
        {"model": "davinci-002", "choices": [{"text": "Hello", "finish_reason": "length"}]},
        {
            "provider": "openai",
            "operation": "text_completion",
            "model": "davinci-002",
            "finish_reason": "length",
            "response_length": 5,
            "tool_calls": 0,
        },
    ),
    "gemini_embeddings": (
        {
            "embeddings": [
                {"values": [0.1], "statistics": {"token_count": 2}},
                {"values": [0.1], "statistics": {"tokenCount": 3}},
            ]
        },
        {"provider": "gcp.gemini", "operation": "embeddings", "input_tokens": 5},
    ),
    "gemini_embeddings_of_the_developer_api": (
        {"embeddings": [{"values": [0.1]}]},
        {"provider": "gcp.gemini", "operation": "embeddings"},
    ),
    "langchain": (
        LANGCHAIN,
        {
            "provider": "openai",
            "operation": "chat",
            "model": "gpt-4o",
            "response_id": "run-1",
            "finish_reason": "stop",
            "response_length": 5,
            "tool_calls": 1,
            "input_tokens": 10,
            "output_tokens": 5,
            "cache_read_tokens": 4,
            "cache_write_tokens": 1,
            "reasoning_tokens": 3,
        },
    ),
    "langchain_parts": (
        {
            "content": [{"type": "text", "text": "Hel"}, "lo", {"type": "image"}],
            "response_metadata": {},
        },
        {"operation": "chat", "response_length": 5, "tool_calls": 0},
    ),
    "pydantic_ai": (
        PYDANTIC_AI,
        {
            "provider": "openai",
            "operation": "chat",
            "model": "gpt-4o",
            "response_id": "p1",
            "finish_reason": "stop",
            "response_length": 5,
            "tool_calls": 1,
            "input_tokens": 10,
            "output_tokens": 5,
            "reasoning_tokens": 3,
        },
    ),
    "pydantic_ai_run": (
        {
            "_state": {
                "message_history": [{"parts": []}, PYDANTIC_AI],
                "usage": {"input_tokens": 30, "output_tokens": 9},
            }
        },
        {
            "provider": "openai",
            "operation": "chat",
            "model": "gpt-4o",
            "response_id": "p1",
            "finish_reason": "stop",
            "response_length": 5,
            "tool_calls": 1,
            "input_tokens": 30,
            "output_tokens": 9,
        },
    ),
    "llama_index": (
        {"raw": OLLAMA, "message": {"content": "Hello"}},
        {
            "provider": "ollama",
            "operation": "chat",
            "model": "llama3.2",
            "finish_reason": "stop",
            "response_length": 5,
            "tool_calls": 1,
            "input_tokens": 10,
            "output_tokens": 5,
        },
    ),
    "text": ("Hello", {"response_length": 5}),
}


@pytest.mark.parametrize("case", CASES)
def test_a_response_tells_exactly_this(case: str) -> None:
    """Every field that the response holds, none that it does not."""
    response, expected = CASES[case]
    assert read(response) == expected


def as_objects(value: Any) -> Any:
    """The same data as an SDK's objects."""
    if isinstance(value, dict):
        return SimpleNamespace(**{key: as_objects(inner) for key, inner in value.items()})
    return [as_objects(inner) for inner in value] if isinstance(value, list) else value


@pytest.mark.parametrize("case", [name for name in CASES if name != "text"])
def test_objects_tell_the_same_as_json(case: str) -> None:
    """An SDK's object and the JSON behind it are read alike, also a second time."""
    response, expected = CASES[case]
    for _ in range(2):
        assert read(as_objects(response)) == expected


@pytest.mark.parametrize("case", [name for name in CASES if name != "text"])
def test_what_is_absent_stays_absent(case: str) -> None:
    """Without its usage a response tells no count, and no number is invented."""
    response, _ = CASES[case]
    told = read(without_counts(response))
    assert [name for name in told if name.endswith("_tokens")] == []


def without_counts(value: Any) -> Any:
    """The same response of a provider that tells no tokens."""
    if isinstance(value, list):
        return [without_counts(inner) for inner in value]
    if not isinstance(value, dict):
        return value
    usage = {"usage", "usageMetadata", "usage_metadata", "billed_units", "tokens"}
    return {
        key: without_counts(inner)
        for key, inner in value.items()
        if key not in usage and not key.lower().endswith("count")
    }


@pytest.mark.parametrize(
    ("usage", "expected"),
    [
        ({"prompt_tokens": True, "completion_tokens": "9"}, {}),
        ({"prompt_tokens": -1, "completion_tokens": 2.5}, {}),
        ({"prompt_tokens": 2**60, "completion_tokens": float("nan")}, {}),
        ({"prompt_tokens": 0, "completion_tokens": 7.0}, {"input_tokens": 0, "output_tokens": 7}),
        ({"prompt_tokens": 9}, {"input_tokens": 9}),
        ([], {}),
        ("none", {}),
    ],
)
def test_counts_that_are_no_counts_are_unknown(usage: Any, expected: dict[str, int]) -> None:
    """A bool, a text, a negative, a fraction or an absurd number is no token count."""
    told = read({"choices": [], "usage": usage})
    assert {name: told.get(name) for name in told if name.endswith("_tokens")} == expected


@pytest.mark.parametrize(
    ("usage", "expected"),
    [
        # xAI leaves reasoning out of the completion, which its total tells
        (
            {
                "prompt_tokens": 10,
                "completion_tokens": 5,
                "total_tokens": 18,
                "completion_tokens_details": {"reasoning_tokens": 3},
            },
            {"output_tokens": 8, "reasoning_tokens": 3},
        ),
        ({"prompt_cache_hit_tokens": 4}, {"cache_read_tokens": 4}),  # DeepSeek
        ({"num_cached_tokens": 4}, {"cache_read_tokens": 4}),  # Mistral
        ({"cached_tokens": 4}, {"cache_read_tokens": 4}),  # Together
        ({"cache_read_input_tokens": 4}, {"cache_read_tokens": 4}),  # LiteLLM
        ({"cache_creation_input_tokens": 4}, {"cache_write_tokens": 4}),
        ({"prompt_tokens_details": {"cache_write_tokens": 4}}, {"cache_write_tokens": 4}),
        ({"reasoning_tokens": 3}, {"reasoning_tokens": 3}),  # Perplexity, vLLM
    ],
)
def test_each_server_tells_cache_and_reasoning_in_its_own_place(
    usage: dict[str, Any], expected: dict[str, int]
) -> None:
    """OpenAI-shaped servers differ, and none is read as another."""
    told = read({"choices": [], "usage": usage})
    found = {name: told.get(name) for name in expected}
    assert found == expected


@pytest.mark.parametrize(
    ("response", "provider"),
    [
        ({"choices": [], "x_groq": {"id": "r"}}, "groq"),
        ({"choices": [{"content_filter_results": {}}], "model": "gpt-4o"}, "azure.ai.openai"),
        ({"choices": [], "provider": "DeepInfra", "model": "gpt-4o"}, "openrouter"),
        ({"choices": [], "model": "grok-4"}, "x_ai"),
        ({"choices": [], "model": "gpt-oss-120b"}, None),
        ({"choices": [], "model": "meta-llama/Llama-3"}, None),
        ({"choices": []}, None),
        ({**ANTHROPIC, "id": "msg_bdrk_01"}, "aws.bedrock"),
        ({**ANTHROPIC, "id": "msg_vrtx_01"}, "gcp.vertex_ai"),
        ({**ANTHROPIC, "id": None}, "anthropic"),
        (
            {**GEMINI, "usageMetadata": {"promptTokenCount": 1, "trafficType": "ON_DEMAND"}},
            "gcp.vertex_ai",
        ),
    ],
)
def test_the_provider_is_who_answered(response: Any, provider: str | None) -> None:
    """Told by the response's own marks, else by a model's name that one company alone serves."""
    assert read(response).get("provider") == provider


def test_an_sdks_class_tells_its_provider() -> None:
    """A Mistral model that is served under another company's name was made by Mistral's SDK."""
    made = type("ChatCompletionResponse", (), {"__module__": "mistralai.models"})()
    made.choices, made.model = [], "open-model"
    assert read(made)["provider"] == "mistral_ai"


@pytest.mark.parametrize(
    ("details", "expected"),
    [
        ({"promptTokensDetails": [{"modality": "AUDIO", "tokenCount": 7}]}, 7),
        ({"candidatesTokensDetails": [{"modality": "IMAGE", "tokenCount": 5}]}, 5),
        ({"promptTokensDetails": [{"modality": "IMAGE", "tokenCount": 5}]}, None),
        ({"promptTokensDetails": [{"modality": "TEXT", "tokenCount": 5}]}, None),
    ],
)
def test_gemini_tells_what_is_priced_apart_from_text(details: Any, expected: int | None) -> None:
    """Sound in and out, and pictures that were made."""
    usage = {"promptTokenCount": 10, "candidatesTokenCount": 5, **details}
    told = read({"candidates": [], "usageMetadata": usage})
    assert told.get("other_tokens") == expected


def test_openai_tells_tokens_of_sound() -> None:
    """They are among the input and the output, and kept apart for the price."""
    usage = {
        "prompt_tokens": 10,
        "completion_tokens": 5,
        "prompt_tokens_details": {"audio_tokens": 8},
        "completion_tokens_details": {"audio_tokens": 3},
    }
    assert read({"choices": [], "usage": usage})["other_tokens"] == 11


def test_gemini_leaves_out_a_count_of_zero() -> None:
    """Blocked before a word: no candidates are counted, and the total tells that none were made."""
    usage = {"promptTokenCount": 10, "totalTokenCount": 10}
    told = read({"promptFeedback": {"blockReason": "SAFETY"}, "usageMetadata": usage})
    assert (told["input_tokens"], told["output_tokens"]) == (10, 0)
    assert read({"promptFeedback": {}, "usageMetadata": {}}).get("output_tokens") is None


def test_mistrals_parts_count_text_and_not_thoughts() -> None:
    """A list of parts is as long as its texts."""
    parts = [{"type": "thinking", "thinking": []}, {"type": "text", "text": "Hello"}]
    assert read({"choices": [{"message": {"content": parts}}]})["response_length"] == 5


def test_the_old_function_call_is_a_tool_call() -> None:
    """`function_call`, before there were tools, counts as one."""
    message = {"content": None, "function_call": {"name": "f"}}
    assert read({"choices": [{"message": message}]})["tool_calls"] == 1


class Reason(enum.StrEnum):
    """An SDK's enum."""

    STOP = "stop"


class Slotted:
    """An object that holds its data in slots."""

    __slots__ = ("choices", "model")


class Row(NamedTuple):
    """An SDK's named tuple."""

    choices: list[Any]
    model: str


class Lazy:
    """A class whose property would read a socket."""

    asked = 0

    @property
    def choices(self) -> list[Any]:
        """What a look may not run."""
        Lazy.asked += 1
        raise OSError


class Declared:
    """A class that declares a plain value."""

    object = "response"
    status = Reason.STOP


def test_data_is_read_and_no_property_is_run() -> None:
    """Slots, named tuples, class values and enums are data; a property is code."""
    slotted: Any = Slotted()
    slotted.choices, slotted.model = [{"finish_reason": Reason.STOP, "message": {}}], "gpt-4o"
    assert read(slotted)["finish_reason"] == "stop"
    row = Row(choices=[], model="gpt-4o")
    assert read(SimpleNamespace(raw=row, text="x"))["model"] == "gpt-4o"
    assert read(Declared())["finish_reason"] == "stop"
    assert read(Lazy()) == {}
    assert Lazy.asked == 0


def test_pydantic_models_tell_extras_and_hide_defaults() -> None:
    """A field that the class does not know was sent; a 0 that was not sent is a default."""

    class Model:
        __slots__ = ("__dict__", "__pydantic_extra__", "__pydantic_fields_set__")

    usage: Any = Model()
    usage.__dict__.update(prompt_tokens=0, completion_tokens=0)
    usage.__pydantic_extra__ = {"num_cached_tokens": 4}
    usage.__pydantic_fields_set__ = {"completion_tokens"}
    told = read({"choices": [], "usage": usage})
    assert told.get("input_tokens") is None
    assert (told["output_tokens"], told["cache_read_tokens"]) == (0, 4)
    usage.__pydantic_extra__ = None
    assert read({"choices": [], "usage": usage}).get("cache_read_tokens") is None


@pytest.mark.parametrize("value", [None, 3, 2.5, True, b"x", [CHAT], {}, {"a": 1}, object()])
def test_what_is_no_response_tells_nothing(value: object) -> None:
    """A handler may return anything."""
    assert read(value) == {}


def test_what_holds_itself_ends() -> None:
    """A wrapper of a wrapper of itself is no endless loop."""
    loop: dict[str, Any] = {"text": "x"}
    loop["raw"] = loop
    assert read(loop) == {}
    assert read(SimpleNamespace(data=SimpleNamespace(choices=[]))) == read({"choices": []})
    assert read({"type": "chunk", "chunk": {"choices": []}}) == read({"choices": []})


def test_the_request_tells_the_model_that_was_asked_for() -> None:
    """Beside what the response tells; an object that raises when looked at tells nothing more."""

    class Hostile(dict[str, Any]):
        def get(self, *_: object) -> Any:
            raise RuntimeError

    request = {"modelId": "anthropic.claude", "stream": True}
    assert read(Hostile(), request) == {"model_requested": "anthropic.claude", "streaming": True}
    assert read(None, {"stream": "yes"}) == {}
    assert read(None, Hostile()) == {}


def test_types_cost_nothing_at_run_time() -> None:
    """The room of the types is empty where nobody checks types, so a handler's start is fast."""
    assert not hasattr(fields, "Usage")


class Answer(str):
    """A text by inheritance, as a framework's answer may be."""

    __slots__ = ()


@pytest.mark.parametrize("text", ["hello", Answer("hello")], ids=["text", "its heir"])
def test_a_text_tells_its_length(text: str) -> None:
    """And nothing else; with the call's arguments, what they tell too."""
    assert read(text) == {"response_length": 5}
    assert read(text, {"model": "m"}) == {"model_requested": "m", "response_length": 5}


def test_the_room_has_no_other_names() -> None:
    """What it does not hand on is not there."""
    with pytest.raises(AttributeError, match="nothing"):
        getattr(usage, "nothing")  # noqa: B009 - mypy knows that it is not there
