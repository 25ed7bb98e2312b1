"""What a provider's response says: model, tokens, finish reason, lengths. By shape, no SDK."""

from pytest_llm_telemetry.core.usage.asking import query_text, request_fields
from pytest_llm_telemetry.core.usage.failures import read_error
from pytest_llm_telemetry.core.usage.reading import read
from pytest_llm_telemetry.core.usage.streams import StreamUsage

__all__ = ["StreamUsage", "query_text", "read", "read_error", "request_fields"]
