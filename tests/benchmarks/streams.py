"""What following a stream costs, and how well it is timed: `python -m tests.benchmarks.streams`.

Three tables: microseconds that the proxy adds to a chunk (its own iteration taken out, best of
five), memory over 100,000 chunks, and the error of the time to first token against what a paced
loopback server knows it did, through the real SDKs, plain, async and as stream helpers.
"""

import asyncio
import gc
import json
import statistics
import sys
import threading
import time
import tracemalloc
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import anthropic
import openai
from anthropic.types import RawContentBlockDeltaEvent
from google.genai.types import GenerateContentResponse
from openai.types.chat import ChatCompletionChunk
from openai.types.responses import ResponseTextDeltaEvent
from tabulate import tabulate

from pytest_llm_telemetry import MemorySink, TelemetryLogger, instrument

CHUNKS, ROUNDS, CALLS = 20_000, 5, 40
LONG = 100_000
PACE_S = 0.03
WORD = {"id": "c", "object": "chat.completion.chunk", "created": 0, "model": "gpt-4o-mini"}
CHAT = {**WORD, "choices": [{"index": 0, "delta": {"content": "word "}}]}
ROLE = {**WORD, "choices": [{"index": 0, "delta": {"role": "assistant", "content": ""}}]}
BLOCK = {
    "type": "content_block_delta",
    "index": 0,
    "delta": {"type": "text_delta", "text": "word "},
}
DELTA = {
    "type": "response.output_text.delta",
    "content_index": 0,
    "delta": "word ",
    "item_id": "i",
    "output_index": 0,
    "sequence_number": 1,
    "logprobs": [],
}
GEMINI = {
    "candidates": [{"content": {"parts": [{"text": "word "}]}}],
    "modelVersion": "gemini-2.5-flash",
    "usageMetadata": {"promptTokenCount": 9, "candidatesTokenCount": 9, "totalTokenCount": 18},
}
KINDS: dict[str, Any] = {
    "text": "word ",
    "OpenAI chat, JSON": CHAT,
    "OpenAI chat, SDK object": ChatCompletionChunk.model_validate(CHAT),
    "OpenAI Responses, SDK object": ResponseTextDeltaEvent.model_validate(DELTA),
    "Anthropic, SDK object": RawContentBlockDeltaEvent.model_validate(BLOCK),
    "Gemini, JSON": GEMINI,
    "Gemini, SDK object": GenerateContentResponse.model_validate(GEMINI),
    "Bedrock Converse, JSON": {"contentBlockDelta": {"delta": {"text": "word "}}},
}


def chunks(chunk: Any, count: int) -> Iterator[Any]:
    for _ in range(count):
        yield chunk


def seconds(stream: Iterator[Any]) -> float:
    began = time.process_time()
    for _ in stream:
        pass
    return time.process_time() - began


def cost(chunk: Any) -> tuple[float, float]:
    """Microseconds a chunk: read as it is, and what following adds."""
    telemetry = TelemetryLogger(MemorySink())
    plain, followed = [], []
    for _ in range(ROUNDS):
        gc.collect()
        plain.append(seconds(chunks(chunk, CHUNKS)))
        with telemetry.observe("q") as call:
            followed.append(seconds(call.stream(chunks(chunk, CHUNKS))))
    bare = min(plain) / CHUNKS * 1e6
    return bare, min(followed) / CHUNKS * 1e6 - bare


def memory(chunk: Any) -> int:
    """Bytes by which a stream of 100,000 chunks grows from its thousandth chunk on."""
    with TelemetryLogger(MemorySink()).observe("q") as call:
        stream = call.stream(chunks(chunk, LONG))
        for _ in range(1_000):
            next(stream)
        tracemalloc.start()
        for _ in stream:
            pass
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
    return peak


