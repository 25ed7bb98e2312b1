"""Extra `otlp`: the same events as OpenTelemetry spans, metrics and log records, over OTLP/HTTP.

A sink beside the file: `TelemetryLogger("logs/llm.jsonl", sinks=[OtlpSink("http://collector:4318")])`.
The caller's thread puts a line into a queue; everything else happens in a thread of its own.
"""

from __future__ import annotations

import os

from pytest_llm_telemetry.core.errors import ConfigError
from pytest_llm_telemetry.runtime.queueing import QueueSink

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

_ENDPOINT, _HEADERS = "OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_HEADERS"
_DEFAULT = "http://localhost:4318"


class OtlpSink:
    """Sends events to a collector, and never makes a call wait for it.

    Terminal events become spans and metrics, scores become `gen_ai.evaluation.result` events. The
    names stand in `runtime.otlp_map`. What a collector that is down or too slow costs is counted
    in `dropped`: `queue_full`, `otlp_unreachable`, `otlp_refused`; the file sink beside it has it
    all the same.

    Args:
        endpoint: The collector's base URL, to which `/v1/traces` and so on is added. By default
            `OTEL_EXPORTER_OTLP_ENDPOINT` of the environment, else `http://localhost:4318`.
        headers: Sent with each request. By default those of `OTEL_EXPORTER_OTLP_HEADERS`.
        capacity: How many lines may wait.
        linger_s: How long to gather lines before they are sent, in seconds.
        timeout_s: How long a request may take, in seconds.

    Raises:
        ConfigError: opentelemetry-proto is not installed, or the endpoint is no http URL.
    """

    def __init__(
        self,
        endpoint: str | None = None,
        *,
        headers: Mapping[str, str] | None = None,
        capacity: int = 10_000,
        linger_s: float = 1.0,
        timeout_s: float = 10.0,
    ) -> None:
        url = endpoint or os.environ.get(_ENDPOINT) or _DEFAULT
        if not url.startswith(("http://", "https://")):
            raise ConfigError(
                f"the endpoint is {url!r}",
                where="OtlpSink",
                remedy="give the base URL of a collector's OTLP/HTTP receiver",
            )
        try:
            from pytest_llm_telemetry.runtime.otlp_exporting import Exporter  # noqa: PLC0415 - extra
        except ImportError as error:
            raise ConfigError(
                "OTLP needs opentelemetry-proto",
                where="OtlpSink",
                remedy="pip install 'pytest-llm-telemetry[otlp]'",
            ) from error
        sent = _environment() if headers is None else headers
        self._exporter = Exporter(url.rstrip("/"), sent, linger_s, timeout_s)
        self._queue = QueueSink(self._exporter, capacity)

    @property
    def dropped(self) -> dict[str, int]:
        """Lines lost, by reason."""
        return {**self._queue.dropped, **self._exporter.losses.counts}

    def write(self, line: bytes) -> None:
        """Queue the line, or count it as dropped where the queue is full."""
        self._queue.write(line)

    def flush(self, timeout_s: float = 10.0) -> bool:
        """Send what waits, without lingering; false if that takes longer than `timeout_s`."""
        with self._exporter.hurried():
            return self._queue.flush(timeout_s)

    def close(self) -> None:
        """Send what waits, and count what cannot be sent in time."""
        with self._exporter.hurried():
            self._queue.close()


def _environment() -> dict[str, str]:
    """`key=value,key=value`, percent-encoded, as OpenTelemetry's specification has it."""
    from urllib.parse import unquote  # noqa: PLC0415 - only a sender needs it

    pairs = (pair.partition("=") for pair in os.environ.get(_HEADERS, "").split(","))
    return {unquote(name.strip()): unquote(value.strip()) for name, _, value in pairs if value}
