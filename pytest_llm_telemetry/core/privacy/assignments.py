"""Passwords and keys that a name tells: in assignments, headers, commands and prose.

Works on the text in lower case, which has the same length, and judges the value as it stands.
"""

from __future__ import annotations

import re

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    Spans = list[tuple[int, int, str]]

_CLOSE = 24
_ASSIGNED = re.compile(
    r"(?:(?P<word>pass(?:w(?:or[dt]|d)s?|phrase|code)?|pwd|secrete?|passwort)|(?P<key>tokens?|(?:api|access|private|account|secret|encryption|signing|shared|master|service|client|license|session)[ _.-]?key"
    r"|auth|credentials?|login|contribsys__com|(?:client|access)[ _-]?id|key))"
    r"(?P<rest>[\w.-]{0,40}+)(?:\[[^\]\n]{0,20}\])?[\"'`\])>\\]{0,4}+(?: {1,3}string)?"
    r"(?:[ \t]{0,4}(?:!=|={1,3}>?|:{1,3}=|[?+|]=|:|=>)|[ \t]{0,2},(?=[ \t]{0,2}[\"'`])|(?<=>)(?=\s|<!)|(?<=[nt])\((?=[\"'])|(?= [\"']))"
    r"[ \t]{0,8}(?:\n[ \t]{1,12})?(?:<!\[cdata\[)?(?:(?:bearer|basic|token|digest|[a-z]{1,12}-[a-z]{1,12})[ \t]{1,4})?"
    r"(?:(?:[@brfu]|\\)?(?P<quote>[\"'`])(?P<quoted>[^\"`\n]{4,200}+)|(?P<bare>[^\s\"'`]{4,200}+))"
)
SEPARATED = re.compile("[=:>\"'`]")  # what stands between each name and its value, but in prose
_COMPARED = re.compile(r"[=!]={1,2}[ \t]{0,4}[\w.]{0,40}(?:pass|pwd|secret|token)")
_BEARER = re.compile(r"bearer[ \t]{1,4}(?P<value>(?=[^\d]{0,60}\d)[\w.~+/=-]{16,}+)")
_CURL = re.compile(
    r"curl [^\n]{0,300}?(?<= )(?:-u|--user)[ =]{0,2}(?P<value>\"[^\"\s]{0,80}\"?(?::\"[^\"\s]{1,80}\")?"
    r"|'[^'\s]{0,80}'|[^\s'\":]{0,80}:(?:'[^'\s]{1,80}'|\"[^\"\s]{1,80}\"|[^\s'\"]{1,80}))"
)
_TRIED = {"test", "pass", "password", "yyy", "xxx"}
_PROSE = re.compile(
    r"(?:pass(?:word|code|phrase|wd|wort|e)|pwd|pin(?: code)?|contrase\xf1a|kennwort)"
    r"(?: (?:for|to|of|on) [\w.' ]{1,30}?)? ?(?:is now|is|was|ist|es|est|=|:|to|as) (?:now |set to |still )?"
    r"[\"'`]?(?P<value>[^\s\"'`]{4,64}+)"
)
_WHOSE = re.compile(r"\b(?:my|our|his|her|their) (?:\w{1,16} )?\Z")
_VARIABLE = re.compile(
    r"\$\{.*|\$\(.*|\$\w+\}?|\{\{? ?[A-Za-z_.]+ ?\}.*|\{\w+\(.*|%[({sd].*|<.*>?|\[.*\]|%\w+%"
    r"|\*+|\.{3,}.*|[xX]+"
)
_MARKS = "${%<[*.xX"
_MADE_UP = re.compile(
    r"fake|example|placeholder|changeme|insert|your[_-]|xxxx|redacted|dummy|todo|####"
)
_NAME = re.compile(r"[A-Za-z_]+(?:[._-][A-Za-z_]+)*[\d.,;:!?)]*")
_MIXED = re.compile(r"[A-Za-z]\d+[A-Za-z]|\d[A-Za-z]+\d")  # file1 changes once only
_PART = re.compile(r"[A-Za-z0-9+/]{8,}")
_STOPS = ("&", "\\n", "]]>")
_UUID = re.compile(r"[0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}")
_QUALIFIED = 9
_QUALIFIERS = ("api", "access", "private", "secret", "signing", "master", "shared", "account")
_NO_SECRETS = ("name", "_id", "-id", "ing", "_len", "less", "ed")  # behind "pass" and the like
_TAIL = ",;)]}>.:!?\\"
_WORDS = (
    "required incorrect wrong invalid correct missing expired empty optional needed stored used "
    "never always sent  encrypted hashed that this the when what where with none null true "
    "false given very also only prompted asked  being both case reset change changed login "
    "logged being longer shorter different valid supplied provided  string bytes ignored passed "
    "returned protected visible hidden weak strong secure unknown "
)
_SPEAKING = frozenset(_WORDS.split())


def find(text: str, lowered: str, found: Spans) -> None:
    """Add what a name tells to be secret."""
    for hint, look in _LOOKS if SEPARATED.search(lowered) else _IN_PROSE:
        if hint in lowered:
            at = lowered.find(hint)
            while at >= 0:
                count = len(found)
                look(text, lowered, at, found)
                seen = found[-1][1] if len(found) > count else 0
                at = lowered.find(hint, max(seen, at + len(hint)))


