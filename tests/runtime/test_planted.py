"""Secrets planted in every text of every event, and none of them in the file."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_llm_telemetry import MemorySink, Redaction, TelemetryLogger

SECRETS = [
    "jo.doe@example.com", "4111111111111111", "GB29NWBK60161331926819", "078-05-1120", "+442079460958",
    "192.168.17.4", "0a:23:f5:67:89:ac", "https://bob:hunter2@db.example/x", "sk-" + "a1B2c3D4" * 3,
    "ghp_" + "a1B2c3D4e5" * 4, "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.abcdefghijkl",
    "AKIA" + "Z7VRSQ5TJN2XMPLW", "RSSMRA85T10A562S",
]  # fmt: skip
WORDS = st.text("abc xyz\n", max_size=20)
BOUND = (
    "session_id", "variant", "run_id", "suite", "case_id", "worker", "trace_id", "span_id", "attempt",
)  # fmt: skip
FREE = {"query_preview", "error_message", "explanation", "answer_preview"}


class Refused(Exception):  # noqa: N818 - as SDKs name theirs
    """Quotes what it was asked, as providers do."""


class ClientError(Exception):
    """Named by the code in its body, as a catch-all of an SDK is."""

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self.body = {"code": text, "type": text, "message": text}
        self.status_code, self.request_id = text, text


def _events(telemetry: TelemetryLogger, text: str, secret: str) -> None:
    """One event of each kind, with the text wherever a text can stand."""
    bound: dict[str, Any] = dict.fromkeys(BOUND, text)
    bound |= {"tags": [text, text], "feature_flags": {text: text}, "user_id": secret}
    given: dict[str, Any] = {"model": text, "provider": text, "operation": text}
    with telemetry.context(**bound):
        with telemetry.observe(text, **given) as call:
            call.record({"model": text, "id": text, "choices": [{"finish_reason": text}]})
        with (
            pytest.raises(Refused),
            telemetry.observe([{"role": "user", "content": text}], session_id=text, tags=text),
        ):
            raise Refused(text) from ValueError(text)
        telemetry.score(call.query_id, text, 0.5, explanation=text, answer=text)
        telemetry.score(text, "tone", 0.5)
        _wrapped(telemetry, text)


def _wrapped(telemetry: TelemetryLogger, text: str) -> None:
    """A stream, and failures that tell their kind by a code and by the name of their class."""

    def ask(model: str, kind: type[Exception] | None, **_: object) -> object:
        if kind is not None:
            raise kind(text)
        return iter(
            [{"model": model, "id": text, "choices": [{"finish_reason": text, "delta": {}}]}]
        )

    call: Any = telemetry.wrap(ask)
    asked = {
        "messages": [{"role": "user", "content": text}],
        "user": text,
        "metadata": {text: text},
    }
    list(call(model=text, kind=None, **asked))
    for kind in (ClientError, type(text, (ClientError,), {})):
        with pytest.raises(ClientError):
            call(model=text, kind=kind, **asked)


@given(
    secret=st.sampled_from(SECRETS),
    before=WORDS,
    after=WORDS,
    capture=st.sampled_from(["redacted", "hash", "none"]),
)
def test_no_secret_planted_in_any_field_is_written(
    secret: str, before: str, after: str, capture: str
) -> None:
    """Preview, errors, explanations, names, tags, flags and ids: no line holds the secret."""
    kept = MemorySink()
    text = f"{before} {secret} {after}"
    telemetry = TelemetryLogger(
        kept,
        service=text,
        environment=text,
        service_version=text,
        capture=capture,
        ids=lambda: text,
    )
    _events(telemetry, text, secret)
    assert [event["event"] for event in kept.events] == [
        "query_start", "query_success", "query_start", "query_error", "query_score", "query_score",
        "query_start", "query_success", "query_start", "query_error", "query_start", "query_error",
    ]  # fmt: skip
    told = b"".join(kept.lines).decode()
    assert (secret.removeprefix("https://").partition("@db")[0]) not in told
    for event in kept.events:
        assert len(event["user_hash"]) == 32
        if capture != "redacted":
            assert not FREE & set(event)


def test_a_loggers_own_patterns_and_allow_list_hold_for_every_field() -> None:
    """`redaction=` is what the whole logger goes by."""
    kept = MemorySink()
    redaction = Redaction({"ORDER": r"ORD-\d+"}, allow=[r".*@example\.com"])
    telemetry = TelemetryLogger(kept, redaction=redaction)
    with telemetry.observe("ORD-77 of a@example.com", tags=["ORD-9"], session_id="a@example.org"):
        pass
    assert kept.events[1]["query_preview"] == "<ORDER> of a@example.com"
    assert kept.events[0]["tags"] == ["<ORDER>"]
    assert kept.events[0]["session_id"] == "<EMAIL>"


def test_a_file_that_a_logger_wrote_holds_no_secret(tmp_path: Path) -> None:
    """The bytes on disk hold placeholders, through rotation and all."""
    path = tmp_path / "events.jsonl"
    telemetry = TelemetryLogger(path)
    for secret in SECRETS:
        _events(telemetry, secret, secret)
    telemetry.close()
    told = path.read_text(encoding="utf-8")
    events = [json.loads(line)["event"] for line in told.splitlines()]
    assert events.count("query_error") == 3 * len(SECRETS)
    assert not [secret for secret in SECRETS if secret in told]
