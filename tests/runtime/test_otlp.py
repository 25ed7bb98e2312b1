"""The extra `otlp`, against a collector on loopback that decodes what it is sent."""

import math
import os
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from queue import SimpleQueue
from typing import Any

import pytest
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import (
    ExportMetricsServiceRequest,
)
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import AnyValue
from opentelemetry.proto.trace.v1.trace_pb2 import Status

from pytest_llm_telemetry import MemorySink, OtlpSink, QueueSink, TelemetryLogger
from pytest_llm_telemetry.core.errors import ConfigError
from pytest_llm_telemetry.core.events import FIELDS
from pytest_llm_telemetry.runtime import otlp_counting, otlp_exporting, otlp_map
from pytest_llm_telemetry.runtime.otlp_messages import nanoseconds

DECODED: dict[str, Any] = {
    "/v1/traces": ExportTraceServiceRequest,
    "/v1/metrics": ExportMetricsServiceRequest,
    "/v1/logs": ExportLogsServiceRequest,
}
ANSWER = {
    "id": "r1",
    "model": "gpt-4o-mini-2024-07-18",
    "choices": [{"message": {"content": "Paris."}, "finish_reason": "stop"}],
    "usage": {
        "prompt_tokens": 12,
        "completion_tokens": 3,
        "prompt_tokens_details": {"cached_tokens": 4},
    },
}
PRICES = {"gpt-4o-mini": {"input": 0.15, "output": 0.6}}


class Collector:
    """An OTLP/HTTP receiver: decodes protobuf, keeps it, and answers as it is told."""

    def __init__(self) -> None:
        collector = self
        self.statuses: list[int] = []
        self.received: list[tuple[str, Any]] = []
        self.headers: list[dict[str, str]] = []

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["content-length"]))
                collector.headers.append({key.lower(): v for key, v in self.headers.items()})
                status = collector.statuses.pop(0) if collector.statuses else 200
                if status == 200:
                    message = DECODED[self.path]()
                    message.ParseFromString(body)
                    collector.received.append((self.path, message))
                self.send_response(status)
                if status == 302:
                    self.send_header("location", "/v1/elsewhere")
                self.send_header("content-length", "0")
                self.end_headers()

            def log_message(self, *args: object) -> None:
                """Stay silent."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)
        self._thread.start()
        self.url = f"http://127.0.0.1:{self._server.server_port}"

    def close(self) -> None:
        """Stop listening."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def resources(self, path: str) -> list[Any]:
        """The resources of all requests to a path, with what they hold."""
        name = {"/v1/traces": "spans", "/v1/metrics": "metrics", "/v1/logs": "logs"}[path]
        return [
            part
            for where, message in self.received
            if where == path
            for part in getattr(message, f"resource_{name}")
        ]

    @property
    def spans(self) -> list[Any]:
        """All spans."""
        found = self.resources("/v1/traces")
        return [span for part in found for scope in part.scope_spans for span in scope.spans]

    @property
    def records(self) -> list[Any]:
        """All log records."""
        found = self.resources("/v1/logs")
        return [log for part in found for scope in part.scope_logs for log in scope.log_records]

    def points(self, name: str) -> list[Any]:
        """The histogram points of a metric, as the last request told them."""
        message = [m for where, m in self.received if where == "/v1/metrics"][-1]
        return [
            point
            for part in message.resource_metrics
            for scope in part.scope_metrics
            for metric in scope.metrics
            if metric.name == name
            for point in metric.histogram.data_points
        ]


def plain(value: AnyValue) -> Any:
    """The Python value."""
    kind = value.WhichOneof("value")
    if kind == "array_value":
        return [plain(item) for item in value.array_value.values]
    return getattr(value, str(kind))


def told(holder: Any) -> dict[str, Any]:
    """The attributes of a span, a point, a record or a resource."""
    return {pair.key: plain(pair.value) for pair in holder.attributes}


@pytest.fixture
def collector() -> Iterator[Collector]:
    made = Collector()
    yield made
    made.close()


