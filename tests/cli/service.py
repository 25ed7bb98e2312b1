"""A service of two days, which logs through the logger itself."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random

from pytest_llm_telemetry import TelemetryLogger

START = datetime(2026, 11, 21, tzinfo=UTC)
WINDOW = ("--since", "2026-11-22T00:00Z", "--until", "2026-11-23T00:00Z")  # its second day
HOSTILE = "\x1b[2J\x1b]0;owned\x07 <script>alert(1)</script>\r\nforged: line \u202e ${jndi} | `x`"
PRICES = {"gpt-4o": {"input": 2.5, "output": 10.0}}


class HandClock:
    """Time that a test sets."""

    def __init__(self) -> None:
        self.at = START
        self.ns = 0

    def wall(self) -> float:
        """Seconds since the epoch."""
        return self.at.timestamp()

    def monotonic_ns(self) -> int:
        """Nanoseconds of a clock that never jumps."""
        return self.ns


class Service:
    """A service that logs what a test lets it do."""

    def __init__(self, path: Path, at: datetime = START) -> None:
        self.clock = HandClock()
        self.clock.at = at
        self.telemetry = TelemetryLogger(path, service="bot", clock=self.clock, prices=PRICES)

    def call(
        self, query: str, ms: float = 500.0, *, fails: bool = False, model: str = "gpt-4o"
    ) -> None:
        """One call."""
        with self.telemetry.observe(query, model=model, tags=["route:chat"]) as call:
            self.clock.ns += int(ms * 1e6)
            if fails:
                raise TimeoutError("Error code: 429 - slow down")
            call.record(answer(model))

    def day(self, calls: int = 10, *, slow_from: int = 24) -> None:
        """24 hours of calls, slow from an hour on, of which a few fail."""
        rng = Random(5)
        for hour in range(24):
            for number in range(calls):
                ms = rng.lognormvariate(6, 0.3) * (3 if hour >= slow_from else 1)
                try:
                    self.call("Where is my order?", ms, fails=number == 0 and hour % 6 == 0)
                except TimeoutError:
                    self.call("How do I return shoes?", ms)
                self.clock.at += timedelta(hours=1) / calls


def answer(model: str) -> dict[str, object]:
    return {
        "object": "chat.completion",
        "model": model,
        "choices": [{"message": {"content": "ok"}, "finish_reason": "stop"}],
        "usage": {"prompt_tokens": 100, "completion_tokens": 50, "total_tokens": 150},
    }


def two_days(path: Path) -> Path:
    """The log of two days, the second one slow from 18:00 on."""
    service = Service(path)
    service.day(25)
    service.day(25, slow_from=18)
    return path
