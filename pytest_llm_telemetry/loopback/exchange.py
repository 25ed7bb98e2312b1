"""What a loopback server is asked, and what it can be told to answer."""

from collections.abc import Callable, Mapping
from dataclasses import KW_ONLY, dataclass, field
from typing import Any, Literal

FaultKind = Literal["rate_limit", "server_error", "broken_stream", "reset"]


@dataclass(frozen=True, slots=True)
class Reply:
    """One answer of the model. What is None is worked out by the server.

    `input_tokens` includes `cached_tokens`, `output_tokens` includes `reasoning_tokens`; both
    default to an estimate from the texts. `latency_ms` and `ttft_ms` (time to the first piece of
    a stream) replace the server's own. `model` is what the response names, such as a snapshot.
    """

    text: str
    _: KW_ONLY
    model: str | None = None
    finish_reason: str = "stop"
    input_tokens: int | None = None
    output_tokens: int | None = None
    cached_tokens: int = 0
    reasoning_tokens: int = 0
    latency_ms: float | None = None
    ttft_ms: float | None = None


@dataclass(frozen=True, slots=True)
class Fault:
    """One failure in the place of an answer.

    `rate_limit` is a 429, `server_error` a 500, `reset` a connection reset before any byte.
    `broken_stream` sends half of the answer and then an error event; it is a 500 where the request
    asks for no stream. `retry_after_s` goes out as Retry-After (whole seconds, rounded up) and
    retry-after-ms (exact); None leaves both out.
    """

    kind: FaultKind
    _: KW_ONLY
    retry_after_s: float | None = None
    text: str = "This answer is cut off before its end."


Answer = str | Reply | Fault
Answers = Callable[[dict[str, Any]], Answer] | Mapping[str, Answer]


@dataclass(frozen=True, slots=True, kw_only=True)
class Exchange:
    """One request as the server took it, for a test to look at.

    `headers` have lower-case names and leave out the credentials. `attempt` counts the requests
    with this path and body, from 1. `status` is None when the connection was reset. `latency_ms`
    is what was injected, not what was measured.
    """

    method: str
    path: str
    headers: Mapping[str, str]
    body: Mapping[str, Any]
    attempt: int
    request_id: str
    status: int | None
    fault: FaultKind | None
    streaming: bool
    latency_ms: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """A reply with all that a provider's wire format needs to be written down."""

    request: Mapping[str, Any]
    reply: Reply
    model: str
    token: str
    created: int
    input_tokens: int
    output_tokens: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """One server-sent event. `piece` marks those that carry text and arrive over time."""

    data: str
    event: str | None = None
    piece: bool = False

    def encode(self) -> bytes:
        """The bytes on the wire, with the blank line that ends an event."""
        name = f"event: {self.event}\n" if self.event else ""
        return f"{name}data: {self.data}\n\n".encode()


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What to send and when, and what was understood of the request.

    `status` None means: reset the connection. `frames` is the body of a stream, otherwise
    `payload` is. `latency_ms` is due for the last byte, `ttft_ms` for the first piece of a stream.
    """

    status: int | None
    payload: Mapping[str, Any] | None = None
    headers: dict[str, str] = field(default_factory=dict)
    frames: tuple[Frame, ...] = ()
    latency_ms: float = 0.0
    ttft_ms: float = 0.0
    fault: FaultKind | None = None
    request: Mapping[str, Any] = field(default_factory=dict)
