"""Values and sinks that misbehave: the caller never meets our fault, and losses are counted."""

import json
import math
import signal
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pytest_llm_telemetry import MemorySink, TelemetryLogger
from pytest_llm_telemetry.runtime.guard import Losses
from tests.runtime.conftest import Recorded

SECRETS = ("ada@example.com", "sk-abcdefghijklmnopqrstuvwxyz", "123-45-6789")


class Raising:
    """Raises whatever it is asked."""

    def __init__(self, error: BaseException) -> None:
        self.__dict__["error"] = error

    def __str__(self) -> str:
        raise self.__dict__["error"]

    __repr__ = __str__

    def __getattr__(self, name: str) -> Any:
        raise self.__dict__["error"]

    def __eq__(self, other: object) -> bool:
        raise self.__dict__["error"]

    def __hash__(self) -> int:
        raise self.__dict__["error"]

    def __iter__(self) -> Any:
        raise self.__dict__["error"]

    def __len__(self) -> int:
        raise self.__dict__["error"]

    def __bool__(self) -> bool:
        raise self.__dict__["error"]


class NoAnswer(Exception):  # noqa: N818 - a name without Error shows that none is needed
    """An error of a provider."""

    code: str = ""


class Unspeakable(Exception):  # noqa: N818 - a hostile name for a hostile error
    """An error whose text cannot be had."""

    def __str__(self) -> str:
        raise SystemExit(3)


@pytest.mark.parametrize("error", [ValueError(), SystemExit(1), RecursionError(), MemoryError()])
@pytest.mark.parametrize(
    "use",
    [
        lambda t, v: t.observe(v),
        lambda t, v: t.observe("q", user_id=v),
        lambda t, v: t.observe("q", session_id=v, variant=v),
        lambda t, v: t.observe("q", tags=v),
        lambda t, v: t.observe("q", tags=[v, "kept"]),
        lambda t, v: t.observe("q", feature_flags={"a": v}),
        lambda t, v: t.observe("q", feature_flags=v),
        lambda t, v: t.observe("q", model=v, provider=v),
        lambda t, v: t.observe([{"role": "user", "content": v}]),
    ],
)
def test_hostile_arguments_leave_both_events(
    use: Callable[[TelemetryLogger, Any], Any], error: BaseException
) -> None:
    """A value that raises wherever it is touched costs its field, not the call and not the event."""
    kept = Recorded()
    with use(kept.telemetry, Raising(error)):
        pass
    assert kept.kinds == ["query_start", "query_success"]


def test_hostile_responses_leave_both_events() -> None:
    """A response that raises SystemExit when it is looked at is counted, and the call goes on."""
    kept = Recorded()
    with kept.telemetry.observe("q") as call:
        call.record(Raising(SystemExit(1)))
        call.record(Raising(ValueError()))
    assert kept.kinds == ["query_start", "query_success"]


def test_an_error_without_a_text_is_recorded_by_its_type(recorded: Recorded) -> None:
    """An exception whose `__str__` raises SystemExit reaches the caller, and the log by its type."""
    with pytest.raises(Unspeakable), recorded.telemetry.observe("q"):
        raise Unspeakable
    assert recorded.last["error_type"] == "Unspeakable"
    assert "error_message" not in recorded.last
    assert recorded.dropped == {"SystemExit": 1}


def _refuse(_: object, __: str) -> Any:
    raise SystemExit


def _lying() -> type[Exception]:
    """An exception that raises SystemExit whatever it is asked, its class as well."""
    return type("LyingError", (Exception,), {"__getattribute__": _refuse})


def _sealed() -> type[Exception]:
    """One whose class does, its name as well."""
    kind = type("Sealing", (type,), {"__getattribute__": _refuse})
    sealed: type[Exception] = kind("SealedError", (Exception,), {})
    return sealed


# Made in the test: pytest asks everything that stands in a module, and would be told SystemExit.
@pytest.mark.parametrize(("made", "name"), [(_lying, "LyingError"), (_sealed, "SealedError")])
def test_an_error_that_cannot_be_asked_reaches_the_caller(
    recorded: Recorded, made: Callable[[], type[Exception]], name: str
) -> None:
    """An exception that raises when it is looked at is recorded by its class, and goes on as it is."""
    kind, met = made(), None
    try:  # `pytest.raises` would ask the class
        with recorded.telemetry.observe("q"):
            raise kind  # noqa: TRY301 - the caller's
    except BaseException as error:  # noqa: BLE001 - SystemExit would be the failure
        met = type(error)
    assert met is kind
    assert recorded.last["event"] == "query_error"
    assert recorded.last["error_type"] == name


def test_hostile_scores_are_counted(recorded: Recorded) -> None:
    """A score that is no number is lost and counted."""
    hostile: list[Any] = [Raising(SystemExit(1)), "high"]
    for value in hostile:
        recorded.telemetry.score("q", "thumbs", value)
    assert sum(recorded.dropped.values()) == 2
    recorded.telemetry.score("q", "thumbs", math.nan)
    recorded.telemetry.score("q", "thumbs", -math.inf)
    assert sum(recorded.dropped.values()) == 4
    assert recorded.events == []


