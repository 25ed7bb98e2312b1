"""A small model server on loopback, for tests that must not leave the machine.

It speaks enough of OpenAI's API (`/v1/chat/completions`, `/v1/responses`, `/v1/embeddings`,
`/v1/models`) and of Anthropic's (`/v1/messages`) for the real SDKs: plain, streamed and async,
with usage counted, and with latency and errors injected on request. You say what it answers:

    from openai import OpenAI
    from pytest_llm_telemetry.loopback import LoopbackServer, question

    def answers(request):                       # the parsed JSON body of the request
        return "Paris." if "France" in question(request) else "I do not know."

    with LoopbackServer(answers, latency_ms=20, error_rate={"rate_limit": 0.05}, seed=7) as server:
        client = OpenAI(base_url=server.base_url, api_key="any")
        ...
        assert server.requests[0].body["model"] == "gpt-4o-mini"

Instead of a string an answer may be a `Reply` (tokens, model, latency of its own) or a `Fault`
(an error). A mapping of question -> answer does where no rule is needed.

What is injected depends on nothing but the seed, the request's body and how often that body was
seen before: a run repeats exactly, and a repeated call still varies as a real one does. Token
counts are an estimate (see `estimate_tokens`), not a tokenizer's. Calls answered here are live
calls as far as telemetry is concerned, not cached ones.
"""

from pytest_llm_telemetry.loopback.chance import Latency
from pytest_llm_telemetry.loopback.exchange import Exchange, Fault, FaultKind, Reply
from pytest_llm_telemetry.loopback.prompt import estimate_tokens, question
from pytest_llm_telemetry.loopback.server import LoopbackServer

__all__ = [
    "Exchange",
    "Fault",
    "FaultKind",
    "Latency",
    "LoopbackServer",
    "Reply",
    "estimate_tokens",
    "question",
]
