"""Who answered: OpenTelemetry's provider names, told by the response or by the model's own name."""

from __future__ import annotations

from pytest_llm_telemetry.core.usage.looking import get, maker, word

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

_SDKS = {
    "anthropic": "anthropic",
    "cohere": "cohere",
    "groq": "groq",
    "mistralai": "mistral_ai",
    "ollama": "ollama",
}
# Model names that one company serves under its own protocol. Open weights are served by many.
_MODELS = (
    ("gpt-oss", None),
    ("gpt-", "openai"),
    ("ft:gpt-", "openai"),
    ("chatgpt-", "openai"),
    ("o1", "openai"),
    ("o3", "openai"),
    ("o4", "openai"),
    ("text-embedding-", "openai"),
    ("davinci-", "openai"),
    ("babbage-", "openai"),
    ("codex-", "openai"),
    ("claude-", "anthropic"),
    ("deepseek-", "deepseek"),
    ("grok-", "x_ai"),
    ("sonar", "perplexity"),
    ("command-", "cohere"),
    ("mistral-", "mistral_ai"),
    ("ministral-", "mistral_ai"),
    ("magistral-", "mistral_ai"),
    ("codestral-", "mistral_ai"),
    ("gemini-", "gcp.gemini"),
)


def of_chat(response: Any, choice: Any, model: str | None) -> str | None:
    """The provider of an OpenAI-shaped response, which dozens of servers speak."""
    if get(response, "x_groq") is not None:
        return "groq"
    if get(choice, "content_filter_results") is not None or get(response, "prompt_filter_results"):
        return "azure.ai.openai"
    if word(response, "provider") is not None:
        return "openrouter"
    return of_model(response, model)


def of_model(response: Any, model: str | None) -> str | None:
    """The provider whose SDK made the object, else the one whose model name this is."""
    sdk = _SDKS.get(maker(response))
    if sdk is not None or model is None:
        return sdk
    for prefix, provider in _MODELS:
        if model.startswith(prefix):
            return provider
    return None