class Paced:
    """A server whose first word comes late, and which knows when it sent it."""

    def __init__(self) -> None:
        paced = self
        self.sent_ns = 0

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.0"

            def do_POST(self) -> None:
                self.rfile.read(int(self.headers["content-length"]))
                self.send_response(200)
                self.send_header("content-type", "text/event-stream")
                self.end_headers()
                head, words, tail = ANTHROPIC if "messages" in self.path else OPENAI
                self.say(*head)
                time.sleep(PACE_S)
                paced.sent_ns = time.perf_counter_ns()
                for word in words:
                    self.say(word)
                    time.sleep(0.002)
                self.say(*tail)

            def say(self, *events: Any) -> None:
                for event in events:
                    name = f"event: {event['type']}\n" if "type" in event else ""
                    self.wfile.write(f"{name}data: {json.dumps(event)}\n\n".encode())
                self.wfile.flush()

            def log_message(self, *args: object) -> None:
                """Stay silent."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        self.url = f"http://127.0.0.1:{self.server.server_port}"


OPENAI = (
    [ROLE],
    [CHAT] * 5,
    [{**WORD, "choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]}],
)
START: Any = {
    "type": "message_start",
    "message": {
        "id": "m",
        "type": "message",
        "role": "assistant",
        "model": "claude-sonnet-4-5",
        "content": [],
        "stop_reason": None,
        "stop_sequence": None,
        "usage": {"input_tokens": 5, "output_tokens": 1},
    },
}
ANTHROPIC = (
    [START, {"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}}],
    [BLOCK] * 5,
    [
        {"type": "content_block_stop", "index": 0},
        {"type": "message_delta", "delta": {"stop_reason": "end_turn", "stop_sequence": None},
         "usage": {"output_tokens": 5}},
        {"type": "message_stop"},
    ],
)  # fmt: skip
MESSAGES: Any = [{"role": "user", "content": "hello"}]
ASK: Any = {"model": "gpt-4o-mini", "messages": MESSAGES}
CLAUDE: Any = {"model": "claude-sonnet-4-5", "messages": MESSAGES, "max_tokens": 9}


def errors(paced: Paced, call: Callable[[Any], int]) -> list[float]:
    """By how many milliseconds each recorded time to first token misses the server's."""
    sink = MemorySink()
    telemetry = TelemetryLogger(sink)
    found = []
    for _ in range(CALLS):
        began = call(telemetry)
        event = sink.events[-1]
        found.append(event["ttft_ms"] - (paced.sent_ns - began) / 1e6)
        sink.lines.clear()
    return found[1:]  # the first call opens the connection and imports


def ways(paced: Paced) -> dict[str, Callable[[Any], int]]:
    """Each makes a call through an SDK and tells when it began."""
    options: Any = {"api_key": "any", "max_retries": 0}

    def chat(telemetry: Any) -> int:
        client = instrument(openai.OpenAI(base_url=paced.url, **options), telemetry)
        with client:
            began = time.perf_counter_ns()
            for _ in client.chat.completions.create(**ASK, stream=True):
                pass
        return began

    def chat_async(telemetry: Any) -> int:
        async def run() -> int:
            client = instrument(openai.AsyncOpenAI(base_url=paced.url, **options), telemetry)
            async with client:
                began = time.perf_counter_ns()
                async for _ in await client.chat.completions.create(**ASK, stream=True):
                    pass
            return began

        return asyncio.run(run())

    def message(telemetry: Any) -> int:
        client = instrument(anthropic.Anthropic(base_url=paced.url, **options), telemetry)
        with client:
            began = time.perf_counter_ns()
            with client.messages.stream(**CLAUDE) as stream:
                stream.until_done()
        return began

    return {"openai": chat, "openai, async": chat_async, "anthropic, stream helper": message}


def main() -> None:
    """Print the three tables."""
    costs = [(kind, *cost(chunk)) for kind, chunk in KINDS.items()]
    print(f"{CHUNKS} chunks, best of {ROUNDS}, CPU time, Python {sys.version.split()[0]}\n")
    heads = ["chunk", "us to read it", "us that following adds"]
    print(tabulate(costs, headers=heads, floatfmt=".2f", tablefmt="github"))
    grown = [(kind, memory(chunk)) for kind, chunk in KINDS.items()]
    print(f"\nBytes taken between chunk 1,000 and chunk {LONG:,} of one stream\n")
    print(tabulate(grown, headers=["chunk", "peak, bytes"], tablefmt="github"))
    paced = Paced()
    rows = []
    for way, call in ways(paced).items():
        missed = sorted(errors(paced, call))
        rows.append((way, statistics.median(missed), missed[-2], missed[-1]))
    paced.server.shutdown()
    paced.server.server_close()
    print(f"\nTime to first token less the server's own, ms, {CALLS - 1} paced streams each\n")
    print(tabulate(rows, headers=["SDK", "median", "second worst", "worst"], floatfmt=".2f",
                   tablefmt="github"))  # fmt: skip


if __name__ == "__main__":
    main()
