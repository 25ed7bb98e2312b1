"""Text in which there is nothing to find: told in a fraction of the time that looking takes.

It is told without the rooms that find, whose patterns take 10 ms to compile: what their finds begin
with stands here.
"""

from __future__ import annotations

import re

# Words of at most twelve characters: every key and every address with letters is longer. The first
# have no digit either, and no sign that a name and its value have between them. Only what repeats one
# sign is possessive, here and in all patterns of this room: Python before 3.11.5 matches a possessive
# group wrongly where a turn of it fails half way (gh-106052), and would take a key for plain.
_WORDS = re.compile(r"(?:[^ \n\t\r@:=>\"`0-9]{0,12}+[ \n])*[^ \n\t\r@:=>\"`0-9]{0,12}\Z")
_LONG = r"[A-Za-z][a-z]{12,32}+[.,;:!?)]?"  # a word of a language, not a key
_SHORT = re.compile(rf"(?:(?:[^ \n\t\r@]{{0,12}}+|{_LONG})[ \n])*(?:[^ \n\t\r@]{{0,12}}|{_LONG})\Z")
_QUOTED = re.compile(r"'(?<![^ \n,(]')")  # a quote that may open a value, and no apostrophe
SEPARATED = re.compile("[=:>\"'`]")  # what stands between each name and its value, but in prose
# Where a name may stand that tells a secret; what is looked at there is told in `assignments`.
HINTS = (
    "pass",
    "pw",
    "secret",
    "token",
    "key",
    "auth",
    "cred",
    "login",
    "contribsys",
    "client",
    "access",
    "==",
    "!=",
    "curl ",
    "pin ",
    "pin:",
    "contrase",
    "kennwort",
    "identified by",
    "bearer ",
    "--",
)
_HINTED = re.compile("|".join(HINTS))
# What a number of the least length begins with, and digits behind a letter.
DIGITS = re.compile(r"[0-9](?:[0-9 .()/-]{5}|(?<=[A-Za-z][0-9])[0-9])")
COLONS = re.compile(r":[0-9A-Fa-f]{0,4}:")  # of an address of the net
# The first of each script's ten digits, of those in use; in UTF-8 they begin with these bytes.
_ZEROS = (
    0x660, 0x6F0, 0x966, 0x9E6, 0xA66, 0xAE6, 0xB66, 0xBE6, 0xC66, 0xCE6, 0xD66, 0xE50, 0xED0,
    0x1040, 0x17E0, 0x1810, 0xFF10,
)  # fmt: skip
_ASCII_DIGITS = {zero + digit: 48 + digit for zero in _ZEROS for digit in range(10)}
_NO_LEADS = bytes(set(range(256)) - {chr(zero).encode()[0] for zero in _ZEROS})


NOTHING, NUMBERS, ANYTHING = range(3)

# Ids, names and answers that differ in their numbers come again and again. All that is asked here of a
# digit is that it is one, so what is told of a text holds for each that has other digits in their place.
_SHAPED = 32  # characters
_REMEMBERED = 512
_ALIKE = bytes.maketrans(b"123456789", b"000000000")
_known: dict[bytes, int] = {}


def holds(text: str) -> int:
    """What a text with no digits but ASCII's may hold: nothing with a shape, numbers and addresses
    of the net, or anything.
    """
    if len(text) > _SHAPED:
        return _looked(text)
    shape = text.encode("utf-8", "surrogatepass").translate(_ALIKE)
    held = _known.get(shape)
    if held is None:
        held = _looked(text)
        if len(_known) >= _REMEMBERED:
            _known.clear()
        _known[shape] = held
    return held


def _looked(text: str) -> int:
    if _WORDS.match(text) is not None:
        named = "'" in text and _QUOTED.search(text) is not None
        return ANYTHING if _tells(text, named=named) else NOTHING
    if _SHORT.match(text) is None or _tells(text, named=SEPARATED.search(text) is not None):
        return ANYTHING
    if DIGITS.search(text) is None and COLONS.search(text) is None:
        return NOTHING
    return NUMBERS


def _tells(text: str, *, named: bool) -> bool:
    """Whether a word announces a secret: any hint where names have values, else those of prose."""
    small = text.lower()
    if named:
        return _HINTED.search(small) is not None or "--" in text
    return (
        "pass" in small
        or "pwd" in small
        or "secret" in small
        or "pin " in small
        or "contrase" in small
        or "kennwort" in small
        or "--" in text  # as before an option and around a private key
    )


def with_ascii_digits(text: str) -> str:
    """The text with the digits of other scripts as 0 to 9, character for character."""
    if text.isascii() or not text.encode("utf-8", "surrogatepass").translate(None, _NO_LEADS):
        return text
    return text.translate(_ASCII_DIGITS)
