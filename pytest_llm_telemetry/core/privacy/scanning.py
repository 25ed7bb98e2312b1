"""All finders over one text, cheap tests first, and what they found put into order."""

from __future__ import annotations

import re
from bisect import bisect_right
from itertools import accumulate
from operator import itemgetter

from pytest_llm_telemetry.core.privacy import (
    addresses,
    assignments,
    mail,
    numbers,
    vendors,
)
from pytest_llm_telemetry.core.privacy.plain import ANYTHING, holds, with_ascii_digits

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pytest_llm_telemetry.core.privacy.assignments import Names

    Spans = list[tuple[int, int, str]]
    Seen = tuple[Spans, bool, Names]

# A placeholder with a neighbour that a finder other than those of numbers and names might take up. Of a
# colon only those of an address of the net, and those before an @, are.
_JOINED = re.compile(
    r"<(?=[A-Z0-9_]{1,40}>)(?:(?<![ \n\t\"',;!?)`\\=(>\[{|&*/-]<)(?<!\A<)|(?<=\w[/-]<)|(?<=[0-9]=<)"
    r"|[A-Z0-9_]++>(?![ \n\t\"',;!?)`\\<\]}|&*#@-]|\.?(?:[ \n\"']|\Z)|:(?![0-9A-Fa-f]{0,4}:|[^\s@]{0,200}@)))"
)
# A number, or a digit before a placeholder.
_NUMBER = re.compile(
    r"[0-9](?:(?=[0-9 .()/-]{5})[0-9 .()/-]*+<?|(?<=[A-Za-z][0-9])[0-9]++[ .()/-]{0,3}<?|[ .()/-]{0,3}<)"
)
_REACH = 65  # characters before a number in which a placeholder may change what it is
_NAMES = ("api_key", "password", "passport", "private_key", "url_credentials")
_MASKS = [(f"<{name}>", f"</{name}>", f"<{'_' * len(name)}>") for name in _NAMES]
_CLOSING = re.compile(f"</(?:{'|'.join(_NAMES)})>", re.IGNORECASE)


def scan(text: str) -> Spans:
    """Where personal data and secrets stand: (start, end, placeholder), in order, none overlapping."""
    text = with_ascii_digits(text)
    held = holds(text)
    return _seen(text, held)[0] if held else []


def _seen(text: str, held: int) -> Seen:
    """What there is to find, whether there are numbers, and the names that may tell a secret."""
    if held == ANYTHING:
        return look(text)
    found: Spans = []
    numbers.find(text, found)
    addresses.find(text, found)
    return merged(found), True, []


def look(text: str) -> Seen:
    """The same, be the text plain or not. Its digits are 0 to 9."""
    found: Spans = []
    if "@" in text:
        mail.find(text, found)
    numbered = numbers.find(text, found)
    addresses.find(text, found)
    vendors.find(text, found)
    names = assignments.find(text, _named(text), found)
    return merged(found), numbered, names


def merged(found: Spans) -> Spans:
    """Spans that overlap become one, named as the longest of them."""
    if len(found) < 2:
        return found
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


def redact(text: str, held: int | None = None) -> str:
    """The text with each finding replaced, until nothing more is found in what that made.

    So it is idempotent. It ends, because a pass takes signs away that stand in no placeholder. Who
    knows what the text may hold says so.
    """
    plain = with_ascii_digits(text)
    if held is None:
        held = holds(plain)
    if not held:
        return text
    spans, numbered, names = _seen(plain, held)
    while spans:
        text = replaced(text, spans)
        plain = with_ascii_digits(text)
        if _is_settled(plain, spans, names, numbered=numbered):
            break
        spans, numbered, names = look(plain)
    return text


def _is_settled(told: str, spans: Spans, names: Names, *, numbered: bool) -> bool:
    """Whether a second look is idle: no placeholder has a close neighbour, no number was brought
    closer to a telling word, and no name has a secret behind it.
    """
    if _JOINED.search(told):
        return False
    found: Spans = []
    if numbered and _is_number_near(told):
        numbers.find(told, found)
    if (
        ("</" in told and _CLOSING.search(told))
        or "||" in told  # signs between a name and its value, of which prose has none
        or "??" in told
        or "<-" in told
    ):
        assignments.find(told, _named(told), found)
    elif names:
        _look_again(told, spans, names, found)
    return not found


def _is_number_near(told: str) -> bool:
    for match in _NUMBER.finditer(told):
        start = match.start()
        if match[0][-1] == "<" or told.rfind(">", max(0, start - _REACH), start) >= 0:
            return True
    return False


def _look_again(told: str, spans: Spans, names: Names, found: Spans) -> None:
    """Look at the names that still stand in a text, but those that have a placeholder for a value,
    which is read as a variable, and those that are three lines away from the next: no value is.
    """
    lowered = _named(told)
    starts = [start for start, _, _ in spans]
    begun = set(starts)
    moved = [0, *accumulate(len(label) - (end - start) for start, end, label in spans)]
    for at, look, value in names:
        before = bisect_right(starts, at)
        place = at + moved[before]
        stop = starts[before] + moved[before] if before < len(starts) else -1
        near = stop >= 0 and value not in begun and told.count("\n", place, stop) <= 2
        gone = before and spans[before - 1][1] > at
        if not gone and (near or look in assignments.ROAMING):
            look(told, lowered, place, found)


def _named(text: str) -> str:
    """The text in lower case and of the same length, and no placeholder in it names a secret, unless
    it is a tag that is closed. One capital, Turkish, has a longer small letter.
    """
    lowered = text.lower()
    if len(lowered) != len(text):
        lowered = text.replace("\u0130", "i").lower()
    if "<" in text:
        for label, closing, mask in _MASKS:
            if label in lowered and closing not in lowered:
                lowered = lowered.replace(label, mask)
    return lowered
