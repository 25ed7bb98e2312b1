"""What a provider's response says: model, tokens, finish reason, lengths. By shape, no SDK.

The readers of each provider are imported by the first response that is more than a text, or by `load`.
"""

from __future__ import annotations

from pytest_llm_telemetry.core.usage.asking import query_text, request_fields

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from pytest_llm_telemetry.core.usage.failures import read_error
    from pytest_llm_telemetry.core.usage.fields import Usage
    from pytest_llm_telemetry.core.usage.streams import StreamUsage

__all__ = ["StreamUsage", "load", "query_text", "read", "read_error", "request_fields"]

_HOMES = {"StreamUsage": "streams", "read_error": "failures"}


def read(response: Any, request: Mapping[str, Any] | None = None) -> Usage:
    """The event fields that a response tells; a key that is absent is unknown.

    Args:
        response: A provider SDK's or a framework's object, its JSON as a dict, an HTTP response
            whose body was read, a text, or anything else (which tells nothing).
        request: The call's keyword arguments, for the model asked for.

    No body or stream is consumed, no property is run, nothing is raised.
    """
    if type(response) is str and request is None:
        return {"response_length": len(response)}
    from pytest_llm_telemetry.core.usage import reading  # noqa: PLC0415 - see above

    return reading.read(response, request)


def load() -> None:
    """Import the readers now, so that no call has to wait for them."""
    from pytest_llm_telemetry.core.usage import reading, streams  # noqa: F401, PLC0415 - see above


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    home = __import__(f"{__name__}.{_HOMES[name]}", fromlist=[name])
    globals()[name] = found = getattr(home, name)
    return found
