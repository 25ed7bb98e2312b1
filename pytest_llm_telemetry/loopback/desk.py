"""Decide what a request gets: its route, whether it is well formed, its answer or its error."""

import json
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from hashlib import blake2b
from itertools import islice
from typing import Any

from pytest_llm_telemetry.loopback import (
    anthropic_messages,
    openai_chat,
    openai_embeddings,
    openai_responses,
)
from pytest_llm_telemetry.loopback.chance import Latency, fault_of_call
from pytest_llm_telemetry.loopback.exchange import (
    Answer,
    Answers,
    Fault,
    FaultKind,
    Frame,
    Outcome,
    Reply,
    Turn,
)
from pytest_llm_telemetry.loopback.prompt import estimate_tokens, prompt_tokens, question

Body = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Format:
    """One provider's way of writing an answer down. `required` is what its requests must name."""

    required: str
    plain: Callable[[Turn], Body]
    frames: Callable[[Turn], Iterator[Frame]] | None = None
    failure: Callable[[Turn], Frame] = openai_chat.failure
    error: Callable[[int, str, str | None], Body] = openai_chat.error


ROUTES: Mapping[str, Format] = {
    "/v1/chat/completions": Format(
        required="messages", plain=openai_chat.plain, frames=openai_chat.frames
    ),
    "/v1/responses": Format(
        required="input",
        plain=openai_responses.plain,
        frames=openai_responses.frames,
        failure=openai_responses.failure,
    ),
    "/v1/embeddings": Format(
        required="input",
        plain=openai_embeddings.plain,
    ),
    "/v1/messages": Format(
        required="messages",
        plain=anthropic_messages.plain,
        frames=anthropic_messages.frames,
        failure=anthropic_messages.failure,
        error=anthropic_messages.error,
    ),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """All that is fixed when a server starts: who answers, as which model, how fast, how ill."""

    answers: Answers
    model: str
    latency: Latency
    rates: Mapping[FaultKind, float]
    seed: int

    def call_seed(self, path: str, raw: bytes, attempt: int) -> str:
        """What names one call for every draw: the server's seed, the request, the attempt."""
        digest = blake2b(path.encode() + b"\n" + raw, digest_size=12).hexdigest()
        return f"{self.seed}-{digest}-{attempt}"

    def serve(self, method: str, path: str, raw: bytes, seed: str) -> Outcome:
        """What a request gets. What the answers raise is passed on: the socket makes it a 500."""
        if (method, path) == ("GET", "/v1/models"):
            return Outcome(status=200, payload=openai_chat.models(self.model))
        form = ROUTES.get(path) if method == "POST" else None
        if form is None:
            message = f"Invalid URL ({method} {path})"
            return Outcome(status=404, payload=openai_chat.error(404, message, None))
        body = _parse(raw)
        message, param = _complaint(form, body)
        if body is None or message:
            return Outcome(status=400, payload=form.error(400, message, param), request=body or {})
        return replace(self._decide(path, form, body, seed), request=body)

    def _decide(self, path: str, form: Format, body: Body, seed: str) -> Outcome:
        kind = fault_of_call(seed, self.rates)
        answer = Fault(kind) if kind else self._answer(path, body)
        if answer is None:
            message = f"The loopback server has no answer for {question(body)!r}."
            return Outcome(status=400, payload=form.error(400, message, None))
        if isinstance(answer, Fault):
            return replace(self._fault(form, answer, body, seed), fault=answer.kind)
        turn = self._turn(body, Reply(answer) if isinstance(answer, str) else answer, seed)
        timing = self._timing(turn, seed)
        if body.get("stream") and form.frames:
            return replace(timing, frames=tuple(form.frames(turn)))
        return replace(timing, payload=form.plain(turn))

    def _timing(self, turn: Turn, seed: str) -> Outcome:
        whole, first = turn.reply.latency_ms, turn.reply.ttft_ms
        if whole is None:
            whole = self.latency.of_call(seed, turn.output_tokens)
        if first is None:
            first = whole * self.latency.ttft_share
        return Outcome(status=200, latency_ms=max(whole, first), ttft_ms=first)

    def _answer(self, path: str, body: Body) -> Answer | None:
        if path == "/v1/embeddings":
            return ""
        if callable(self.answers):
            return self.answers(body)
        return self.answers.get(question(body))

    def _turn(self, body: Body, reply: Reply, seed: str) -> Turn:
        read, written = reply.input_tokens, reply.output_tokens
        if written is None:
            written = estimate_tokens(reply.text) + reply.reasoning_tokens
        return Turn(
            request=body,
            reply=reply,
            model=reply.model or body.get("model") or self.model,
            token=blake2b(seed.encode(), digest_size=12).hexdigest(),
            created=int(time.time()),
            input_tokens=prompt_tokens(body) if read is None else read,
            output_tokens=written,
        )

    def _fault(self, form: Format, fault: Fault, body: Body, seed: str) -> Outcome:
        headers = _retry_headers(fault.retry_after_s)
        if fault.kind == "reset":
            return Outcome(status=None)
        if fault.kind == "rate_limit":
            message = f"Rate limit reached for {body.get('model') or self.model}."
            return Outcome(status=429, payload=form.error(429, message, None), headers=headers)
        if fault.kind == "broken_stream" and body.get("stream") and form.frames:
            turn = self._turn(body, Reply(fault.text), seed)
            whole = tuple(form.frames(turn))
            half = tuple(islice(whole, len(whole) // 2))
            return Outcome(status=200, frames=(*half, form.failure(turn)))
        message = "The server had an error while processing your request."
        return Outcome(status=500, payload=form.error(500, message, None), headers=headers)


def _parse(raw: bytes) -> Body | None:
    """The JSON object of a request, or None when it is none."""
    try:
        body = json.loads(raw)
    except ValueError:
        return None
    return body if isinstance(body, dict) else None


def _complaint(form: Format, body: Body | None) -> tuple[str, str | None]:
    """What is wrong with a request and the parameter at fault; "" when nothing is."""
    if body is None:
        return "We could not parse the JSON body of your request.", None
    if not body.get(form.required):
        return f"Missing required parameter: '{form.required}'.", form.required
    if body.get("stream_options") and not body.get("stream"):
        text = "The 'stream_options' parameter is only allowed when 'stream' is enabled."
        return text, "stream_options"
    return "", None


def _retry_headers(seconds: float | None) -> dict[str, str]:
    if seconds is None:
        return {}
    return {"retry-after": str(-int(-seconds // 1)), "retry-after-ms": f"{seconds * 1000:g}"}
