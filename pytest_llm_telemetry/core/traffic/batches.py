"""Some thousand rows of an hour at a time -> its figures, column by column."""

import json
from collections import Counter, defaultdict
from collections.abc import Container, Iterator, Mapping, Sequence
from functools import lru_cache
from heapq import nlargest
from itertools import compress, islice, repeat
from math import ceil, floor, log
from operator import mul, truediv
from typing import NamedTuple

from pytest_llm_telemetry.core.sketch import LARGEST, LOG_RATIO, SMALLEST, bucket
from pytest_llm_telemetry.core.traffic.figures import TOKENS, Figures
from pytest_llm_telemetry.core.traffic.groups import QUERY, Groups, names
from pytest_llm_telemetry.core.traffic.hours import Hour
from pytest_llm_telemetry.core.traffic.rows import SHARED, Each
from pytest_llm_telemetry.core.traffic.sums import TIME_UNIT, UNIT, Columns, Shape, weight_of

MOST_SEEN = 16  # users and queries that are named, by calls, by errors and by cost each
MOST = 1e15  # of one value: 30,000 years of latency
_TIMES = ("latency", "ttft")
_NUMBERS = (*_TIMES, *TOKENS, "cost", "score")
# texts of which few different ones occur, and others
_FEW, _MANY = ("service", "labels", "model"), ("user", "query", "preview")
_LONGEST = 100  # characters of a type of errors

Texts = Mapping[str, Sequence[str]]


class _Piece(NamedTuple):
    """Events of one shape that tell the same numbers: a tuple of them for each, and their names."""

    shape: Shape
    names: tuple[str, ...]
    numbers: Sequence[tuple[int, ...]]
    whole: Columns | None = None

    def columns(self) -> Columns:
        """The numbers by name."""
        if self.whole is not None:
            return self.whole
        return dict(zip(self.names, zip(*self.numbers, strict=True), strict=True))

    def add_to(self, into: Figures) -> None:
        """Add them to figures."""
        into.count(self.shape, len(self.numbers), self.columns())

    def of(self, numbers: Sequence[tuple[int, ...]]) -> "_Piece":
        """The same of some of the events."""
        return _Piece(self.shape, self.names, numbers)


class _Batch:
    """Events of one shape that tell the same numbers, column by column."""

    def __init__(self) -> None:
        self.texts: dict[str, list[str]] = {name: [] for name in (*_FEW, *_MANY)}
        self.numbers: dict[str, list[int]] = {}

    def add(self, texts: Texts, numbers: Columns, known: dict[str, str]) -> None:
        """Add events; each of the texts that are few is kept once, in `known`."""
        for name in _FEW:
            self.texts[name] += map(known.setdefault, texts[name], texts[name])
        for name in _MANY:
            self.texts[name] += texts[name]
        for name, told in numbers.items():
            self.numbers.setdefault(name, []).extend(told)

    def piece(self, shape: Shape) -> _Piece:
        """Its numbers."""
        told = _transposed(self.numbers, len(self.texts["query"]))
        return _Piece(shape, tuple(self.numbers), told, self.numbers)


