"""The answer of a case beside the one that was accepted, word by word."""

import re
from collections import Counter
from collections.abc import Iterable
from difflib import SequenceMatcher

from pytest_llm_telemetry.core.text import fit
from pytest_llm_telemetry.reporters.html.markup import Markup, element

_LONGEST = 600  # characters of either answer
_PAIRS = 1000  # equal words on both sides, beyond which a comparison takes a hostile time
_PIECES = re.compile(r"\s*\S+|\s+")


def answer_fold(now: str | None, before: str | None) -> Markup | None:
    """A fold with what was left out struck through and what is new marked; `None` without news."""
    if not now or now == before:
        return None
    if not before:
        return _fold("answer", [fit(now, _LONGEST)])
    return _fold("answer, beside the accepted one", _compared(before, now))


def _fold(title: str, parts: Iterable[str]) -> Markup:
    return element("details", element("summary", title), element("p", *parts))


def _compared(before: str, now: str) -> Iterable[str]:
    old, new = _PIECES.findall(fit(before, _LONGEST)), _PIECES.findall(fit(now, _LONGEST))
    for kind, a, b, c, d in _steps(old, new):
        gone, come = "".join(old[a:b]), "".join(new[c:d])
        if kind == "equal":
            yield come
            continue
        if gone:
            yield element("del", gone)
        if come:
            yield element("ins", come)


def _steps(old: list[str], new: list[str]) -> Iterable[tuple[str, int, int, int, int]]:
    """What became of the words; of texts that repeat themselves without end, one step from all to all."""
    there = Counter(new)
    if sum(count * there[word] for word, count in Counter(old).items()) > _PAIRS:
        return [("replace", 0, len(old), 0, len(new))]
    return SequenceMatcher(None, old, new, autojunk=False).get_opcodes()
