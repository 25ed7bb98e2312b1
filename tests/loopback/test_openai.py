"""OpenAI's own SDK, aimed at the loopback server, notices no difference."""

import asyncio
from collections.abc import Callable
from typing import Any

import openai
import pytest
from openai.types.chat import ChatCompletionChunk

from pytest_llm_telemetry.loopback import Fault, LoopbackServer, Reply

ClientOf = Callable[[LoopbackServer], openai.OpenAI]
TEXT = "Paris is the capital\n of France."


def ask(client: openai.OpenAI, text: str = "France?") -> Any:
    return client.chat.completions.create(
        model="gpt-4o", messages=[{"role": "user", "content": text}]
    )


def chunks(client: openai.OpenAI, **options: Any) -> list[ChatCompletionChunk]:
    return list(
        client.chat.completions.create(
            model="gpt-4o", messages=[{"role": "user", "content": "?"}], stream=True, **options
        )
    )


def text_of(stream: list[ChatCompletionChunk]) -> str:
    return "".join(chunk.choices[0].delta.content or "" for chunk in stream if chunk.choices)


def test_a_plain_chat_carries_text_model_and_usage(client_of: ClientOf) -> None:
    """A completion names the requested model and counts tokens that add up."""
    with LoopbackServer({"France?": TEXT}) as server:
        response = ask(client_of(server))
    assert response.choices[0].message.content == TEXT
    assert (response.model, response.choices[0].finish_reason) == ("gpt-4o", "stop")
    usage = response.usage
    assert usage.prompt_tokens > 2
    assert usage.completion_tokens > 6
    assert usage.total_tokens == usage.prompt_tokens + usage.completion_tokens


def test_a_reply_sets_what_the_response_says(client_of: ClientOf) -> None:
    """Tokens, cached and reasoning tokens, finish reason and snapshot come from the Reply."""
    reply = Reply(
        "So",
        model="gpt-4o-2024-08-06",
        finish_reason="length",
        input_tokens=900,
        output_tokens=40,
        cached_tokens=512,
        reasoning_tokens=30,
    )
    with LoopbackServer(lambda _: reply) as server:
        response = ask(client_of(server))
    assert (response.model, response.choices[0].finish_reason) == ("gpt-4o-2024-08-06", "length")
    assert (response.usage.prompt_tokens, response.usage.completion_tokens) == (900, 40)
    assert response.usage.prompt_tokens_details.cached_tokens == 512
    assert response.usage.completion_tokens_details.reasoning_tokens == 30


def test_a_stream_has_usage_only_when_it_was_asked_for(client_of: ClientOf) -> None:
    """Without include_usage no chunk has the key; with it all are null but a last one."""
    with LoopbackServer(lambda _: TEXT) as server:
        client = client_of(server)
        bare = chunks(client)
        counted = chunks(client, stream_options={"include_usage": True})
    assert text_of(bare) == text_of(counted) == TEXT
    assert not any("usage" in chunk.model_fields_set for chunk in bare)
    assert all("usage" in chunk.model_fields_set for chunk in counted)
    assert [chunk.usage for chunk in counted[:-1]] == [None] * (len(counted) - 1)
    assert counted[-1].choices == []
    assert counted[-1].usage is not None
    assert counted[-1].usage.completion_tokens > 6
    assert bare[-1].choices[0].finish_reason == "stop"


def test_the_async_client_answers_and_streams(client_of: ClientOf) -> None:
    """Calls and streams of the async client, made at once, each get their own answer."""

    async def talk(url: str) -> tuple[list[str | None], str]:
        async with openai.AsyncOpenAI(base_url=url, api_key="x", max_retries=0) as client:
            calls = [
                client.chat.completions.create(
                    model="gpt-4o", messages=[{"role": "user", "content": name}]
                )
                for name in ("a", "b", "c")
            ]
            plain = [one.choices[0].message.content for one in await asyncio.gather(*calls)]
            stream = await client.chat.completions.create(
                model="gpt-4o", messages=[{"role": "user", "content": "a"}], stream=True
            )
            seen = [chunk async for chunk in stream]
            return plain, text_of(seen)

    with LoopbackServer({"a": "one", "b": "two", "c": "three"}) as server:
        assert asyncio.run(talk(server.base_url)) == (["one", "two", "three"], "one")


def test_responses_plain_and_streamed_say_the_same(client_of: ClientOf) -> None:
    """The responses API answers with text and usage, and its stream ends in the same response."""
    with LoopbackServer(lambda _: TEXT) as server:
        client = client_of(server)
        plain = client.responses.create(model="gpt-5", input="France?")
        with client.responses.stream(model="gpt-5", input="France?") as stream:
            events = [event.type for event in stream]
            final = stream.get_final_response()
    assert plain.output_text == final.output_text == TEXT
    assert plain.usage == final.usage
    assert plain.status == final.status == "completed"
    assert events[0] == "response.created"
    assert events[-1] == "response.completed"


def test_a_cut_response_is_incomplete(client_of: ClientOf) -> None:
    """A reply that stopped for its length comes as an incomplete response."""
    with LoopbackServer(lambda _: Reply("Pa", finish_reason="length")) as server:
        response = client_of(server).responses.create(model="gpt-5", input="?")
    assert response.status == "incomplete"
    assert response.incomplete_details is not None
    assert response.incomplete_details.reason == "max_output_tokens"


