"""Many checks, one chance of a false alarm."""

from collections.abc import Sequence

from pytest_llm_telemetry.core.records import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """One check of a family: its own p value, its share of alpha, and its ceiling.

    `ceiling` is the chance that a run without any change shows the check's minimum effect at all.
    A check that fails only beyond a minimum effect cannot use more alpha than that.
    """

    p_value: float
    weight: float = 1.0
    ceiling: float = 1.0


def adjusted(family: Sequence[Member]) -> list[float]:
    """The p values adjusted so that the chance of any false alarm stays below alpha.

    Holm's step-down procedure (1979) with weights: a check of weight 2 gets twice the alpha. The
    sum that each step compares with alpha takes each other check at its ceiling at most, as
    Tarone (1990) does for discrete tests: what a check can never use goes to the others. Valid
    under any dependence between the checks.
    """
    order = sorted(range(len(family)), key=lambda i: (family[i].p_value / family[i].weight, i))
    values = [1.0] * len(family)
    highest = 0.0
    for place, i in enumerate(order):
        step = family[i].p_value / family[i].weight
        others = (family[j] for j in order[place + 1 :])
        used = sum(min(other.weight * step, other.ceiling) for other in others)
        highest = max(highest, min(1.0, family[i].p_value + used))
        values[i] = highest
    return values
