"""One record from production to CI: a logger for AI calls, a pytest plugin and a quality gate.

`from pytest_llm_telemetry import TelemetryLogger` is the production door. Names are handed on
lazily (PEP 562), because pytest imports this file at every start through its entry point.
"""

_HOMES = {
    "TelemetryLogger": "pytest_llm_telemetry.runtime.logger",
    "instrument": "pytest_llm_telemetry.runtime.instrument",
    "published_prices": "pytest_llm_telemetry.runtime.published_prices",
    "uninstrument": "pytest_llm_telemetry.runtime.instrument",
    "FileSink": "pytest_llm_telemetry.runtime.sinks",
    "HandlerSink": "pytest_llm_telemetry.runtime.correlation",
    "MemorySink": "pytest_llm_telemetry.runtime.sinks",
    "OtlpSink": "pytest_llm_telemetry.runtime.otlp",
    "PiiSink": "pytest_llm_telemetry.runtime.pii",
    "QueryIdFilter": "pytest_llm_telemetry.runtime.correlation",
    "QueueSink": "pytest_llm_telemetry.runtime.queueing",
    "Redaction": "pytest_llm_telemetry.core.privacy.redaction",
    "Rotation": "pytest_llm_telemetry.runtime.rotation",
    "StreamSink": "pytest_llm_telemetry.runtime.sinks",
}
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


def __getattr__(name: str) -> object:
    home = _HOMES.get(name)
    if home is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(__import__(home, fromlist=[name]), name)  # importlib costs four modules more
    globals()[name] = value
    return value
