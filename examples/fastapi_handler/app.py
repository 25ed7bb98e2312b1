"""A FastAPI service whose model calls are recorded: user and session on every event.

Run it: `LLM_LOG=logs/llm.jsonl uvicorn app:app`. The model is a function of its own here, so that
the example needs no key; in a service it is a provider's client.
"""

import os
from collections.abc import AsyncIterator, Awaitable, Callable

from fastapi import FastAPI, Request, Response
from fastapi.responses import StreamingResponse

from pytest_llm_telemetry import TelemetryLogger

telemetry = TelemetryLogger(os.environ.get("LLM_LOG", "logs/llm.jsonl"), service="fastapi-example")
app = FastAPI()


@app.middleware("http")
async def who_asks(
    request: Request, call_next: Callable[[Request], Awaitable[Response]]
) -> Response:
    """Put the session and the user on every event of this request. Users are hashed."""
    headers = request.headers
    with telemetry.context(session_id=headers.get("x-session"), user_id=headers.get("x-user")):
        return await call_next(request)


async def complete(question: str) -> dict[str, object]:
    """Stands for a provider's client."""
    usage = {"prompt_tokens": len(question), "completion_tokens": 2, "total_tokens": 9}
    choice = {"index": 0, "finish_reason": "stop", "message": {"content": "You can."}}
    return {"object": "chat.completion", "model": "m", "choices": [choice], "usage": usage}


@app.get("/answer")
async def answer(question: str) -> dict[str, object]:
    """One answer."""
    async with telemetry.observe(question, model="m") as call:
        call.record(await complete(question))
    return {"answer": "You can.", "query_id": call.query_id}


@telemetry.wrap
async def words(question: str) -> AsyncIterator[str]:
    """Stands for a provider's stream. A reader who leaves early has abandoned it."""
    for word in ("You", " can", ".") if question else ("What?",):
        yield word


@app.get("/stream")
async def stream(question: str) -> StreamingResponse:
    """The same answer, word by word."""
    return StreamingResponse(words(question), media_type="text/plain")


@app.post("/feedback/{query_id}")
async def feedback(query_id: str, score: float) -> dict[str, bool]:
    """What the user thought of it, as a score beside the call."""
    telemetry.score(query_id, "thumb", score)
    return {"taken": True}
