"""One watched call, from its start event to its terminal event."""

from __future__ import annotations

from _contextvars import ContextVar

from pytest_llm_telemetry.core import usage
from pytest_llm_telemetry.runtime import context

TYPE_CHECKING = False
if TYPE_CHECKING:
    from contextvars import Token
    from typing import Any

    from pytest_llm_telemetry.runtime.logger import Emitter

_current: ContextVar[ObservedCall | None] = ContextVar("llm_telemetry_call", default=None)


class ObservedCall:
    """A call that is being watched: `with telemetry.observe(query) as call`.

    Attributes:
        query_id: The identity of the call, for a later `score`.
    """

    def __init__(self, emitter: Emitter, query: str | None, fields: dict[str, Any]) -> None:
        self._emitter = emitter
        self._query = query
        self._fields = fields
        self._usage: dict[str, Any] = {}
        self._nested = 0
        self._token: Token[ObservedCall | None] | None = None
        self._done = False
        self.query_id = emitter.ids()
        self._first_ns: int | None = None

    def record(self, response: object, *, cached: bool | None = None) -> None:
        """Take model, tokens, cost and finish reason from the provider's own response object."""
        with self._emitter.guard:
            self._usage |= usage.read(response, self._fields)
            if cached is not None:
                self._usage["cached"] = cached

    def take(self, found: dict[str, Any]) -> None:
        """Take event fields that were read elsewhere, such as a stream's."""
        self._usage |= found

    def first_content(self) -> None:
        """Stamp the first chunk of content, once."""
        if self._first_ns is None:
            self._first_ns = self._emitter.clock.monotonic_ns()

    def start(self) -> ObservedCall:
        """Write the start event and begin to measure."""
        self._parent = _current.get()
        with self._emitter.guard:
            if self._parent is not None:
                self._parent._nested += 1  # noqa: SLF001 - a call counts the calls inside it
                self._fields["parent_id"] = self._parent.query_id
            self._context = context.current()
            self._query_fields = self._emitter.query_fields(self._query)
            self._emitter.emit("query_start", self._record({}), self.query_id)
        self._began_ns = self._emitter.clock.monotonic_ns()
        return self

    def _record(self, fields: dict[str, Any]) -> dict[str, Any]:
        return {**self._context, **self._fields, **self._query_fields, **fields}

    def end(self, error: BaseException | None = None, error_type: str | None = None) -> None:
        """Write the terminal event, once."""
        ended_ns = self._emitter.clock.monotonic_ns()
        if self._done:
            return
        self._done = True
        with self._emitter.guard:
            found: dict[str, Any] = {"latency_ms": (ended_ns - self._began_ns) / 1e6}
            if self._first_ns is not None:
                found["ttft_ms"] = (self._first_ns - self._began_ns) / 1e6
            found |= self._usage
            if self._nested:
                found["nested_calls"] = self._nested
            if error is not None or error_type is not None:
                found |= self._emitter.error_fields(error, error_type)
            name = "query_error" if "error_type" in found else "query_success"
            self._emitter.emit(name, self._record(found), self.query_id, error)

    def __enter__(self) -> ObservedCall:
        self.start()
        self._token = _current.set(self)
        return self

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        if self._token is not None:
            _current.reset(self._token)
        self.end(error)

    async def __aenter__(self) -> ObservedCall:
        return self.__enter__()

    async def __aexit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        self.__exit__(kind, error, trace)
