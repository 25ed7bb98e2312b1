"""Valid documents, damaged: what a disk, an editor, a merge or a stranger makes of a file."""

import json
from collections.abc import Callable
from copy import deepcopy
from typing import Any

from hypothesis import strategies as st

HOSTILE_TEXT = [
    b"NaN", b"-Infinity", b"1e999", b"-0", b"9" * 400, b"1" * 5000, b'"\\ud800"', b"\xff\xfe",
    b"\0", b"\n", b"\r", b"{", b"}", b"[" * 200, b"]", b'"', b"'", b'"""', b",", b":", b"=", b"#",
    b"null", b"true", b'{"a":1,"a":2}', b"\xe2\x80\xae", b"\xef\xbb\xbf", b"__proto__", b"\\u0000",
    b"[[x]]", b"a.b.c = 1", b"2026-11-23", b"(a+)+$", b"../../etc/passwd", b"x" * 3000,
]  # fmt: skip
HOSTILE_VALUES: list[Any] = [
    None, True, False, 0, -1, 1, 0.5, -0.0, 1e308, -1e308, 5e-324, 2**31, 2**53 + 1, 2**63, -(2**63),
    10**30, 10**39, -(10**39), "", " ", "a", "NaN", "1e999", "\0", "\x1b[31m", "\u202e", "x" * 500,
    "2026-11-23T11:20:04.512Z", "9999-99-99T99:99:99.999Z", "(a+)+$", "../..", [], [[]], {}, [None],
    [1, "a", {}], {"": 1}, {"a": {"b": []}}, [0] * 50,
]  # fmt: skip

Rewrite = Callable[[Any], bytes]


def of_bytes(documents: list[bytes]) -> st.SearchStrategy[bytes]:
    """Bytes cut, doubled, swapped, overwritten and inserted, up to six times."""
    return st.builds(_damaged, st.sampled_from(documents), st.lists(_EDITS, max_size=6))


def of_values(documents: list[Any], write: Rewrite) -> st.SearchStrategy[bytes]:
    """A document of JSON values with other values, keys and lengths in some of its places."""
    return st.builds(
        lambda document, edits: write(_changed(document, edits)),
        st.sampled_from(documents),
        st.lists(_CHANGES, min_size=1, max_size=4),
    )


def as_json(value: Any) -> bytes:
    """One JSON document."""
    return json.dumps(value).encode()


def as_lines(values: Any) -> bytes:
    """One JSON document a line."""
    rows = values if isinstance(values, list) else [values]
    return b"".join(as_json(row) + b"\n" for row in rows)


_PLACE = st.floats(0, 1)
_EDITS = st.tuples(
    st.sampled_from(["insert", "delete", "double", "overwrite", "swap"]),
    _PLACE,
    _PLACE,
    st.sampled_from(HOSTILE_TEXT) | st.binary(min_size=1, max_size=4),
)
_CHANGES = st.tuples(
    st.sampled_from(["replace", "remove", "rename", "repeat"]),
    st.integers(0, 10_000),
    st.sampled_from(HOSTILE_VALUES),
)


def _damaged(document: bytes, edits: list[tuple[str, float, float, bytes]]) -> bytes:
    for kind, start, end, piece in edits:
        low, high = sorted((int(start * len(document)), int(end * len(document))))
        head, inside, tail = document[:low], document[low:high], document[high:]
        document = {
            "insert": head + piece + inside + tail,
            "delete": head + tail,
            "double": head + inside + inside[:5000] + tail,
            "overwrite": head + piece + document[low + len(piece) :],
            "swap": tail + inside + head,
        }[kind]
    return document


def _changed(document: Any, edits: list[tuple[str, int, Any]]) -> Any:
    holder = [json.loads(json.dumps(document))]
    for kind, number, shared in edits:
        value = deepcopy(shared)  # or a document could come to hold itself
        places = list(_places(holder))
        inside, key = places[number % len(places)]
        if kind == "remove" and inside is not holder:
            del inside[key]
        elif kind == "rename" and isinstance(inside, dict):
            inside[value if isinstance(value, str) else str(value)[:20]] = inside.pop(key)
        elif kind == "repeat" and isinstance(inside[key], list):
            inside[key] = inside[key] * 3
        else:
            inside[key] = value
    return holder[0]


def _places(value: Any) -> Any:
    """Every place of a document, as what holds it and its key."""
    rows = list(value.items()) if isinstance(value, dict) else list(enumerate(value))
    for key, below in rows:
        yield value, key
        if isinstance(below, dict | list):
            yield from _places(below)