class Tally:
    """An hour that is being counted."""

    def __init__(self, hour: Hour) -> None:
        self._hour = hour
        self._texts: dict[str, dict[str, Figures]] = {name: {} for name in _FEW}
        self._batches: defaultdict[tuple[Shape, tuple[str, ...]], _Batch] = defaultdict(_Batch)
        self._known: dict[str, str] = {}

    def add(self, shared: tuple[str, ...], fields: tuple[str, ...], rows: Each) -> str:
        """Take rows that tell some fields and share `SHARED`; the latest time of them comes back."""
        shape = _shape(shared)
        self._hour.counted += len(rows)
        latest = ""
        for columns in _alike(fields, rows):
            latest = max(latest, *columns["time"])
            numbers = _numbers(columns, shape.weight)
            self._batches[shape, tuple(numbers)].add(columns, numbers, self._known)
        return latest

    def end_batch(self) -> None:
        """Count the rows so far, name their largest users and queries, and let go of them."""
        if not self._batches:
            return
        whole = Figures()
        told = [(batch.texts, batch.piece(shape)) for (shape, _), batch in self._batches.items()]
        self._batches.clear()
        self._known.clear()
        for texts, piece in told:
            piece.add_to(whole)
            self._part(texts, piece)
        self._hour.total.merge(whole)
        for name in ("user", QUERY):
            some = [(texts[name], piece) for texts, piece in told]
            _name_largest(some, whole, self._hour.by[name])
        _read_previews([texts for texts, _ in told], self._hour.by[QUERY])

    def _part(self, texts: Texts, piece: _Piece) -> None:
        modelled = piece._replace(shape=piece.shape._replace(query=piece.shape.leaf))
        for name, found in self._texts.items():
            # handlers around a call do not name its model: by model, each innermost call counts
            whole = modelled if name == "model" else piece
            for text, part in _parts(texts[name], whole):
                if text:
                    part.add_to(found.setdefault(text, Figures()))

    def end(self) -> None:
        """Bring the hour up to date, all that ended as a batch."""
        for found in self._texts.values():
            for text, figures in found.items():
                for dimension, name in _names(text):
                    self._hour.by[dimension].of(name).merge(figures)
            found.clear()


def _name_largest(
    told: Sequence[tuple[Sequence[str], _Piece]], whole: Figures, groups: Groups
) -> None:
    """Add the largest users or queries by name, and what there is beyond them as the rest."""
    kept, others = _largest(told)
    inside = Figures()  # the named ones, and what has no name
    for column, piece in told:
        numbers: list[tuple[int, ...]] = []
        for name, part in _parts(column, piece, kept | {""}):
            numbers += part.numbers
            if name:
                part.add_to(groups.of(name))
        if others and numbers:
            piece.of(numbers).add_to(inside)
    if others:
        groups.rest.merge(whole.less(inside))
        groups.rest_keys += others


def _read_previews(told: Sequence[Texts], queries: Groups) -> None:
    """How the named queries read."""
    read: set[tuple[str, str]] = set()
    for texts in told:
        pairs = zip(texts["query"], texts["preview"], strict=True)
        read.update(compress(pairs, map(queries.named.__contains__, texts["query"])))
    for key, escaped in read:
        if escaped:
            preview = json.loads(f'"{escaped}"')
            queries.previews[key] = min(preview, queries.previews.get(key, preview))


def _largest(told: Sequence[tuple[Sequence[str], _Piece]]) -> tuple[set[str], int]:
    """The largest names by calls, by errors and by cost, and how many others there are."""
    calls: defaultdict[int, Counter[str]] = defaultdict(Counter)
    errors: defaultdict[int, Counter[str]] = defaultdict(Counter)
    costs: defaultdict[str, int] = defaultdict(int)
    for column, piece in told:
        units = piece.shape.units if piece.shape.query else 0
        calls[units].update(column)
        if piece.shape.kind == "error":
            errors[units].update(column)
        if piece.shape.leaf and "cost" in piece.names:
            for name, cost in zip(column, piece.columns()["cost"], strict=True):
                costs[name] += cost
    seen = len(set().union(*calls.values()) - {""})
    kept = {*_first(_weighted(calls)), *_first(_weighted(errors)), *_first(costs)}
    return kept, seen - len(kept)


def _weighted(counts: Mapping[int, Counter[str]]) -> dict[str, int]:
    """The sums of counts of several weights."""
    if len(counts) == 1:
        return dict(*counts.values())  # their order is that of their sums
    found: defaultdict[str, int] = defaultdict(int)
    for units, each in counts.items():
        for name, events in each.items():
            found[name] += events * units
    return found


