"""What each field of an event is called in OpenTelemetry: one table.

Names are those of the GenAI semantic conventions (still in development), of the general ones where
these have the word, and `llm_telemetry.*` where neither has.
https://github.com/open-telemetry/semantic-conventions-genai
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from typing import Any

SCOPE = "pytest_llm_telemetry"
EVALUATION = "gen_ai.evaluation.result"  # the event that a score becomes

RESOURCE = {
    "service": "service.name",
    "environment": "deployment.environment.name",
    "service_version": "service.version",
}
# Fields that a span or a log record has places of its own for.
PLACED = {
    "schema_version": "scope.version",
    "event": "spans are query_success and query_error, log records are query_score",
    "timestamp": "end_time",
    "latency_ms": "end_time - start_time",
    "trace_id": "trace_id",
    "span_id": "parent_span_id, where the call has no parent of ours",
    "level": "status or severity",
    "message": "name and status",
}
ATTRIBUTES = {
    "query_id": "llm_telemetry.query_id",
    "parent_id": "llm_telemetry.parent_id",
    "session_id": "session.id",
    "user_hash": "user.hash",
    "feature_flags": "llm_telemetry.feature_flags",
    "variant": "llm_telemetry.variant",
    "tags": "llm_telemetry.tags",
    "run_id": "llm_telemetry.run_id",
    "suite": "test.suite.name",
    "case_id": "test.case.name",
    "attempt": "llm_telemetry.attempt",
    "worker": "llm_telemetry.worker",
    "query_preview": "llm_telemetry.query_preview",
    "query_hash": "llm_telemetry.query_hash",
    "query_length": "llm_telemetry.query_length",
    "provider": "gen_ai.provider.name",
    "operation": "gen_ai.operation.name",
    "model_requested": "gen_ai.request.model",
    "model": "gen_ai.response.model",
    "ttft_ms": "gen_ai.response.time_to_first_chunk",
    "streaming": "gen_ai.request.stream",
    "cached": "llm_telemetry.cached",
    "input_tokens": "gen_ai.usage.input_tokens",
    "output_tokens": "gen_ai.usage.output_tokens",
    "cache_read_tokens": "gen_ai.usage.cache_read.input_tokens",
    "cache_write_tokens": "gen_ai.usage.cache_creation.input_tokens",
    "reasoning_tokens": "gen_ai.usage.reasoning.output_tokens",
    "cost_usd": "llm_telemetry.cost_usd",
    "cost_source": "llm_telemetry.cost_source",
    "price_table_version": "llm_telemetry.price_table_version",
    "unit_prices": "llm_telemetry.unit_prices",
    "nested_calls": "llm_telemetry.nested_calls",
    "response_length": "llm_telemetry.response_length",
    "finish_reason": "gen_ai.response.finish_reasons",
    "tool_calls": "llm_telemetry.tool_calls",
    "response_id": "gen_ai.response.id",
    "error_type": "error.type",
    "error_message": "exception.message",
    "status_code": "http.response.status_code",
    "retry_after_s": "llm_telemetry.retry_after_s",
    "sample_rate": "llm_telemetry.sample_rate",
    "score_name": "gen_ai.evaluation.name",
    "score": "gen_ai.evaluation.score.value",
    "passed": "gen_ai.evaluation.score.label",
    "explanation": "gen_ai.evaluation.explanation",
    "answer_preview": "llm_telemetry.answer_preview",
}
# What the conventions want in another form than a line has it.
_FORMS: Mapping[str, Callable[[Any], Any]] = {
    "ttft_ms": lambda value: value / 1000,  # seconds
    "finish_reason": lambda value: [value],  # one for each choice
    "passed": lambda value: "pass" if value else "fail",
}

_SECONDS = (
    0.01, 0.02, 0.04, 0.08, 0.16, 0.32, 0.64, 1.28, 2.56, 5.12, 10.24, 20.48, 40.96, 81.92,
)  # fmt: skip
_TOKENS = tuple(4.0**power for power in range(14))
_USD = tuple(10.0**power for power in range(-6, 2))
_SCORES = tuple(step / 10 for step in range(11))
_CALL = ("operation", "provider", "model_requested", "model", "error_type")
_SCORE = ("score_name", "passed", "suite")
# Name, unit, field, factor, bounds of the buckets (the conventions' own), attributes.
METRICS = (
    ("gen_ai.client.operation.duration", "s", "latency_ms", 0.001, _SECONDS, _CALL),
    ("gen_ai.client.operation.time_to_first_chunk", "s", "ttft_ms", 0.001, _SECONDS, _CALL),
    ("gen_ai.client.token.usage", "{token}", "input_tokens", 1, _TOKENS, _CALL),
    ("gen_ai.client.token.usage", "{token}", "output_tokens", 1, _TOKENS, _CALL),
    ("llm_telemetry.client.cost", "USD", "cost_usd", 1, _USD, _CALL),
    ("llm_telemetry.evaluation.score", "1", "score", 1, _SCORES, _SCORE),
)
TOKEN_TYPES = {"input_tokens": "input", "output_tokens": "output"}
_TIMES = frozenset({"latency_ms", "ttft_ms"})


def attributes(event: Mapping[str, Any], names: Mapping[str, str] = ATTRIBUTES) -> dict[str, Any]:
    """The fields of an event under OpenTelemetry's names; what is unknown is left out."""
    found: dict[str, Any] = {}
    for field, name in names.items():
        value = event.get(field)
        if isinstance(value, dict):
            found |= {f"{name}.{key}": inner for key, inner in value.items()}
        elif value is not None:
            form = _FORMS.get(field)
            found[name] = value if form is None else form(value)
    return found


def measured(event: Mapping[str, Any]) -> Iterator[tuple[int, float]]:
    """The metrics that an event adds to, by their place in `METRICS`, and the value.

    As in every figure of ours: an answer from a cache has no latency, and tokens and costs are
    those of the calls that hold no others.
    """
    for place, (_, _, field, factor, _, _) in enumerate(METRICS):
        value = event.get(field)
        apart = "cached" if field in _TIMES else "nested_calls"
        if value is not None and not event.get(apart):
            yield place, value * factor


def labels(event: Mapping[str, Any], place: int) -> dict[str, Any]:
    """The attributes of one metric's data point."""
    _, _, field, _, _, names = METRICS[place]
    found = attributes(event, {name: ATTRIBUTES[name] for name in names})
    if field in TOKEN_TYPES:
        found["gen_ai.token.type"] = TOKEN_TYPES[field]
    return found
