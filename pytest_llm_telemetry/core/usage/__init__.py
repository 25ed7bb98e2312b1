"""What a provider's response says: model, tokens, finish reason, lengths. By shape, no SDK."""

from pytest_llm_telemetry.core.usage.reading import (
    StreamUsage,
    query_text,
    read,
    read_error,
    request_fields,
)

__all__ = ["StreamUsage", "query_text", "read", "read_error", "request_fields"]