def _password(text: str, lowered: str, at: int, found: Spans) -> None:
    _prose(text, lowered, at, found)
    _assigned(text, lowered, at, found)


def _assigned(text: str, lowered: str, at: int, found: Spans) -> None:
    match = _ASSIGNED.match(lowered, at)
    if match is None:
        return
    word, rest, quote = match.group("word", "rest", "quote")
    if quote:
        start, end = match.span("quoted")
        closing = text.find(quote, start, end)
        value = text[start : closing if closing >= 0 else end].rstrip("\\")
    else:
        start, end = match.span("bare")
        value = text[start:end].rstrip(",;\\")
        for stop in () if word else _STOPS:
            value = value[: value.find(stop, 1)] if stop in value[1:] else value
    if word and not rest.startswith(_NO_SECRETS):
        if quote or not _NAME.fullmatch(value):
            _add(text, start, start + len(value), found)
    elif _is_key(match, rest, value):
        found.append((start, start + len(value), "<API_KEY>"))


def _is_key(match: re.Match[str], rest: str, value: str) -> bool:
    if _is_variable(value):
        return False
    if (
        rest.startswith("orization") and len(value) >= 16 and not value.isalpha()
    ):  # as short as a key gets
        return True
    if is_random(value) or _UUID.fullmatch(value):
        return True
    name = match.string[max(0, match.start() - _QUALIFIED) : match.start()].rstrip(" _.-")
    return (
        match["key"] == "key"
        and name.endswith(_QUALIFIERS)
        and sum(sign in "{}[]$#@!^&*?<>" for sign in value) >= 6  # no code
    )


def _add(text: str, start: int, end: int, found: Spans) -> None:
    value = text[start:end]
    if len(value) >= 4 and not _is_variable(value):  # shorter is no password
        label = "<API_KEY>" if is_random(value) else "<PASSWORD>"
        found.append((start, end, label))


def _is_variable(value: str) -> bool:
    """Whether the value only holds the place of one, or calls for it."""
    if value[:1] in _MARKS and _VARIABLE.fullmatch(value):
        return True
    return "(" in value[-4:] or _MADE_UP.search(value.lower()) is not None


def is_random(value: str) -> bool:
    """Whether a value looks drawn: letters among digits, or digits only and at least sixteen."""
    if " " in value or "://" in value:
        return False
    if value.isdigit():
        return len(value) >= 16 and value.strip("0") != ""  # more than a time or a count
    for part in _PART.findall(value):
        if _MIXED.search(part):
            return True
    return _hex_pair(value)


def _hex_pair(value: str) -> bool:
    user, _, password = value.partition(":")
    return len(user) == len(password) == 8 and value.replace(":", "").isalnum()  # Contribsys


def _command(text: str, lowered: str, at: int, found: Spans) -> None:
    match = _CURL.match(lowered, at)
    if match is not None:
        start, end = match.span("value")
        value = text[start:end].replace('"', "").replace("'", "")
        user, colon, password = value.partition(":")
        if colon and password not in _TRIED and not _is_variable(password or user):
            found.append((start, end, "<URL_CREDENTIALS>"))


def _prose(text: str, lowered: str, at: int, found: Spans) -> None:
    match = _PROSE.match(lowered, at)
    if match is None or (at and lowered[at - 1].isalnum()):
        return
    start, end = match.span("value")
    end = start + len(text[start:end].rstrip(_TAIL))
    value = text[start:end]
    if len(value) < 4 or _is_variable(value) or lowered[start:end] in _SPEAKING:  # a PIN
        return
    if not _NAME.fullmatch(value) or _WHOSE.search(lowered, max(0, at - _CLOSE), at):
        found.append((start, end, "<PASSWORD>"))


def _bearer(text: str, lowered: str, at: int, found: Spans) -> None:
    match = _BEARER.match(lowered, at)
    if match is not None:
        _add(text, *match.span("value"), found)


def _compared(text: str, lowered: str, at: int, found: Spans) -> None:
    """A value in quotes before == or !=, and a password's name behind it."""
    name = _COMPARED.match(lowered, at)
    end = len(lowered[max(0, at - 4) : at].rstrip()) + max(0, at - 4) - 1
    if name is None or end < 0 or lowered[end] not in "\"'":
        return
    start = lowered.rfind(lowered[end], max(0, end - 200), end) + 1
    if start and "\n" not in lowered[start:end]:
        _add(text, start, end, found)


_IN_PROSE: tuple[tuple[str, Callable[[str, str, int, Spans], None]], ...] = (
    ("pass", _prose),
    ("pwd", _prose),
    ("pin ", _prose),
    ("contrase", _prose),
    ("kennwort", _prose),
    ("bearer ", _bearer),
)
_LOOKS = (
    ("pass", _password),
    ("pwd", _password),
    ("secret", _assigned),
    ("token", _assigned),
    ("key", _assigned),
    ("auth", _assigned),
    ("cred", _assigned),
    ("login", _assigned),
    ("contribsys", _assigned),
    ("client", _assigned),
    ("access", _assigned),
    ("==", _compared),
    ("!=", _compared),
    ("curl ", _command),
    *_IN_PROSE[2:],
)
HINTS = tuple(hint for hint, _ in _LOOKS)