class Both:
    """A logger that writes the same events as JSONL and over OTLP."""

    def __init__(self, collector: Collector, **options: Any) -> None:
        self.jsonl = MemorySink()
        self.sink = OtlpSink(collector.url, linger_s=0.0)
        self.telemetry = TelemetryLogger(self.jsonl, sinks=[self.sink], prices=PRICES, **options)

    def events(self, kind: str) -> list[dict[str, Any]]:
        """The lines of one kind, once all is sent."""
        assert self.sink.flush()
        return [event for event in self.jsonl.events if event["event"] == kind]


@pytest.fixture
def both(collector: Collector) -> Iterator[Both]:
    made = Both(collector, service="bot", environment="prod", service_version="1.2")
    yield made
    made.telemetry.close()


def expected(event: dict[str, Any]) -> dict[str, Any]:
    """What the attributes of an event must be, worked out from its line."""
    found: dict[str, Any] = {}
    for field, value in event.items():
        name = otlp_map.ATTRIBUTES.get(field)
        if name is None or value is None:
            continue
        if isinstance(value, dict):
            found |= {f"{name}.{key}": inner for key, inner in value.items()}
        elif field == "ttft_ms":
            found[name] = value / 1000
        elif field == "finish_reason":
            found[name] = [value]
        elif field == "passed":
            found[name] = "pass" if value else "fail"
        else:
            found[name] = value
    return found


def test_every_field_of_an_event_has_its_place() -> None:
    """The table knows each field of the event, once, and nothing else."""
    places = (otlp_map.RESOURCE, otlp_map.PLACED, otlp_map.ATTRIBUTES)
    assert sorted(name for place in places for name in place) == sorted(FIELDS)


def test_spans_are_equal_to_the_lines(both: Both, collector: Collector) -> None:
    """Each call is a span: same times, same attributes, same status, under its service."""
    context = {"session_id": "s1", "tags": ["vip", "eu"], "variant": "b"}
    flags = {"new-prompt": True, "depth": 3, "share": 0.5}
    with both.telemetry.observe("Capital of France?", feature_flags=flags, **context) as call:
        call.record(ANSWER)
    with both.telemetry.observe("Capital of Spain?", model="gpt-4o-mini") as call:
        list(call.stream(iter([{"choices": [{"delta": {"content": "M"}}]}])))
    with pytest.raises(ValueError, match="no"), both.telemetry.observe("Broken?"):
        raise ValueError("no such capital")
    lines = [*both.events("query_success"), *both.events("query_error")]
    spans = {told(span)["llm_telemetry.query_id"]: span for span in collector.spans}
    assert len(spans) == len(lines) == 3
    for line in lines:
        span = spans[line["query_id"]]
        assert told(span) == expected(line)
        assert span.trace_id.hex() == line["query_id"]
        assert span.end_time_unix_nano == nanoseconds(line["timestamp"])
        length = span.end_time_unix_nano - span.start_time_unix_nano
        assert length == round(line["latency_ms"] * 1e6)
        failed = line["event"] == "query_error"
        assert (span.status.code == Status.STATUS_CODE_ERROR) is failed
        assert span.status.message == line.get("error_message", "")
    names = {spans[line["query_id"]].name for line in lines}
    assert names == {"chat gpt-4o-mini-2024-07-18", "chat gpt-4o-mini", "query"}
    resource = told(collector.resources("/v1/traces")[0].resource)
    assert len(resource.pop("service.instance.id")) == 32
    assert resource == {
        "service.name": "bot",
        "deployment.environment.name": "prod",
        "service.version": "1.2",
    }


