"""How values are spread, in bounded memory: a quantile sketch that merges exactly.

Buckets of equal ratio (the logarithmic mapping of DDSketch, Masson et al., VLDB 2019): a quantile
is at most 0.5 % off the value of that rank. Weights are whole numbers of 2**-20, so that sums do
not depend on their order. The buckets stand side by side in one large integer, 64 bits each, which
makes merging two sketches one addition.
"""

from base64 import b64decode, b64encode
from collections.abc import Mapping
from math import ceil, exp, log
from struct import pack, unpack

RELATIVE_ERROR = 0.005
WEIGHT_UNIT = 1 << 20  # a weight of 1; a bucket holds 2**43 of them
LOG_RATIO = log((1 + RELATIVE_ERROR) / (1 - RELATIVE_ERROR))
SMALLEST, LARGEST = 1e-6, 1e12
_BELOW = ceil(log(SMALLEST) / LOG_RATIO)  # the bucket of all that is smaller, told as 0
_ABOVE = ceil(log(LARGEST) / LOG_RATIO)
_MIDDLE = 2 / (exp(LOG_RATIO) + 1)
_LANE = 64  # bits
_BYTES = _LANE // 8
_WIDTHS = (1, 2, 4, 8)
_WHOLE = "w"  # told in whole weights, as unsampled calls are
_PARTS = "p"


class Sketch:
    """Quantiles of values that are not negative, each at most 0.5 % off.

    Values below 1e-6 count as 0, those above 1e12 as 1e12: there are 4,147 buckets at most.
    """

    __slots__ = ("_low", "_new", "_packed")

    def __init__(self) -> None:
        self._low = 0
        self._packed = 0
        self._new: dict[int, int] = {}

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Sketch) and self.buckets() == other.buckets()

    __hash__ = None  # type: ignore[assignment]  # it changes

    def __bool__(self) -> bool:
        return bool(self._packed or self._new)

    def add(self, value: float, weight: float = 1.0) -> None:
        """Count a value, `weight` times."""
        self.add_buckets({bucket(value): round(weight * WEIGHT_UNIT)})

    def add_buckets(self, counts: Mapping[int, int]) -> None:
        """Count values by their `bucket`, in units of 2**-20."""
        new = self._new
        for place, count in counts.items():
            new[place] = new.get(place, 0) + count

    def merge(self, other: "Sketch", times: int = 1) -> None:
        """Add what another sketch counted, in any order; with -1 take it away again."""
        low, packed = other.packed()
        if not packed:
            return
        packed *= times
        mine, ours = self.packed()
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
        low, packed = self.packed()
        return {low + at: count for at, count in enumerate(_lanes(packed)) if count}

    def dump(self) -> str:
        """A short text that `load` takes back: `2300w2:` and the buckets in Base64."""
        low, packed = self.packed()
        if not packed:
            return ""
        lanes = _lanes(packed)
        empty = next(at for at, count in enumerate(lanes) if count)
        low, lanes = low + empty, lanes[empty:]
        kind = _PARTS
        if not any(count % WEIGHT_UNIT for count in lanes):
            kind, lanes = _WHOLE, tuple(count // WEIGHT_UNIT for count in lanes)
        most = max(lanes)
        width = next(each for each in _WIDTHS if most < 1 << 8 * each)
        told = b"".join(count.to_bytes(width, "little") for count in lanes)
        return f"{low}{kind}{width}:{b64encode(told).decode()}"

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
        data = b64decode(told, validate=True)
        if kind not in {_WHOLE, _PARTS} or width not in _WIDTHS or len(data) % width:
            raise ValueError("not a sketch")
        if not _BELOW <= low <= low + len(data) // width - 1 <= _ABOVE:
            raise ValueError("not a sketch: values beyond its range")
        wide = bytearray(len(data) // width * _BYTES)
        for at in range(width):
            wide[at::_BYTES] = data[at::width]
        packed = int.from_bytes(wide, "little")
        found._low = low
        found._packed = packed * WEIGHT_UNIT if kind == _WHOLE else packed
        return found

    def packed(self) -> tuple[int, int]:
        """The first bucket, and all as one integer, the first in its lowest bits."""
        if self._new:
            new, self._new = self._new, {}
            fresh = Sketch()
            fresh._low = min(new)
            lanes = [0] * (max(new) - fresh._low + 1)
            for place, count in new.items():
                lanes[place - fresh._low] = count
            fresh._packed = int.from_bytes(pack(f"<{len(lanes)}Q", *lanes), "little")
            self.merge(fresh)
        return self._low, self._packed


def bucket(value: float) -> int:
    """The bucket that a value falls into."""
    if value > LARGEST:
        return _ABOVE
    return ceil(log(value) / LOG_RATIO) if value > SMALLEST else _BELOW


def value_of(place: int) -> float:
    """The value that stands for a bucket, 0.5 % off what fell into it at most."""
    return _MIDDLE * exp(place * LOG_RATIO) if place > _BELOW else 0.0


def _value_at(counts: Mapping[int, int], goal: float) -> float:
    """The value of the first bucket that, with all before it, weighs as much as `goal`."""
    reached = 0
    for place, count in counts.items():
        reached += count
        if reached >= goal:
            return value_of(place)
    return value_of(max(counts))


def _lanes(packed: int) -> tuple[int, ...]:
    length = (packed.bit_length() + _LANE - 1) // _LANE
    return unpack(f"<{length}Q", packed.to_bytes(length * _BYTES, "little"))
