"""What exceptions, error bodies and HTTP responses tell of a failure."""

import json
from types import SimpleNamespace
from typing import Any

import pytest

from pytest_llm_telemetry.core.usage import StreamUsage, read, read_error


def raised(name: str, **data: Any) -> BaseException:
    """An exception of an SDK, by its shape."""
    error: BaseException = type(name, (Exception,), {})("text")
    error.__dict__.update(data)
    return error


def answer(status: int, headers: dict[str, str] | None = None, **data: Any) -> SimpleNamespace:
    return SimpleNamespace(status_code=status, headers=headers or {}, **data)


BOTO = {
    "Error": {"Code": "ThrottlingException", "Message": "slow down"},
    "ResponseMetadata": {"HTTPStatusCode": 429, "HTTPHeaders": {"retry-after": "2"}},
}


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (ValueError("no"), {"error_type": "ValueError"}),
        (
            raised(
                "RateLimitError", status_code=429, response=answer(429, {"retry-after-ms": "1500"})
            ),
            {"error_type": "RateLimitError", "status_code": 429, "retry_after_s": 1.5},
        ),
        (
            raised("ClientError", response=BOTO),
            {"error_type": "ThrottlingException", "status_code": 429, "retry_after_s": 2.0},
        ),
        (
            raised(
                "ServerError",
                code=503,
                details={
                    "error": {
                        "status": "UNAVAILABLE",
                        "details": [{"@type": "x"}, {"retryDelay": "34s"}],
                    }
                },
            ),
            {"error_type": "UNAVAILABLE", "status_code": 503, "retry_after_s": 34.0},
        ),
        (
            raised("SDKError", raw_response=answer(401), body='{"message": "Unauthorized"}'),
            {"error_type": "SDKError", "status_code": 401},
        ),
        (
            raised(
                "ApiError", status_code=400, body={"message": "bad"}, headers={"Retry-After": "1"}
            ),
            {"error_type": "ApiError", "status_code": 400, "retry_after_s": 1.0},
        ),
        (
            raised("APIError", body={"code": 502, "type": "upstream"}),
            {"error_type": "upstream", "status_code": 502},
        ),
        (raised("HTTPStatusError", response=answer(200)), {"error_type": "HTTPStatusError"}),
    ],
)
def test_an_exception_tells_type_status_and_wait(
    error: BaseException, expected: dict[str, Any]
) -> None:
    """The class, or the provider's own word where the class says only that there was an error."""
    assert read_error(error) == expected


def test_an_exception_that_cannot_be_looked_at_tells_its_class() -> None:
    """Reading an error never raises another one."""

    class Hostile(dict[str, Any]):
        def get(self, *_: object) -> Any:
            raise RuntimeError

    assert read_error(raised("Odd", response=Hostile())) == {"error_type": "Odd"}


NOW = "Sun, 06 Nov 1994 08:49:37 GMT"


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"retry-after": "20"}, 20.0),
        ({"Retry-After": "0.5"}, 0.5),
        ({"retry-after": "Sun, 06 Nov 1994 08:50:07 GMT", "date": NOW}, 30.0),
        ({"retry-after": "Wed, 01 Mar 1995 00:00:00 GMT", "date": NOW}, 9_904_223.0),
        ({"retry-after": "Sat, 05 Nov 1994 08:49:37 GMT", "date": NOW}, 0.0),
        ({"retry-after": NOW}, None),
        ({"retry-after": "Sun, 06 Nov 1994 aa:49:37 GMT", "date": NOW}, None),
        ({"retry-after": "soon"}, None),
        ({"retry-after": "nan"}, None),
        ({"retry-after": "1e9"}, None),
        ({"retry-after": "-1"}, None),
        ({}, None),
        ({1: "x", "retry-after": 3}, None),
    ],
)
def test_a_wait_is_told_in_seconds(headers: Any, seconds: float | None) -> None:
    """From milliseconds, seconds, or a date against the response's own; nothing else counts."""
    told = read_error(raised("E", response=answer(429, headers)))
    assert told.get("retry_after_s") == seconds


