"""The fields that reading fills in: those of the event, and the few that only a price needs."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, TypedDict

    Found = dict[str, Any]

    class Usage(TypedDict, total=False):
        """What a provider told. A key that is absent is unknown: never 0, never None.

        Input includes cache reads and writes, output includes reasoning (the OpenTelemetry
        convention). Counts are tokens, `response_length` is characters of text content, over all
        choices; `tool_calls` are those that the caller is asked to run.
        """

        provider: str
        operation: str
        model_requested: str
        model: str
        streaming: bool
        input_tokens: int
        output_tokens: int
        cache_read_tokens: int
        cache_write_tokens: int
        reasoning_tokens: int
        response_length: int
        finish_reason: str
        tool_calls: int
        response_id: str
        error_type: str
        status_code: int
        retry_after_s: float
        # No event fields, for core.pricing only:
        cache_write_1h_tokens: int
        billed_input_tokens: int
        billed_output_tokens: int
        service_tier: str
        other_tokens: int  # of sound, or of a picture that the model made: priced apart from text