def test_a_raising_id_source_or_clock_is_no_callers_business() -> None:
    """Ids come from elsewhere when their source raises; without a clock the event is lost, counted."""

    class Stopped:
        def wall(self) -> float:
            raise OSError

        def monotonic_ns(self) -> int:
            raise OSError

    sink = MemorySink()
    telemetry = TelemetryLogger(sink, ids=lambda: str(1 // 0))
    with telemetry.observe("q") as call:
        assert len(call.query_id) == 32
    telemetry = TelemetryLogger(sink, clock=Stopped())
    with telemetry.observe("q") as call:
        call.first_content()
    assert len(sink.lines) == 2
    assert telemetry.stats()["dropped"]["OSError"] >= 2


def test_a_raising_sink_does_not_stop_the_next() -> None:
    """Each sink fails for itself, whatever it raises, and its losses are counted."""

    class Full:
        def write(self, line: bytes) -> None:
            raise OSError(28, "full")

        def close(self) -> None:
            raise RuntimeError

        flush = close

    sink = MemorySink()
    telemetry = TelemetryLogger(Full(), sinks=[sink])
    with telemetry.observe("q"):
        pass
    telemetry.flush()
    telemetry.close()
    assert len(sink.lines) == 2
    assert telemetry.stats()["dropped"] == {"OSError": 2, "RuntimeError": 2}
    assert telemetry.stats()["written"] == 2


def test_ctrl_c_always_works() -> None:
    """A KeyboardInterrupt that arrives while a line is made reaches the caller."""

    class Interrupted:
        def __str__(self) -> str:
            signal.raise_signal(signal.SIGINT)
            return ""

    kept = Recorded()
    with pytest.raises(KeyboardInterrupt), kept.telemetry.observe("q", session_id=Interrupted()):
        pass


def test_a_stop_from_a_signal_handler_reaches_the_service() -> None:
    """SystemExit out of our own code (a handler of SIGTERM) is not swallowed."""

    class Terminated:
        def write(self, line: bytes) -> None:
            raise SystemExit(0)

        def close(self) -> None:
            raise SystemExit(0)

    telemetry = TelemetryLogger(Terminated())
    with pytest.raises(SystemExit), telemetry.observe("q"):
        pass
    with pytest.raises(SystemExit):
        telemetry.close()


def test_a_count_never_waits_for_good() -> None:
    """A lock that a fork left locked costs a moment, and the loss is still counted."""
    losses = Losses()
    losses._lock.acquire()
    losses.count("late")
    assert losses.counts == {"late": 1}


@pytest.mark.parametrize(
    "text", ["\ud800 alone", "nul \0 here", "new\nline\r\u2028", "\x1b[31mred", "x" * 3_000_000]
)
def test_any_text_makes_one_line_of_json(text: str) -> None:
    """Surrogates, NUL, newlines, escapes and huge texts make one line each that reads back."""
    for capture in ("redacted", "full"):
        kept = Recorded(capture=capture, service=text)
        with (
            pytest.raises(NoAnswer),
            kept.telemetry.observe(text, session_id=text, tags=[text], model=text),
        ):
            raise NoAnswer(text)
        kept.telemetry.score(text, text, 1, explanation=text)
        assert len(kept.events) == 3
        assert all(line.count(b"\n") == 1 for line in kept.sink.lines)
        assert all(len(line) < 10_000 for line in kept.sink.lines) or capture == "full"
        assert kept.dropped == {}


def everywhere(kept: Recorded, text: str) -> None:
    """Put a text into every field of every event that a caller or provider can reach."""
    telemetry = kept.telemetry
    flags = {"flag": text, text: "on"}
    with telemetry.context(
        session_id=text, variant=text, tags=[text], trace_id=text, span_id=text, run_id=text
    ):
        with telemetry.observe(
            text, user_id=text, feature_flags=flags, suite=text, case_id=text, worker=text,
            provider=text, operation=text, model=text,
        ) as call:  # fmt: skip
            message = {"content": text}
            call.record(
                {
                    "id": text,
                    "model": text,
                    "choices": [{"message": message, "finish_reason": text}],
                }
            )
            call.take({"cost_source": text, "response_id": text, "price_table_version": text})
        telemetry.score(text, text, 1, explanation=text)
        error: NoAnswer = type("ada@example.com", (NoAnswer,), {})(text)
        error.code = text
        with pytest.raises(NoAnswer), telemetry.observe(text, session_id=text):
            raise error


@settings(max_examples=60)
@given(
    secret=st.sampled_from(SECRETS),
    before=st.text(max_size=30),
    after=st.text(max_size=30),
    capture=st.sampled_from(["redacted", "hash", "none"]),
)
def test_no_planted_secret_is_in_the_file(
    secret: str, before: str, after: str, capture: str
) -> None:
    """A secret in every field of every event leaves none in the file, in any capture mode but full."""
    text = f"{before} {secret} {after}"
    kept = Recorded(
        capture=capture, service=text, environment=text, service_version=text, ids=lambda: text
    )
    everywhere(kept, text)
    whole = b"".join(kept.sink.lines)
    assert len(kept.events) == 5
    for planted in SECRETS:
        assert planted.encode() not in whole
        assert planted not in json.dumps(kept.events, ensure_ascii=False)
    assert not [reason for reason in kept.dropped if reason != "TypeError"]