def test_metrics_are_equal_to_the_lines(both: Both, collector: Collector) -> None:
    """Counts and sums of all histograms are those that the lines add up to."""
    for _ in range(3):
        with both.telemetry.observe("hello") as call:
            call.record(ANSWER)
    with both.telemetry.observe("hello") as call:
        call.record(ANSWER, cached=True)
    lines = both.events("query_success")
    live = [line["latency_ms"] / 1000 for line in lines if not line.get("cached")]
    (duration,) = collector.points("gen_ai.client.operation.duration")
    assert (duration.count, sum(duration.bucket_counts)) == (3, 3)
    assert duration.sum == pytest.approx(sum(live))
    assert list(duration.explicit_bounds)[:2] == [0.01, 0.02]
    assert told(duration) == {
        "gen_ai.operation.name": "chat",
        "gen_ai.provider.name": "openai",
        "gen_ai.response.model": "gpt-4o-mini-2024-07-18",
    }
    tokens = {
        told(point)["gen_ai.token.type"]: point
        for point in collector.points("gen_ai.client.token.usage")
    }
    for kind in ("input", "output"):
        assert tokens[kind].count == len(lines) == 4
        assert tokens[kind].sum == sum(line[f"{kind}_tokens"] for line in lines)
    (cost,) = collector.points("llm_telemetry.client.cost")
    assert cost.sum == pytest.approx(sum(line["cost_usd"] for line in lines))
    assert cost.start_time_unix_nano < cost.time_unix_nano


def test_the_time_to_first_chunk_is_a_metric_of_streams(both: Both, collector: Collector) -> None:
    """A stream tells it, a plain call does not."""
    with both.telemetry.observe("plain") as call:
        call.record(ANSWER)
    with both.telemetry.observe("stream") as call:
        list(call.stream(iter(["Par", "is."])))
    (line,) = [line for line in both.events("query_success") if "ttft_ms" in line]
    (point,) = collector.points("gen_ai.client.operation.time_to_first_chunk")
    assert (point.count, point.sum) == (1, pytest.approx(line["ttft_ms"] / 1000))


def test_scores_are_evaluation_results(both: Both, collector: Collector) -> None:
    """A score is the conventions' event, beside the span that it is about, and a metric."""
    with both.telemetry.observe("hello") as call:
        pass
    both.telemetry.score(call.query_id, "exact", 0.25, passed=False, explanation="not Paris")
    both.telemetry.score(None, "thumbs", 1.0)
    scores = both.events("query_score")
    by_name = {told(record)["gen_ai.evaluation.name"]: record for record in collector.records}
    for line in scores:
        record = by_name[line["score_name"]]
        assert told(record) == expected(line)
        assert record.event_name == "gen_ai.evaluation.result"
        assert record.time_unix_nano == nanoseconds(line["timestamp"])
    (span,) = collector.spans
    assert by_name["exact"].span_id == span.span_id
    assert by_name["exact"].trace_id == span.trace_id
    points = {told(p)["gen_ai.evaluation.name"]: p for p in collector.points(
        "llm_telemetry.evaluation.score")}  # fmt: skip
    assert points["exact"].sum == 0.25
    assert told(points["exact"])["gen_ai.evaluation.score.label"] == "fail"


def test_calls_inside_a_call_are_one_trace(both: Both, collector: Collector) -> None:
    """Children and grandchildren are in the outermost call's trace; tokens count once."""
    with (
        both.telemetry.observe("root") as root,
        both.telemetry.observe("child") as child,
        both.telemetry.observe("grandchild") as grandchild,
    ):
        grandchild.record(ANSWER)
    assert len(both.events("query_success")) == 3
    spans = {told(span)["llm_telemetry.query_id"]: span for span in collector.spans}
    assert {span.trace_id.hex() for span in spans.values()} == {root.query_id}
    parents = {name: span.parent_span_id for name, span in spans.items()}
    assert parents == {
        root.query_id: b"",
        child.query_id: spans[root.query_id].span_id,
        grandchild.query_id: spans[child.query_id].span_id,
    }
    assert [p.count for p in collector.points("gen_ai.client.token.usage")] == [1, 1]


