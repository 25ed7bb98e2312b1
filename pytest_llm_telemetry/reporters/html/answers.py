"""The answer of a case beside the one that was accepted, word by word."""

import re
from collections.abc import Iterable
from difflib import SequenceMatcher

from pytest_llm_telemetry.core.text import fit
from pytest_llm_telemetry.reporters.html.markup import Markup, element

_LONGEST = 600  # characters of either answer; comparing takes quadratic time
_PIECES = re.compile(r"\s+|\w+|[^\w\s]")


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
    for kind, a, b, c, d in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        gone, come = "".join(old[a:b]), "".join(new[c:d])
        if kind == "equal":
            yield come
            continue
        if gone:
            yield element("del", gone)
        if come:
            yield element("ins", come)
