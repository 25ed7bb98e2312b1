"""`TelemetryLogger`: watches AI calls and writes one JSON line an event."""

from __future__ import annotations

import os

from pytest_llm_telemetry.core import usage
from pytest_llm_telemetry.core.errors import ConfigError
from pytest_llm_telemetry.core.pricing import PriceTable
from pytest_llm_telemetry.runtime import context
from pytest_llm_telemetry.runtime.calls import ObservedCall
from pytest_llm_telemetry.runtime.clock import SystemClock, new_id
from pytest_llm_telemetry.runtime.emitting import Emitter
from pytest_llm_telemetry.runtime.sinks import FileSink
from pytest_llm_telemetry.runtime.wrapping import wrap

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from typing import Any, TypeVar

    from pytest_llm_telemetry.runtime.clock import Clock
    from pytest_llm_telemetry.runtime.sinks import Sink

    F = TypeVar("F", bound=Callable[..., Any])

_CAPTURES = ("redacted", "hash", "none", "full")


class TelemetryLogger:
    """Watches AI calls. It never breaks, slows or leaks the call that it watches.

    Args:
        destination: A path (a file of JSON lines) or a sink. None writes nowhere by itself.
        service, environment, service_version: Stand on every event.
        capture: What may be written of a query: "redacted" (a preview without personal data and
            secrets), "hash", "none", or "full" by explicit choice.
        hash_key: The key of user hashes; by default `LLM_TELEMETRY_HASH_KEY` of the environment,
            else a random one that lives as long as the process.
        prices: USD per million tokens by model, or a PriceTable.
        sinks: More sinks.
        clock, ids: Where times and query ids come from, for tests.

    Raises:
        ConfigError: If an argument cannot be used. Nothing is raised later.
    """

    def __init__(
        self,
        destination: str | os.PathLike[str] | Sink | None = None,
        *,
        service: str | None = None,
        environment: str | None = None,
        service_version: str | None = None,
        capture: str = "redacted",
        hash_key: bytes | str | None = None,
        prices: PriceTable | Mapping[str, Mapping[str, float]] | None = None,
        sinks: Sequence[Sink] = (),
        clock: Clock | None = None,
        ids: Callable[[], str] | None = None,
    ) -> None:
        if capture not in _CAPTURES:
            raise ConfigError(f"capture is {capture!r}", remedy=f"use one of {_CAPTURES}")
        fixed = {
            "service": service,
            "environment": environment,
            "service_version": service_version,
        }
        key = hash_key if hash_key is not None else os.environ.get("LLM_TELEMETRY_HASH_KEY")
        self._emitter = Emitter(
            (*_sinks(destination), *sinks),
            {name: value for name, value in fixed.items() if value is not None},
            clock=clock or SystemClock(),
            ids=ids or new_id,
            capture=capture,
            hash_key=key.encode() if isinstance(key, str) else key,
            prices=prices if prices is None or isinstance(prices, PriceTable) else PriceTable(prices),
        )

    def observe(self, query: object = None, **fields: Any) -> ObservedCall:
        """Watch a block: `with telemetry.observe(query, user_id=uid) as call: ...`.

        Fields: user_id, session_id, tags, variant, feature_flags, model, provider, operation.
        """
        found = {name: value for name, value in fields.items() if value is not None}
        if "model" in found:
            found["model_requested"] = found.pop("model")
        text = query if isinstance(query, str) or query is None else None
        return ObservedCall(self._emitter, text, found)

    def wrap(self, function: F) -> F:
        """Watch every call of a function: sync, async, generator or async generator."""
        return wrap(self, function)

    def watch(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> ObservedCall:
        """The call that a wrapped function is about to make with these arguments."""
        query, fields = None, {}
        with self._emitter.guard:
            query, fields = usage.query_text(args, kwargs), usage.request_fields(kwargs)
        return ObservedCall(self._emitter, query, fields)

    def score(
        self,
        query_id: str | None,
        name: str,
        value: float,
        *,
        passed: bool | None = None,
        explanation: str | None = None,
    ) -> None:
        """Write a score of a call: a grader's in CI, a user's feedback in production."""
        with self._emitter.guard:
            fields = {**context.current(), "score_name": name, "score": float(value)}
            fields |= {"passed": passed, "explanation": explanation}
            self._emitter.emit("query_score", fields, query_id or self._emitter.ids())

    def context(self, **fields: Any) -> context.bind:
        """Put fields on every event of a `with` block (any logger's): see `context.bind`."""
        return context.bind(**fields)

    def stats(self) -> dict[str, Any]:
        """Lines written, and what was lost by reason."""
        return {"written": self._emitter.written, "dropped": dict(self._emitter.guard.dropped)}

    def close(self) -> None:
        """Close the sinks."""
        for sink in self._emitter.sinks:
            with self._emitter.guard:
                sink.close()


def _sinks(destination: str | os.PathLike[str] | Sink | None) -> tuple[Sink, ...]:
    if destination is None:
        return ()
    if isinstance(destination, (str, os.PathLike)):
        return (FileSink(destination),)
    return (destination,)
