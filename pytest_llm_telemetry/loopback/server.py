"""The server itself: a socket on loopback, a thread a connection, a log of what was asked."""

from __future__ import annotations

import threading
from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING, Self

from pytest_llm_telemetry.core.errors import ConfigError
from pytest_llm_telemetry.loopback.chance import Latency, fault_rates
from pytest_llm_telemetry.loopback.desk import Desk
from pytest_llm_telemetry.loopback.exchange import Exchange, Outcome
from pytest_llm_telemetry.loopback.wire import Listener

if TYPE_CHECKING:
    from collections.abc import Mapping
    from types import TracebackType

    from pytest_llm_telemetry.loopback.exchange import Answers, FaultKind

_SECRET = frozenset({"authorization", "x-api-key", "api-key", "cookie"})


class LoopbackServer:
    """A model server on 127.0.0.1 for the length of a `with` block, or from `start` to `stop`.

    Args:
        answers: Called with the parsed request body, from several threads at once, or a mapping
            from the last user message to the answer. Not asked for embeddings.
        model: What responses name as their model when neither the request nor the reply does, and
            what `/v1/models` lists.
        latency_ms: The median latency in milliseconds, or a `Latency` for spread and slow calls.
            0 answers at once.
        error_rate: The share of calls that fail (half 429, half 500), or a share for each kind.
        seed: Another seed gives other latencies and other calls that fail.

    Raises:
        ConfigError: If `error_rate` cannot be used.
    """

    def __init__(
        self,
        answers: Answers,
        *,
        model: str = "gpt-4o-mini",
        latency_ms: float | Latency = 0.0,
        error_rate: float | Mapping[FaultKind, float] = 0.0,
        seed: int = 0,
    ) -> None:
        latency = latency_ms if isinstance(latency_ms, Latency) else Latency(median_ms=latency_ms)
        rates = fault_rates(error_rate)
        self._desk = Desk(answers=answers, model=model, latency=latency, rates=rates, seed=seed)
        self._lock = threading.Lock()
        self._seen: Counter[tuple[str, bytes]] = Counter()
        self._log: list[Exchange] = []
        self._listener: Listener | None = None

    @property
    def root_url(self) -> str:
        """`http://127.0.0.1:PORT`: the base URL for SDKs that add `/v1` themselves (Anthropic).

        Raises:
            ConfigError: If the server is not running.
        """
        if self._listener is None:
            raise ConfigError(
                "the loopback server is not running",
                where="LoopbackServer",
                remedy="use it in a with block, or call start() first",
            )
        return f"http://127.0.0.1:{self._listener.server_address[1]}"

    @property
    def base_url(self) -> str:
        """`http://127.0.0.1:PORT/v1`: the base URL for OpenAI's SDK. Raises as `root_url`."""
        return f"{self.root_url}/v1"

    @property
    def requests(self) -> tuple[Exchange, ...]:
        """Every request so far, in the order taken. It outlives the server."""
        with self._lock:
            return tuple(self._log)

    def start(self) -> Self:
        """Listen on a free port of 127.0.0.1; nothing happens when it does already."""
        if self._listener is None:
            self._listener = Listener(self._take)
            self._listener.start()
        return self

    def stop(self) -> None:
        """Close every connection, wait for the threads, free the port. Waits for no sleep."""
        if self._listener is not None:
            self._listener.stop()
            self._listener = None

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.stop()

    def _take(self, method: str, path: str, headers: Mapping[str, str], raw: bytes) -> Outcome:
        """Decide on one request and note it before a byte goes out, so that tests need not wait."""
        with self._lock:
            self._seen[path, raw] += 1
            attempt = self._seen[path, raw]
        seed = self._desk.call_seed(path, raw, attempt)
        outcome = Outcome(status=500)  # what stays when the answers raise
        try:
            outcome = self._desk.serve(method, path, raw, seed)
        finally:
            exchange = Exchange(
                method=method,
                path=path,
                headers={name: value for name, value in headers.items() if name not in _SECRET},
                body=outcome.request,
                attempt=attempt,
                request_id=f"req_{seed}",
                status=outcome.status,
                fault=outcome.fault,
                streaming=bool(outcome.frames),
                latency_ms=outcome.latency_ms,
            )
            with self._lock:
                self._log.append(exchange)
        name = "request-id" if path == "/v1/messages" else "x-request-id"
        return replace(outcome, headers=outcome.headers | {name: exchange.request_id})
