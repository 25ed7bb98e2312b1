"""The recorded interactions, what their truth compares, and where ours may differ from it."""

import base64
import gzip
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

FILE = Path(__file__).parents[2].parent / "shared" / "data" / "recorded" / "interactions.jsonl.gz"

# key of `truth` -> event field; `error` and `status_code` are compared beside them
COMPARED = {
    "model": "model",
    "input_tokens": "input_tokens",
    "output_tokens": "output_tokens",
    "cache_read_tokens": "cache_read_tokens",
    "cache_write_tokens": "cache_write_tokens",
    "reasoning_tokens": "reasoning_tokens",
    "finish_reason": "finish_reason",
    "text_len": "response_length",
    "n_tool_calls": "tool_calls",
}


def load() -> list[dict[str, Any]]:
    """All interactions, none where the file is not there."""
    if not FILE.exists():
        return []
    with gzip.open(FILE, "rt", encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]


def name(interaction: Mapping[str, Any]) -> str:
    """The identity of a test case."""
    mode = "stream" if interaction["streaming"] else "plain"
    return f"{interaction['provider']}-{interaction['api']}-{mode}-{interaction['id']}"


def body(interaction: Mapping[str, Any]) -> bytes:
    """The response's bytes as they came."""
    response = interaction["response"]
    if "base64" in response:
        return base64.b64decode(response["base64"])
    return str(response["text"]).encode()


def sse_events(text: str) -> Iterator[dict[str, Any]]:
    """The JSON events of a stream of server-sent events."""
    for block in text.replace("\r\n", "\n").split("\n\n"):
        data = [line[5:].strip() for line in block.split("\n") if line.startswith("data:")]
        if data and data != ["[DONE]"]:
            yield json.loads("\n".join(data))


def differences(
    interaction: Mapping[str, Any], ours: Mapping[str, Any], mode: str
) -> dict[str, Any]:
    """Key -> (truth, ours) wherever they differ; null and absent both mean unknown.

    A body alone (mode "dict") knows of no HTTP status, unless it repeats it; a stream that fails
    after its 200 may tell a status of its own.
    """
    truth = interaction["truth"]
    found = {
        key: (truth.get(key), ours.get(field))
        for key, field in COMPARED.items()
        if truth.get(key) != ours.get(field)
    }
    if truth["error"] != ("error_type" in ours):
        found["error"] = (truth["error"], ours.get("error_type"))
    status = truth.get("status_code")
    if status and ours.get("status_code") not in ({status, None} if mode == "dict" else {status}):
        found["status_code"] = (status, ours.get("status_code"))
    return found
