"""Extra `pii`: names and places, which need a model, taken out of lines in a thread of their own.

What has a shape (mail, cards, keys) is replaced on the caller's thread before a line is made. A
model takes milliseconds, so it reads the finished lines: the caller only queues them.
"""

from __future__ import annotations

import json
from importlib import import_module

from pytest_llm_telemetry.core.errors import ConfigError
from pytest_llm_telemetry.core.privacy.scanning import merged, replaced
from pytest_llm_telemetry.runtime.guard import ForeignGuard, Losses
from pytest_llm_telemetry.runtime.queueing import QueueSink
from pytest_llm_telemetry.runtime.sinks import sink_to

TYPE_CHECKING = False
if TYPE_CHECKING:
    import os
    from collections.abc import Sequence
    from typing import Any, Protocol

    from pytest_llm_telemetry.runtime.sinks import Sink

    class Found(Protocol):
        """What an analyzer found: `presidio_analyzer.RecognizerResult` has this shape."""

        start: int
        end: int
        entity_type: str
        score: float

    class Analyzer(Protocol):
        """What reads a text: `presidio_analyzer.AnalyzerEngine` has this shape."""

        def analyze(self, text: str, language: str, entities: list[str]) -> Sequence[Found]:
            """Where the entities stand in a text."""


FREE_TEXT = ("query_preview", "error_message", "explanation", "answer_preview")
ENTITIES = ("PERSON", "LOCATION", "NRP", "EMAIL_ADDRESS", "PHONE_NUMBER")


class PiiSink(QueueSink):
    """Has an analyzer read the free text of each line, in a thread, before it is written.

    A text that the analyzer fails at is left out of its line, and counted in `withheld`: an event
    is never lost for it and a name is never written because of it. What a queue can lose is told
    at `QueueSink`.

    Args:
        destination: A path (a file as the logger would write it) or a sink.
        analyzer: By default Presidio's `AnalyzerEngine()`, which loads its model here and now.
        language: Of the texts, as the analyzer names it.
        entities: What to look for, by the analyzer's names. They name the placeholders.
        threshold: The least score that counts, a fraction.
        capacity: How many lines may wait.

    Raises:
        ConfigError: If presidio-analyzer is not installed, or the capacity is not positive.
    """

    def __init__(  # noqa: PLR0913 - keyword-only, and made in one place
        self,
        destination: str | os.PathLike[str] | Sink,
        analyzer: Analyzer | None = None,
        *,
        language: str = "en",
        entities: Sequence[str] = ENTITIES,
        threshold: float = 0.5,
        capacity: int = 10_000,
    ) -> None:
        self._reader = _Reader(analyzer or _presidio(), language, list(entities), threshold)
        super().__init__(_Analyzed(sink_to(destination), self._reader), capacity)

    @property
    def withheld(self) -> int:
        """Texts that were left out because the analyzer failed at them."""
        return self._reader.withheld


def _presidio() -> Analyzer:
    try:
        module: Any = import_module("presidio_analyzer")
    except ImportError as error:
        raise ConfigError(
            "presidio-analyzer is not installed",
            where="PiiSink",
            remedy="pip install 'pytest-llm-telemetry[pii]', or give an analyzer",
        ) from error
    engine: Analyzer = module.AnalyzerEngine()
    return engine


class _Reader:
    """Replaces what the analyzer finds in a text."""

    def __init__(
        self, analyzer: Analyzer, language: str, entities: list[str], threshold: float
    ) -> None:
        self.withheld = 0
        self._analyzer = analyzer
        self._language = language
        self._entities = entities
        self._threshold = threshold
        self._foreign = ForeignGuard(Losses())

    def read(self, text: str) -> str | None:
        """The text with a placeholder for each entity, or None where the analyzer failed."""
        with self._foreign:
            found = self._analyzer.analyze(
                text=text, language=self._language, entities=self._entities
            )
            spans = [
                (item.start, item.end, f"<{item.entity_type}>")
                for item in found
                if item.score >= self._threshold
            ]
            return replaced(text, merged(spans))
        self.withheld += 1
        return None


class _Analyzed:
    """A sink that has the free text of each line read before the next sink gets it."""

    def __init__(self, sink: Sink, reader: _Reader) -> None:
        self._sink = sink
        self._reader = reader

    def write(self, line: bytes) -> None:
        """Read the line's texts and hand it on."""
        event = json.loads(line)
        for name in FREE_TEXT:
            text = event.get(name)
            if text is not None:
                event[name] = self._reader.read(text)
                if event[name] is None:
                    del event[name]
        told = json.dumps(event, ensure_ascii=False, separators=(",", ":"))
        self._sink.write(told.encode("utf-8", "backslashreplace") + b"\n")

    def close(self) -> None:
        """Close the other sink."""
        self._sink.close()
