"""What a stream has told so far. Counts and short words; no text is kept."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from pytest_llm_telemetry.core.usage.fields import Found

_CALLS = 4096  # a stream that never ends may not fill the memory with the ids of its calls


class Tally:
    """The state of one stream.

    Attributes:
        found: Event fields; what is told later replaces what was told before.
        raw: A provider's own counts, where each event tells only a part of them.
        model: The model, once known.
        length: Characters of text so far; None while no chunk could have held any.
        begun: Whether a chunk with content was seen.
        late: What to do with which chunk when the stream is asked what it told: counts that each
            chunk repeats are read once.
    """

    __slots__ = ("_calls", "begun", "calls", "found", "late", "length", "model", "raw")

    def __init__(self) -> None:
        self.found: Found = {}
        self.raw: Found = {}
        self.model: str | None = None
        self.length = 0
        self.begun = False
        self.calls = 0
        self.late: tuple[Callable[[Tally, Any], None], Any] | None = None
        self._calls: dict[Any, str | None] = {}

    def take(self, fields: Found) -> None:
        """Let what is known of these fields replace what was told before."""
        for name, value in fields.items():
            if value is not None:
                self.found[name] = value

    def call(self, key: Any, identity: str | None) -> None:
        """Count a tool call once: by its place, and by its id where one place has several."""
        before = self._calls.get(key, "")
        if before == "" or (identity and before and identity != before):
            self.calls += 1
        if len(self._calls) < _CALLS or key in self._calls:
            self._calls[key] = identity or before or None