def test_embeddings_are_unit_vectors_that_repeat(client_of: ClientOf) -> None:
    """Equal texts get equal unit vectors of the asked size, in floats as in base64."""
    with LoopbackServer({}) as server:
        create = client_of(server).embeddings.create
        packed = create(model="e", input=["refund please", "refund please", "a late parcel"])
        floats = create(model="e", input="refund please", encoding_format="float")
        tokens = create(model="e", input=[5, 6], dimensions=8)
    first, second, third = (one.embedding for one in packed.data)
    assert first == second != third
    assert first == pytest.approx(floats.data[0].embedding)
    assert sum(value * value for value in third) == pytest.approx(1)
    assert (len(first), len(tokens.data[0].embedding), tokens.model) == (1536, 8, "e")
    assert packed.usage.prompt_tokens > floats.usage.prompt_tokens


def test_words_that_cancel_out_still_give_a_unit_vector(client_of: ClientOf) -> None:
    """In a single dimension opposite words may cancel; the vector has length 1 all the same."""
    with LoopbackServer({}) as server:
        create = client_of(server).embeddings.create
        words = [f"{one} {two}" for one in "abcde" for two in "abcde"]
        found = create(model="e", input=words, dimensions=1)
    assert {abs(one.embedding[0]) for one in found.data} == {1.0}


def test_the_models_are_listed(client_of: ClientOf) -> None:
    """The list of models holds the server's own."""
    with LoopbackServer({}, model="tiny") as server:
        assert [model.id for model in client_of(server).models.list()] == ["tiny"]


def test_a_rate_limit_says_when_to_come_back(client_of: ClientOf) -> None:
    """A 429 has OpenAI's body and both Retry-After headers, whole seconds rounded up."""
    with (
        LoopbackServer(lambda _: Fault("rate_limit", retry_after_s=1.2)) as server,
        pytest.raises(openai.RateLimitError) as caught,
    ):
        ask(client_of(server))
    assert caught.value.code == "rate_limit_exceeded"
    assert caught.value.response.headers["retry-after"] == "2"
    assert caught.value.response.headers["retry-after-ms"] == "1200"
    assert server.requests[0].fault == "rate_limit"


def test_the_sdk_retries_and_succeeds(client_of: ClientOf) -> None:
    """A fault at the first attempt is cured by the SDK's own retry, and the log shows both."""
    waiting: list[Fault | str] = [Fault("rate_limit", retry_after_s=0.01), "ok"]
    with LoopbackServer(lambda _: waiting.pop(0)) as server:
        response = ask(client_of(server).with_options(max_retries=1))
    assert response.choices[0].message.content == "ok"
    assert [(one.status, one.attempt) for one in server.requests] == [(429, 1), (200, 2)]


def test_a_server_error_and_a_reset_reach_the_caller_typed(client_of: ClientOf) -> None:
    """A 500 raises InternalServerError, a reset connection APIConnectionError."""
    with LoopbackServer({"a": Fault("server_error"), "b": Fault("reset")}) as server:
        client = client_of(server)
        with pytest.raises(openai.InternalServerError):
            ask(client, "a")
        with pytest.raises(openai.APIConnectionError):
            ask(client, "b")
    assert [one.status for one in server.requests] == [500, None]


def test_a_stream_can_break_in_the_middle(client_of: ClientOf) -> None:
    """Half of the text arrives, then the SDK raises; a call without a stream gets a 500."""
    seen: list[str] = []
    with LoopbackServer(lambda _: Fault("broken_stream", text=TEXT)) as server:
        client = client_of(server)
        stream = client.chat.completions.create(
            model="m", messages=[{"role": "user", "content": "?"}], stream=True
        )
        with pytest.raises(openai.APIError, match="server had an error"):
            seen.extend(chunk.choices[0].delta.content or "" for chunk in stream)
        with pytest.raises(openai.InternalServerError):
            ask(client)
    assert TEXT.startswith("".join(seen))
    assert 0 < len("".join(seen)) < len(TEXT)


def test_a_broken_response_stream_ends_in_an_error_event(client_of: ClientOf) -> None:
    """The responses API reports the break as an event, which OpenAI's SDK hands to the caller."""
    with LoopbackServer(lambda _: Fault("broken_stream", text=TEXT)) as server:
        stream = client_of(server).responses.create(model="m", input="?", stream=True)
        events = [event.type for event in stream]
    assert events[-1] == "error"
    assert "response.output_text.delta" in events
    assert "response.completed" not in events


def test_an_answer_that_raises_is_a_500_that_is_not_retried(client_of: ClientOf) -> None:
    """A bug in the test's own rule is told to the client at once, with its type."""

    def answers(request: dict[str, Any]) -> str:
        return str(request["missing"])

    with (
        LoopbackServer(answers) as server,
        pytest.raises(openai.InternalServerError, match="answers raised KeyError: 'missing'"),
    ):
        ask(client_of(server).with_options(max_retries=2))
    assert [one.status for one in server.requests] == [500]


def test_a_question_outside_the_mapping_is_refused(client_of: ClientOf) -> None:
    """A mapping without the question answers 400 and names the question."""
    with (
        LoopbackServer({"a": "b"}) as server,
        pytest.raises(openai.BadRequestError, match="no answer for 'c'"),
    ):
        ask(client_of(server), "c")
