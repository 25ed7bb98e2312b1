"""Passwords and keys that a phrase, an option or a command tells.

Each looks at the place of its hint in the text in lower case, which has the same length.
"""

from __future__ import annotations

import re

from pytest_llm_telemetry.core.privacy import values

TYPE_CHECKING = False
if TYPE_CHECKING:
    Spans = list[tuple[int, int, str]]

_CLOSE = 24
_SPOKEN = re.compile(
    r"(?:tokens?|keys?|secret)(?:[ \t]{1,4}(?:(?:is|was|are)[ :]{1,2}|\|{1,2}=?[ \t]{1,4})?|,|\|)"
    r"[\"'`]?(?P<value>[\w.~+/=-]{16,200}+)"
)
_BEARER = re.compile(r"bearer[ \t]{1,4}(?P<value>(?=[\w.~+/=-]{0,60}\d)[\w.~+/=-]{16,}+)")
_CURL = re.compile(
    r"curl [^\n]{0,300}?(?<= )(?:-u|--user)[ =]{0,2}(?P<value>\"[^\"\s]{0,80}\"?(?::\"[^\"\s]{1,80}\")?"
    r"|'[^'\s]{0,80}'|[^\s'\":]{0,80}:(?:'[^'\s]{1,80}'|\"[^\"\s]{1,80}\"|[^\s'\"]{1,80}))"
)
_OPTION = re.compile(
    r"--(?:[a-z]{1,12}-){0,2}(?:pass(?:word|wd|phrase)?|pwd|secret|token|(?:api|access|secret)-?key) {1,2}"
    r"[\"']?(?P<value>[^\s\"'-][^\s\"']{3,200}+)"
)
_GOES_ON = re.compile(r" [a-z]")  # a sentence about an option
_TRIED = {"test", "pass", "password", "yyy", "xxx"}
_PROSE = re.compile(
    r"(?:pass(?:word|code|phrase|wd|wort|e)|(?<=[_-])pass|pwd|pin(?: code)?|contrase[\xf1n]a|kennwort|secret)"
    r"(?:(?: (?:for|to|of|on) [\w.' ]{1,30}?)?(?: ?[=:]| (?:is now|is|was|ist|es|est|to|as"
    r"|(?:has been|was) (?:set|changed|reset) to):?) (?:now |set to |still )?|(?P<loose> (?:- )?))"
    r"[\"'`]?(?P<value>[^\s\"'`]{4,64}+)"
)
_LOOSE = re.compile(r"(?=.*\d)(?=.*[a-z])(?=.*[A-Z!@#$%^&*])[^:/=<.]{6,}")  # behind no verb
_WHOSE = re.compile(r"\b(?:my|our|his|her|their) (?:\w{1,16} )?\Z")
_QUALIFIED = 11
_QUALIFIERS = (
    "api", "access", "private", "priv", "secret", "signing", "master", "shared", "account", "auth", "service",
    "client", "db", "database", "encryption", "consumer", "session", "webhook", "deploy", "storage",
)  # fmt: skip
_TAIL = ",;)]}>.:!?\\"
_WORDS = (
    "required incorrect wrong invalid correct missing expired empty optional needed stored used "
    "never always sent  encrypted hashed that this the when what where with none null true "
    "false given very also only prompted asked  being both case reset change changed login "
    "logged being longer shorter different valid supplied provided  string bytes ignored passed "
    "returned protected visible hidden weak strong secure unknown "
)
_SPEAKING = frozenset(_WORDS.split())


def prose(text: str, lowered: str, at: int, found: Spans) -> None:
    """Add the password that a sentence tells."""
    match = _PROSE.match(lowered, at)
    if match is None or (at and lowered[at - 1].isalnum()):
        return
    start, end = match.span("value")
    end = start + len(text[start:end].rstrip(_TAIL))
    value = text[start:end]
    if len(value) < 4 or values.is_variable(value) or lowered[start:end] in _SPEAKING:  # a PIN
        return
    if values.is_call(value) or (match["loose"] and not _LOOSE.fullmatch(value)):
        return
    if not values.NAME.fullmatch(value) or _WHOSE.search(lowered, max(0, at - _CLOSE), at):
        found.append((start, end, "<PASSWORD>"))


def spoken(text: str, lowered: str, at: int, found: Spans) -> None:
    """Add a key that stands behind its name with nothing or a word between them."""
    match = _SPOKEN.match(lowered, at)
    if match is None:
        return
    if lowered[at] == "k" and text[at - 1 : at + 1] != "_K" and not is_qualified(lowered, at):
        return
    start, end = match.span("value")
    value = text[start:end].rstrip(_TAIL)
    if (values.is_random(value) or values.UUID.fullmatch(value)) and not values.is_variable(value):
        found.append((start, start + len(value), "<API_KEY>"))


def told(text: str, lowered: str, at: int, found: Spans) -> None:
    """Add the password or key that is called a secret."""
    prose(text, lowered, at, found)
    spoken(text, lowered, at, found)


def option(text: str, lowered: str, at: int, found: Spans) -> None:
    """Add the value of an option of a command."""
    match = _OPTION.match(lowered, at)
    if match is not None and not (match["value"].isalpha() and _GOES_ON.match(text, match.end())):
        values.add(text, *match.span("value"), found)


def bearer(text: str, lowered: str, at: int, found: Spans) -> None:
    """Add the token of an HTTP header."""
    match = _BEARER.match(lowered, at)
    if match is not None:
        values.add(text, *match.span("value"), found)


def command(text: str, lowered: str, at: int, found: Spans) -> None:
    """Add the user and password that curl is given."""
    match = _CURL.match(lowered, at)
    if match is not None:
        start, end = match.span("value")
        value = text[start:end].replace('"', "").replace("'", "")
        user, colon, password = value.partition(":")
        if colon and password not in _TRIED and not values.is_variable(password or user):
            found.append((start, end, "<URL_CREDENTIALS>"))


def is_qualified(lowered: str, at: int) -> bool:
    """Whether the word before says what a key is for."""
    return lowered[max(0, at - _QUALIFIED) : at].rstrip(" _.-").endswith(_QUALIFIERS)
