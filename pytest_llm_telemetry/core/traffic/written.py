"""Figures <-> JSON values, short and in one order: equal figures are equal bytes.

Sums stand as whole numbers where they are whole, else as hexadecimal digits of 2**-60.
"""

from collections.abc import Container
from typing import Any

from pytest_llm_telemetry.core.sketch import Sketch
from pytest_llm_telemetry.core.traffic.figures import Figures
from pytest_llm_telemetry.core.traffic.groups import Groups, Size
from pytest_llm_telemetry.core.traffic.sums import UNIT, Score, Sum

_SHIFT = UNIT.bit_length() - 1
_COUNTS = ("calls_units", "errors_units", "cached_units", "unpriced_units")
_SUMS = ("latency_ms", "ttft_ms", "cost_usd")
_CALLS, _ERRORS, _COST = 1, 2, 7  # where they stand in the list of `dump_figures`


def dump_figures(figures: Figures) -> list[Any]:
    """The figures as a list."""
    return [
        figures.recorded,
        *[_number(getattr(figures, name)) for name in _COUNTS],
        *[_sum(getattr(figures, name)) for name in _SUMS],
        figures.latencies.dump(),
        figures.ttfts.dump(),
        {kind: _number(units) for kind, units in sorted(figures.kinds.items())},
        {name: _sum(total) for name, total in sorted(figures.tokens.items())},
        {
            name: _sum(score.scores) + _sum(score.passes)
            for name, score in sorted(figures.scores.items())
        },
    ]


def load_figures(found: list[Any]) -> Figures:
    """Take back what `dump_figures` gave.

    Raises:
        ValueError, TypeError, AttributeError: If it is damaged.
    """
    recorded, calls, errors, cached, unpriced, latency, ttft, cost, *rest = found
    latencies, ttfts, kinds, tokens, scores = rest
    return Figures(
        recorded=recorded,
        calls_units=_units(calls),
        errors_units=_units(errors),
        cached_units=_units(cached),
        unpriced_units=_units(unpriced),
        latency_ms=_summed(latency),
        ttft_ms=_summed(ttft),
        cost_usd=_summed(cost),
        latencies=Sketch.load(latencies),
        ttfts=Sketch.load(ttfts),
        kinds={kind: _units(units) for kind, units in kinds.items()},
        tokens={name: _summed(total) for name, total in tokens.items()},
        scores={
            name: Score(_summed(score[:2]), _summed(score[2:])) for name, score in scores.items()
        },
    )


class Written:
    """Groups as they were written, of which no more is loaded than what is asked for.

    Args:
        groups: What `dump_groups` gave.
        whole: What `dump_figures` gave for all that is named.

    Attributes:
        rest_keys: How many names have no figures of their own.
    """

    def __init__(self, groups: list[Any], whole: list[Any]) -> None:
        self.rest_keys: int
        self._named, self._rest, self.rest_keys, self._previews = groups
        self._whole = whole

    def sizes(self) -> dict[str, Size]:
        """What names are ranked by."""
        return {
            name: (_units(each[_CALLS]), _units(each[_ERRORS]), _units(each[_COST][0]))
            for name, each in self._named.items()
        }

    def pick(self, names: Container[str]) -> Groups:
        """The groups of some names, all others as the rest."""
        found = load_groups([{}, self._rest, self.rest_keys, {}])
        picked = Figures()
        for name in self._named:
            if name in names:
                found.named[name] = load_figures(self._named[name])
                picked.merge(found.named[name])
                if name in self._previews:
                    found.previews[name] = self._previews[name]
        if len(found.named) < len(self._named):
            found.rest.merge(load_figures(self._whole).less(picked))
        return found


def dump_groups(groups: Groups) -> list[Any]:
    """The groups as a list."""
    named = {name: dump_figures(figures) for name, figures in sorted(groups.named.items())}
    rest = dump_figures(groups.rest) if groups.rest_keys else None
    return [named, rest, groups.rest_keys, dict(sorted(groups.previews.items()))]


def load_groups(found: list[Any]) -> Groups:
    """Take back what `dump_groups` gave.

    Raises:
        ValueError, TypeError, AttributeError: If it is damaged.
    """
    named, rest, rest_keys, previews = found
    return Groups(
        named={name: load_figures(figures) for name, figures in named.items()},
        rest=Figures() if rest is None else load_figures(rest),
        rest_keys=rest_keys,
        previews=dict(previews),
    )


def _number(units: int) -> int | str:
    whole = units >> _SHIFT
    return whole if whole << _SHIFT == units else f"{units:x}"


def _units(number: int | str) -> int:
    return int(number, 16) if type(number) is str else number << _SHIFT  # type: ignore[operator]  # else an int


def _sum(total: Sum) -> list[int | str]:
    return [_number(total.units), _number(total.told_units)]


def _summed(found: list[int | str]) -> Sum:
    units, told = found
    if told == 0:
        return Sum()
    return Sum(_units(units), _units(told))
