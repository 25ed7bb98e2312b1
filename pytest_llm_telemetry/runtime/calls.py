"""One watched call, from its start event to its terminal event."""

from __future__ import annotations

from _contextvars import ContextVar

from pytest_llm_telemetry.core import usage
from pytest_llm_telemetry.runtime.streams import follow

TYPE_CHECKING = False
if TYPE_CHECKING:
    from contextvars import Token
    from typing import Any, Protocol, Self, TypeVar

    from pytest_llm_telemetry.runtime.clock import Clock
    from pytest_llm_telemetry.runtime.guard import Guard

    S = TypeVar("S")

    class Emitter(Protocol):
        """Writes what a call tells. Our faults end in `guard`, those of values in `foreign`."""

        clock: Clock
        guard: Guard
        foreign: Guard

        def new_id(self) -> str:
            """A query id."""

        def lost(self, fault: Exception) -> None:
            """Count what a fault of ours cost."""

        def started(self, call: ObservedCall) -> None:
            """Write the start event."""

        def ended(self, call: ObservedCall, error: BaseException | None, kind: str | None) -> None:
            """Write the terminal event."""


_current: ContextVar[ObservedCall | None] = ContextVar("llm_telemetry_call", default=None)


def current_call() -> ObservedCall | None:
    """The call that is being watched here, if one is."""
    return _current.get()


class ObservedCall:
    """A call that is being watched: `with telemetry.observe(query) as call`.

    Attributes:
        query_id: The identity of the call, for a later `score`.
    """

    __slots__ = (
        "_began_ns", "_done", "_emitter", "_ended_ns", "_first_ns", "_followed", "_nested",
        "_started", "_token", "asked", "fields", "parent", "query", "query_id", "rate", "told",
    )  # fmt: skip
    parent: ObservedCall | None
    rate: float | None
    _token: Token[ObservedCall | None] | None
    _began_ns: int | None
    _first_ns: int | None
    _ended_ns: int | None

    def __init__(self, emitter: Emitter, query: str | None, fields: dict[str, Any]) -> None:
        self._emitter = emitter
        self.query = query
        new_id = emitter.new_id
        self.query_id = new_id()
        self.fields = fields
        self.told = self.asked = ""  # what both events tell alike, and what they tell of the query
        self._started = self._done = self._followed = False
        self._nested = 0
        self.parent = self.rate = self._token = None
        self._began_ns = self._first_ns = self._ended_ns = None

    def record(self, response: object, *, cached: bool | None = None) -> None:
        """Take model, tokens, cost and finish reason from the provider's own response object."""
        with self._emitter.foreign:
            self.fields.update(usage.read(response))
        if cached is not None:
            self.fields["cached"] = cached

    def stream(self, source: S) -> S:
        """Follow a stream of the provider: iterate over what this returns in its place.

        The call ends when the stream does, also where it outlives the `with` block.
        """
        return follow(self, source)

    def take(self, found: dict[str, Any]) -> None:
        """Take event fields that were read elsewhere, such as a stream's."""
        self.fields.update(found)

    def first_content(self) -> None:
        """Stamp the first chunk of content, once."""
        if self._first_ns is None:
            with self._emitter.guard:
                self._first_ns = self._emitter.clock.monotonic_ns()

    def start(self) -> ObservedCall:
        """Write the start event and begin to measure."""
        emitter = self._emitter
        self._started = True
        parent = _current.get()
        if parent is not None:
            self.parent = parent
        try:
            emitter.started(self)
        except Exception as fault:  # noqa: BLE001 - as `Guard`, which costs more to enter
            emitter.lost(fault)
        if parent is not None:
            parent._nested += 1  # noqa: SLF001 - a call counts the calls inside it
        try:
            monotonic_ns = emitter.clock.monotonic_ns
            self._began_ns = monotonic_ns()
        except Exception as fault:  # noqa: BLE001 - see above
            emitter.lost(fault)
        return self

    def followed(self) -> None:
        """Leave the end of this call to a stream."""
        self._followed = True

    def stream_ended(self, error: BaseException | None, kind: str | None) -> None:
        """Take the end of the stream for the end of the call."""
        self._followed = False
        if error is not None or kind is not None or self._token is None:
            self.end(error, kind)
        else:  # the block that made the call may still `record` what it learns
            with self._emitter.guard:
                self._ended_ns = self._emitter.clock.monotonic_ns()

    def end(self, error: BaseException | None = None, kind: str | None = None) -> None:
        """Write the terminal event, once. `kind` is the error type where no exception tells it."""
        if self._done:
            return
        self._done = True
        fields = self.fields
        began_ns = self._began_ns
        try:
            monotonic_ns = self._emitter.clock.monotonic_ns
            ended_ns = self._ended_ns or monotonic_ns()
            if began_ns is not None:
                fields["latency_ms"] = (ended_ns - began_ns) / 1e6
                if self._first_ns is not None:
                    fields["ttft_ms"] = (self._first_ns - began_ns) / 1e6
        except Exception as fault:  # noqa: BLE001 - as in `start`
            self._emitter.lost(fault)
        if error is None and kind is None:  # a response may tell an error that nobody raised
            kind = fields.get("error_type")
        if self._nested:
            fields["nested_calls"] = self._nested
        try:
            self._emitter.ended(self, error, kind)
        except Exception as fault:  # noqa: BLE001 - as in `start`
            self._emitter.lost(fault)

    def enter(self) -> Token[ObservedCall | None]:
        """Make this the call inside which others are made."""
        return _current.set(self)

    def leave(self, token: Token[ObservedCall | None]) -> None:
        """Undo `enter`. A generator may be resumed in another context, where nothing is to undo."""
        try:
            _current.reset(token)
        except ValueError:
            if _current.get() is self:
                _current.set(self.parent)

    def __enter__(self) -> Self:
        if self._started:
            self._followed = False
        else:
            self.start()
        self._token = _current.set(self)
        return self

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        token = self._token
        if token is not None:
            self._token = None
            self.leave(token)
        if error is not None or not self._followed:
            self.end(error)

    async def __aenter__(self) -> Self:
        return self.__enter__()

    async def __aexit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        self.__exit__(kind, error, trace)