@pytest.mark.parametrize(
    ("trace_id", "span_id", "kept"),
    [
        ("4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7", True),
        ("0" * 32, "0" * 16, False),
        ("not thirty-two digits", "neither sixteen", False),
        ("zz" * 16, "zz" * 8, False),
    ],
)
def test_an_active_trace_is_continued(
    both: Both, collector: Collector, trace_id: str, span_id: str, *, kept: bool
) -> None:
    """The call is a child of the span that was active; what is no trace begins one of its own."""
    with (
        both.telemetry.context(trace_id=trace_id, span_id=span_id),
        both.telemetry.observe("hello") as call,
    ):
        pass
    assert len(both.events("query_success")) == 1
    (span,) = collector.spans
    assert span.trace_id.hex() == (trace_id if kept else call.query_id)
    assert span.parent_span_id.hex() == (span_id if kept else "")


@pytest.mark.parametrize("form", ["call {}", "{:z>32}"])
def test_an_id_of_ones_own_making_is_hashed_into_a_trace(collector: Collector, form: str) -> None:
    """Query ids from the caller's source need not be hexadecimal."""
    numbers = iter(range(100))
    both = Both(collector, ids=lambda: form.format(next(numbers)))
    with both.telemetry.observe("hello"):
        pass
    assert len(both.events("query_success")) == 1
    assert [len(span.trace_id) for span in collector.spans] == [16]
    both.telemetry.close()


def test_a_sample_stands_for_all_calls(collector: Collector) -> None:
    """Metrics weigh a sampled call by the calls it stands for, and errors by one."""
    both = Both(collector, sample_rate=0.25)
    for _ in range(200):
        with both.telemetry.observe("hello") as call:
            call.record(ANSWER)
    with pytest.raises(ValueError, match="no"), both.telemetry.observe("hello"):
        raise ValueError("no")
    kept = both.events("query_success")
    points = {told(point).get("error.type"): point for point in collector.points(
        "gen_ai.client.operation.duration")}  # fmt: skip
    assert points[None].count == len(kept) * 4
    assert points["ValueError"].count == 1
    both.telemetry.close()


def test_what_may_pass_is_tried_again(both: Both, collector: Collector) -> None:
    """A collector that is busy gets the same request once more, and nothing is lost."""
    collector.statuses = [503, 429]
    with both.telemetry.observe("hello"):
        pass
    assert len(both.events("query_success")) == 1
    assert len(collector.spans) == 1
    assert both.sink.dropped == {}


@pytest.mark.parametrize(("status", "tries"), [(400, 1), (302, 1), (503, 3)])
def test_what_cannot_be_delivered_is_counted(
    both: Both, collector: Collector, status: int, tries: int
) -> None:
    """Refused at once, redirected (never followed), or busy for good: counted by its reason."""
    collector.statuses = [status] * tries
    with both.telemetry.observe("hello"):
        pass
    assert len(both.events("query_success")) == 1
    assert collector.spans == []
    reason = "otlp_unreachable" if status == 503 else "otlp_refused"
    assert both.sink.dropped == {reason: 1}
    assert both.telemetry.stats()["dropped"] == {reason: 1}
    (duration,) = collector.points("gen_ai.client.operation.duration")
    assert duration.count == 1  # metrics are cumulative


def test_a_collector_that_is_down_delays_no_call(collector: Collector) -> None:
    """Nobody listens: the call goes on, the file has its lines, the loss is counted."""
    url = collector.url
    jsonl, sink = MemorySink(), OtlpSink("http://127.0.0.1:9", linger_s=60.0)
    telemetry = TelemetryLogger(jsonl, sinks=[sink])
    assert url
    for _ in range(20):
        with telemetry.observe("hello"):
            pass
    assert len(jsonl.lines) == 40
    telemetry.close()
    assert sink.dropped == {"otlp_unreachable": 20}


def test_a_line_may_be_sent_by_itself(collector: Collector) -> None:
    """The exporter is a sink too."""
    jsonl = MemorySink()
    exporter = otlp_exporting.Exporter(collector.url, {}, 0.0, 5.0)
    with TelemetryLogger(jsonl).observe("hello"):
        pass
    for line in jsonl.lines:
        exporter.write(line)
    exporter.close()
    assert len(collector.spans) == 1