def test_headers_of_no_known_kind_tell_nothing() -> None:
    """A list of headers is not looked through."""
    assert "retry_after_s" not in read_error(raised("E", headers=[("retry-after", "1")]))


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ({"error": "model not found"}, {"error_type": "error"}),  # Ollama
        ({"error": ""}, {}),
        ({"error": "x", "answer": "y"}, {}),  # a handler's own
        (
            {"error": {"message": "m", "type": "invalid_request_error", "code": None}},
            {"error_type": "invalid_request_error"},
        ),
        (
            {"error": {"code": 429, "status": "RESOURCE_EXHAUSTED", "message": "m"}},
            {"error_type": "RESOURCE_EXHAUSTED", "status_code": 429},
        ),
        ({"error": {"code": 404, "message": "m"}}, {"error_type": "404", "status_code": 404}),
        ({"error": {"message": "m"}}, {"error_type": "error"}),
        ({"error": {"code": 1, "message": "m"}}, {"error_type": "1"}),
        (
            {"object": "error", "type": "BadRequestError", "code": 400, "message": "m"},
            {"error_type": "BadRequestError", "status_code": 400},
        ),
        (
            {"type": "error", "error": {"type": "overloaded_error", "message": "m"}},
            {"error_type": "overloaded_error"},
        ),
        ({"type": "error", "code": "server_error", "message": "m"}, {"error_type": "server_error"}),
        ({"throttlingException": {"message": "m"}}, {"error_type": "throttlingException"}),
        ({"exception": {}}, {}),
        ({1: {}}, {}),
        ({"error": {}}, {}),
    ],
)
def test_an_error_body_tells_its_type(body: Any, expected: dict[str, Any]) -> None:
    """Whole or as an event of a stream, by the provider's own word."""
    assert read(body) == expected
    stream = StreamUsage()
    assert not stream.add(body)
    assert stream.result() == {"streaming": True, **expected}


CHAT = {"model": "gpt-4o", "choices": [{"message": {"content": "Hi"}}]}
COUNTS = {
    "x-amzn-bedrock-input-token-count": "10",
    "X-Amzn-Bedrock-Output-Token-Count": "5",
    "x-amzn-bedrock-cache-read-input-token-count": "100",
}


@pytest.mark.parametrize(
    "response",
    [
        SimpleNamespace(status_code=200, headers={}, _content=json.dumps(CHAT).encode()),
        SimpleNamespace(status_code=200, headers={}, _content=json.dumps(CHAT)),
        SimpleNamespace(status=200, _headers={}, _body=bytearray(json.dumps(CHAT).encode())),
        SimpleNamespace(
            http_response=SimpleNamespace(
                status_code=200, headers={}, _content=json.dumps(CHAT).encode()
            )
        ),
    ],
)
def test_an_http_response_tells_what_its_body_tells(response: Any) -> None:
    """`requests`, `httpx` and an SDK's raw response, once their body was read."""
    assert read(response) == read(CHAT)


def test_a_body_that_was_not_read_tells_nothing() -> None:
    """No socket is read for the sake of a log."""
    assert read(SimpleNamespace(status_code=200, headers={})) == {}
    text = SimpleNamespace(status_code=200, headers={}, _content=b'"only text"')
    assert read(text) == {}
    junk = SimpleNamespace(status_code=200, headers={}, _content=b"<html>")
    assert read(junk) == {}


def test_a_refused_http_response_is_an_error() -> None:
    """Its status is the type where the body has no better word."""
    bare = SimpleNamespace(status_code=502, headers={}, _content=b"<html>")
    assert read(bare) == {"error_type": "502", "status_code": 502}
    body = {"error": {"type": "overloaded_error", "message": "m"}}
    told = SimpleNamespace(status_code=529, headers={}, _content=json.dumps(body).encode())
    assert read(told) == {"error_type": "overloaded_error", "status_code": 529}


def test_invoke_model_tells_its_tokens_in_headers() -> None:
    """The body is a stream that may be read once, so the headers are what there is."""
    response = {"body": object(), "ResponseMetadata": {"HTTPHeaders": COUNTS}}
    assert read(response) == {
        "provider": "aws.bedrock",
        "input_tokens": 110,
        "output_tokens": 5,
        "cache_read_tokens": 100,
    }
    body = {"generation": "Hello"}
    assert read({**response, "body": body})["response_length"] == 5
    assert read({"body": object(), "ResponseMetadata": {"HTTPHeaders": {}}}) == {}
    wrong = {"x-amzn-bedrock-output-token-count": "many"}
    assert read({"body": object(), "ResponseMetadata": {"HTTPHeaders": wrong}}) == {}
