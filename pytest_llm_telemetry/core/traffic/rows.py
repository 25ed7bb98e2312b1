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
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from itertools import chain
from operator import itemgetter
from typing import NamedTuple

from pytest_llm_telemetry.core.events import KINDS, Event
from pytest_llm_telemetry.core.lines import SERVICE, Members, quote
from pytest_llm_telemetry.core.records import dataclass
from pytest_llm_telemetry.core.traffic.figures import TOKENS
from pytest_llm_telemetry.core.traffic.patterns import LABELS, MODEL, Forms, are_escapes, is_sound


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


STARTED, KIND, HOUR, OTHER = 0, 2, 3, -1  # where they stand in a row of whichever fields
SHARED = (
    "hour", "kind", "parent", "streaming", "cached", "nested", "error", "rate", "score_name",
    "passed",
)  # fmt: skip

Each = list[tuple[str, ...]]
Alike = Mapping[tuple[str, ...], Each]  # by what they are of `SHARED`


@dataclass(frozen=True, slots=True)
class Rows:
    """Rows, as plain tuples of some fields: naming them takes longer than reading.

    Attributes:
        fields: Those of `Row` that each of them tells; at least the first five and the last one.
        each: The rows; some may be a `Row`, which tells all fields.
        alike: Those of an event.
        starts: How often each `started` is told; "" by the rows that no start stands before.
        lost: Of those that stand for a line that is no event, the `other`.
    """

    fields: tuple[str, ...]
    each: Sequence[tuple[str, ...]]
    alike: Alike
    starts: Mapping[str, int]
    lost: Sequence[str]

    @classmethod
    def of(cls, each: Sequence[tuple[str, ...]], fields: tuple[str, ...] = Row._fields) -> "Rows":
        """Rows that tell some fields."""
        told = tuple(name for name in SHARED if name in fields)
        alike, lost = _alike(map(_taking(told, fields), each), each)
        spread = _taking(SHARED, told)
        whole = {spread((*shared, "")): rows for shared, rows in alike.items()}
        return cls(fields, each, whole, Counter(map(itemgetter(STARTED), each)), lost)

    def mended(self, mend: Callable[[str], Row]) -> "Rows":
        """They, with what `mend` makes of the lines that are lost."""
        each = [row if row[KIND] or row[STARTED] else mend(row[OTHER]) for row in self.each]
        plain, named = _taking(SHARED, self.fields), _taking(SHARED, Row._fields)
        keys = ((named if type(row) is Row else plain)(row) for row in each)
        alike, lost = _alike(keys, each)
        return Rows(self.fields, each, alike, self.starts, lost)

    @property
    def lines(self) -> int:
        """How many lines they stand for."""
        events = sum(map(len, self.alike.values()))
        return events + len(self.each) - self.starts.get("", 0) + len(self.lost)


def _alike(
    keys: Iterable[tuple[str, ...]], each: Sequence[tuple[str, ...]]
) -> tuple[Alike, Sequence[str]]:
    """The rows of an event by their keys, and the lines that are lost."""
    found: defaultdict[tuple[str, ...], Each] = defaultdict(list)
    for key, row in zip(keys, each, strict=True):
        found[key].append(row)
    bare = next((key for key in found if not any(key)), ())
    lost = [row[OTHER] for row in found.pop(bare, []) if not row[STARTED]]
    return found, lost


def widened(fields: tuple[str, ...], each: Sequence[tuple[str, ...]]) -> Each:
    """Rows, of which the plain ones tell some fields, with all fields of `Row`."""
    told = _taking(Row._fields, fields)
    return [row if type(row) is Row else Row._make(told((*row, ""))) for row in each]


@lru_cache(maxsize=64)
def _taking(
    some: tuple[str, ...], fields: tuple[str, ...]
) -> Callable[[tuple[str, ...]], tuple[str, ...]]:
    """What takes some fields of a row; those it does not tell from its end, which is empty."""
    return itemgetter(*[fields.index(name) if name in fields else -1 for name in some])


_KIND, _ERROR = SHARED.index("kind"), SHARED.index("error")
_TIME = re.compile(r"[0-9T:-]{13}:[0-5][0-9]:[0-5][0-9](?:\.[0-9]+)?Z")
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

    def rows_of(self, block: bytes) -> Rows | None:
        """The rows of a block of whole lines, in order; None if the full parser must read it.

        Raises:
            UnicodeDecodeError: If it is not UTF-8.
        """
        text = block.decode()
        found = _found(self._forms, block, text) if self._knows else None
        if found is None:
            self._miss(text.split("\n")[:-1])
        elif found.lost:
            self._miss(found.lost)
        return found

    def _miss(self, lines: Sequence[str]) -> None:
        self._missed += len(lines)
        self._some += lines[: max(_SOME - len(self._some), 0)]
        if self._missed >= self._patience:
            self._knows |= self._forms.learn(self._some)
            self._missed, self._some = 0, []
            self._patience *= 2


def _found(forms: Forms, block: bytes, text: str) -> Rows | None:
    found = _quickly(forms.quick, block, text)
    if found is None:
        found = Rows.of(forms.strict.findall(text), tuple(forms.strict.groupindex))
    for shared in found.alike:
        if (shared[_KIND] == "error") != (shared[_ERROR] != ""):
            return None  # it lacks its type, or has no business of one
    few = set(_texts(found.fields, found.each, ("asked", "labels", "prices")))
    return found if all(map(is_sound, few)) else None


def _quickly(pattern: re.Pattern[str], block: bytes, text: str) -> Rows | None:
    """The rows, if a text can be taken for what stands between two quotes."""
    rest = block.translate(None, _HARMLESS)
    lines, escapes = rest.count(b"\n"), rest.count(b"\\")
    if lines + escapes < len(rest):
        return None
    each, fields = pattern.findall(text), tuple(pattern.groupindex)
    if escapes and not are_escapes(" ".join(_texts(fields, each, ("preview", "told"))), escapes):
        return None
    found = Rows.of(each, fields)
    return found if found.lines == lines else None


def _texts(
    fields: tuple[str, ...], each: Sequence[tuple[str, ...]], names: Iterable[str]
) -> Iterator[str]:
    """Some fields of rows that tell them or do not."""
    places = [fields.index(name) for name in names if name in fields]
    return chain.from_iterable(map(itemgetter(place), each) for place in places)


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