def test_a_forked_child_counts_for_itself(both: Both, collector: Collector) -> None:
    """The child is an instance of its own, and its counts begin at 0."""
    with both.telemetry.observe("parent"):
        pass
    assert len(both.events("query_success")) == 1
    child = os.fork()
    if not child:
        with both.telemetry.observe("child"):
            pass
        both.sink.close()
        os._exit(0)
    assert os.waitpid(child, 0)[1] == 0
    (duration,) = collector.points("gen_ai.client.operation.duration")
    assert duration.count == 1
    instances = {
        told(part.resource)["service.instance.id"] for part in collector.resources("/v1/metrics")
    }
    assert len(instances) == 2


def test_memory_stays_bounded(monkeypatch: pytest.MonkeyPatch, collector: Collector) -> None:
    """Ever new attributes end in one overflow point, and old calls are forgotten."""
    monkeypatch.setattr(otlp_counting, "_LARGEST", 3)
    monkeypatch.setattr(otlp_exporting, "_ROOTS", 2)
    both = Both(collector)
    with both.telemetry.observe("root"):
        for number in range(6):
            with both.telemetry.observe("child", operation=f"op{number}"):
                pass
    assert len(both.events("query_success")) == 7
    points = collector.points("gen_ai.client.operation.duration")
    overflow = [point for point in points if "otel.metric.overflow" in told(point)]
    assert [point.count for point in overflow] == [4]
    assert len(both.sink._exporter._roots) == 2
    both.telemetry.close()


def test_many_lines_are_taken_at_once_up_to_a_bound() -> None:
    """A sink that takes many gets what came in meanwhile; another thread may empty the queue."""

    class Many(MemorySink):
        def write_many(self, lines: list[bytes], more: Any) -> None:
            """Keep them all."""
            self.lines += [*lines, *more()]

    disk = Many()
    sink = QueueSink(disk)
    for number in range(2_000):
        sink.write(b"%d" % number)
    assert sink.flush()
    assert disk.lines == [b"%d" % number for number in range(2_000)]

    class Raced:
        def qsize(self) -> int:
            return 1

        get_nowait = SimpleQueue[bytes]().get_nowait

    idle = QueueSink(Many())
    idle._lines = Raced()  # type: ignore[assignment]  # somebody else took the last line
    assert idle._waiting() == []


def test_endpoint_and_headers_come_from_the_environment(
    monkeypatch: pytest.MonkeyPatch, collector: Collector
) -> None:
    """OpenTelemetry's own variables serve where nothing is said."""
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", collector.url + "/")
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_HEADERS", "x-team=a%20b, ,x-none=")
    sink = OtlpSink(linger_s=0.0)
    with TelemetryLogger(sink).observe("hello"):
        pass
    sink.close()
    assert collector.headers[0]["x-team"] == "a b"
    assert collector.headers[0]["content-type"] == "application/x-protobuf"
    assert "x-none" not in collector.headers[0]


def test_what_cannot_be_used_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """No URL, or no package: the error names the remedy when the sink is made."""
    with pytest.raises(ConfigError, match="OTLP/HTTP receiver"):
        OtlpSink("collector:4318")
    monkeypatch.delitem(sys.modules, "pytest_llm_telemetry.runtime.otlp_exporting")
    monkeypatch.delattr("pytest_llm_telemetry.runtime.otlp_exporting")
    monkeypatch.delitem(sys.modules, "pytest_llm_telemetry.runtime.otlp_messages")
    monkeypatch.delattr("pytest_llm_telemetry.runtime.otlp_messages")
    monkeypatch.setitem(sys.modules, "opentelemetry.proto.common.v1.common_pb2", None)
    with pytest.raises(ConfigError, match=r"pip install 'pytest-llm-telemetry\[otlp\]'"):
        OtlpSink("http://127.0.0.1:4318")


def test_every_bucket_has_a_bound_above_the_one_before() -> None:
    """Bounds of histograms rise and are finite."""
    for _, _, _, _, bounds, _ in otlp_map.METRICS:
        assert list(bounds) == sorted(set(bounds))
        assert all(math.isfinite(bound) for bound in bounds)
