"""How values are spread, in bounded memory: a quantile sketch that merges exactly.

Buckets of equal ratio (the logarithmic mapping of DDSketch, Masson et al., VLDB 2019): a quantile
is at most 0.5 % off the value of that rank. Weights are whole numbers of 2**-20, so that sums do
not depend on their order. Few buckets are a dict; many stand side by side in one large integer, 64
bits each, which makes merging two sketches one addition.
"""

from binascii import a2b_base64, b2a_base64
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from functools import reduce
from math import ceil, exp, log
from operator import or_
from struct import error, pack, unpack

RELATIVE_ERROR = 0.005
WEIGHT_UNIT = 1 << 20  # a weight of 1; a bucket holds 2**43 of them
LOG_RATIO = log((1 + RELATIVE_ERROR) / (1 - RELATIVE_ERROR))
SMALLEST, LARGEST = 1e-6, 1e12
_BELOW = ceil(log(SMALLEST) / LOG_RATIO)  # the bucket of all that is smaller, told as 0
_ABOVE = ceil(log(LARGEST) / LOG_RATIO)
_MIDDLE = 2 / (exp(LOG_RATIO) + 1)
_LANE = 64  # bits
_BYTES = _LANE // 8
_CODES = {1: "B", 2: "H", 4: "I", 8: "Q"}  # bytes of a weight that is told, as struct names them
_PLACE = 2
_MANY = 100  # buckets that are rather added one by one
_WHOLE = "w"  # told in whole weights, as unsampled calls are
_PARTS = "p"
_FEW = {_WHOLE: "W", _PARTS: "P"}  # told with the place of each bucket, 16 bits, before the weights
_UNITS = {"w": WEIGHT_UNIT, "W": WEIGHT_UNIT, "p": 1, "P": 1}


