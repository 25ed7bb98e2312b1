"""What an SDK's exception, or an error body in a response or a stream, says went wrong."""

from __future__ import annotations

from pytest_llm_telemetry.core.usage.looking import count, either, get, items, kind, quietly, word
from pytest_llm_telemetry.core.usage.web import retry_after

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from pytest_llm_telemetry.core.usage.fields import Found, Usage

# Classes that say no more than that there was an error; the provider's own word says more.
_GENERIC = frozenset({
    "APIError", "APIStatusError", "ApiError", "ClientError", "EventStreamError", "HTTPError",
    "HTTPStatusError", "ResponseError", "SDKError", "ServerError",
})  # fmt: skip
# What may stand beside an `error` that is a text, where the whole is an error and no answer.
_BESIDE = frozenset({
    "error", "code", "detail", "error_code", "error_type", "message", "request_id", "status",
    "status_code", "type",
})  # fmt: skip
_STATUSES = range(400, 600)
_BEDROCK = "Exception"


def read_error(error: BaseException) -> Usage:
    """`error_type`, `status_code` and `retry_after_s` of an exception, as far as it tells them.

    The type is the exception's class, or the provider's own code where the class is a catch-all
    (`ClientError`). Exceptions of openai, anthropic, google-genai, botocore, mistralai, cohere,
    groq, ollama, requests and httpx are known by their shape. Never raises.
    """
    found: Usage = {"error_type": type(error).__name__}
    told: Usage | None = quietly(_read, error, found["error_type"])
    return found if told is None else told


def _read(error: BaseException, name: str) -> Found:
    response = either(error, "response", "raw_response")
    metadata = get(response, "ResponseMetadata")
    headers = either(response, "headers", "_headers") or get(error, "headers")
    body = _body(error, response)
    found: Found = {"error_type": (word(body, "code", "Code", "type", "status") or name)}
    if name not in _GENERIC:
        found["error_type"] = name
    status = _status(error, response, metadata, body)
    if status is not None:
        found["status_code"] = status
    wait = retry_after(get(metadata, "HTTPHeaders") if headers is None else headers)
    wait = _retry_info(body) if wait is None else wait
    if wait is not None:
        found["retry_after_s"] = wait
    return found


def _body(error: BaseException, response: Any) -> Any:
    """The error object: in the exception's body, its details, or botocore's response."""
    body = either(error, "body", "details") or response
    return either(body, "error", "Error") or body


def _status(error: Any, response: Any, metadata: Any, body: Any) -> int | None:
    places = (
        (error, ("status_code", "code", "http_status")),
        (response, ("status_code", "status")),
        (metadata, ("HTTPStatusCode",)),
        (body, ("status_code", "code")),
    )
    found = (count(place, *names) for place, names in places)
    return next((status for status in found if status in _STATUSES), None)


def _retry_info(body: Any) -> float | None:
    """Google puts the wait into the error's details: `retryDelay: "34s"`."""
    for detail in items(get(body, "details")):
        delay = word(detail, "retryDelay")
        if delay is not None:
            return retry_after({"retry-after": delay.removesuffix("s")})
    return None


def told(response: Any) -> Found:
    """The error that a body or a stream's event tells, empty when it tells none.

    A text (`{"error": "model not found"}`, Ollama's) counts only beside what errors have, so that
    a handler's own answer with an `error` among its items is none.
    """
    error = get(response, "error")
    if isinstance(error, str) and error and type(response) is dict and _BESIDE.issuperset(response):
        return _of_text(response)
    if get(response, "object") == "error" or (kind(response) == "error" and error is None):
        error = response
    if isinstance(error, BaseException) or either(error, "message", "type", "code") is None:
        return _exception_event(response)
    status = count(error, "status_code", "code")
    found: Found = {"error_type": _name(error) or str(status or "error")}
    if status is not None and status in _STATUSES:
        found["status_code"] = status
    return found


def _of_text(response: Any) -> Found:
    """An error whose `error` is a text: what else it says names it better (xAI's `code`)."""
    status = count(response, "status_code", "status", "code")
    name = word(response, "error_type", "code", "type")
    found: Found = {"error_type": name or "error"}
    if status is not None and status in _STATUSES:
        found["status_code"] = status
    return found


def _name(error: Any) -> str | None:
    names = [word(error, name) for name in ("code", "status", "type")]
    return next((name for name in names if name not in {None, "error"}), None)


def _exception_event(event: Any) -> Found:
    """Bedrock's event streams carry errors by name: `{"throttlingException": {...}}`."""
    if type(event) is not dict or len(event) != 1:
        return {}
    name = next(iter(event))
    return {"error_type": name} if isinstance(name, str) and name.endswith(_BEDROCK) else {}
