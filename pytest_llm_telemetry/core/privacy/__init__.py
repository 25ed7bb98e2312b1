"""Text that may be written: personal data and secrets replaced, then cut, and keyed hashes.

What finds them is imported by the first text that may hold any, or by `load`: compiling its patterns
takes longer than a service's start should (25 ms).
"""

from __future__ import annotations

from pytest_llm_telemetry.core.privacy import previews
from pytest_llm_telemetry.core.privacy.hashes import (
    keyed_hash,
    text_hash,
    text_hasher,
    user_hasher,
)
from pytest_llm_telemetry.core.privacy.previews import PREVIEW_LENGTH

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from pytest_llm_telemetry.core.privacy.scanning import Spans

    Finders = tuple[Callable[[str], int], Callable[..., str]]

__all__ = [
    "PREVIEW_LENGTH", "keyed_hash", "load", "preview", "redact", "scan", "text_hash",
    "text_hasher", "user_hasher",
]  # fmt: skip


def scan(text: str) -> Spans:
    """Where personal data and secrets stand: (start, end, placeholder), in order, apart."""
    from pytest_llm_telemetry.core.privacy import scanning  # noqa: PLC0415 - see above

    return scanning.scan(text)


def redact(text: str) -> str:
    """The text with each piece of personal data or secret replaced by the name of its class."""
    _, redacted = _finders or _load()
    return redacted(text)


def preview(text: str, limit: int = PREVIEW_LENGTH) -> str:
    """One line of at most `limit` characters: redacted first, cut after."""
    holds, redacted = _finders or _load()
    if len(text) > limit or not text.isascii():
        return previews.preview(text, limit, redacted)
    held = holds(text)
    if not held and text.isprintable():
        return text  # as most prompts are: nothing to find, to cut or to make one line of
    return previews.one_line(redacted(text, held), limit)


def load() -> None:
    """Import what finds now, so that no text has to wait for it."""
    global _finders  # noqa: PLW0603 - an import statement in each call costs half of a plain preview
    from pytest_llm_telemetry.core.privacy import plain, scanning  # noqa: PLC0415 - see above

    _finders = plain.holds, scanning.redact


def _load() -> Finders:
    """Import what tells whether there may be something to find, a tenth of the whole."""
    global _finders  # noqa: PLW0603 - see `load`
    from pytest_llm_telemetry.core.privacy import plain  # noqa: PLC0415 - see above

    _finders = plain.holds, _redacted
    return _finders


def _redacted(text: str, held: int | None = None) -> str:
    """What `scanning.redact` makes of a text; where there may be something to find, it is loaded."""
    from pytest_llm_telemetry.core.privacy import plain  # noqa: PLC0415 - see above

    if held is None and not plain.holds(plain.with_ascii_digits(text)):
        return text
    load()
    return redact(text)


_finders: Finders | None = None
