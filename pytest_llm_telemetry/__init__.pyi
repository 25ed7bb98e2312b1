from pytest_llm_telemetry.runtime.logger import TelemetryLogger as TelemetryLogger
from pytest_llm_telemetry.runtime.sinks import FileSink as FileSink
from pytest_llm_telemetry.runtime.sinks import MemorySink as MemorySink
from pytest_llm_telemetry.runtime.sinks import StreamSink as StreamSink

__all__ = ["FileSink", "MemorySink", "StreamSink", "TelemetryLogger"]
