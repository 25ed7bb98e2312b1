"""One call through a provider's real SDK, aimed at a loopback server.

Each function takes the server's address and an interaction and returns what the SDK returns: a
response, an iterator of chunks, or the async twins of both. A missing SDK skips the test.
"""

from collections.abc import Callable, Mapping
from contextlib import AbstractAsyncContextManager, AbstractContextManager
from typing import Any
from urllib.parse import unquote

import pytest

Interaction = Mapping[str, Any]
Call = Callable[[str, Interaction], Any]
_open: list[Any] = []
_MESSAGES = [{"role": "user", "content": "hello"}]


def _sdk(name: str) -> Any:
    return pytest.importorskip(name, reason=f"the {name} SDK is not installed")


def _messages(interaction: Interaction) -> dict[str, Any]:
    """The part of a recorded request that every OpenAI-shaped SDK knows."""
    sent = interaction["request"]["json"]
    return {"model": sent["model"], "messages": sent.get("messages", _MESSAGES)}


def _openai(url: str, interaction: Interaction, kind: str) -> Any:
    openai = _sdk("openai")
    options = {"api_key": "sk-test", "max_retries": 0}
    if interaction["provider"] == "azure":
        return getattr(openai, kind.replace("Open", "AzureOpen"))(
            azure_endpoint=url, api_version="2024-06-01", **options
        )
    return getattr(openai, kind)(base_url=f"{url}/v1", **options)


def _openai_call(client: Any, interaction: Interaction) -> Any:
    sent, streaming = interaction["request"]["json"], interaction["streaming"]
    if interaction["api"] == "responses":
        return client.responses.create(model=sent["model"], input="hello", stream=streaming)
    if interaction["api"] == "embeddings":
        return client.embeddings.create(
            model=sent["model"], input=sent["input"], encoding_format="float"
        )
    return client.chat.completions.create(**_messages(interaction), stream=streaming)


def openai_sync(url: str, interaction: Interaction) -> Any:
    """OpenAI, Azure and every compatible server."""
    return _openai_call(_openai(url, interaction, "OpenAI"), interaction)


async def openai_async(url: str, interaction: Interaction) -> Any:
    """The same, async."""
    return await _openai_call(_openai(url, interaction, "AsyncOpenAI"), interaction)


def openai_raw(url: str, interaction: Interaction) -> Any:
    """`with_raw_response`: the HTTP response, read but not parsed."""
    client = _openai(url, interaction, "OpenAI")
    return client.chat.completions.with_raw_response.create(**_messages(interaction))


def openai_helper(url: str, interaction: Interaction) -> AbstractContextManager[Any]:
    """`chat.completions.stream()` and `responses.stream()`: events with the chunks inside."""
    client = _openai(url, interaction, "OpenAI")
    if interaction["api"] == "responses":
        stream = client.responses.stream(
            model=interaction["request"]["json"]["model"], input="hello"
        )
    else:
        stream = client.chat.completions.stream(**_messages(interaction))
    assert isinstance(stream, AbstractContextManager)
    return stream


def _anthropic(url: str, kind: str) -> Any:
    return getattr(_sdk("anthropic"), kind)(base_url=url, api_key="test", max_retries=0)


def anthropic_sync(url: str, interaction: Interaction) -> Any:
    """Anthropic Messages."""
    create = _anthropic(url, "Anthropic").messages.create
    return create(**_messages(interaction), max_tokens=64, stream=interaction["streaming"])


async def anthropic_async(url: str, interaction: Interaction) -> Any:
    """The same, async."""
    create = _anthropic(url, "AsyncAnthropic").messages.create
    return await create(**_messages(interaction), max_tokens=64, stream=interaction["streaming"])


def anthropic_helper(url: str, interaction: Interaction) -> AbstractContextManager[Any]:
    """`messages.stream()`: the raw events with helper events between them."""
    stream = _anthropic(url, "Anthropic").messages.stream(**_messages(interaction), max_tokens=64)
    assert isinstance(stream, AbstractContextManager)
    return stream


def anthropic_async_helper(url: str, interaction: Interaction) -> AbstractAsyncContextManager[Any]:
    """The same, async."""
    client = _anthropic(url, "AsyncAnthropic")
    stream = client.messages.stream(**_messages(interaction), max_tokens=64)
    assert isinstance(stream, AbstractAsyncContextManager)
    return stream


def _gemini(url: str) -> Any:
    client = _sdk("google.genai").Client(api_key="test", http_options={"base_url": url})
    _open.append(client)  # it closes its connections when it is dropped, in mid-stream too
    return client


