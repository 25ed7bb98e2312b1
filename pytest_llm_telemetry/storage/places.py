"""On which line a key of a JSON or TOML document stands, for errors that say where.

The parsers of the standard library keep no positions. These walks read a text that a parser has
accepted (or that it refused at a part we look for) a second time, lightly, and only when an error
must be told; a place that they cannot find is told as the line of what is around it.
"""

import json
import re
from collections.abc import Iterator, Sequence
from math import isinf

Place = tuple[str | int, ...]
MAX_DEPTH = 64

# Patterns as text: `re` compiles them when an error must be told, and keeps them.
_JSON = r'"[^"\\]*(?:\\.[^"\\]*)*"|[{}\[\],:]|[^\s{}\[\],:"]+|\n'
_TOML = (
    r'"""(?:[^\\]|\\.)*?"""|\'\'\'.*?\'\'\'|"(?:[^"\\\n]|\\.)*"|\'[^\'\n]*\'|#[^\n]*|[\[\]{}\n]'
    r"|[^\"'#\[\]{}\n]+"
)
_TOML_KEY = r"""[ \t]*(?:"((?:[^"\\\n]|\\.)*)"|'([^'\n]*)'|([A-Za-z0-9_-]+))[ \t]*(\.|=|\]|)"""
_SURROGATE = "[\ud800-\udfff]"
_TOML_FAULT = r"(.*) \(at (?:line (\d+), column \d+|end of document)\)"


def json_places(text: str) -> dict[Place, int]:
    """The line of every key and list element of a JSON text."""
    found: dict[Place, int] = {(): 1}
    for place, line, _ in _json_values(text):
        found.setdefault(place, line)
    return found


def json_fault(text: str, *, max_digits: int) -> int | None:
    """The line of the first thing in a JSON text that its strict reader refuses: NaN, Infinity, a
    number too large, a repeated key, half of a surrogate pair, more than 64 levels.
    """
    seen: set[Place] = set()
    for place, line, part in _json_values(text):
        if place in seen or len(place) >= MAX_DEPTH or _is_refused(part, max_digits):
            return line
        seen.add(place)
    return None


def toml_places(text: str) -> dict[Place, int]:
    """The line of every table and key of a TOML text; what stands in an inline table has none."""
    found: dict[Place, int] = {(): 1}
    tables: dict[Place, int] = {}
    table: Place = ()
    for start, line in _toml_statements(text):
        array = text.startswith("[[", start)
        header = text.startswith("[", start)
        keys = _toml_keys(text, start + header + array)
        if not keys:
            continue
        place = _toml_table(keys, tables, array=array) if header else (*table, *keys)
        if header:
            table = place
        for size in range(1, len(place) + 1):
            found.setdefault(place[:size], line)
    return found


def toml_fault(message: str, text: str) -> tuple[str, int]:
    """What `tomllib` says, and on which line, apart."""
    match = re.fullmatch(_TOML_FAULT, message, re.DOTALL)
    if match is None:
        return message, 1
    return match[1], int(match[2]) if match[2] else text.count("\n") + 1


def _is_refused(part: str, max_digits: int) -> bool:
    if part[0] == '"':
        return re.search(_SURROGATE, _unquoted(part)) is not None
    if part in {"NaN", "Infinity", "-Infinity"}:
        return True
    if not part[-1:].isdigit():
        return False
    digits = part.lstrip("-")
    return len(digits) > max_digits if digits.isdigit() else isinf(_number(part))


def _number(part: str) -> float:
    try:
        return float(part)
    except ValueError:
        return 0.0


class _Walk:
    """Where a walk through a JSON text stands: the open containers, and what is read in each."""

    def __init__(self) -> None:
        self.line = 1
        self._opened: list[str] = []
        self._steps: list[str | int] = []  # the key or index being read, one an open container
        self._key_line: int | None = None

    def value(self, part: str) -> tuple[Place, int, str] | None:
        """Take the next part of the text; where a value starts there, its place and line."""
        if part == "\n":
            self.line += 1
        elif part == ",":
            self._next()
        elif part in {"}", "]"}:
            self._leave()
        elif part != ":":
            return self._enter(part)
        return None

    def _next(self) -> None:
        self._key_line = None
        if self._opened and self._opened[-1] == "[":
            self._steps[-1] = int(self._steps[-1]) + 1

    def _leave(self) -> None:
        if self._opened:
            self._opened.pop()
            self._steps.pop()

    def _enter(self, part: str) -> tuple[Place, int, str] | None:
        if self._opened and self._opened[-1] == "{" and self._key_line is None:
            self._key_line = self.line
            self._steps[-1] = _unquoted(part)
            return None
        found = tuple(self._steps), self._key_line or self.line, part
        if part in {"{", "["}:
            self._opened.append(part)
            self._steps.append(0 if part == "[" else "")
        self._key_line = None
        return found


def _json_values(text: str) -> Iterator[tuple[Place, int, str]]:
    """Each value of a JSON text: its place, the line of its key (or of itself), its first part."""
    walk = _Walk()
    for match in re.finditer(_JSON, text, re.DOTALL):
        found = walk.value(match[0])
        if found is not None:
            yield found


def _unquoted(part: str) -> str:
    try:
        return str(json.loads(part))
    except ValueError:
        return part


def _toml_statements(text: str) -> Iterator[tuple[int, int]]:
    """Where each statement of a TOML text starts, and on which line."""
    line, depth, fresh = 1, 0, True
    for match in re.finditer(_TOML, text, re.DOTALL):
        part = match[0]
        if fresh and depth == 0 and not part.isspace() and part[0] != "#":
            yield match.end() - len(part.lstrip()), line
            fresh = False
        if part == "\n":
            fresh = depth == 0
        elif part in {"[", "{"}:
            depth += 1
        elif part in {"]", "}"}:
            depth -= 1
        line += part.count("\n")


def _toml_keys(text: str, at: int) -> list[str]:
    """The dotted key that starts at a position: `a."b.c".d`."""
    keys: list[str] = []
    more = True
    while more and len(keys) <= MAX_DEPTH:
        match = re.compile(_TOML_KEY).match(text, at)
        if match is None:
            return []
        basic, literal, bare, after = match.groups()
        keys.append(_unquoted(f'"{basic}"') if basic is not None else literal or bare or "")
        at, more = match.end(), after == "."
    return keys


def _toml_table(keys: Sequence[str], tables: dict[Place, int], *, array: bool) -> Place:
    """The place of a table, with the index of every array of tables on its way."""
    place: Place = ()
    for number, key in enumerate(keys, 1):
        place = (*place, key)
        if array and number == len(keys):
            tables[place] = tables.get(place, -1) + 1
        if place in tables:
            place = (*place, tables[place])
    return place
