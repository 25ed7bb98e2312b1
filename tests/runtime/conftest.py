"""A logger that keeps its lines in memory, with a clock that a test turns by hand."""

import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from pytest_llm_telemetry import MemorySink, TelemetryLogger
from pytest_llm_telemetry.runtime import queueing, rotation
from pytest_llm_telemetry.storage import schemas

_CHECKED = 500  # of the events of a test that makes thousands alike


class HandClock:
    """Time that stands still until a test moves it."""

    def __init__(self) -> None:
        self.seconds = 1_700_000_000.5
        self.ns = 0

    def wall(self) -> float:
        """Seconds since the epoch."""
        return self.seconds

    def monotonic_ns(self) -> int:
        """Nanoseconds since the test began."""
        return self.ns

    def pass_ms(self, milliseconds: float) -> None:
        """Let time pass."""
        self.ns += int(milliseconds * 1e6)


class Recorded:
    """A logger and what it wrote."""

    def __init__(self, **options: Any) -> None:
        self.sink = MemorySink()
        self.clock = HandClock()
        self.telemetry = TelemetryLogger(self.sink, clock=self.clock, **options)

    @property
    def events(self) -> list[dict[str, Any]]:
        """All events."""
        return self.sink.events

    @property
    def last(self) -> dict[str, Any]:
        """The last event."""
        return self.events[-1]

    @property
    def kinds(self) -> list[str]:
        """The names of the events, in order."""
        return [event["event"] for event in self.events]

    @property
    def dropped(self) -> dict[str, int]:
        """Losses by reason."""
        found = self.telemetry.stats()["dropped"]
        assert isinstance(found, dict)
        return found


@pytest.fixture(autouse=True)
def _threads_that_coverage_sees(monkeypatch: pytest.MonkeyPatch) -> None:
    """Coverage follows the threads of `threading` only; the runtime starts bare ones (no import)."""

    def start(work: Callable[..., None], arguments: tuple[Any, ...]) -> None:
        threading.Thread(target=work, args=arguments, daemon=True).start()

    for room in (queueing, rotation):
        monkeypatch.setattr(room, "start_new_thread", start)


@pytest.fixture
def recorded() -> Iterator[Recorded]:
    """A logger with no options; every event that a test makes with it fits the schema."""
    found = Recorded()
    yield found
    for event in found.events[:_CHECKED]:
        schemas.validate(event, "event")
