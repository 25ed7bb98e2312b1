"""What stands behind a name: whether it is a secret, a variable, a call or a word."""

from __future__ import annotations

import re

TYPE_CHECKING = False
if TYPE_CHECKING:
    Spans = list[tuple[int, int, str]]

_VARIABLE = re.compile(
    r"\$\{.*|\$\(.*|\$(?:[A-Za-z_]\w*|[0-9])\}?|\{\{? ?[A-Za-z_.]+ ?\}.*|\{\w+\(.*|%[({sd].*|<.*>?|\[.*\]|%\w+%"
    r"|\*+|\.{3,}.*|[xX]+"
)
_MARKS = "${%<[*.xX"
_MADE_UP = ("fake", "example", "placeholder", "changeme", "insert", "your_", "your-", "xxxx", "redacted", "dummy",
    "todo", "####")  # fmt: skip
NAME = re.compile(r"\(?[A-Za-z_]+(?:[._-][A-Za-z_]+)*(?:\[[\w'\"]*\])?\d?[.,;:!?)}\]]*")
_CALLS = re.compile(r"[\w.:&*]*\(+[\w.,'\")]*")
_AMID = re.compile(r"[0-9][A-Za-z]+[0-9]")  # as in no name of a function
_CALL = re.compile(r"[A-Za-z_][\w.]*[(\[](?![0-9]+[A-Za-z]|[^\s#$%^!@?~]*[#$%^!@?~])")
_RELEASE = re.compile(r"[~^<>=v]{0,2}[0-9]+\.[0-9]+\.[0-9]+(?:[-+.][\w.]*)?")
DIGIT_AND_LETTER = re.compile(r"[0-9](?:\w*[A-Za-z])|[A-Za-z]\w*[0-9]")
# Digits between letters, or letters between digits: file1 changes once only.
_MIXED = re.compile(r"[0-9](?:(?<=[A-Za-z][0-9])[0-9]*[A-Za-z]|[A-Za-z]+[0-9])")
_DRAWN = re.compile(r"(?=\D*\d)(?=[^A-Za-z]*[A-Za-z])[^\s/.:(<]{8,64}")  # no path, no number
_PART = re.compile(r"[A-Za-z0-9+/]{8,}")
UUID = re.compile(r"[0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}")


def is_call(value: str) -> bool:
    """Whether a value calls a function or takes an item, and has none of a password's signs."""
    return _CALL.match(value) is not None and not _AMID.search(value.partition("(")[0])


def add(text: str, start: int, end: int, found: Spans) -> None:
    """Add a value that a name tells to be a secret, if it is one."""
    value = text[start:end]
    if (
        len(value) >= 4 and not is_variable(value) and not _RELEASE.fullmatch(value)
    ):  # shorter is no password
        label = "<API_KEY>" if is_random(value) else "<PASSWORD>"
        found.append((start, end, label))


def is_variable(value: str) -> bool:
    """Whether the value only holds the place of one, or calls for it."""
    if value[:1] in _MARKS and _VARIABLE.fullmatch(value):
        return True
    if "(" in value[-4:] and _CALLS.fullmatch(value) and not _AMID.search(value):
        return True
    lowered = value.lower()
    for word in _MADE_UP:  # noqa: SIM110 - any() takes twice as long
        if word in lowered:
            return True
    return False


def is_random(value: str) -> bool:
    """Whether a value looks drawn: letters among digits, or digits only and at least sixteen."""
    if " " in value or "://" in value:
        return False
    if value.isdigit():
        return len(value) >= 16 and value.strip("0") != ""  # more than a time or a count
    part = _PART.search(value)
    while part is not None:
        start, end = part.span()
        if _MIXED.search(value, start, end) is not None:
            return True
        part = _PART.search(value, end)
    return _hex_pair(value)


def _hex_pair(value: str) -> bool:
    user, _, password = value.partition(":")
    return len(user) == len(password) == 8 and value.replace(":", "").isalnum()  # Contribsys


def is_drawn(value: str) -> bool:
    """Whether a value has letters and digits and is no path and no call, or has many signs."""
    return _DRAWN.fullmatch(value) is not None or has_signs(value)


def is_no_name(value: str) -> bool:
    """Whether a value is no name, and no text into which a variable is put."""
    return NAME.fullmatch(value) is None and "{" not in value


def has_signs(value: str) -> bool:
    """Whether a value has more of the signs of a password than code has."""
    return sum(sign in "{}[]$#@!^&*?<>" for sign in value) >= 6
