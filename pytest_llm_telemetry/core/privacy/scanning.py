"""All finders over one text, cheap tests first, and what they found put into order."""

from __future__ import annotations

import re

from pytest_llm_telemetry.core.privacy import (
    addresses,
    assignments,
    identities,
    mail,
    numbers,
    vendors,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    Spans = list[tuple[int, int, str]]

_DIGIT = re.compile(r"\d")
_AFTER = " \n\t\"',;!?)`-\\"
_BEFORE = _AFTER + "=(>"
# A number as far behind a placeholder as a context reaches, or one that was joined to it.
_NUMBER = re.compile(r">[^<]{0,60}?(?:\d\d\d|\d[ .()/-]{1,3}\d)|\d[ .()/-]{0,3}<")
_ASCII = {upper: upper + 32 for upper in range(65, 91)}


def scan(text: str) -> Spans:
    """Where personal data and secrets stand: (start, end, placeholder), in order, none overlapping."""
    found: Spans = []
    lowered = _lowered(text)
    if "@" in text:
        mail.find(text, found)
    if _DIGIT.search(text):
        numbers.find(text, found)
        if "-" in text:
            identities.find_hyphened(text, found)
    addresses.find(text, found)
    vendors.find(text, found)
    assignments.find(text, lowered, found)
    return merged(found) if len(found) > 1 else found


def merged(found: Spans) -> Spans:
    """Spans that overlap become one, named as the longest of them."""
    found.sort(key=lambda span: (span[0], -span[1]))
    kept: Spans = []
    for start, end, label in found:
        if kept and start < kept[-1][1]:
            last = kept[-1]
            name = label if end - start > last[1] - last[0] else last[2]
            kept[-1] = (last[0], max(end, last[1]), name)
        else:
            kept.append((start, end, label))
    return kept


def replaced(text: str, spans: Spans) -> str:
    """The text with each span replaced by its placeholder."""
    parts: list[str] = []
    at = 0
    for start, end, label in spans:
        parts += (text[at:start], label)
        at = end
    parts.append(text[at:])
    return "".join(parts)


def redact(text: str, find: Callable[[str], Spans] = scan) -> str:
    """The text with each finding replaced, until nothing more is found in what that made.

    So it is idempotent. It ends, because a pass takes signs away that stand in no placeholder.
    """
    spans = find(text)
    while spans:
        told = replaced(text, spans)
        if find is scan and _is_settled(text, spans, told):
            return told
        text = told
        spans = find(text)
    return text


def _is_settled(text: str, spans: Spans, told: str) -> bool:
    """Whether a second look is idle: no finding had a close neighbour, and what is left of the
    text has no number that a replacement brought closer to a telling word, and no secret's name.
    """
    for start, end, _ in spans:
        if text[max(0, start - 1) : start] not in _BEFORE or text[end : end + 1] not in _AFTER:
            return False
    if _NUMBER.search(told):
        return False
    found: Spans = []
    assignments.find(told, _lowered(told), found)
    return not found


def _lowered(text: str) -> str:
    """The text in lower case and of the same length: some capitals have longer small letters."""
    lowered = text.lower()
    return lowered if len(lowered) == len(text) else text.translate(_ASCII)
