"""A team's own patterns and allow-list beside ours."""

from __future__ import annotations

import re

from pytest_llm_telemetry.core.errors import ConfigError
from pytest_llm_telemetry.core.privacy import previews, scanning

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    Spans = list[tuple[int, int, str]]

_CLASS = re.compile(r"[A-Z][A-Z0-9_]*")
_PLACEHOLDER = re.compile(r"<[A-Z][A-Z0-9_]*>")


class Redaction:
    r"""What a logger replaces: our classes, and a team's own.

    Args:
        patterns: Class, in capitals as it will stand in the placeholder, -> regular expression.
            They run on the caller's thread: keep them linear.
        allow: Regular expressions. A finding that one of them matches whole stays as it is, such
            as `r".*@example\.com"` or a support number that is public.

    Raises:
        ConfigError: If a class is not in capitals, or an expression cannot be compiled.
    """

    def __init__(
        self, patterns: Mapping[str, str] | None = None, *, allow: Iterable[str] = ()
    ) -> None:
        for name in patterns or {}:
            if not _CLASS.fullmatch(name):
                raise ConfigError(f"class {name!r}", remedy="use capitals, such as CUSTOMER_ID")
        self._patterns = [
            (f"<{name}>", _compiled(pattern)) for name, pattern in (patterns or {}).items()
        ]
        self._allowed = [_compiled(pattern) for pattern in allow]

    def scan(self, text: str) -> Spans:
        """Where what is to be replaced stands: (start, end, placeholder), in order."""
        found = scanning.scan(text)
        if self._patterns:
            found = scanning.merged(found + self._by_patterns(text))
        if self._allowed:
            found = [span for span in found if not self._allows(text[span[0] : span[1]])]
        return found

    def _by_patterns(self, text: str) -> Spans:
        done = [match.span() for match in _PLACEHOLDER.finditer(text)]
        found: Spans = []
        for label, pattern in self._patterns:
            for match in pattern.finditer(text):
                start, end = match.span()
                if start < end and not any(start < last and first < end for first, last in done):
                    found.append((start, end, label))
        return found

    def redact(self, text: str) -> str:
        """The text with each finding replaced by the name of its class."""
        spans = self.scan(text)
        while spans:
            text = scanning.replaced(text, spans)
            spans = self.scan(text)
        return text

    def preview(self, text: str, limit: int = previews.PREVIEW_LENGTH) -> str:
        """One line of at most `limit` characters: redacted first, cut after."""
        return previews.preview(text, limit, self.redact)

    def _allows(self, value: str) -> bool:
        return any(pattern.fullmatch(value) for pattern in self._allowed)


def _compiled(pattern: str) -> re.Pattern[str]:
    try:
        return re.compile(pattern)
    except re.error as error:
        raise ConfigError(
            f"pattern {pattern!r}: {error}", remedy="give a regular expression of Python's re"
        ) from error