class Sketch:
    """Quantiles of values that are not negative, each at most 0.5 % off.

    Values below 1e-6 count as 0, those above 1e12 as 1e12: there are 4,147 buckets at most.
    """

    __slots__ = ("_low", "_new", "_ones", "_packed")

    def __init__(self) -> None:
        self._low = 0
        self._packed = 0
        self._new: dict[int, int] = {}
        self._ones: Counter[int] | None = None  # values of weight 1, by bucket

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Sketch) and self.buckets() == other.buckets()

    __hash__ = None  # type: ignore[assignment]  # it changes

    def __bool__(self) -> bool:
        return bool(self._packed or self._new or self._ones)

    def add(self, value: float, weight: float = 1.0) -> None:
        """Count a value, `weight` times."""
        self.add_buckets({bucket(value): round(weight * WEIGHT_UNIT)})

    def add_buckets(self, counts: Mapping[int, int]) -> None:
        """Count values by their `bucket`, in units of 2**-20."""
        new = self._new
        for place, count in counts.items():
            new[place] = new.get(place, 0) + count

    def add_each(self, places: Iterable[int]) -> None:
        """Count values of weight 1 by their `bucket`."""
        if self._ones is None:
            self._ones = Counter()
        self._ones.update(places)

    def merge(self, other: "Sketch", times: int = 1) -> None:
        """Add what another sketch counted, in any order; with -1 take it away again."""
        low, packed, few = other.parts()
        if packed:
            if times < 0:
                self._pack()  # or what is taken away would have nothing to be taken from
            self._add(low, times * packed)
        if few:
            self.add_buckets(few if times == 1 else {at: times * few[at] for at in few})

    def _add(self, low: int, packed: int) -> None:
        mine, ours = self._low, self._packed
        if not ours:
            self._low, self._packed = low, packed
        elif low >= mine:
            self._packed = ours + (packed << (low - mine) * _LANE)
        else:
            self._low, self._packed = low, packed + (ours << (mine - low) * _LANE)

    @property
    def count(self) -> float:
        """The sum of all weights."""
        return sum(self.buckets().values()) / WEIGHT_UNIT

    def quantile(self, q: float) -> float | None:
        """The value at the fraction `q` of the way from the smallest to the largest; None of none.

        Of whole weights by interpolation between neighbours (type 7 of Hyndman & Fan 1996, as in
        `metrics.quantile`), of others the inverse of the weighted distribution.
        """
        counts = self.buckets()
        total = sum(counts.values())
        if not total:
            return None
        if any(count % WEIGHT_UNIT for count in counts.values()):
            return _value_at(counts, q * total)
        place = q * (total // WEIGHT_UNIT - 1)
        low = int(place)
        below = _value_at(counts, (low + 1) * WEIGHT_UNIT)
        if place == low:
            return below
        return below + (place - low) * (_value_at(counts, (low + 2) * WEIGHT_UNIT) - below)

    def buckets(self) -> dict[int, int]:
        """Bucket -> its weight in units of 2**-20, in order, the empty ones left out."""
        self._weigh()
        low, new = self._low, self._new
        if not self._packed:
            return {place: new[place] for place in sorted(new) if new[place]}
        found = {low + at: count for at, count in enumerate(_lanes(self._packed)) if count}
        if new:
            for place, count in new.items():
                found[place] = found.get(place, 0) + count
            found = {place: found[place] for place in sorted(found) if found[place]}
        return found

    def dump(self) -> str:
        """A short text that `load` takes back: `2300w2:` and the buckets in Base64."""
        self._weigh()
        if self._packed or len(self._new) > _MANY:
            self._pack()
            lanes = _lanes(self._packed)
            if len(lanes) - lanes.count(0) > _MANY:
                return _dump_lanes(self._low, lanes)
        return _dump_few(self.buckets())

    @classmethod
    def load(cls, text: str) -> "Sketch":
        """The sketch that `dump` told.

        Raises:
            ValueError: If the text is damaged.
        """
        found = cls()
        if not text:
            return found
        head, _, told = text.partition(":")
        kind, width, low = head[-2:-1], int(head[-1:]), int(head[:-2])
        data = a2b_base64(told, strict_mode=True)
        if width not in _CODES:
            raise ValueError("not a sketch")
        try:
            if kind in _FEW.values():
                found._new = _load_few(low, kind, data, width)
                high = max(found._new)
            else:
                found._low = low
                found._packed = _load_lanes(kind, data, width)
                high = low + len(data) // width - 1
        except (KeyError, error):
            raise ValueError("not a sketch") from None
        if not _BELOW <= low <= high <= _ABOVE:
            raise ValueError("not a sketch: values beyond its range")
        return found

    def parts(self) -> tuple[int, int, Mapping[int, int]]:
        """The first bucket, many buckets as one integer, the first in its lowest bits, and a few."""
        self._weigh()
        if len(self._new) > _MANY:
            self._pack()
        return self._low, self._packed, self._new

    def _weigh(self) -> None:
        """Put what was counted by the piece to what has a weight."""
        ones, self._ones = self._ones, None
        if ones is not None and len(ones) > _MANY:
            low, packed = _packed(ones)
            self._add(low, packed * WEIGHT_UNIT)
        elif ones is not None:
            self.add_buckets({place: count * WEIGHT_UNIT for place, count in ones.items()})

    def _pack(self) -> None:
        """Put what came last beside the rest."""
        new = self._new
        if not new:
            return
        if min(new.values()) < 0:
            new, self._packed = self.buckets(), 0
        self._new = {}
        if new:
            self._add(*_packed(new))


def bucket(value: float) -> int:
    """The bucket that a value falls into."""
    if value > LARGEST:
        return _ABOVE
    return ceil(log(value) / LOG_RATIO) if value > SMALLEST else _BELOW


def value_of(place: int) -> float:
    """The value that stands for a bucket, 0.5 % off what fell into it at most."""
    return _MIDDLE * exp(place * LOG_RATIO) if place > _BELOW else 0.0


def _dump_few(counts: Mapping[int, int]) -> str:
    """The place of each bucket above the first one, and then its weight."""
    if not counts:
        return ""
    low = next(iter(counts))
    kind, unit, width = _form(counts.values())
    many, places = len(counts), [place - low for place in counts]
    weights = [count // unit for count in counts.values()]
    data = pack(f"<{many}H{many}{_CODES[width]}", *places, *weights)
    return f"{low}{_FEW[kind]}{width}:{b2a_base64(data, newline=False).decode()}"


def _dump_lanes(low: int, lanes: Sequence[int]) -> str:
    """The weights of all buckets from the first one on."""
    empty = next(at for at, count in enumerate(lanes) if count)
    lanes = lanes[empty:]
    kind, unit, width = _form(lanes)
    data = pack(f"<{len(lanes)}{_CODES[width]}", *[count // unit for count in lanes])
    return f"{low + empty}{kind}{width}:{b2a_base64(data, newline=False).decode()}"


def _form(weights: Iterable[int]) -> tuple[str, int, int]:
    """Whether weights are told in whole ones, their unit, and the bytes that hold the largest."""
    bits = reduce(or_, weights)
    kind, unit = (_PARTS, 1) if bits % WEIGHT_UNIT else (_WHOLE, WEIGHT_UNIT)
    return kind, unit, next(width for width in _CODES if bits // unit < 1 << 8 * width)


def _load_few(low: int, kind: str, data: bytes, width: int) -> dict[int, int]:
    many = len(data) // (_PLACE + width)
    numbers = unpack(f"<{many}H{many}{_CODES[width]}", data)
    unit = _UNITS[kind]
    return {
        low + place: weight * unit
        for place, weight in zip(numbers[:many], numbers[many:], strict=True)
    }


def _load_lanes(kind: str, data: bytes, width: int) -> int:
    wide = bytearray(len(data) // width * _BYTES)
    for at in range(width):
        wide[at::_BYTES] = data[at::width]
    return int.from_bytes(wide, "little") * _UNITS[kind]


def _value_at(counts: Mapping[int, int], goal: float) -> float:
    """The value of the first bucket that, with all before it, weighs as much as `goal`."""
    reached = 0
    for place, count in counts.items():
        reached += count
        if reached >= goal:
            return value_of(place)
    return value_of(max(counts))


def _packed(counts: Mapping[int, int]) -> tuple[int, int]:
    """The first bucket, and all side by side."""
    low = min(counts)
    lanes = [0] * (max(counts) - low + 1)
    for place, count in counts.items():
        lanes[place - low] = count
    return low, int.from_bytes(pack(f"<{len(lanes)}Q", *lanes), "little")


def _lanes(packed: int) -> tuple[int, ...]:
    length = (packed.bit_length() + _LANE - 1) // _LANE
    return unpack(f"<{length}Q", packed.to_bytes(length * _BYTES, "little"))
