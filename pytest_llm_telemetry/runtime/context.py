"""What rides on every event: context bound by the caller, and the taps of a test session."""

from __future__ import annotations

from _contextvars import ContextVar

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Any, Protocol

    from pytest_llm_telemetry.core.pricing import PriceTable
    from pytest_llm_telemetry.runtime.sinks import Sink

    class Meter(Protocol):
        """Says whether a call may be made, and learns what it cost."""

        def begin(self, query_id: str, parent_id: str | None) -> None:
            """Let the call be made, or raise what is no `Exception`."""

        def end(self, query_id: str, found: Mapping[str, Any]) -> None:
            """Learn the fields of the call's terminal event."""


_HEX = {"trace_id": 32, "span_id": 16}  # W3C Trace Context, section 3.2.2
OF_A_CALL = frozenset({"session_id", "user_id", "tags", "variant", "feature_flags"})
_bound: ContextVar[Mapping[str, Any]] = ContextVar("llm_telemetry_context", default={})
tapped: Tap | None = None  # by the test session that is running in this process, if one is


class bind:  # noqa: N801 - reads as the verb it is: `with bind(session_id=...)`
    """Put fields on every event inside a `with` block, in this thread or task.

    Fields: session_id, user_id, feature_flags, variant, tags, trace_id, span_id, and run_id, suite,
    case_id, attempt, worker. Inner fields win. An instance may be entered again, also inside
    itself and by several threads or tasks at once.
    """

    def __init__(self, **fields: Any) -> None:
        for name, length in _HEX.items():
            if name in fields and not _is_hex(fields[name], length):
                del fields[name]  # no trace can be found by it, and no reader takes the line
        self._fields = fields

    def __enter__(self) -> None:
        outer = _bound.get()
        _bound.set(_Bound({**outer, **self._fields}, outer))

    def __exit__(self, *exc: object) -> None:
        bound = _bound.get()
        if isinstance(bound, _Bound):
            _bound.set(bound.outer)

    async def __aenter__(self) -> None:
        self.__enter__()

    async def __aexit__(self, *exc: object) -> None:
        self.__exit__(*exc)


def _is_hex(value: object, length: int) -> bool:
    return type(value) is str and len(value) == length and not value.strip("0123456789abcdef")


class _Bound(dict):  # type: ignore[type-arg]  # subscripting dict here costs an import at start
    """Fields in force, and those that were in force around them."""

    __slots__ = ("outer",)

    def __init__(self, fields: Mapping[str, Any], outer: Mapping[str, Any]) -> None:
        super().__init__(fields)
        self.outer = outer


def current() -> Mapping[str, Any]:
    """The fields in force here: the session's, and over them what the caller bound."""
    bound = _bound.get()
    if tapped is None or not tapped.ambient:
        return bound
    return {**tapped.ambient, **bound} if bound else tapped.ambient


def attach(sink: Sink, *, prices: PriceTable | None = None, meter: Meter | None = None) -> Tap:
    """Let every TelemetryLogger of this process write into `sink` too, until the tap is closed.

    `prices` serve the loggers that have none of their own; `meter` is asked before each call.
    """
    global tapped  # noqa: PLW0603 - one test session a process, seen by every logger and thread in it
    tapped = Tap(sink, prices, meter, tapped)
    return tapped


class Tap:
    """The hold of a test session on the loggers of its process.

    Attributes:
        last_query_id: The last call that ended since the fields were put.
        calls: What each call since then took: see `told`.
        write: Keeps a line of one of the process's loggers.
        replays: Counts the answers that came from a recording, where the test plays one.
    """

    def __init__(
        self, sink: Sink, prices: PriceTable | None, meter: Meter | None, outer: Tap | None
    ) -> None:
        self.prices = prices
        self.meter = meter
        self.ambient: Mapping[str, Any] = {}
        self.last_query_id: str | None = None
        self.calls: list[tuple[float | None, float | None]] = []
        self.replays: Callable[[], int] | None = None
        self._replayed = 0
        self.write = sink.write
        self._sink = sink
        self._outer = outer
        self._error: BaseException | None = None

    def fields(self, fields: Mapping[str, Any]) -> None:
        """Put these fields on every event of the process, whichever thread it comes from."""
        self.ambient = fields
        self.last_query_id = None
        self.calls = []
        self.replays = None
        self._replayed = 0
        self._error = None

    def aside(self, fields: Mapping[str, Any]) -> Aside:
        """A block whose calls are another's, such as a judge's: none of them counts as the test's.

        `fields` stand on the events of the block.
        """
        return Aside(self, fields)

    def saw(self, query_id: str, error: BaseException | None) -> None:
        """Remember the last call that ended, and what it raised."""
        self.last_query_id = query_id
        self._error = error if error is not None else self._error

    def told(self, query_id: str, found: dict[str, Any], *, is_root: bool) -> None:
        """Keep what a call took, mark it as cached if a recording answered it, and settle it.

        `calls` are (latency in ms of a root call, cost in USD of a leaf call), None for what is
        neither or is unknown, since the fields were put.
        """
        latency = found.get("latency_ms") if is_root else None
        cost = None if found.get("nested_calls") else found.get("cost_usd")
        self.calls.append((latency, cost))
        if self.replays is not None:
            before, self._replayed = self._replayed, self.replays()
            if self._replayed > before:
                found["cached"] = True
        if self.meter is not None:
            self.meter.end(query_id, found)

    def was_recorded(self, error: BaseException) -> bool:
        """Whether the last call that failed raised this very exception."""
        seen: BaseException | None = error
        while seen is not None:
            if seen is self._error:
                return True
            seen = seen.__cause__ or seen.__context__
        return False

    def close(self) -> None:
        """Let the loggers go, and close the sink."""
        global tapped  # noqa: PLW0603 - the other half of `attach`
        tapped = self._outer
        self._sink.close()


class Aside:
    """See `Tap.aside`."""

    def __init__(self, tap: Tap, fields: Mapping[str, Any]) -> None:
        self._tap = tap
        self._kept = (tap.ambient, tap.last_query_id, tap.calls)
        tap.ambient, tap.calls = fields, []

    def __enter__(self) -> None:
        """The block begins."""

    def __exit__(self, *_: object) -> None:
        """Go on as before the block."""
        self._tap.ambient, self._tap.last_query_id, self._tap.calls = self._kept
