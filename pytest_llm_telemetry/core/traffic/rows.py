"""Log lines -> rows: what figures are made of, as text, taken from a line without parsing it.

Lines as our own logger writes them have one order of fields, so one pattern reads a whole block of
them in a single pass. It is strict: it takes no line that the full parser would refuse, and none
whose row would differ; every other line (a score, too) is handed back for the full parser to judge.
"""

import json
import re
from functools import cache, lru_cache
from typing import NamedTuple

from pytest_llm_telemetry.core.events import KINDS, Event
from pytest_llm_telemetry.core.lines import SERVICE, Members, quote
from pytest_llm_telemetry.core.traffic.figures import TOKENS

LABELS = ("feature_flags", "variant", "tags")
MODEL = ("provider", "operation", "model_requested", "model")


class Row(NamedTuple):
    """One event; empty is absent.

    `service`, `labels` and `model` are members of a JSON object as they stand on the line, since
    few different ones occur; `preview` is escaped as there. Numbers are as written. `parent` and
    `nested` say that there is one. `other` is a line that no pattern fits.
    """

    kind: str
    hour: str
    time: str
    parent: str
    service: str
    user: str
    labels: str
    preview: str
    query: str
    model: str
    latency: str
    ttft: str
    streaming: str
    cached: str
    input: str
    output: str
    cache_read: str
    cache_write: str
    reasoning: str
    cost: str
    prices: str
    nested: str
    error: str
    rate: str
    score_name: str
    score: str
    passed: str
    other: str


_SIGN = r"[ !#-\[\]-\U0010ffff]"  # what stands for itself in a JSON text
_TEXT = rf'"{_SIGN}*+"'
_PLAIN = rf'"({_SIGN}*+)"'
_ESCAPED = rf'{_SIGN}*+(?:(?:\\["\\/bfnrt]|\\u[0-9a-fA-F]{{4}}){_SIGN}*+)*+'
_NUMBER = r"-?(?:0|[1-9][0-9]{0,14}+)(?:\.[0-9]{1,30}+)?+(?:[eE][+-]?+[0-9]{1,2}+)?+"
_COUNT = r"(?:[1-9][0-9]{0,14}+|0)"
_YES = "true|false"


def _maybe(name: str, value: str) -> str:
    return f'(?:,"{name}":{value})?+'


def _object(value: str) -> str:
    return rf"\{{(?:{_TEXT}:(?:{value})(?:,{_TEXT}:(?:{value}))*+)?+\}}"


def _if_next(letters: str, *members: str) -> str:
    """Members that are tried only if the next one begins with one of the letters."""
    return f'(?:(?=,"[{letters}]){"".join(members)})?+'


_HEAD = (
    r'\{"schema_version":1,"event":"query_(start|success|error)",'
    r'"timestamp":"([0-9T:-]{13})(:[0-5][0-9]:[0-5][0-9]\.[0-9]{3}Z)",'
    rf'"level":{_TEXT},"message":{_TEXT},"query_id":{_TEXT}'
    rf'(?:(,"parent_id":){_TEXT})?+'
)
_CONTEXT = (
    _maybe("trace_id", _TEXT)
    + _maybe("span_id", _TEXT)
    + f"({''.join(_maybe(name, _TEXT) for name in SERVICE)})"
    + _maybe("session_id", _TEXT)
    + _maybe("user_hash", _PLAIN)
    + f"({_maybe('feature_flags', _object(f'{_TEXT}|{_NUMBER}|{_YES}'))}"
    + _maybe("variant", _TEXT)
    + _maybe("tags", rf"\[(?:{_TEXT}(?:,{_TEXT})*+)?+\]")
    + ")"
)
_QUERY = (
    _maybe("query_preview", f'"({_ESCAPED})"')
    + _maybe("query_hash", _PLAIN)
    + _maybe("query_length", _COUNT)
)
_OUTCOME = "".join(
    [
        f"({''.join(_maybe(name, _TEXT) for name in MODEL)})",
        _maybe("latency_ms", f"({_NUMBER})"),
        _maybe("ttft_ms", f"({_NUMBER})"),
        _maybe("streaming", f"({_YES})"),
        _maybe("cached", f"({_YES})"),
        *[_maybe(f"{name}_tokens", f"({_COUNT})") for name in TOKENS[:2]],
        _if_next("cr", *[_maybe(f"{name}_tokens", f"({_COUNT})") for name in TOKENS[2:]]),
        _maybe("cost_usd", f"(?:({_NUMBER})|null)"),
        _if_next(
            "cpun",
            _maybe("cost_source", _TEXT),
            _maybe("price_table_version", _TEXT),
            _maybe("unit_prices", f"({_object(_NUMBER)})"),
            f'(?:(,"nested_calls":){_COUNT})?+',
        ),
        _maybe("response_length", _COUNT),
        _maybe("finish_reason", _TEXT),
        _maybe("tool_calls", _COUNT),
        _maybe("response_id", _TEXT),
        _if_next(
            "esr",
            _maybe("error_type", _PLAIN),
            _maybe("error_message", f'"{_ESCAPED}"'),
            _maybe("status_code", _COUNT),
            _maybe("retry_after_s", _NUMBER),
        ),
    ]
)
_LINE = (
    rf'{_HEAD}{_CONTEXT}{_QUERY}(?:(?!,"sa|\}}){_OUTCOME})?+'
    + _maybe("sample_rate", f"({_NUMBER})")
    + r"()()()\}\n|(.*)\n"
)
_TIME = re.compile(r"[0-9T:-]{13}:[0-5][0-9]:[0-5][0-9](?:\.[0-9]+)?Z")
OTHER = Row._fields.index("other")
_ERROR = Row._fields.index("error")
_LABELS = Row._fields.index("labels")
_PRICES = Row._fields.index("prices")


