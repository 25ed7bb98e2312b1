"""E-mail addresses and the credentials of a URL. Both hang on an @, which is quick to find."""

from __future__ import annotations

import re

TYPE_CHECKING = False
if TYPE_CHECKING:
    Spans = list[tuple[int, int, str]]

_LOCAL_LENGTH = 64  # RFC 5321, section 4.5.3.1.1
_USERINFO_LENGTH = 200
_TOKEN_LENGTH = 16
_NO_LOCAL = re.compile(r"(?s).*[^\w.%+'-]")
_DOMAIN = re.compile(r"(?:[\w-]{1,63}+\.){1,8}(?:xn--[\w-]{1,40}|[^\W\d_]{2,24})")
_USERINFO = re.compile(r"[^\s/\"'<>`]+")
_BLANK = re.compile(r"[*.x_-]*|[$%{].*|x+:x+", re.IGNORECASE)


def find(text: str, found: Spans) -> None:
    """Add what hangs on each @ of the text."""
    at = text.find("@")
    while at >= 0:
        span = _credentials(text, at) or _address(text, at)
        if span is not None:
            found.append(span)
        at = text.find("@", at + 1)


def _credentials(text: str, at: int) -> tuple[int, int, str] | None:
    start = text.rfind("://", max(0, at - _USERINFO_LENGTH), at) + 3
    if (
        start < 3 or text[start] == "[" or _USERINFO.fullmatch(text, start, at) is None
    ):  # the length of ://
        return None
    user, colon, password = text[start:at].partition(":")
    if colon:
        secret = not _BLANK.fullmatch(password)
    else:
        secret = len(user) >= _TOKEN_LENGTH and not user.isalpha() and "@" not in user
    return (start, at, "<URL_CREDENTIALS>") if secret else None


def _address(text: str, at: int) -> tuple[int, int, str] | None:
    domain = _DOMAIN.match(text, at + 1)
    if domain is None:
        return None
    low = max(0, at - _LOCAL_LENGTH)
    outside = _NO_LOCAL.match(text, low, at)
    start = outside.end() if outside is not None else low
    while start < at and text[start] in "'-.":
        start += 1
    if start == at or text[start:at] == "git":
        return None
    return start, domain.end(), "<EMAIL>"
