"""Text from a model, a golden file or a stranger's pull request, made safe to stand in one line.

Escaping for a sink (HTML, Markdown, XML, ...) is the sink's own business; this comes before it.
"""

import re
import unicodedata

# What a CI that reads its log obeys: `::error` where a line begins, `##[`, `##vso[`, `##teamcity[`
_COMMAND = re.compile(r"^(\s*):(?=:)|#(?=#(?:vso|teamcity)?\[)", re.IGNORECASE)
_MARKS = 3  # stacked combining marks a written language needs; the rest climbs over other lines
_CUT = "…"
_CUT_ASCII = "..."


def clean(text: str) -> str:
    r"""One line that shows what it holds: no control, escape, bidi or invisible character is live.

    White space of any kind becomes one space, every other character that cannot be seen is
    spelled out (`\x1b`, `\u202e`), and stacked combining marks are cut after three.
    """
    if text.isascii() and text.isprintable():
        return text
    found: list[str] = []
    marks = 0
    for char in text:
        marks = marks + 1 if unicodedata.combining(char) else 0
        if marks <= _MARKS:
            found.append(_visible(char))
    return "".join(found)


def _visible(char: str) -> str:
    if char.isspace():
        return " "
    if char.isprintable():
        return char
    return f"\\x{ord(char):02x}" if char.isascii() else _spelled(char)


def _spelled(text: str) -> str:
    return text.encode("ascii", "backslashreplace").decode()


def inert(line: str) -> str:
    r"""The same line, as long, without a command that a CI would obey: `\:error`, `\#vso[`."""
    return _COMMAND.sub(r"\1\\", line)


def to_ascii(text: str) -> str:
    r"""Plain ASCII: accents are dropped (`Muller`), what has no such form is spelled (`\u0440`)."""
    if text.isascii():
        return text
    bare = "".join(c for c in unicodedata.normalize("NFKD", text) if not unicodedata.combining(c))
    return _spelled(bare)


def width(text: str) -> int:
    """Columns that cleaned text takes in a terminal (Unicode Standard Annex 11)."""
    return len(text) if text.isascii() else sum(_columns(char) for char in text)


def fit(text: str, columns: int, *, ascii_only: bool = False) -> str:
    """Clean `text` and cut it to `columns`, with a mark where it was cut."""
    shown = clean(text[: 4 * columns + 64])  # huge answers are cut before they are looked at
    shown = to_ascii(shown) if ascii_only else shown
    if width(shown) <= columns and len(text) <= 4 * columns + 64:
        return shown
    mark = _CUT_ASCII if ascii_only else _CUT
    room = columns - width(mark)
    if room <= 0:
        return mark[: max(columns, 0)]
    used = 0
    for place, char in enumerate(shown):
        used += _columns(char)
        if used > room:
            return shown[:place].rstrip() + mark
    return shown.rstrip() + mark


def _columns(char: str) -> int:
    if unicodedata.combining(char) or unicodedata.category(char) in {"Mn", "Me"}:
        return 0
    return 2 if unicodedata.east_asian_width(char) in {"W", "F"} else 1