def is_time(stamp: str) -> bool:
    """Whether a text may be the time of an event; its hour is looked at when it is counted."""
    return _TIME.fullmatch(stamp) is not None


def rows_of(block: str) -> list[tuple[str, ...]] | None:
    """A row for each line of a block of whole lines, in order; None if the full parser must do it.

    They are plain tuples in the order of `Row`, because naming them takes longer than reading.
    """
    found = _pattern().findall(block)
    for row in found:
        if (row[0] == "error") != (
            row[_ERROR] != ""
        ):  # what lacks its type, or has no business of one
            return None
    objects = {row[_LABELS] for row in found} | {row[_PRICES] for row in found}
    return None if any(map(_repeats, objects)) else found


@cache
def _pattern() -> re.Pattern[str]:
    """Compiled when the first line is read: it takes longer than all else that a command imports."""
    return re.compile(_LINE)


@lru_cache(maxsize=4096)
def _repeats(text: str) -> bool:
    """Whether a key of an object stands twice in it, which no parser of ours lets pass."""
    repeats: list[int] = []
    whole = text if text.startswith("{") else f"{{{text[1:]}}}"
    json.loads(whole, object_pairs_hook=lambda keys: repeats.append(len(keys) - len(dict(keys))))
    return any(repeats)


def row_of(event: Event) -> Row:
    """The row of an event."""
    said = {name: getattr(event, name) for name in type(event).__dataclass_fields__}

    def told(name: str) -> str:
        value = said.get(name)
        if isinstance(value, bool):
            return "true" if value else "false"
        return "" if value is None else str(value)

    return Row(
        kind=_KINDS[type(event)],
        hour=event.timestamp[:13],
        time=event.timestamp[13:],
        parent="yes" if event.parent_id is not None else "",
        service=_service(said, quote),
        user=told("user_hash"),
        labels=_labels(said, quote),
        preview=quote(told("query_preview"))[1:-1],
        query=told("query_hash"),
        model=_model(said, quote),
        latency=told("latency_ms"),
        ttft=told("ttft_ms"),
        streaming=told("streaming"),
        cached=told("cached"),
        input=told("input_tokens"),
        output=told("output_tokens"),
        cache_read=told("cache_read_tokens"),
        cache_write=told("cache_write_tokens"),
        reasoning=told("reasoning_tokens"),
        cost=told("cost_usd"),
        prices="",
        nested="yes" if said.get("nested_calls") is not None else "",
        error=told("error_type"),
        rate=told("sample_rate"),
        score_name=told("score_name"),
        score=told("score"),
        passed=told("passed"),
        other="",
    )


_service, _labels, _model = Members(SERVICE), Members(LABELS), Members(MODEL)
_KINDS = {kind: name.removeprefix("query_") for name, kind in KINDS.items()}
