"""Fields -> a redacted line -> sinks. The one place where a line is made, and where faults end."""

from __future__ import annotations

import os

from pytest_llm_telemetry.core import usage
from pytest_llm_telemetry.core.lines import encode
from pytest_llm_telemetry.core.pricing import PriceTable
from pytest_llm_telemetry.core.privacy import keyed_hash, preview, redact, text_hash
from pytest_llm_telemetry.runtime import context
from pytest_llm_telemetry.runtime.clock import timestamp

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from typing import Any

    from pytest_llm_telemetry.runtime.clock import Clock
    from pytest_llm_telemetry.runtime.sinks import Sink

_ORDER = (
    "parent_id", "trace_id", "span_id", "service", "environment", "service_version",
    "session_id", "user_hash", "feature_flags", "variant", "tags",
    "run_id", "suite", "case_id", "attempt", "worker",
    "query_preview", "query_hash", "query_length",
    "provider", "operation", "model_requested", "model",
    "latency_ms", "ttft_ms", "streaming", "cached",
    "input_tokens", "output_tokens", "cache_read_tokens", "cache_write_tokens", "reasoning_tokens",
    "cost_usd", "cost_source", "price_table_version", "unit_prices", "nested_calls",
    "response_length", "finish_reason", "tool_calls", "response_id",
    "error_type", "error_message", "status_code", "retry_after_s",
    "sample_rate", "score_name", "score", "passed", "explanation",
)  # fmt: skip
_REDACTED = ("session_id", "error_message", "explanation", "variant")
_MESSAGE_LENGTH = 500


class Guard:
    """Ends every fault of ours: the caller's call goes on, and the loss is counted by reason."""

    def __init__(self) -> None:
        self.dropped: dict[str, int] = {}

    def __enter__(self) -> None:
        """Begin to guard."""

    def __exit__(self, kind: type[BaseException] | None, error: object, trace: object) -> bool:
        """Swallow what our own code raised."""
        if kind is None:
            return False
        self.dropped[kind.__name__] = self.dropped.get(kind.__name__, 0) + 1
        return True


class Emitter:
    """What a logger's calls share: where lines go, what stands on each, and the guard."""

    def __init__(
        self,
        sinks: Sequence[Sink],
        fixed: Mapping[str, str],
        *,
        clock: Clock,
        ids: Callable[[], str],
        capture: str,
        hash_key: bytes | None,
        prices: PriceTable | None,
    ) -> None:
        self.sinks = sinks
        self.clock = clock
        self.ids = ids
        self.guard = Guard()
        self.written = 0
        self._fixed = fixed
        self._capture = capture
        self._query_key = hash_key or b""
        self._user_key = hash_key or os.urandom(32)
        self._prices = prices

    def query_fields(self, query: str | None) -> dict[str, Any]:
        """What may be written of a query, by the chosen capture."""
        if query is None or self._capture == "none":
            return {} if query is None else {"query_length": len(query)}
        found: dict[str, Any] = {"query_hash": text_hash(query, self._query_key)}
        if self._capture != "hash":
            found["query_preview"] = query if self._capture == "full" else preview(query)
        found["query_length"] = len(query)
        return found

    def error_fields(self, error: BaseException | None, error_type: str | None) -> dict[str, Any]:
        """What may be written of an error."""
        found = usage.read_error(error) if error is not None else {}
        if error_type is not None:
            found["error_type"] = error_type
        if error is not None and self._capture not in {"none", "hash"}:
            found["error_message"] = str(error)[:_MESSAGE_LENGTH]
        return found

    def emit(
        self,
        event: str,
        fields: dict[str, Any],
        query_id: str,
        error: BaseException | None = None,
    ) -> None:
        """Make the line and hand it to every sink and to the session's tap."""
        tap = context.tap()
        if event in {"query_success", "query_error"}:
            fields = {**fields, **self._cost(fields, tap)}
            if tap is not None:
                tap.saw(query_id, error)
        line = encode(self._line(event, fields, query_id))
        for sink in self.sinks:
            with self.guard:
                sink.write(line)
                self.written += 1
        if tap is not None:
            with self.guard:
                tap.write(line)

    def _line(self, event: str, fields: dict[str, Any], query_id: str) -> dict[str, Any]:
        fields = {**self._fixed, **fields}
        user = fields.pop("user_id", None)
        if user is not None:
            fields["user_hash"] = keyed_hash(str(user), self._user_key)
        for name in _REDACTED:
            if isinstance(fields.get(name), str):
                fields[name] = redact(fields[name])
        if fields.get("tags"):
            fields["tags"] = [redact(str(tag)) for tag in fields["tags"]]
        record: dict[str, Any] = {
            "schema_version": 1,
            "event": event,
            "timestamp": timestamp(self.clock.wall()),
            "level": "ERROR" if event == "query_error" else "INFO",
            "message": _message(event, fields),
            "query_id": query_id,
        }
        for name in _ORDER:
            if name in fields:
                record[name] = fields[name]
        return record

    def _cost(self, fields: Mapping[str, Any], tap: context.Tap | None) -> dict[str, Any]:
        if fields.get("nested_calls") and fields.get("input_tokens") is None:
            return {"cost_usd": None, "cost_source": "nested"}
        prices = self._prices or (tap.prices if tap is not None else None)
        if prices is None or "cost_usd" in fields:
            return {}
        return prices.price(fields)


def _message(event: str, fields: Mapping[str, Any]) -> str:
    words = [event]
    for name in ("model", "error_type", "score_name"):
        if isinstance(fields.get(name), str):
            words.append(fields[name][:80])
    if isinstance(fields.get("latency_ms"), float):
        words.append(f"{fields['latency_ms']:.0f} ms")
    return " ".join(words)
