"""A record -> one line of JSON, built by hand because this runs in somebody's request.

Readable UTF-8, no spaces, fields in the order they are given. Only what JSON can say gets out: a
number that is not finite is left out, a lone surrogate becomes its escape.
"""

from __future__ import annotations

from _json import encode_basestring as _quote  # the C half of json, without importing the rest

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

_LARGEST = 2**63
_INFINITY = float("inf")


def encode(record: Mapping[str, object]) -> bytes:
    """One line of JSON with its newline. What is `None` or not finite is left out.

    The one null that is kept is a cost beside the reason (`cost_source`) for not being known.
    """
    members = []
    for name, value in record.items():
        text = _value(value)
        if text is not None:
            members.append(f'"{name}":{text}')
        elif name == "cost_usd" and record.get("cost_source") is not None:
            members.append('"cost_usd":null')
    line = "{" + ",".join(members) + "}\n"
    return line.encode("utf-8", "backslashreplace")  # \udc80 is a valid JSON escape as it stands


def _value(value: object) -> str | None:
    kind = type(value)
    if kind is str:
        return _quote(value)
    if kind is bool:
        return "true" if value else "false"
    if kind is int:
        return str(value) if -_LARGEST <= value < _LARGEST else None  # type: ignore[operator]
    if kind is float:
        return repr(value) if -_INFINITY < value < _INFINITY else None  # type: ignore[operator]
    return _container(value)


def _container(value: object) -> str | None:
    if isinstance(value, (list, tuple)):
        found = [text for item in value if (text := _value(item)) is not None]
        return "[" + ",".join(found) + "]"
    if isinstance(value, dict):
        pairs = [(str(key), _value(item)) for key, item in value.items()]
        return "{" + ",".join(f"{_quote(key)}:{text}" for key, text in pairs if text) + "}"
    return None
