"""Repeats that stop early: group-sequential looks with O'Brien-Fleming spending.

After each repeat of the golden set one looks at the p value so far. Looking often would raise the
chance of a false alarm, so each look may spend a part of alpha only, hardly any at first.
"""

from collections.abc import Sequence
from math import exp, pi, sqrt
from typing import Literal

from pytest_llm_telemetry.core.records import dataclass
from pytest_llm_telemetry.core.statistics.distributions import normal_quantile, normal_tail

Decision = Literal["worse", "no change", "go on"]

_POINTS = 160
_LOWEST = -6.0
_PRECISION = 1e-9
# Stop for "no change" once the trend so far would end in a proven change less often than this.
_FUTILE = 0.2


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """When to look and what to demand: `boundaries` are z values at the `information` fractions."""

    information: tuple[float, ...]
    boundaries: tuple[float, ...]

    def look(self, repeat: int, p_value: float) -> Decision:
        """What the one-sided `p_value` after `repeat` repeats (1 is the first) decides.

        "worse" crosses the boundary. "no change" is a conditional power below 0.2 if the trend
        goes on (Lan & Wittes 1988): stopping so can only lower the chance of a false alarm.
        """
        z = normal_quantile(1.0 - min(max(p_value, 1e-12), 1.0 - 1e-12))
        share = self.information[repeat - 1]
        if z >= self.boundaries[repeat - 1]:
            return "worse"
        if repeat == len(self.information):
            return "no change"
        gap = self.boundaries[-1] - z / sqrt(share)
        power = normal_tail(gap / sqrt(1.0 - share))
        return "no change" if power < _FUTILE else "go on"


def plan(alpha: float, repeats: int, baseline_repeats: int) -> Plan:
    """A look after each of up to `repeats` repeats, against a baseline of fixed size.

    The information after k repeats is 1 / (1 / baseline_repeats + 1 / k); alpha is one-sided.
    """
    known = [1.0 / (1.0 / baseline_repeats + 1.0 / k) for k in range(1, repeats + 1)]
    information = tuple(value / known[-1] for value in known)
    return Plan(information=information, boundaries=boundaries(alpha, information))


def boundaries(alpha: float, information: Sequence[float]) -> tuple[float, ...]:
    """The z value to cross at each look so that all looks together spend `alpha`.

    Spending by Lan & DeMets (1983), 2 - 2 * Phi(z_(alpha / 2) / sqrt(t)); the joint distribution by
    the recursion of Armitage, McPherson & Rowe (1969) on a grid.
    """
    z = normal_quantile(1.0 - alpha / 2.0)
    found: list[float] = []
    density: list[tuple[float, float]] = []
    spent = before = 0.0
    for share in information:
        target = 2.0 * normal_tail(z / sqrt(share)) - spent
        found.append(_crossing(density, before, share, target))
        density = _carry_on(density, before, share, found[-1])
        spent += target
        before = share
    return tuple(found)


def _crossing(
    density: Sequence[tuple[float, float]], before: float, share: float, target: float
) -> float:
    """The z that the process crosses at `share` with the chance `target`, if it did not before."""
    low, high = 0.0, 12.0
    while high - low > _PRECISION:
        middle = (low + high) / 2.0
        low, high = (
            (middle, high) if _above(density, before, share, middle) > target else (low, middle)
        )
    return high


def _above(density: Sequence[tuple[float, float]], before: float, share: float, z: float) -> float:
    if not density:
        return normal_tail(z)
    step = sqrt(share - before)
    return sum(mass * normal_tail((z * sqrt(share) - place) / step) for place, mass in density)


def _carry_on(
    density: Sequence[tuple[float, float]], before: float, share: float, boundary: float
) -> list[tuple[float, float]]:
    """The masses of the score process at `share`, of the paths that stayed below the boundary."""
    width = (boundary - _LOWEST) / _POINTS
    places = [(_LOWEST + (n + 0.5) * width) * sqrt(share) for n in range(_POINTS)]
    cell = width * sqrt(share)
    if not density:
        return [(place, cell * _bell(place, sqrt(share))) for place in places]
    step = sqrt(share - before)
    return [
        (place, cell * sum(mass * _bell(place - start, step) for start, mass in density))
        for place in places
    ]


def _bell(distance: float, spread: float) -> float:
    return exp(-((distance / spread) ** 2) / 2.0) / (spread * sqrt(2.0 * pi))
