"""API keys and tokens that their makers mark, JSON web tokens and private keys.

The shapes are those that the makers publish for secret scanning. They stand in long words only,
and a word is long from thirteen characters on: that is what makes looking for them cheap.
"""

from __future__ import annotations

import re

from pytest_llm_telemetry.core.privacy import identities
from pytest_llm_telemetry.core.privacy.makers import BEHIND, HOLDING, INSIDE, STARTS, shape

TYPE_CHECKING = False
if TYPE_CHECKING:
    Spans = list[tuple[int, int, str]]

_LONG = 13
_LONGER = 24  # the shortest that begins with no fixed three signs
_KEY_LENGTH = 8192
_BEGIN = re.compile(r"-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----")
_END = re.compile(r"-----END[A-Z0-9 ]{0,60}-{0,5}")
_JWT_SIGNS = ("eyJ", "ZXlK")  # an object of JSON begins so in Base64, and that in Base64
_JWT = re.compile(
    r"(?:eyJ(?<![A-Za-z0-9_-]eyJ)|ZXlK(?<![A-Za-z0-9_-]ZXlK))[\w/+-]{10,}+(?:(?:\.[\w/+-]{10,}+){1,4}={0,2}\.?|(?<=\w{40})={0,2})"
)
_JWT_PART = re.compile(r"(?<![A-Za-z0-9_-])\w[\w/+-]{9,}")
_BEGINNING = re.compile("(?=(.{1,3}))[A-Za-z0-9]++")  # of what other signs part
_STARTS = frozenset(STARTS)
_SAME = re.compile(r"[xX0*#]{10}")


def find(text: str, found: Spans) -> None:
    """Add the keys and tokens of a text."""
    if "-----BEGIN" in text:
        _private_keys(text, found)
    words = [word for word in text.split() if len(word) >= _LONG]
    if not words:
        return
    long = " ".join(words)
    for begin in _STARTS.intersection(_BEGINNING.findall(long)):
        _begun(text, begin, found)
    if len(max(words, key=len)) >= _LONGER:
        for sign in _JWT_SIGNS:
            if sign in long:
                _web_tokens(text, sign, found)
        if INSIDE.search(long) is not None:
            _further(text, found)
            identities.find_wallets(text, found)


def _begun(text: str, begin: str, found: Spans) -> None:
    """Add what begins so, where a piece of a word begins."""
    form = shape(begin)
    at = text.find(begin)
    while at >= 0:
        match = None if text[at - 1 : at].isalnum() else form.match(text, at)
        if match is not None:
            _add(match, found)
        at = text.find(begin, at + 1 if match is None else match.end())


def _add(match: re.Match[str], found: Spans) -> None:
    start, end = match.span()
    if end - start >= _LONG - 1 and not _SAME.search(match.string, start + 8, end):
        found.append((start, end, "<API_KEY>"))


def _further(text: str, found: Spans) -> None:
    """Add what has its sign further in."""
    for sign, behind, form in HOLDING:
        at = text.find(sign)
        while at >= 0:
            held = form.match(text, at - behind) if at >= behind else None
            if held is not None:
                _add(held, found)
            at = text.find(sign, at + 1)
    for sign, tail, reach, head in BEHIND:
        if sign not in text:
            continue
        for match in tail.finditer(text):
            at = match.start()
            begun = head.search(text, max(0, at - reach), at)
            if begun is not None and not _SAME.search(match[0]):
                found.append((begun.start(), match.end(), "<API_KEY>"))


def _web_tokens(text: str, sign: str, found: Spans) -> None:
    at = text.find(sign)
    while at >= 0:
        match = _JWT.match(text, at)
        if match is not None:
            found.append((at, match.end(), "<JWT>"))
        else:  # nor is there one further in what was read
            match = _JWT_PART.match(text, at)
        at = text.find(sign, match.end() if match is not None else at + 1)


def _private_keys(text: str, found: Spans) -> None:
    match = _BEGIN.search(text)
    while match is not None:
        limit = min(len(text), match.end() + _KEY_LENGTH)
        end = _END.search(text, match.end(), limit)
        stop = end.end() if end is not None else limit
        found.append((match.start(), stop, "<PRIVATE_KEY>"))
        match = _BEGIN.search(text, stop)
