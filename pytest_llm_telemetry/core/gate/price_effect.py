"""Why cost changed: more tokens, or dearer ones."""

from collections.abc import Iterable, Sequence

from pytest_llm_telemetry.core.gate.contributions import case_value
from pytest_llm_telemetry.core.gate.pairing import Pair
from pytest_llm_telemetry.core.samples import CaseSamples

_WORTH_SAYING = 0.005
_GOOD_FIT = 0.02

_Point = tuple[float, float, float]


def split_cost(pairs: Iterable[Pair], change: float) -> str:
    """The share of a cost change (a fraction) that tokens explain, and the rest, as a clause.

    The baseline's prices of an input and an output token are read off its own cases by least
    squares; priced with them, the tokens of now tell the token effect. Empty where tokens are
    unknown or one pair of prices does not explain the baseline (several models, cached input).
    """
    if abs(change) < _WORTH_SAYING:
        return ""
    both = [(_point(pair.before), _point(pair.now)) for pair in pairs]
    known = [(before, now) for before, now in both if before and now]
    prices = _unit_prices([before for before, _ in known])
    if prices is None:
        return ""
    was = sum(prices[0] * point[0] + prices[1] * point[1] for point, _ in known)
    would_be = sum(prices[0] * point[0] + prices[1] * point[1] for _, point in known)
    tokens = would_be / was - 1.0
    price = (1.0 + change) / (1.0 + tokens) - 1.0
    return f"tokens {_percent(tokens)}, price per token {_percent(price)}"


def _percent(fraction: float) -> str:
    """With its sign; what rounds to nothing has a plus, never `-0.0`."""
    return f"{round(fraction * 100.0, 1) + 0.0:+.1f} %"


def _point(case: CaseSamples) -> _Point | None:
    """Mean input tokens, output tokens and USD a query of a case."""
    tokens_in, tokens_out, cost = (
        case_value(name, case) for name in ("input_tokens", "output_tokens", "cost_per_query_usd")
    )
    if tokens_in is None or tokens_out is None or cost is None:
        return None
    return tokens_in, tokens_out, cost


def _unit_prices(points: Sequence[_Point]) -> tuple[float, float] | None:
    """USD per input and output token, if one pair of prices fits the points to 2 %."""
    ii = sum(i * i for i, _, _ in points)
    oo = sum(o * o for _, o, _ in points)
    io = sum(i * o for i, o, _ in points)
    ic = sum(i * c for i, _, c in points)
    oc = sum(o * c for _, o, c in points)
    scale = ii * oo - io * io
    if scale <= 1e-9 * ii * oo:
        total = sum(i + o for i, o, _ in points)
        each = sum(c for _, _, c in points) / total if total else 0.0
        prices = each, each
    else:
        prices = (ic * oo - oc * io) / scale, (oc * ii - ic * io) / scale
    missed = sum(abs(prices[0] * i + prices[1] * o - c) for i, o, c in points)
    spent = sum(c for _, _, c in points)
    return prices if spent and missed <= _GOOD_FIT * spent else None
