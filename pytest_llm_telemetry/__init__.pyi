from pytest_llm_telemetry.core.privacy.redaction import Redaction as Redaction
from pytest_llm_telemetry.runtime.correlation import HandlerSink as HandlerSink
from pytest_llm_telemetry.runtime.correlation import QueryIdFilter as QueryIdFilter
from pytest_llm_telemetry.runtime.files import FileSink as FileSink
from pytest_llm_telemetry.runtime.instrument import instrument as instrument
from pytest_llm_telemetry.runtime.instrument import uninstrument as uninstrument
from pytest_llm_telemetry.runtime.logger import TelemetryLogger as TelemetryLogger
from pytest_llm_telemetry.runtime.otlp import OtlpSink as OtlpSink
from pytest_llm_telemetry.runtime.pii import PiiSink as PiiSink
from pytest_llm_telemetry.runtime.published_prices import published_prices as published_prices
from pytest_llm_telemetry.runtime.queueing import QueueSink as QueueSink
from pytest_llm_telemetry.runtime.rotation import Rotation as Rotation
from pytest_llm_telemetry.runtime.sinks import MemorySink as MemorySink
from pytest_llm_telemetry.runtime.sinks import StreamSink as StreamSink

__all__ = [
    "FileSink",
    "HandlerSink",
    "MemorySink",
    "OtlpSink",
    "PiiSink",
    "QueryIdFilter",
    "QueueSink",
    "Redaction",
    "Rotation",
    "StreamSink",
    "TelemetryLogger",
    "instrument",
    "published_prices",
    "uninstrument",
]
