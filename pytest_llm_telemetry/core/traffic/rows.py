"""Log lines -> rows: what figures are made of, as text, taken from a line without parsing it.

Lines as our own logger writes them have one order of fields, so one pattern reads a whole block of
them in a single pass. It is strict: it takes no line that the full parser would refuse, and none
whose row would differ; every other line (a score, too) is handed back for the full parser to judge.

A text ends at the next quote, which is found twice as fast if nothing else in it needs a look. So
the whole block is looked at first: where it holds nothing that no text may hold, no escape outside
the texts that may have some, and as many lines as were read, no text was taken that should not be.
"""

import json
import re
import sys
from collections.abc import Sequence
from functools import cache, lru_cache
from operator import itemgetter
from typing import NamedTuple

from pytest_llm_telemetry.core.events import KINDS, Event
from pytest_llm_telemetry.core.lines import SERVICE, TRACE, Members, quote
from pytest_llm_telemetry.core.traffic.figures import TOKENS

LABELS = ("feature_flags", "variant", "tags")
MODEL = ("provider", "operation", "model_requested", "model")


class Row(NamedTuple):
    """One event; empty is absent.

    `started` is the hour of a line that stands before this one and says that a call began: such a
    line only counts, and has a row of its own only where no other line follows, or where it is of
    an unusual form. `service`, `labels` and `model` are members of a JSON object as they stand on the line, since
    few different ones occur; `preview` and `told`, the error's message, are escaped as
    there. Numbers are as written. `parent` and
    `nested` say that there is one. `other` is a line that no pattern fits.
    """

    started: str
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
    told: str
    rate: str
    score_name: str
    score: str
    passed: str
    other: str


_SIGN = r'[^"\\\x00-\x1f]'  # what stands for itself in a JSON text
_RUN = f"{_SIGN}*+"
_ANY = '[^"]*+'  # instead of a run, in the pattern for a block that was looked at
_TEXT = f'"{_RUN}"'
_PLAIN = f'"({_RUN})"'
_ESCAPE = r'\\["\\/bfnrt]|\\u[0-9a-fA-F]{4}'
_ESCAPED = f"(?:{_SIGN})*+(?:(?:{_ESCAPE})(?:{_SIGN})*+)*+"
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
_FLAG = f"{_TEXT}|{_NUMBER}|{_YES}"
_FLAGS = _object(_FLAG)
_PRICED = _object(_NUMBER)
_TAGS = rf"\[(?:{_TEXT}(?:,{_TEXT})*+)?+\]"
_LABELLED = _maybe("feature_flags", _FLAGS) + _maybe("variant", _TEXT) + _maybe("tags", _TAGS)
_CONTEXT = (
    _maybe("trace_id", _TEXT)
    + _maybe("span_id", _TEXT)
    + f"({''.join(_maybe(name, _TEXT) for name in SERVICE)})"
    + _maybe("session_id", _TEXT)
    + _maybe("user_hash", _PLAIN)
    + f"({_LABELLED})"
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
            _maybe("unit_prices", f"({_PRICED})"),
            f'(?:(,"nested_calls":){_COUNT})?+',
        ),
        _maybe("response_length", _COUNT),
        _maybe("finish_reason", _TEXT),
        _maybe("tool_calls", _COUNT),
        _maybe("response_id", _TEXT),
        _if_next(
            "esr",
            _maybe("error_type", _PLAIN),
            _maybe("error_message", f'"({_ESCAPED})"'),
            _maybe("status_code", _COUNT),
            _maybe("retry_after_s", _NUMBER),
        ),
    ]
)
_STARTED = (
    r'(?:\{"schema_version":1,"event":"query_start",'
    r'"timestamp":"([0-9T:-]{13}):[0-5][0-9]:[0-5][0-9]\.[0-9]{3}Z",'
    rf'"level":{_TEXT},"message":{_TEXT},"query_id":{_TEXT}'
    + "".join(_maybe(name, _TEXT) for name in (*TRACE, *SERVICE, "session_id", "user_hash"))
    + _maybe("feature_flags", rf"\{{{_TEXT}:(?:{_FLAG})\}}")  # one: no key can stand twice
    + _maybe("variant", _TEXT)
    + _maybe("tags", _TAGS)
    + _maybe("query_hash", _TEXT)
    + _maybe("query_length", _COUNT)
    + r"\}\n)?+"
)
_END = (
    rf'(?:{_HEAD}{_CONTEXT}{_QUERY}(?:(?!,"sa|\}}){_OUTCOME})?+'
    + _maybe("sample_rate", f"({_NUMBER})")
    + r"()()()\}\n|(?(1)|(.*)\n))"
)
_LINE = f"{_STARTED}{_END}"
# labels and prices are few: they need no look at each line, see `_is_sound`
_LOOSE = _END.replace(_TAGS, r"\[[^\]]*+\]")
for _form in (_FLAGS, _PRICED):
    _LOOSE = _LOOSE.replace(_form, r"\{[^}]*+\}")
