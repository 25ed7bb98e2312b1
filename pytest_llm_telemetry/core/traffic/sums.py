"""Exact sums over calls, and what calls that are counted together have in common."""

from collections.abc import Mapping, Sequence
from dataclasses import field
from typing import NamedTuple

from pytest_llm_telemetry.core.records import dataclass

UNIT = 1 << 60
TIME_UNIT = 1 << 44
MOST_WEIGHT = float(1 << 20)  # of one event, whose rate would be a millionth

# Numbers of events by name: times in 2**-44, cost and score in 2**-60, all weighted; tokens as they
# are; and the buckets of times. Small numbers are added several times as fast as large ones.
Columns = Mapping[str, Sequence[int]]


class Shape(NamedTuple):
    """What events that are counted together have in common.

    `kind` is "success", "error" or "score", `name` the type of the error or the name of the score.
    `query`: no observed call is around them; `leaf`: there is none inside them.
    """

    kind: str
    name: str
    cached: bool
    passed: bool | None
    query: bool
    leaf: bool
    weight: float

    @property
    def units(self) -> int:
        """The weight of one of them, in units of 2**-60."""
        return int(self.weight * UNIT)


@dataclass(slots=True)
class Sum:
    """A sum over calls, and how many calls told their share; both weighted, in units of 2**-60."""

    units: int = 0
    told_units: int = 0

    def add(self, units: int, told_units: int) -> None:
        """Add the shares of some calls."""
        self.units += units
        self.told_units += told_units

    def merge(self, other: "Sum", times: int = 1) -> None:
        """Add another sum, or with -1 take it away."""
        if other.told_units:
            self.units += times * other.units
            self.told_units += times * other.told_units

    @property
    def total(self) -> float | None:
        """The sum of what was told; None where no call told any."""
        return self.units / UNIT if self.told_units else None

    @property
    def told(self) -> float:
        """How many calls told their share."""
        return self.told_units / UNIT

    @property
    def mean(self) -> float | None:
        """The mean of those calls; None where there are none."""
        return self.units / self.told_units if self.told_units else None


@dataclass(slots=True)
class Score:
    """The scores of one name: their sum, and how many passed of those that were judged."""

    scores: Sum = field(default_factory=Sum)
    passes: Sum = field(default_factory=Sum)

    def merge(self, other: "Score", times: int = 1) -> None:
        """Add the scores of another group, or with -1 take them away."""
        self.scores.merge(other.scores, times)
        self.passes.merge(other.passes, times)

    @property
    def count(self) -> float:
        """How many scores there are."""
        return self.scores.told

    @property
    def mean(self) -> float | None:
        """Their mean."""
        return self.scores.mean

    @property
    def pass_rate(self) -> float | None:
        """The fraction that passed, of those that say whether they did; None where none does."""
        return self.passes.mean


def weight_of(sample_rate: float | None) -> float:
    """How many events one stands for: 1 / rate, a million at most."""
    return min(1 / sample_rate, MOST_WEIGHT) if sample_rate and sample_rate > 0 else 1.0
