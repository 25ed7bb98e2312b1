"""Which members the lines of a log tell -> the pattern that reads such lines, and no others.

A pattern that asks for each of fifty members whether it is there spends half of its time asking.
The lines of a log tell the same few sets of members again and again, so a pattern is made for these:
what all lines tell it takes for granted, what none tells it leaves out, and what only stands
together it asks for at once.
"""

import json
import re
import sys
from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import NamedTuple

from pytest_llm_telemetry.core.lines import SERVICE, TRACE
from pytest_llm_telemetry.core.traffic.figures import TOKENS

LABELS = ("feature_flags", "variant", "tags")
MODEL = ("provider", "operation", "model_requested", "model")

_SIGN = r'[^"\\\x00-\x1f]'  # what stands for itself in a JSON text
_RUN = f"{_SIGN}*+"
_ANY = '[^"]*+'  # instead of a run, in the pattern for a block that was looked at
_TEXT = f'"{_RUN}"'
_ESCAPE = r'\\["\\/bfnrt]|\\u[0-9a-fA-F]{4}'
_ESCAPED = f"{_RUN}(?:(?:{_ESCAPE}){_RUN})*+"
_ANY_ESCAPED = rf'{_ANY}(?:(?<=\\)"{_ANY})*'  # the same, see `are_escapes`
_COUNT = "(?!0[0-9])[0-9]{1,15}+"
_NUMBER = rf"-?+{_COUNT}(?:\.[0-9]{{1,30}}+|)(?:[eE][+-]?+[0-9]{{1,2}}+|)"
_YES = "true|false"
_KINDS = "start|success|error"


class _Member(NamedTuple):
    """A member of a line, and the pattern for it; of none the pattern for what all lines have."""

    name: str
    text: str


Names = frozenset[str]  # the names of the members that a line tells
_Items = Sequence[_Member]


def _member(name: str, value: str) -> _Member:
    return _Member(name, f',"{name}":{value}')


def _always(text: str) -> _Member:
    return _Member("", text)


def _field(name: str, value: str) -> str:
    """The pattern for a field of a row."""
    return f"(?P<{name}>{value})"


def _quoted(name: str, value: str) -> str:
    return f'"{_field(name, value)}"'


def _texts(names: Iterable[str]) -> list[_Member]:
    return [_member(name, _TEXT) for name in names]


def _object(value: str) -> str:
    return rf"\{{(?:{_TEXT}:(?:{value})(?:,{_TEXT}:(?:{value}))*+)?+\}}"


_FLAGS = _object(f"{_TEXT}|{_NUMBER}|{_YES}")
_PRICED = _object(_NUMBER)
_TAGS = rf"\[(?:{_TEXT}(?:,{_TEXT})*+)?+\]"
_LABELLED = [_member("feature_flags", _FLAGS), _member("variant", _TEXT), _member("tags", _TAGS)]
_HEAD = (
    r'\{"schema_version":1,"event":"query_%s","timestamp":"%s%s",'
    rf'"level":{_TEXT},"message":{_TEXT},"query_id":{_TEXT}'
)
_HOUR = "[0-9T:-]{13}"
_SINCE = r":[0-5][0-9]:[0-5][0-9]\.[0-9]{3}Z"
_START = [
    _always("(?:" + _HEAD % ("start", _field("started", _HOUR), _SINCE)),
    *_texts((*TRACE, *SERVICE, "session_id", "user_hash")),
    _always("(?P<asked>"),
    *_LABELLED,
    _always(")"),
    _member("query_hash", _TEXT),
    _member("query_length", _COUNT),
    _member("sample_rate", _NUMBER),
    _always(r"\}\n|)"),
]
_END = [
    _always(
        "(?:" + _HEAD % (_field("kind", _KINDS), _field("hour", _HOUR), _field("time", _SINCE))
    ),
    _Member("parent_id", _field("parent", ',"parent_id":') + _TEXT),
    *_texts(TRACE[1:]),
    _always("(?P<service>"),
    *_texts(SERVICE),
    _always(")"),
    _member("session_id", _TEXT),
    _member("user_hash", _quoted("user", _RUN)),
    _always("(?P<labels>"),
    *_LABELLED,
    _always(")"),
    _member("query_preview", _quoted("preview", _ESCAPED)),
    _member("query_hash", _quoted("query", _RUN)),
    _member("query_length", _COUNT),
    _always("(?P<model>"),
    *_texts(MODEL),
    _always(")"),
    _member("latency_ms", _field("latency", _NUMBER)),
    _member("ttft_ms", _field("ttft", _NUMBER)),
    _member("streaming", _field("streaming", _YES)),
    _member("cached", _field("cached", _YES)),
    *[_member(f"{name}_tokens", _field(name, _COUNT)) for name in TOKENS],
    _member("cost_usd", f"(?:{_field('cost', _NUMBER)}|null)"),
    *_texts(("cost_source", "price_table_version")),
    _member("unit_prices", _field("prices", _PRICED)),
    _Member("nested_calls", _field("nested", ',"nested_calls":') + _COUNT),
    _member("response_length", _COUNT),
    _member("finish_reason", _TEXT),
    _member("tool_calls", _COUNT),
    _member("response_id", _TEXT),
    _member("error_type", _quoted("error", _RUN)),
    _member("error_message", _quoted("told", _ESCAPED)),
    _member("status_code", _COUNT),
    _member("retry_after_s", _NUMBER),
    _member("sample_rate", _field("rate", _NUMBER)),
    _always(r"\}\n|(?(started)|(?P<other>.*)\n))"),
]
_FIXED = {"schema_version", "event", "timestamp", "level", "message", "query_id"}
_OF_START, _OF_END = ({each.name for each in items} | _FIXED for items in (_START, _END))
_FORM = f"(?:{''.join(f'(?:{each.text})?+' for each in _LABELLED)}|{_PRICED})"