def _first(sizes: dict[str, int]) -> list[str]:
    """The largest names; of those of equal size the ones that came first."""
    sizes.pop("", None)
    if len(sizes) <= MOST_SEEN:
        return list(sizes)
    least = nlargest(MOST_SEEN, sizes.values())[-1]
    larger = [name for name, size in sizes.items() if size > least]
    equal = (name for name, size in sizes.items() if size == least)
    return larger + list(islice(equal, MOST_SEEN - len(larger)))


def _shape(shared: tuple[str, ...]) -> Shape:
    told = dict(zip(SHARED, shared, strict=True))
    kind, rate, passed = told["kind"], told["rate"], told["passed"]
    return Shape(
        kind=kind,
        name=told["score_name" if kind == "score" else "error"][:_LONGEST],
        cached=told["cached"] == "true",
        passed=passed == "true" if passed else None,
        query=not told["parent"],
        leaf=not told["nested"],
        weight=weight_of(float(rate) if rate else None),
    )


def _alike(fields: tuple[str, ...], rows: Each) -> Iterator[Texts]:
    """The rows' columns, parted by which numbers they tell."""
    columns = _columns(fields, rows)
    numbers = [columns[name] for name in _NUMBERS if name in columns]
    if all(all(column) or not any(column) for column in numbers):
        yield columns
        return
    found: defaultdict[tuple[bool, ...], Each] = defaultdict(list)
    told = zip(*[map(bool, column) for column in numbers], strict=True)
    for which, row in zip(told, rows, strict=True):
        found[which].append(row)
    for some in found.values():
        yield _columns(fields, some)


def _columns(fields: tuple[str, ...], rows: Each) -> Texts:
    columns = dict(zip(fields, zip(*rows, strict=True), strict=True))
    for name in (*_FEW, *_MANY):
        columns.setdefault(name, ("",) * len(rows))
    return columns


def _numbers(columns: Texts, weight: float) -> dict[str, list[int]]:
    """The columns of numbers that are told; see `Columns`."""
    found: dict[str, list[int]] = {}
    for name in _NUMBERS:
        column = columns.get(name, ("",))
        if not column[0]:
            continue
        if name in TOKENS:
            found[name] = list(map(int, column))
            continue
        values = list(map(float, column))
        low, high = min(values), max(values)
        if low < -MOST or high > MOST:
            values = [max(-MOST, min(value, MOST)) for value in values]
        scale = weight * (TIME_UNIT if name in _TIMES else UNIT)
        whole = floor if low >= 0 else int  # the same there, and twice as fast
        found[name] = list(map(whole, map(mul, values, repeat(scale))))
        if name in _TIMES:
            found[f"{name}_bucket"] = (
                list(map(ceil, map(truediv, map(log, values), repeat(LOG_RATIO))))
                if low > SMALLEST and high <= LARGEST
                else list(map(bucket, values))
            )
    return found


def _transposed(numbers: Columns, events: int) -> Sequence[tuple[int, ...]]:
    return list(zip(*numbers.values(), strict=True)) if numbers else [()] * events


def _parts(
    column: Sequence[str], piece: _Piece, wanted: Container[str] | None = None
) -> Iterator[tuple[str, _Piece]]:
    """The piece parted by a column, of the names that are wanted."""
    if column[0] == column[-1] and column.count(column[0]) == len(column):
        if wanted is None or column[0] in wanted:
            yield column[0], piece
        return
    each = zip(column, piece.numbers, strict=True)
    found: defaultdict[str, list[tuple[int, ...]]] = defaultdict(list)
    for name, numbers in (
        each if wanted is None else compress(each, map(wanted.__contains__, column))
    ):
        found[name].append(numbers)
    for name, some in found.items():
        yield name, piece.of(some)


@lru_cache(maxsize=4096)
def _names(text: str) -> tuple[tuple[str, str], ...]:
    return tuple(names(json.loads(f"{{{text[1:]}}}")))