_QUICK = f"{_STARTED}{_LOOSE}".replace(_RUN, _ANY)
_FORM = f"{_LABELLED}|{_PRICED}"
_TIME = re.compile(r"[0-9T:-]{13}:[0-5][0-9]:[0-5][0-9](?:\.[0-9]+)?Z")
STARTED, KIND, OTHER = (Row._fields.index(name) for name in ("started", "kind", "other"))
_PREVIEW, _TOLD = Row._fields.index("preview"), Row._fields.index("told")
_KEPT = itemgetter(*[Row._fields.index(name) for name in ("kind", "error", "labels", "prices")])
_HARMLESS = bytes(byte for byte in range(0x20, 0x100) if byte != ord("\\"))


def is_time(stamp: str) -> bool:
    """Whether a text may be the time of an event; its hour is looked at when it is counted."""
    return _TIME.fullmatch(stamp) is not None


def rows_of(block: bytes) -> list[tuple[str, ...]] | None:
    """The rows of a block of whole lines, in order; None if the full parser must read it.

    They are plain tuples in the order of `Row`, because naming them takes longer than reading.

    Raises:
        UnicodeDecodeError: If it is not UTF-8.
    """
    text = block.decode()
    found = _quickly(block, text) or _pattern(_LINE).findall(text)
    for kind, error, labels, prices in set(map(_KEPT, found)):
        if (kind == "error") != (error != ""):  # what lacks its type, or has no business of one
            return None
        if not (_is_sound(labels) and _is_sound(prices)):
            return None
    return found


def _quickly(block: bytes, text: str) -> list[tuple[str, ...]] | None:
    """The rows, if a text can be taken for what stands between two quotes."""
    rest = block.translate(None, _HARMLESS)
    lines, escapes = rest.count(b"\n"), rest.count(b"\\")
    if lines + escapes < len(rest):
        return None
    found: list[tuple[str, ...]] = _pattern(_QUICK).findall(text)
    if escapes:
        told = "".join(map(itemgetter(_PREVIEW), found)) + "".join(map(itemgetter(_TOLD), found))
        if told.count("\\") != escapes:
            return None
    return found if count_lines(found) == lines else None


def count_lines(rows: Sequence[tuple[str, ...]]) -> int:
    """How many lines the rows stand for."""
    behind = len(rows) - list(map(itemgetter(STARTED), rows)).count("")
    alone = 0
    if not all(map(itemgetter(KIND), rows)):
        alone = sum(1 for row in rows if row[STARTED] and not row[KIND])
    return len(rows) + behind - alone


@cache
def _pattern(source: str) -> re.Pattern[str]:
    """Compiled when the first line is read: most commands read none.

    Python before 3.11.5 matches a possessive group wrongly where a turn of it fails half way
    (gh-106052). No member can stand for another, so a group that gives back finds the same, later.
    """
    if sys.version_info < (3, 11, 5):  # pragma: no cover - not of this Python
        source = source.replace(")?+", ")?").replace(")*+", ")*")
    return re.compile(source)


@lru_cache(maxsize=4096)
def _is_sound(text: str) -> bool:
    """Whether labels or prices are what they should be, and no key stands twice in an object."""
    if not _pattern(_FORM).fullmatch(text):
        return False
    repeats: list[int] = []
    whole = text if text.startswith("{") else f"{{{text[1:]}}}"
    json.loads(whole, object_pairs_hook=lambda keys: repeats.append(len(keys) - len(dict(keys))))
    return not any(repeats)


def row_of(event: Event) -> Row:
    """The row of an event."""
    said = {name: getattr(event, name) for name in type(event).__dataclass_fields__}

    def told(name: str) -> str:
        value = said.get(name)
        if isinstance(value, bool):
            return "true" if value else "false"
        return "" if value is None else str(value)

    return Row(
        started="",
        kind=_KINDS[type(event)],
        hour=event.timestamp[:13],
        time=event.timestamp[13:],
        parent="yes" if event.parent_id is not None else "",
        service=_service(said, quote),
        labels=_labels(said, quote),
        preview=quote(told("query_preview"))[1:-1],
        model=_model(said, quote),
        prices="",
        nested="yes" if said.get("nested_calls") is not None else "",
        told=quote(told("error_message"))[1:-1],
        other="",
        **{name: told(field) for name, field in _FIELDS.items()},
    )


_FIELDS = {
    "user": "user_hash",
    "query": "query_hash",
    "latency": "latency_ms",
    "ttft": "ttft_ms",
    "streaming": "streaming",
    "cached": "cached",
    **{name: f"{name}_tokens" for name in TOKENS},
    "cost": "cost_usd",
    "error": "error_type",
    "rate": "sample_rate",
    "score_name": "score_name",
    "score": "score",
    "passed": "passed",
}  # of a row, that are an event's as they stand
_service, _labels, _model = Members(SERVICE), Members(LABELS), Members(MODEL)
_KINDS = {kind: name.removeprefix("query_") for name, kind in KINDS.items()}
