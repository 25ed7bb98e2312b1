"""All finders over one text, cheap tests first, and what they found put into order."""

from __future__ import annotations

import re
from operator import itemgetter

from pytest_llm_telemetry.core.privacy import (
    addresses,
    assignments,
    mail,
    numbers,
    vendors,
)
from pytest_llm_telemetry.core.privacy.plain import is_plain, with_ascii_digits

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    Spans = list[tuple[int, int, str]]

# A placeholder with a neighbour that a finder other than those of numbers and names might take up.
_JOINED = re.compile(
    r"<(?=[A-Z0-9_]{1,40}>)(?:(?<![ \n\t\"',;!?)`\\=(>\[{|&*/-]<)(?<!\A<)|(?<=\w[/-]<)|(?<=[0-9]=<)"
    r"|[A-Z0-9_]++>(?![ \n\t\"',;!?)`\\<\]}|&*#@-]|\.?(?:[ \n\"']|\Z)))"
)
# A number as far behind a placeholder as a context reaches, or one that was joined to it.
_NUMBER = re.compile(
    r">(?s:.){0,64}?[0-9](?:[0-9 .()/-]{5}|(?<=[A-Za-z][0-9])[0-9])|[0-9][ .()/-]{0,3}<"
)
_ASCII = {upper: upper + 32 for upper in range(65, 91)}


def scan(text: str) -> Spans:
    """Where personal data and secrets stand: (start, end, placeholder), in order, none overlapping."""
    text = with_ascii_digits(text)
    return [] if is_plain(text) else look(text)


def look(text: str) -> Spans:
    """What there is to find in a text, be it plain or not, whose digits are 0 to 9."""
    found: Spans = []
    if "@" in text:
        mail.find(text, found)
    numbers.find(text, found)
    addresses.find(text, found)
    vendors.find(text, found)
    assignments.find(text, _named(text), found)
    return merged(found) if len(found) > 1 else found


def merged(found: Spans) -> Spans:
    """Spans that overlap become one, named as the longest of them."""
    found.sort(key=itemgetter(0))
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
        if find is scan and _is_settled(told):
            return told
        text = told
        spans = find(text)
    return text


def _is_settled(told: str) -> bool:
    """Whether a second look is idle: no placeholder has a close neighbour, no number was brought
    closer to a telling word, and no name has a secret behind it.
    """
    told = with_ascii_digits(told)
    if _JOINED.search(told):
        return False
    found: Spans = []
    if _NUMBER.search(told):
        numbers.find(told, found)
    assignments.find(told, _named(told), found)
    return not found


def _named(text: str) -> str:
    """The text in lower case and of the same length, and no placeholder in it names a secret.

    Some capitals have longer small letters.
    """
    lowered = text.lower()
    if len(lowered) != len(text):
        lowered = text.translate(_ASCII)
    if "<" in text and "</" not in text:  # as in markup, where such names have values
        lowered = lowered.replace("<api_key>", "<_______>").replace("<password>", "<________>")
    return lowered
