"""Events -> the protobuf messages of OTLP: spans, histograms and log records."""

from __future__ import annotations

from _blake2 import blake2b
from datetime import datetime

from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import (
    ExportMetricsServiceRequest,
)
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import (
    AnyValue,
    ArrayValue,
    InstrumentationScope,
    KeyValue,
)
from opentelemetry.proto.logs.v1.logs_pb2 import (
    SEVERITY_NUMBER_INFO,
    LogRecord,
    ResourceLogs,
    ScopeLogs,
)
from opentelemetry.proto.metrics.v1.metrics_pb2 import (
    AGGREGATION_TEMPORALITY_CUMULATIVE,
    HistogramDataPoint,
    Metric,
    ResourceMetrics,
    ScopeMetrics,
)
from opentelemetry.proto.resource.v1.resource_pb2 import Resource
from opentelemetry.proto.trace.v1.trace_pb2 import ResourceSpans, ScopeSpans, Span, Status

from pytest_llm_telemetry.runtime import otlp_map

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from typing import Any

    from pytest_llm_telemetry.runtime.otlp_counting import Point

    Event = Mapping[str, Any]

SPANS = frozenset({"query_success", "query_error"})
_SCOPE = InstrumentationScope(name=otlp_map.SCOPE, version="1")
_TRACE_BYTES, _SPAN_BYTES = 16, 8


def spans(grouped: Mapping[tuple[str, ...], Sequence[Event]], roots: Mapping[str, str]) -> bytes:
    """An export request for the terminal events; `roots` tells of a call the outermost one."""
    request = ExportTraceServiceRequest(
        resource_spans=[
            ResourceSpans(
                resource=_resource(who),
                scope_spans=[
                    ScopeSpans(scope=_SCOPE, spans=[_span(event, roots) for event in events])
                ],
            )
            for who, events in grouped.items()
        ]
    )
    return bytes(request.SerializeToString())


def logs(grouped: Mapping[tuple[str, ...], Sequence[Event]], roots: Mapping[str, str]) -> bytes:
    """An export request for the scores."""
    request = ExportLogsServiceRequest(
        resource_logs=[
            ResourceLogs(
                resource=_resource(who),
                scope_logs=[
                    ScopeLogs(scope=_SCOPE, log_records=[_score(event, roots) for event in events])
                ],
            )
            for who, events in grouped.items()
        ]
    )
    return bytes(request.SerializeToString())


def metrics(grouped: Mapping[tuple[str, ...], Iterable[Point]], since: int, now: int) -> bytes:
    """An export request for all that was counted from `since` to `now` (ns of the epoch)."""
    request = ExportMetricsServiceRequest(
        resource_metrics=[
            ResourceMetrics(
                resource=_resource(who),
                scope_metrics=[
                    ScopeMetrics(
                        scope=_SCOPE, metrics=[_metric(point, since, now) for point in points]
                    )
                ],
            )
            for who, points in grouped.items()
        ]
    )
    return bytes(request.SerializeToString())


def _span(event: Event, roots: Mapping[str, str]) -> Span:
    ended = nanoseconds(event["timestamp"])
    began = ended - round(event.get("latency_ms", 0.0) * 1e6)
    failed = event["event"] == "query_error"
    words = (event.get("operation"), event.get("model_requested") or event.get("model"))
    return Span(
        trace_id=_trace_id(event, roots),
        span_id=_span_id(event["query_id"]),
        parent_span_id=_parent(event),
        name=" ".join(word for word in words if word) or "query",
        kind=Span.SPAN_KIND_CLIENT,
        start_time_unix_nano=began,
        end_time_unix_nano=ended,
        attributes=_pairs(otlp_map.attributes(event)),
        status=Status(
            code=Status.STATUS_CODE_ERROR if failed else Status.STATUS_CODE_UNSET,
            message=event.get("error_message", "") if failed else "",
        ),
    )


def _score(event: Event, roots: Mapping[str, str]) -> LogRecord:
    return LogRecord(
        time_unix_nano=nanoseconds(event["timestamp"]),
        severity_number=SEVERITY_NUMBER_INFO,
        severity_text="INFO",
        event_name=otlp_map.EVALUATION,
        attributes=_pairs(otlp_map.attributes(event)),
        trace_id=_trace_id(event, roots),
        span_id=_span_id(event["query_id"]),
    )


def _metric(point: Point, since: int, now: int) -> Metric:
    name, unit, _, _, bounds, _ = otlp_map.METRICS[point.place]
    counts = point.whole_counts()
    metric = Metric(name=name, unit=unit)
    metric.histogram.aggregation_temporality = AGGREGATION_TEMPORALITY_CUMULATIVE
    metric.histogram.data_points.append(
        HistogramDataPoint(
            start_time_unix_nano=since,
            time_unix_nano=now,
            count=sum(counts),
            sum=point.total,
            bucket_counts=counts,
            explicit_bounds=bounds,
            attributes=_pairs(point.labels),
        )
    )
    return metric


def _resource(who: tuple[str, ...]) -> Resource:
    names = (*otlp_map.RESOURCE.values(), "service.instance.id")
    told = dict(zip(names, who, strict=True))
    return Resource(attributes=_pairs({name: value for name, value in told.items() if value}))


def _pairs(found: Mapping[str, Any]) -> list[KeyValue]:
    return [KeyValue(key=name, value=_value(value)) for name, value in found.items()]


def _value(value: Any) -> AnyValue:
    if isinstance(value, bool):
        return AnyValue(bool_value=value)
    if isinstance(value, int):
        return AnyValue(int_value=value)
    if isinstance(value, float):
        return AnyValue(double_value=value)
    if isinstance(value, list):
        return AnyValue(array_value=ArrayValue(values=[_value(item) for item in value]))
    return AnyValue(string_value=str(value))


def _trace_id(event: Event, roots: Mapping[str, str]) -> bytes:
    """The trace that was active, else one of our own: all calls inside an outermost one."""
    active = _hex(event.get("trace_id"), _TRACE_BYTES)
    if active is not None:
        return active
    query_id = event["query_id"]
    root = roots.get(query_id) or event.get("parent_id") or query_id
    return _hex(root, _TRACE_BYTES) or blake2b(root.encode(), digest_size=_TRACE_BYTES).digest()


def _parent(event: Event) -> bytes:
    parent = event.get("parent_id")
    if parent is not None:
        return _span_id(parent)
    return _hex(event.get("span_id"), _SPAN_BYTES) or b""


def _span_id(query_id: str) -> bytes:
    return blake2b(query_id.encode(), digest_size=_SPAN_BYTES).digest()


def _hex(text: Any, size: int) -> bytes | None:
    """So many bytes as hex digits; zeros alone are no id."""
    if not isinstance(text, str) or len(text) != 2 * size:
        return None
    try:
        found = bytes.fromhex(text)
    except ValueError:
        return None
    return found if len(found) == size and any(found) else None


def nanoseconds(timestamp: str) -> int:
    """Nanoseconds of the epoch of an event's timestamp, whose precision is the millisecond."""
    return round(datetime.fromisoformat(timestamp).timestamp() * 1000) * 1_000_000
