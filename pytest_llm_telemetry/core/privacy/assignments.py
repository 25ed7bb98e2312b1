"""Passwords and keys that a name tells: in assignments, comparisons, headers and markup.

Works on the text in lower case, which has the same length, and judges the value as it stands.
"""

from __future__ import annotations

import re

from pytest_llm_telemetry.core.privacy import phrases, values
from pytest_llm_telemetry.core.privacy.plain import SEPARATED

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    Spans = list[tuple[int, int, str]]
    Look = Callable[[str, str, int, Spans], None]
    Names = list[tuple[int, Look, int]]

_ASSIGNED = re.compile(
    r"(?:(?P<word>pass(?:w(?:or[dt]|d)s?|phrase|code|(?<!bypass)(?<!compass)(?<!surpass))|pwd|(?<![a-z])pw(?![a-z])|secrete?|contrase[\xf1n]a|kennwort|identified by)"
    r"|(?P<key>tokens?|(?:api|access|private|account|secret|encryption|signing|shared|master|service|client|license|session)[ _.-]?key"
    r"|auth|credentials?|login|contribsys__com|(?:client|access)[ _-]?id|key))"
    r"(?P<rest>[\w.-]{0,40}+)(?:\[[^\]\n]{0,20}\])?[\"'`\])>\\]{0,4}+(?: {1,3}string)?"
    r"(?P<sign>[ \t]{0,4}(?:!={1,2}|={1,3}>?|:{1,3}=|[?+|]=|\|{2}=?|\?\?|->|<-|\??:[ \t]?[a-z]\w{1,20}[ \t]=(?!=)|:|=>)|[,;]?[ \t]{0,4}\n?[ \t]{0,12}[\"']?value[\"']?[ \t]{0,2}[:=]|[ \t]{0,2},(?=[ \t]{0,2}[\"'`])"
    r"|(?<=>)(?=\s|<!|[^\s<>]{4,200}</)|\((?=[\"'])|(?= [\"']))"
    r"[ \t]{0,8}(?:\n[ \t]{1,12})?(?:<!\[cdata\[)?(?:(?:bearer|basic|token|digest|[a-z]{1,12}-[a-z]{1,12})[ \t]{1,4})?"
    r"(?:(?:[@brfu]|\\)?(?P<quote>[\"'`])(?P<quoted>[^\"`\n]{4,200}+)|(?P<bare>[^\s\"'`]{4,200}+))"
)
_COMPARED = re.compile(
    r"[=!]={1,2}[ \t]{0,4}[\w.]{0,40}(?:pass|pwd|secret|token|contrase|(?:api|auth|access|private|priv|account|service|client|db|database)[_.-]?key)"
)
_BETWEEN = (",", ")", "+", ";", " ")
_JOINTS = (",", "(", ")", "+", ";", "[", ".", "=")  # code before the next string ends so
_LOOSE = (",", "(", "->")  # signs that a name has before other things than its value, too
_STOPS = ("</", "&", "\\n", "]]>")
_LITERAL = re.compile(r"(?:--|[?&;]|export )[\w.-]{0,30}\Z")  # before a name whose value is no name
_NO_SECRETS = (
    "name",
    "_id",
    "-id",
    "ing",
    "_len",
    "less",
    "ed",
    "ive",
    "through",
    "enger",
)  # behind "pass" and the like


def find(text: str, lowered: str, found: Spans) -> Names:
    """Add what names tell to be secret, and return each name: its place, how it is looked at, and
    where what it told begins, or -1.
    """
    names: Names = []
    for hint, look in LOOKS if SEPARATED.search(lowered) else _IN_PROSE:
        if hint not in lowered:  # sooner told than a place is found
            continue
        at = lowered.find(hint)
        while at >= 0:
            count, behind = len(found), at + len(hint)
            look(text, lowered, at, found)
            start, end, _ = found[-1] if len(found) > count else (-1, -1, "")
            names.append((at, look, start))
            at = lowered.find(hint, behind)
            if start <= at < end:
                at = lowered.find(hint, end)
    return names


def _password(text: str, lowered: str, at: int, found: Spans) -> None:
    phrases.prose(text, lowered, at, found)
    _assigned(text, lowered, at, found)


def _secret(text: str, lowered: str, at: int, found: Spans) -> None:
    phrases.told(text, lowered, at, found)
    _assigned(text, lowered, at, found)


def _key(text: str, lowered: str, at: int, found: Spans) -> None:
    phrases.spoken(text, lowered, at, found)
    _assigned(text, lowered, at, found)


def _assigned(text: str, lowered: str, at: int, found: Spans) -> None:
    match = _ASSIGNED.match(lowered, at)
    if match is None:
        return
    word, rest, quote = match.group("word", "rest", "quote")
    start, value = _quoted(text, match, quote) if quote else _bare(text, match, word)
    if word and not rest.startswith(_NO_SECRETS):
        if not _is_name(text, match, value):
            values.add(text, start, start + len(value), found)
    elif _is_key(match, rest, value):
        found.append((start, start + len(value), "<API_KEY>"))


