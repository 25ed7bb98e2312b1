"""API keys and tokens that their makers mark, JSON web tokens and private keys.

The shapes are those that the makers publish for secret scanning. They stand in long words only,
and a word is long from thirteen characters on: that is what makes looking for them cheap.
"""

from __future__ import annotations

import re

from pytest_llm_telemetry.core.privacy import identities
from pytest_llm_telemetry.core.privacy.makers import HEX, HOLDING, STARTS, shape

TYPE_CHECKING = False
if TYPE_CHECKING:
    Spans = list[tuple[int, int, str]]

_LONG = 13
_WALLET = 26
_WALLETS = "b013"
_HEX_DIGITS = 32
_LETTERS = 34
_MARKED = 12
_JOINED = 17  # of small letters behind a mark of Slack's; the shortest of others is longer
_MARKS = ".,;:!?()\"'[]="
_HEX = "0123456789abcdef-" + _MARKS
_DIGIT = re.compile("[0-9]")
_KEY_LENGTH = 8192
_BEGIN = re.compile(r"-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----")
_END = re.compile(r"-----END[A-Z0-9 ]{0,60}-{0,5}")
_JWT = re.compile(
    r"(?:eyJ(?<![A-Za-z0-9_-]eyJ)|ZXlK(?<![A-Za-z0-9_-]ZXlK))[\w/+-]{10,}+(?:(?:\.[\w/+-]{10,}+){1,4}+={0,2}\.?|(?<=\w{40})={0,2})"
)
_PIECE = re.compile(r"[A-Za-z0-9]+")
_SAME = re.compile(r"[xX0*#]{10}")


def find(text: str, found: Spans) -> None:
    """Add the keys and tokens of a text."""
    if "-----BEGIN" in text:
        _private_keys(text, found)
    words = [word for word in text.split() if len(word) >= _LONG]
    if not words:
        return
    _further(text, found)
    at = 0
    for word in words:
        if _is_odd(word):
            start = text.find(word, at)
            at = start + len(word)
            _word(text, start, at, found)


def _is_odd(word: str) -> bool:
    """Whether a long word may hold a key: a digit, capitals or a marked beginning.

    A hash or a UUID does not; of all keys Mailgun's alone are plain hex digits, in three groups.
    """
    if not word.strip(_HEX):
        return word.count("-") == 2
    return (
        (len(word) >= _JOINED and ("-" in word[:_MARKED] or "_" in word[:_MARKED]))
        or _DIGIT.search(word) is not None
        or len(word) >= _LETTERS
        or not word.strip(_MARKS)[1:].islower()
    )


def _word(text: str, start: int, end: int, found: Spans) -> None:
    """Add what begins with one of the pieces that other signs than letters and digits part."""
    done = start
    for piece in _PIECE.finditer(text, start, end):
        at, stop = piece.span()
        begin = text[at : at + 2]
        match = shape(begin).match(text, at, end) if begin in STARTS and at >= done else None
        if match is None and stop - at == _HEX_DIGITS:
            match = HEX.match(text, at, end)
        if match is not None and not text[at - 1 : at].isalnum():
            done = match.end()
            _add(match, found)
        if end - at >= _WALLET and text[at] in _WALLETS:
            identities.find_wallet(text, at, end, found)


def _add(match: re.Match[str], found: Spans) -> None:
    if match.end() - match.start() >= _LONG - 1 and not _SAME.search(match[0], 8):
        found.append((match.start(), match.end(), "<API_KEY>"))


def _further(text: str, found: Spans) -> None:
    """Add what has its sign further in."""
    if "eyJ" in text or "ZXlK" in text:
        for match in _JWT.finditer(text):
            found.append((match.start(), match.end(), "<JWT>"))
    for sign, behind, form in HOLDING:
        at = text.find(sign)
        while at >= 0:
            held = form.match(text, at - behind) if at >= behind else None
            if held is not None:
                _add(held, found)
            at = text.find(sign, at + 1)


def _private_keys(text: str, found: Spans) -> None:
    match = _BEGIN.search(text)
    while match is not None:
        limit = min(len(text), match.end() + _KEY_LENGTH)
        end = _END.search(text, match.end(), limit)
        stop = end.end() if end is not None else limit
        found.append((match.start(), stop, "<PRIVATE_KEY>"))
        match = _BEGIN.search(text, stop)
