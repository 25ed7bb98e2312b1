"""The one line of a text that may stand in an event."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

PREVIEW_LENGTH = 100
_AHEAD = 256  # characters behind the cut that are read, so that what crosses it is seen whole
_UNSURE = 128  # the last of them may hold the beginning of what would have been found
_CONTROL = r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]+"


def preview(text: str, limit: int, redact: Callable[[str], str]) -> str:
    """One line of at most `limit` characters: redacted first, cut after."""
    window = limit + _AHEAD
    told = redact(text[:window])
    if len(text) > window:
        told = told[: max(len(told) - _UNSURE, told.rfind(">") + 1)]
    return one_line(told, limit)


def one_line(told: str, limit: int) -> str:
    """The first `limit` characters, and control signs as spaces."""
    head = told[:limit]
    return head if head.isprintable() else _one_line(told)[:limit]


def _one_line(text: str) -> str:
    import re  # noqa: PLC0415 - importing a logger takes a third longer with it

    return re.sub(_CONTROL, " ", text)
