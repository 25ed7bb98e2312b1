"""Log lines -> rows: what figures are made of, as text, taken from a line without parsing it.

Lines as our own logger writes them have one order of fields, so one pattern reads a whole block of
them in a single pass. It is strict: it takes no line that the full parser would refuse, and none
whose row would differ; every other line (a score, too) is handed back for the full parser to judge.
The pattern is made for the lines of the log, see `patterns`, so the first ones are handed back, too.

A text ends at the next quote, which is found twice as fast if nothing else in it needs a look. So
the whole block is looked at first: where it holds nothing that no text may hold, no escape outside
the texts that may have some, and as many lines as were read, no text was taken that should not be.
"""

import re
from collections.abc import Sequence
from operator import itemgetter
from typing import NamedTuple

from pytest_llm_telemetry.core.events import KINDS, Event
from pytest_llm_telemetry.core.lines import SERVICE, Members, quote
from pytest_llm_telemetry.core.traffic.figures import TOKENS
from pytest_llm_telemetry.core.traffic.patterns import LABELS, MODEL, Forms, is_sound


class Row(NamedTuple):
    """One event; empty is absent.

    `started` is the hour of a line that stands before this one and says that a call began, and
    `asked` its labels: such a line only counts, and has a row of its own only where no other line
    follows, or where it is of an unusual form. `service`, `labels` and `model` are members of a
    JSON object as they stand on the line, since few different ones occur; `preview` and `told`, the
    error's message, are escaped as there. Numbers are as written. `parent` and `nested` say that
    there is one. `other` is a line that no pattern fits.
    """

    started: str
    asked: str
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


_TIME = re.compile(r"[0-9T:-]{13}:[0-5][0-9]:[0-5][0-9](?:\.[0-9]+)?Z")
STARTED, KIND, OTHER = (Row._fields.index(name) for name in ("started", "kind", "other"))
_PREVIEW, _TOLD = Row._fields.index("preview"), Row._fields.index("told")
_KEPT = itemgetter(
    *[Row._fields.index(name) for name in ("kind", "error", "asked", "labels", "prices")]
)
_SOME = 512  # missed lines that are looked at
_HARMLESS = bytes(byte for byte in range(0x20, 0x100) if byte != ord("\\"))


def is_time(stamp: str) -> bool:
    """Whether a text may be the time of an event; its hour is looked at when it is counted."""
    return _TIME.fullmatch(stamp) is not None


class Reader:
    """Reads lines of one log, or of a few alike, by a pattern that is made for them.

    Args:
        patience: How many lines the pattern may miss before it is made to fit them as well; at
            first there is none. Making it takes as long as parsing some hundred lines, so each
            further one is waited for twice as long.
    """

    def __init__(self, patience: int = 256) -> None:
        self._patience = patience
        self._forms = Forms()
        self._knows = False
        self._missed = 0
        self._some: list[str] = []  # of those

    def rows_of(self, block: bytes) -> list[tuple[str, ...]] | None:
        """The rows of a block of whole lines, in order; None if the full parser must read it.

        They are plain tuples in the order of `Row`, because naming them takes longer than reading.

        Raises:
            UnicodeDecodeError: If it is not UTF-8.
        """
        text = block.decode()
        found = _found(self._forms, block, text) if self._knows else None
        if found is None:
            self._miss(text.split("\n")[:-1])
        elif not all(map(itemgetter(KIND), found)):
            self._miss([row[OTHER] for row in found if not row[KIND] and not row[STARTED]])
        return found

    def _miss(self, lines: list[str]) -> None:
        self._missed += len(lines)
        self._some += lines[: max(_SOME - len(self._some), 0)]
        if self._missed >= self._patience:
            self._knows |= self._forms.learn(self._some)
            self._missed, self._some = 0, []
            self._patience *= 2


def _found(forms: Forms, block: bytes, text: str) -> list[tuple[str, ...]] | None:
    found = _quickly(forms.quick, block, text) or forms.strict.findall(text)
    for kind, error, asked, labels, prices in set(map(_KEPT, found)):
        if (kind == "error") != (error != ""):  # what lacks its type, or has no business of one
            return None
        if not (is_sound(asked) and is_sound(labels) and is_sound(prices)):
            return None
    return found


def _quickly(pattern: re.Pattern[str], block: bytes, text: str) -> list[tuple[str, ...]] | None:
    """The rows, if a text can be taken for what stands between two quotes."""
    rest = block.translate(None, _HARMLESS)
    lines, escapes = rest.count(b"\n"), rest.count(b"\\")
    if lines + escapes < len(rest):
        return None
    found: list[tuple[str, ...]] = pattern.findall(text)
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
        asked="",
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