def _gemini_method(interaction: Interaction) -> str:
    return "generate_content_stream" if interaction["streaming"] else "generate_content"


def _gemini_model(interaction: Interaction) -> str:
    return str(interaction["request"]["path"]).rpartition("/")[2].partition(":")[0]


def gemini_sync(url: str, interaction: Interaction) -> Any:
    """google-genai."""
    call = getattr(_gemini(url).models, _gemini_method(interaction))
    return call(model=_gemini_model(interaction), contents="hello")


async def gemini_async(url: str, interaction: Interaction) -> Any:
    """The same, async."""
    call = getattr(_gemini(url).aio.models, _gemini_method(interaction))
    return await call(model=_gemini_model(interaction), contents="hello")


def bedrock_sync(url: str, interaction: Interaction) -> Any:
    """boto3, which knows no async."""
    config = _sdk("botocore.config").Config(retries={"total_max_attempts": 1})
    client = _sdk("boto3").client(
        "bedrock-runtime",
        region_name="us-east-1",
        endpoint_url=url,
        aws_access_key_id="test",
        aws_secret_access_key="test",
        config=config,
    )
    model = unquote(interaction["request"]["path"].split("/")[2])
    if interaction["api"] == "invoke":
        return client.invoke_model(modelId=model, body=b"{}")
    method = client.converse_stream if interaction["streaming"] else client.converse
    answer = method(modelId=model, messages=[{"role": "user", "content": [{"text": "hello"}]}])
    return answer["stream"] if interaction["streaming"] else answer


def _mistral(url: str) -> Any:
    return _sdk("mistralai.client").Mistral(api_key="test", server_url=url)


def mistral_sync(url: str, interaction: Interaction) -> Any:
    """Mistralai."""
    chat = _mistral(url).chat
    call = chat.stream if interaction["streaming"] else chat.complete
    return call(model=interaction["request"]["json"]["model"], messages=_MESSAGES)


async def mistral_async(url: str, interaction: Interaction) -> Any:
    """The same, async."""
    chat = _mistral(url).chat
    call = chat.stream_async if interaction["streaming"] else chat.complete_async
    return await call(model=interaction["request"]["json"]["model"], messages=_MESSAGES)


def cohere_sync(url: str, interaction: Interaction) -> Any:
    """cohere, version 2 of its API."""
    client = _sdk("cohere").ClientV2(api_key="test", base_url=url)
    return client.chat(model=interaction["request"]["json"]["model"], messages=_MESSAGES)


async def cohere_async(url: str, interaction: Interaction) -> Any:
    """The same, async."""
    client = _sdk("cohere").AsyncClientV2(api_key="test", base_url=url)
    return await client.chat(model=interaction["request"]["json"]["model"], messages=_MESSAGES)


def _groq(url: str, kind: str) -> Any:
    return getattr(_sdk("groq"), kind)(base_url=url, api_key="test", max_retries=0)


def groq_sync(url: str, interaction: Interaction) -> Any:
    """Groq."""
    create = _groq(url, "Groq").chat.completions.create
    return create(**_messages(interaction), stream=interaction["streaming"])


async def groq_async(url: str, interaction: Interaction) -> Any:
    """The same, async."""
    create = _groq(url, "AsyncGroq").chat.completions.create
    return await create(**_messages(interaction), stream=interaction["streaming"])


def httpx_sync(url: str, interaction: Interaction) -> Any:
    """Httpx without an SDK."""
    return _sdk("httpx").post(url + "/any", json=interaction["request"]["json"])


def requests_sync(url: str, interaction: Interaction) -> Any:
    """Requests without an SDK."""
    return _sdk("requests").post(url + "/any", json=interaction["request"]["json"], timeout=20)


SYNC: Mapping[str, Call] = {
    "openai": openai_sync,
    "azure": openai_sync,
    "openai_compat": openai_sync,
    "anthropic": anthropic_sync,
    "gemini": gemini_sync,
    "bedrock": bedrock_sync,
    "mistral": mistral_sync,
    "cohere": cohere_sync,
    "groq": groq_sync,
}
ASYNC: Mapping[str, Call] = {
    "openai": openai_async,
    "azure": openai_async,
    "openai_compat": openai_async,
    "anthropic": anthropic_async,
    "gemini": gemini_async,
    "mistral": mistral_async,
    "cohere": cohere_async,
    "groq": groq_async,
}