def _quoted(text: str, match: re.Match[str], quote: str) -> tuple[int, str]:
    """Where a value in quotes begins, and the value as it stands in the text."""
    start, end = match.span("quoted")
    closing = text.find(quote, start, end)
    return start, text[start : closing if closing >= 0 else end].rstrip("\\")


def _bare(text: str, match: re.Match[str], word: str | None) -> tuple[int, str]:
    start, end = match.span("bare")
    value = text[start:end].rstrip(",;\\")
    for stop in ("</",) if word else _STOPS:
        at = value.find(stop, 1)
        value = value[:at] if at > 0 else value
    return start, value


def _is_name(text: str, match: re.Match[str], value: str) -> bool:
    """Whether what stands as a value is rather a name, a call, or no value at all."""
    if match["quote"]:
        return _is_no_string(match, value)
    if value[:1] == ":" or values.is_call(value):
        return True
    if values.NAME.fullmatch(value) is None or match["bare"].startswith("</", len(value)):
        return False
    return not _is_literal(text, match, value)


def _is_no_string(match: re.Match[str], value: str) -> bool:
    """Whether a quote begins no value: it stands between two strings or behind a call's name, it is
    the argument of the verb "pass", begins a sentence, or holds a word and ends no statement.
    """
    word, rest, sign = match.group("word", "rest", "sign")
    if _stands_between(value) or (sign.strip() in _LOOSE and not values.is_drawn(value)):
        return True
    ends = match.string.startswith(";", match.start("quoted") + len(value) + 1)
    loose = value.isalpha() and not ends and word != "identified by"
    return sign == "" and (
        loose or rest.endswith(".") or (word == "pass" and rest == "" and not ends)
    )


def _stands_between(value: str) -> bool:
    """Whether what a quote begins is rather code between two strings."""
    if value[:1] not in _BETWEEN:
        return False
    return " " in value or value[-1:] in _JOINTS or values.DIGIT_AND_LETTER.search(value) is None


def _is_literal(text: str, match: re.Match[str], value: str) -> bool:
    """Whether what looks like a name is a value: in prose with a digit, in a shell or a URL."""
    at, sign = match.start(), match["sign"]
    if sign == ":":
        return value[-1:].isdigit() and "\n" not in text[match.end("sign") : match.start("bare")]
    told = text[at : at + 3].isupper() or _LITERAL.search(text, max(0, at - 40), at) is not None
    return sign == "=" and told


def _is_key(match: re.Match[str], rest: str, value: str) -> bool:
    if values.is_random(value) or values.UUID.fullmatch(value):
        return not _is_called(match, value)
    if (
        rest.startswith("orization") and len(value) >= 16 and values.is_no_name(value)
    ):  # as short as a key gets
        return not _is_called(match, value)
    if match["key"] != "key" or not phrases.is_qualified(match.string, match.start()):
        return False
    if match["quote"] and not _stands_between(value) and not values.NAME.fullmatch(value):
        return values.is_drawn(value) and not _is_called(match, value)
    return values.has_signs(value) and not _is_called(match, value)


def _is_called(match: re.Match[str], value: str) -> bool:
    """Whether a value is a variable's, or what a function returns."""
    return values.is_variable(value) or bool(match["bare"] and values.is_call(value))


def _compared(text: str, lowered: str, at: int, found: Spans) -> None:
    """A value in quotes before == or !=, and a password's name behind it."""
    name = _COMPARED.match(lowered, at)
    end = len(lowered[max(0, at - 4) : at].rstrip()) + max(0, at - 4) - 1
    if name is None or end < 0 or lowered[end] not in "\"'":
        return
    start = lowered.rfind(lowered[end], max(0, end - 200), end) + 1
    if start and "\n" not in lowered[start:end]:
        values.add(text, start, end, found)


_IN_PROSE: tuple[tuple[str, Look], ...] = (
    ("pass", phrases.prose),
    ("pwd", phrases.prose),
    ("secret", phrases.told),
    ("token", phrases.spoken),
    ("key", phrases.spoken),
    ("pin ", phrases.prose),
    ("contrase", phrases.prose),
    ("kennwort", phrases.prose),
    ("bearer ", phrases.bearer),
    ("--", phrases.option),
)
LOOKS: tuple[tuple[str, Look], ...] = (  # `plain.HINTS` are the same words
    ("pass", _password),
    ("pw", _password),
    ("secret", _secret),
    ("token", _key),
    ("key", _key),
    ("auth", _assigned),
    ("cred", _assigned),
    ("login", _assigned),
    ("contribsys", _assigned),
    ("client", _assigned),
    ("access", _assigned),
    ("==", _compared),
    ("!=", _compared),
    ("curl ", phrases.command),
    ("pin ", phrases.prose),
    ("pin:", phrases.prose),
    ("contrase", _password),
    ("kennwort", _password),
    ("identified by", _assigned),
    ("bearer ", phrases.bearer),
    ("--", phrases.option),
)
ROAMING = (_compared, phrases.command)  # that look before a name, or behind the first value