class Forms:
    """The sets of members that lines tell, of those that a pattern can be made for."""

    def __init__(self) -> None:
        self._starts: set[Names] = set()
        self._ends: set[Names] = set()
        self._strict = self._quick = ""

    def learn(self, lines: Iterable[str]) -> bool:
        """Make the pattern fit these lines as well; whether any of them was of use for that."""
        known = len(self._starts) + len(self._ends)
        for line in lines:
            names, event = _told(line)
            if event == "query_start" and names <= _OF_START:
                self._starts.add(names)
            elif _FIXED <= names <= _OF_END:
                self._ends.add(names)
        if len(self._starts) + len(self._ends) == known:
            return False
        self._strict = _pattern(_START, self._starts) + _pattern(_END, self._ends)
        quick = self._strict.replace(_TAGS, r"\[[^\]]*+\]")
        for form in (_FLAGS, _PRICED):
            quick = quick.replace(form, r"\{[^}]*+\}")
        self._quick = quick.replace(_ESCAPED, _ANY_ESCAPED).replace(_RUN, _ANY)
        return True

    @property
    def strict(self) -> re.Pattern[str]:
        """The pattern for lines of which nothing else is known."""
        return _compiled(self._strict)

    @property
    def quick(self) -> re.Pattern[str]:
        """The one for lines in which a text ends at the next quote.

        Where escapes may be, it ends at the next quote without a backslash before it. Labels and
        prices are few: they need no look at each line, see `is_sound`.
        """
        return _compiled(self._quick)


def _told(line: str) -> tuple[Names, object]:
    """The names of what a line tells, and its event; of one that is no object none."""
    try:
        record = json.loads(line)
    except (ValueError, RecursionError):
        record = {}
    return (frozenset(record), record.get("event")) if type(record) is dict else (frozenset(), None)


def _pattern(items: _Items, told: Iterable[Names]) -> str:
    """The pattern for lines that tell one of some sets of members."""
    sets = sorted(told, key=sorted) or [frozenset[str]()]
    runs: list[tuple[tuple[bool, ...], list[str]]] = []
    for item in items:
        where = tuple(not item.name or item.name in names for names in sets)
        if not any(where):
            continue
        if runs and runs[-1][0] == where:
            runs[-1][1].append(item.text)
        else:
            runs.append((where, [item.text]))
    return "".join(
        "".join(texts) if all(where) else f"(?:{''.join(texts)}|)" for where, texts in runs
    )


@lru_cache(maxsize=16)
def _compiled(source: str) -> re.Pattern[str]:
    """Compiled when it is needed: most commands read no log.

    Python before 3.11.5 matches a possessive group wrongly where a turn of it fails half way
    (gh-106052). No member can stand for another, so a group that gives back finds the same, later.
    """
    if sys.version_info < (3, 11, 5):  # pragma: no cover - not of this Python
        source = source.replace(")?+", ")?").replace(")*+", ")*")
    return re.compile(source)


def are_escapes(texts: str, escapes: int) -> bool:
    """Whether so many backslashes are in some texts, and no quote or backslash but in an escape.

    A quote stands behind a backslash, or it would have ended a text.
    """
    if texts.count('\\"') == escapes:  # most are quotes
        return True
    rest = texts
    for usual in ("\\\\", '\\"', "\\n"):  # the first of them may end where another seems to begin
        rest = rest.replace(usual, " ")
    rest = _compiled(_ESCAPE).sub(" ", rest)
    return texts.count("\\") == escapes and '"' not in rest and "\\" not in rest


@lru_cache(maxsize=4096)
def is_sound(text: str) -> bool:
    """Whether labels or prices are what they should be, and no key stands twice in an object."""
    if not _compiled(_FORM).fullmatch(text):
        return False
    repeats: list[int] = []
    whole = text if text.startswith("{") else f"{{{text[1:]}}}"
    json.loads(whole, object_pairs_hook=lambda keys: repeats.append(len(keys) - len(dict(keys))))
    return not any(repeats)
