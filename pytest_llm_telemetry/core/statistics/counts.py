"""Rare events in two runs: a conditional test, an interval, and bursts told from single events."""

from collections.abc import Iterator, Sequence
from math import sqrt

from pytest_llm_telemetry.core.records import dataclass
from pytest_llm_telemetry.core.statistics.distributions import binomial_tail, normal_quantile

_GAP = 5
_MOST_CHANCE = 0.9
_SMALLEST_BURST = 3
_RARE = 0.05


@dataclass(frozen=True, slots=True, kw_only=True)
class Tally:
    """Events of one run: `events` of `trials`, both weighted, need not be whole."""

    events: float
    trials: float

    @property
    def rate(self) -> float:
        """Events a trial."""
        return self.events / self.trials


def excess_p_value(before: Tally, now: Tally) -> float:
    """One-sided mid-p value of "the rate is higher now".

    Given their total, the events fall on now with the chance of its share of the trials
    (Przyborowski & Wilenski 1940).
    """
    share = now.trials / (before.trials + now.trials)
    return binomial_tail(now.events, before.events + now.events, share)


def rate_interval(
    before: Tally, now: Tally, scatter: float, confidence: float
) -> tuple[float, float]:
    """The interval of the rate's difference, each end with `confidence` (Newcombe 1998, no. 10).

    Trials are divided by `scatter` (see `dispersion`): a burst of ten is one piece of evidence.
    """
    z = normal_quantile(confidence)
    low_0, high_0 = _wilson(before, scatter, z)
    low_1, high_1 = _wilson(now, scatter, z)
    change = now.rate - before.rate
    down = sqrt((now.rate - low_1) ** 2 + (high_0 - before.rate) ** 2)
    up = sqrt((high_1 - now.rate) ** 2 + (before.rate - low_0) ** 2)
    return change - down, change + up


def _wilson(tally: Tally, scatter: float, z: float) -> tuple[float, float]:
    size = tally.trials / scatter
    middle = (tally.rate + z * z / (2.0 * size)) / (1.0 + z * z / size)
    spread = tally.rate * (1.0 - tally.rate) / size + (z / (2.0 * size)) ** 2
    reach = z * sqrt(max(0.0, spread)) / (1.0 + z * z / size)
    return max(0.0, middle - reach), min(1.0, middle + reach)


def bursts(places: Sequence[int], trials: int) -> list[int]:
    """The sizes of the events of a run, in order: 1 for a single one, more for a burst.

    `places` are the events' places among the `trials` calls of the run, ascending. Events at most
    five calls apart form a cluster; it is a burst, and one event (a compound Poisson process), if
    at the rate of the rest of the run chance would make one as large less than once in twenty
    runs.
    """
    sizes: list[int] = []
    for cluster in _clusters(places):
        size, span = len(cluster), cluster[-1] - cluster[0] + 1
        rest = min(1.0, (len(places) - size + 1) / max(1, trials - span))
        near = min(_MOST_CHANCE, 1.0 - (1.0 - rest) ** _GAP)
        rare = size >= _SMALLEST_BURST and len(places) * near ** (size - 1) < _RARE
        sizes += [size] if rare else [1] * size
    return sizes


def dispersion(sizes: Sequence[float]) -> float:
    """How much wider a count scatters because some of its events come many at once."""
    return sum(size**2 for size in sizes) / sum(sizes) if sizes else 1.0


def _clusters(places: Sequence[int]) -> Iterator[list[int]]:
    cluster: list[int] = []
    for place in places:
        if cluster and place - cluster[-1] > _GAP:
            yield cluster
            cluster = []
        cluster.append(place)
    if cluster:
        yield cluster
