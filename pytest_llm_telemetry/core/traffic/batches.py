"""Some thousand rows of an hour at a time -> its figures, column by column."""

import json
from collections import Counter, defaultdict
from collections.abc import Container, Iterator, Mapping, Sequence
from functools import lru_cache
from itertools import islice, repeat
from math import ceil, floor, log
from operator import itemgetter, mul, truediv
from typing import NamedTuple

from pytest_llm_telemetry.core.sketch import LARGEST, LOG_RATIO, SMALLEST, bucket
from pytest_llm_telemetry.core.traffic.figures import TOKENS, Figures
from pytest_llm_telemetry.core.traffic.groups import QUERY, Groups, names
from pytest_llm_telemetry.core.traffic.hours import Hour
from pytest_llm_telemetry.core.traffic.rows import Row
from pytest_llm_telemetry.core.traffic.sums import TIME_UNIT, UNIT, Columns, Shape, weight_of

MOST_SEEN = 16  # users and queries that are named, by calls, by errors and by cost each
MOST = 1e15  # of one value: 30,000 years of latency
_TIMES = ("latency", "ttft")
_NUMBERS = (*_TIMES, *TOKENS, "cost", "score")
_TOLD = itemgetter(*[Row._fields.index(name) for name in _NUMBERS])
_LONGEST = 100  # characters of a type of errors

Rows = Sequence[tuple[str, ...]]
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


class Tally:
    """An hour that is being counted."""

    SHARED = (
        "hour", "kind", "parent", "streaming", "cached", "nested", "error", "rate", "score_name",
        "passed",
    )  # fmt: skip

    def __init__(self, hour: Hour) -> None:
        self._hour = hour
        self._texts: dict[str, dict[str, Figures]] = {"service": {}, "labels": {}, "model": {}}
        self._begin()

    def _begin(self) -> None:
        self._batch = Figures()
        self._many: dict[str, list[tuple[Sequence[str], _Piece]]] = {"user": [], "query": []}
        self._previews: list[tuple[Sequence[str], Sequence[str]]] = []

    def add(self, shared: tuple[str, ...], rows: Rows) -> str:
        """Count rows that share their `SHARED` fields; the latest time of them comes back."""
        shape = _shape(shared)
        self._hour.counted += len(rows)
        latest = ""
        for columns in _alike(rows):
            latest = max(latest, *columns["time"])
            numbers = _numbers(columns, shape.weight)
            told = _transposed(numbers, len(columns["time"]))
            piece = _Piece(shape, tuple(numbers), told, numbers)
            piece.add_to(self._batch)
            self._part(columns, piece)
        return latest

    def _part(self, columns: Texts, piece: _Piece) -> None:
        modelled = piece._replace(shape=piece.shape._replace(query=piece.shape.leaf))
        for name, found in self._texts.items():
            # handlers around a call do not name its model: by model, each innermost call counts
            whole = modelled if name == "model" else piece
            for text, part in _parts(columns[name], whole):
                if text:
                    part.add_to(found.setdefault(text, Figures()))
        self._many["user"].append((columns["user"], piece))
        self._many["query"].append((columns["query"], piece))
        self._previews.append((columns["query"], columns["preview"]))

    def end_batch(self) -> None:
        """Name the largest users and queries of the rows so far, and let go of the rows."""
        if not self._previews:
            return
        self._name_largest(self._many["user"], self._hour.by["user"])
        queries = self._hour.by[QUERY]
        self._name_largest(self._many["query"], queries)
        read = {
            (key, escaped)
            for column, previews in self._previews
            for key, escaped in zip(column, previews, strict=True)
            if key in queries.named and escaped
        }
        for key, escaped in read:
            preview = json.loads(f'"{escaped}"')
            queries.previews[key] = min(preview, queries.previews.get(key, preview))
        self._hour.total.merge(self._batch)
        self._begin()

    def end(self) -> None:
        """Bring the hour up to date, all that ended as a batch."""
        for found in self._texts.values():
            for text, figures in found.items():
                for dimension, name in _names(text):
                    self._hour.by[dimension].of(name).merge(figures)
            found.clear()

    def _name_largest(self, told: list[tuple[Sequence[str], _Piece]], groups: Groups) -> None:
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
            groups.rest.merge(self._batch.less(inside))
            groups.rest_keys += others


def _largest(told: list[tuple[Sequence[str], _Piece]]) -> tuple[set[str], int]:
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
    least = sorted(sizes.values())[-MOST_SEEN]
    larger = [name for name, size in sizes.items() if size > least]
    equal = (name for name, size in sizes.items() if size == least)
    return larger + list(islice(equal, MOST_SEEN - len(larger)))


def _shape(shared: tuple[str, ...]) -> Shape:
    told = dict(zip(Tally.SHARED, shared, strict=True))
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


def _alike(rows: Rows) -> Iterator[Texts]:
    """The rows' columns, parted by which numbers they tell."""
    columns = _columns(rows)
    if all(all(columns[name]) or not any(columns[name]) for name in _NUMBERS):
        yield columns
        return
    found: defaultdict[tuple[bool, ...], list[tuple[str, ...]]] = defaultdict(list)
    for row in rows:
        found[tuple(map(bool, _TOLD(row)))].append(row)
    for some in found.values():
        yield _columns(some)


def _columns(rows: Rows) -> Texts:
    return dict(zip(Row._fields, zip(*rows, strict=True), strict=True))


def _numbers(columns: Texts, weight: float) -> dict[str, list[int]]:
    """The columns of numbers that are told; see `Columns`."""
    found: dict[str, list[int]] = {}
    for name in _NUMBERS:
        column = columns[name]
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
    if column.count(column[0]) == len(column):
        if wanted is None or column[0] in wanted:
            yield column[0], piece
        return
    found: defaultdict[str, list[tuple[int, ...]]] = defaultdict(list)
    for name, numbers in zip(column, piece.numbers, strict=True):
        if wanted is None or name in wanted:
            found[name].append(numbers)
    for name, some in found.items():
        yield name, piece.of(some)


@lru_cache(maxsize=4096)
def _names(text: str) -> tuple[tuple[str, str], ...]:
    return tuple(names(json.loads(f"{{{text[1:]}}}")))
