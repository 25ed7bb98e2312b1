"""What a person most likely meant to write."""

from collections.abc import Iterable
from difflib import SequenceMatcher

CUTOFF = 0.6


def did_you_mean(found: str, known: Iterable[str]) -> str:
    """`did you mean "x"?` for the nearest known name, or an empty text where none is near.

    Nearness is Ratcliff and Obershelp's (`difflib`), of the names as written and of their words
    in alphabetical order, so that `latency_p95` finds `p95_latency_ms`; 0.6 and above counts.
    """
    ranked = sorted(((_nearness(found, name), name) for name in known), reverse=True)
    if not ranked or ranked[0][0] < CUTOFF:
        return ""
    return f'did you mean "{ranked[0][1]}"?'


def _nearness(found: str, name: str) -> float:
    found, name = found[:100].lower(), name.lower()
    return max(_ratio(found, name), _ratio(_words(found), _words(name)))


def _ratio(one: str, other: str) -> float:
    return SequenceMatcher(None, one, other, autojunk=False).ratio()


def _words(name: str) -> str:
    return "_".join(sorted(name.replace("-", "_").replace(" ", "_").split("_")))
