"""Many checks, one chance of a false alarm."""

from collections.abc import Sequence


def holm(p_values: Sequence[float], weights: Sequence[float] | None = None) -> list[float]:
    """The p values adjusted so that the chance of any false alarm stays below alpha.

    Holm 1979; with `weights`, its weighted form (a check of weight 2 gets twice the alpha).
    Valid under any dependence between the checks.
    """
    shares = list(weights) if weights is not None else [1.0] * len(p_values)
    order = sorted(range(len(p_values)), key=lambda i: (p_values[i] / shares[i], i))
    adjusted = [1.0] * len(p_values)
    left = sum(shares)
    highest = 0.0
    for i in order:
        highest = max(highest, min(1.0, left * p_values[i] / shares[i]))
        adjusted[i] = highest
        left -= shares[i]
    return adjusted
