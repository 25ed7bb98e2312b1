"""Recorded traffic of nine provider APIs, through the real SDKs and as plain JSON."""

import asyncio
import json
import re
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from typing import Any

import pytest

from pytest_llm_telemetry.core.usage import StreamUsage, read, read_error
from tests.recorded import clients
from tests.recorded.conftest import Replay
from tests.recorded.exceptions import TOLD_BY_THE_BYTES, allowed
from tests.recorded.interactions import FILE, body, differences, load, name, sse_events

INTERACTIONS = load()
pytestmark = [
    pytest.mark.skipif(not INTERACTIONS, reason=f"no recorded interactions at {FILE}"),
    # SDKs leave sockets, event loops and deprecations behind that are theirs
    pytest.mark.filterwarnings("ignore"),
]


def each(wanted: Callable[[Mapping[str, Any]], bool]) -> pytest.MarkDecorator:
    """Run a test for every interaction that is wanted."""
    return pytest.mark.parametrize("interaction", [i for i in INTERACTIONS if wanted(i)], ids=name)


def same(interaction: Mapping[str, Any], ours: Mapping[str, Any], mode: str) -> None:
    """Ours is the truth, but for the differences that are listed with their reason."""
    assert differences(interaction, ours, mode) == allowed(interaction, mode)
    assert None not in ours.values()


def followed(stream: Any) -> dict[str, Any]:
    """What a sync stream or response tells, to its end or its error."""
    if not isinstance(stream, Iterator) and not hasattr(stream, "__next__"):
        stream = iter(stream)
    usage = StreamUsage()
    try:
        for chunk in stream:
            usage.add(chunk)
    except Exception as error:  # noqa: BLE001 - each SDK has errors of its own
        return {**usage.result(), **read_error(error)}
    return {**usage.result()}


async def followed_async(stream: AsyncIterator[Any]) -> dict[str, Any]:
    """What an async stream tells, to its end or its error."""
    usage = StreamUsage()
    try:
        async for chunk in stream:
            usage.add(chunk)
    except Exception as error:  # noqa: BLE001 - each SDK has errors of its own
        return {**usage.result(), **read_error(error)}
    return {**usage.result()}


def told(answer: Any, interaction: Mapping[str, Any]) -> dict[str, Any]:
    """What a call's return value tells; InvokeModel's body is the caller's to read."""
    if interaction["streaming"]:
        return followed(answer)
    found = {**read(answer)}
    if interaction["api"] == "invoke":
        found |= read(json.loads(answer["body"].read()))
    return found


@each(lambda interaction: True)
def test_the_sync_sdk_tells_what_the_bytes_tell(
    interaction: dict[str, Any], replay: Replay
) -> None:
    """Every figure of a call through the provider's own SDK is exact, plain or streamed."""
    replay.stage(interaction)
    try:
        ours = told(clients.SYNC[interaction["provider"]](replay.url, interaction), interaction)
    except Exception as error:  # noqa: BLE001 - each SDK has errors of its own
        ours = {**read_error(error)}
    same(interaction, ours, "sdk")


@each(lambda interaction: interaction["provider"] in clients.ASYNC)
def test_the_async_sdk_tells_what_the_bytes_tell(
    interaction: dict[str, Any], replay: Replay
) -> None:
    """An async call tells the same as a sync one."""

    async def call() -> dict[str, Any]:
        try:
            answer = await clients.ASYNC[interaction["provider"]](replay.url, interaction)
        except Exception as error:  # noqa: BLE001 - each SDK has errors of its own
            return {**read_error(error)}
        if interaction["streaming"]:
            return await followed_async(answer)
        return {**read(answer)}

    replay.stage(interaction)
    same(interaction, asyncio.run(call()), "sdk")


@each(lambda i: i["streaming"] and i["provider"] in {"openai", "anthropic"})
def test_the_stream_helpers_tell_what_the_bytes_tell(
    interaction: dict[str, Any], replay: Replay
) -> None:
    """An SDK's stream helper mixes its own events with the raw ones, and nothing counts twice."""
    replay.stage(interaction)
    helper = {"openai": clients.openai_helper, "anthropic": clients.anthropic_helper}
    opened = helper[interaction["provider"]](replay.url, interaction)
    with opened as stream:
        ours = followed(stream)
    same(interaction, ours, "sdk")


@each(lambda i: i["streaming"] and i["provider"] == "anthropic")
def test_the_async_stream_helper_tells_what_the_bytes_tell(
    interaction: dict[str, Any], replay: Replay
) -> None:
    """The async helper of Anthropic tells the same."""

    async def call() -> dict[str, Any]:
        opened = clients.anthropic_async_helper(replay.url, interaction)
        async with opened as stream:
            return await followed_async(stream)

    replay.stage(interaction)
    same(interaction, asyncio.run(call()), "sdk")


@each(lambda i: i["provider"] == "openai" and i["api"] == "chat" and not i["streaming"])
def test_a_raw_sdk_response_tells_what_the_bytes_tell(
    interaction: dict[str, Any], replay: Replay
) -> None:
    """`with_raw_response` tells as much, as long as its body was read."""
    replay.stage(interaction)
    try:
        ours = {**read(clients.openai_raw(replay.url, interaction))}
    except Exception as error:  # noqa: BLE001 - an SDK's own error
        ours = {**read_error(error)}
    same(interaction, ours, "sdk")


@pytest.mark.parametrize("client", [clients.httpx_sync, clients.requests_sync])
@each(lambda interaction: not interaction["streaming"])
def test_http_without_an_sdk_tells_what_the_bytes_tell(
    interaction: dict[str, Any], replay: Replay, client: clients.Call
) -> None:
    """A response of httpx or requests tells as much as an SDK's object."""
    replay.stage(interaction)
    same(interaction, {**read(client(replay.url, interaction))}, "http")


@each(lambda interaction: not interaction["streaming"])
def test_a_plain_dict_tells_what_the_bytes_tell(interaction: dict[str, Any]) -> None:
    """The JSON body alone, without a class or a status, tells the same."""
    same(interaction, {**read(json.loads(body(interaction)))}, "dict")


@each(lambda i: i["streaming"] and "base64" not in i["response"])
def test_plain_events_tell_what_the_bytes_tell(interaction: dict[str, Any]) -> None:
    """The events of a stream as dicts tell the same, errors in mid-stream included."""
    usage = StreamUsage()
    firsts = sum(usage.add(event) for event in sse_events(body(interaction).decode()))
    same(interaction, {**usage.result()}, "events")
    assert firsts == 1


@pytest.mark.parametrize("field", TOLD_BY_THE_BYTES)
def test_what_the_truth_leaves_out_stands_in_the_bytes(field: str) -> None:
    """Every number beyond the truth is in the bytes, under the field that the list names."""
    texts = {i["id"]: re.sub(r"\s", "", body(i).decode(errors="replace")) for i in INTERACTIONS}
    for identity, _, number in TOLD_BY_THE_BYTES[field]:
        assert f'"{field}":{number}' in texts[identity]


@each(lambda i: "billed" in str(i["truth"]))
def test_billed_units_are_kept_for_the_price(interaction: dict[str, Any]) -> None:
    """Cohere bills other counts than it reads; both are known."""
    ours, billed = read(json.loads(body(interaction))), interaction["truth"]["cohere_billed"]
    assert ours.get("billed_input_tokens") == billed["input_tokens"]
    assert ours.get("billed_output_tokens") == billed["output_tokens"]
