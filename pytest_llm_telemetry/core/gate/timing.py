"""What the latency rules share: case medians, the provider's drift, and who may hold a run."""

from collections.abc import Callable, Iterable, Mapping
from math import log
from operator import attrgetter

from pytest_llm_telemetry.core.gate.findings import Comparison
from pytest_llm_telemetry.core.gate.pairing import Pair
from pytest_llm_telemetry.core.records import dataclass
from pytest_llm_telemetry.core.samples import Call, CaseSamples
from pytest_llm_telemetry.core.statistics.location import drift_of, typical_change, with_drift
from pytest_llm_telemetry.core.statistics.paired import Estimate
from pytest_llm_telemetry.core.statistics.tail import median_of

# Runs of history from which the drift is known well enough to hold a run.
FEWEST_RUNS = 5
# What two runs on different days differ by, where nobody measured it: the same models and items
# five weeks apart shifted by a median of 22 %; days apart, by less.
_ASSUMED_DRIFT = 0.15
# Below this a time is the machine's own (a scheduler's slice is 1 to 10 ms), not a model's: a stub
# that answers in 0.02 ms is three times slower whenever the machine does something else.
_FLOOR_MS = 5.0

ADVISORY = (
    "latency is advisory: replay controls in the same session (--llm-controls 50) or accept "
    f"{FEWEST_RUNS} runs to make it binding"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Timing:
    """The typical change of a time and how it is known. `drift` is what controls moved by.

    `moves` are the log ratios of the cases' medians, by case id.
    """

    estimate: Estimate
    binding: bool
    moves: Mapping[str, float]
    drift: float | None = None


def _field(metric: str) -> str:
    """What a metric reads of a call: latency or time to first token, in ms."""
    return "ttft_ms" if "ttft" in metric else "latency_ms"


def _log_times(case: CaseSamples, read: Callable[[Call], float | None]) -> tuple[float, ...]:
    """ln(ms) of the case's calls that were answered, and not from a cache."""
    return tuple(
        [
            log(max(_FLOOR_MS, value))
            for call in case.calls
            if (value := read(call)) and call.error_type is None and not call.cached
        ]
    )


Timed = tuple[Pair, tuple[float, ...], tuple[float, ...]]


def timed_pairs(comparison: Comparison, metric: str) -> list[Timed]:
    """The pairs with their log times before and now, where both sides were timed."""
    field = _field(metric)
    if field not in comparison.timed:
        comparison.timed[field] = _timed(comparison.pairs, attrgetter(field))
    return comparison.timed[field]


def _timed(pairs: Iterable[Pair], read: Callable[[Call], float | None]) -> list[Timed]:
    found = []
    for pair in pairs:
        before, now = _log_times(pair.before, read), _log_times(pair.now, read)
        if before and now:
            found.append((pair, before, now))
    return found


def moves_of(timed: Iterable[Timed]) -> dict[str, float]:
    """ln(median now / median before) of each case."""
    return {pair.now.case_id: median_of(now) - median_of(before) for pair, before, now in timed}


def timing_of(comparison: Comparison, metric: str) -> Timing | None:
    """The typical change of the metric's time over the paired cases; `None` if too few have it."""
    moves = moves_of(timed_pairs(comparison, metric))
    replayed = moves_of(_timed(comparison.controls, attrgetter(_field(metric))))
    found = typical_change(moves, replayed)
    if found is None:
        return None
    estimate, drift = found
    if drift is not None:
        return Timing(estimate=estimate, binding=True, moves=moves, drift=drift)
    figures = [past.metrics.get(metric) for past in comparison.history]
    known = [log(figure) for figure in figures if figure]
    if len(known) >= FEWEST_RUNS:
        settled = with_drift(estimate, drift_of(known), len(known))
        return Timing(estimate=settled, binding=True, moves=moves)
    assumed = with_drift(estimate, _ASSUMED_DRIFT, len(comparison.pairs))
    return Timing(estimate=assumed, binding=False, moves=moves)
