"""A Flask service whose model calls are recorded, safe under a forking server.

Run it: `LLM_LOG=logs/llm.jsonl gunicorn --preload --workers 4 app:app`. The logger may be made
before the workers are forked: each opens the file for itself, and they share it.
"""

import logging
import os

from flask import Flask, jsonify, request
from flask.typing import ResponseReturnValue

from pytest_llm_telemetry import QueryIdFilter, TelemetryLogger

telemetry = TelemetryLogger(os.environ.get("LLM_LOG", "logs/llm.jsonl"), service="flask-example")
app = Flask(__name__)

handler = logging.StreamHandler()
handler.addFilter(QueryIdFilter())  # the service's own lines name the query that they are about
handler.setFormatter(logging.Formatter("%(levelname)s %(query_id)s %(message)s"))
app.logger.handlers = [handler]
app.logger.setLevel(logging.INFO)


@telemetry.wrap
def complete(question: str) -> dict[str, object]:
    """Stands for a provider's client, and logs as any function may."""
    app.logger.info("asking the model")
    usage = {"prompt_tokens": len(question), "completion_tokens": 2, "total_tokens": 9}
    choice = {"index": 0, "finish_reason": "stop", "message": {"content": "You can."}}
    return {"object": "chat.completion", "model": "m", "choices": [choice], "usage": usage}


@app.get("/answer")
def answer() -> ResponseReturnValue:
    """One answer, and which of the workers gave it."""
    headers = request.headers
    with telemetry.context(session_id=headers.get("x-session"), user_id=headers.get("x-user")):
        complete(request.args["question"])
    return jsonify(answer="You can.", worker=os.getpid())
