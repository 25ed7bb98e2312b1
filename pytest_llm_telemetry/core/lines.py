"""Fields -> the members of a JSON object, built by hand because this runs in somebody's request.

Readable UTF-8, no spaces, fields in the order of a line. Only what JSON can say gets out: a number
that is not finite is left out, a lone surrogate becomes its escape. No text gets out that did not
go through the `text` function of the caller: that is where redaction sits.
"""

from __future__ import annotations

from _json import encode_basestring  # the C half of json, without importing the rest

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from typing import Any

    Text = Callable[[str], str]

quote = encode_basestring
_LARGEST = 2**63
_COUNT = 2**30  # what Python compares fastest; no call has as many tokens
_INFINITY = float("inf")
_DEEPEST = 4
_REMEMBERED = 256
_LONGEST = 64  # items of a list or object; tags and flags are few, a dump is a mistake

TRACE = ("parent_id", "trace_id", "span_id")
SERVICE = ("service", "environment", "service_version")
CONTEXT = (
    "session_id", "user_hash", "feature_flags", "variant", "tags",
    "run_id", "suite", "case_id", "attempt", "worker",
)  # fmt: skip
QUERY = ("query_preview", "query_hash", "query_length")
OUTCOME = (
    "provider", "operation", "model_requested", "model",
    "latency_ms", "ttft_ms", "streaming", "cached",
    "input_tokens", "output_tokens", "cache_read_tokens", "cache_write_tokens", "reasoning_tokens",
    "cost_usd", "cost_source", "price_table_version", "unit_prices", "nested_calls",
    "response_length", "finish_reason", "tool_calls", "response_id",
    "error_type", "error_message", "status_code", "retry_after_s",
)  # fmt: skip
SCORE = ("score_name", "score", "passed", "explanation", "answer_preview")


class Members:
    """Tells chosen fields as members of a line, in their order.

    A service's calls fill the same few fields again and again, so the names that were found in a
    set of fields are remembered: looking 26 names up for each call takes longer than telling them.
    """

    __slots__ = ("_plans", "names")

    def __init__(self, names: Sequence[str]) -> None:
        self.names = names
        self._plans: dict[tuple[str, ...], list[tuple[str, str]]] = {}

    def __call__(self, fields: Mapping[str, object], text: Text) -> str:
        """`,"name":value` for each of the names that has a value.

        What is None, not finite or no JSON value is left out. The one null that is kept is a cost
        beside the reason (`cost_source`) for not being known.
        """
        key = tuple(fields)
        plan = self._plans.get(key)
        if plan is None:
            plan = self._plan(key)
        told = ""
        for name, opening in plan:
            value: Any = fields[name]
            kind = type(value)
            if kind is str:
                told = f"{told}{opening}{text(value)}"
            elif kind is int and 0 <= value < _COUNT:  # the rest is for `render`
                told = f"{told}{opening}{value}"
            elif kind is float and value - value == 0.0:  # neither infinite nor NaN
                told = f"{told}{opening}{value!r}"
            else:
                rendered = render(value, text)
                if rendered is not None:
                    told += opening + rendered
                elif name == "cost_usd" and fields.get("cost_source") is not None:
                    told += opening + "null"
        return told

    def _plan(self, key: tuple[str, ...]) -> list[tuple[str, str]]:
        found = [(name, f',"{name}":') for name in self.names if name in key]
        if len(self._plans) >= _REMEMBERED:
            self._plans = {}
        self._plans[key] = found
        return found


def render(value: object, text: Text, depth: int = 0) -> str | None:
    """The value as JSON, or None where JSON has no word for it."""
    kind = type(value)
    if kind is str:
        return text(value)  # type: ignore[arg-type]  # `kind` says so
    if kind is int:
        return str(value) if -_LARGEST <= value < _LARGEST else None  # type: ignore[operator]  # `kind` says so
    if kind is float:
        return repr(value) if -_INFINITY < value < _INFINITY else None  # type: ignore[operator]  # `kind` says so
    if kind is bool:
        return "true" if value else "false"
    return _uncommon(value, text, depth)


def _uncommon(value: object, text: Text, depth: int) -> str | None:
    """Subclasses (an IntEnum, numpy's float64) by their base's own methods, and containers."""
    if isinstance(value, str):
        return text(str.__str__(value))
    if isinstance(value, int):
        return render(int.__add__(value, 0), text)
    if isinstance(value, float):
        return render(float.__add__(value, 0.0), text)
    if depth == _DEEPEST:
        return None
    if isinstance(value, dict):
        return _mapping(value, text, depth + 1)
    if isinstance(value, (list, tuple)):
        found = [render(item, text, depth + 1) for item in value[:_LONGEST]]
        return "[" + ",".join(item for item in found if item is not None) + "]"
    return None


def _mapping(value: dict[object, object], text: Text, depth: int) -> str:
    found = []
    for key, item in list(dict.items(value))[:_LONGEST]:
        told = render(item, text, depth)
        if isinstance(key, str) and told is not None:
            found.append(f"{text(str.__str__(key))}:{told}")
    return "{" + ",".join(found) + "}"


def encoded(line: str) -> bytes:
    """The bytes of a line."""
    return line.encode("utf-8", "backslashreplace")  # \udc80 is a JSON escape as it is
