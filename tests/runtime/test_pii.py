"""Names found by an analyzer of Presidio's shape, behind the caller's back."""

import importlib
import threading
from collections.abc import Sequence
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest

from pytest_llm_telemetry import MemorySink, PiiSink, TelemetryLogger
from pytest_llm_telemetry.core.errors import ConfigError


class FakeAnalyzer:
    """Finds Ada and Ada Lovelace, is unsure of Kim, and fails at a bang."""

    def __init__(self) -> None:
        self.threads: set[int] = set()
        self.asked: list[tuple[str, list[str]]] = []

    def analyze(self, text: str, language: str, entities: list[str]) -> Sequence[Any]:
        """What `presidio_analyzer.AnalyzerEngine.analyze` returns."""
        self.threads.add(threading.get_ident())
        self.asked.append((language, entities))
        if "!" in text:
            raise SystemExit("no model")
        names = [("Ada Lovelace", 0.9), ("Ada", 0.6), ("Kim", 0.3)]
        return [
            SimpleNamespace(
                start=text.index(name),
                end=text.index(name) + len(name),
                entity_type="PERSON",
                score=score,
            )
            for name, score in names
            if name in text
        ]


def test_names_are_taken_out_in_another_thread() -> None:
    """The caller only queues; names become placeholders, and what is unsure stays."""
    kept, analyzer = MemorySink(), FakeAnalyzer()
    sink = PiiSink(kept, analyzer, language="en", entities=["PERSON"])
    telemetry = TelemetryLogger(sink)
    with telemetry.observe("Ask Ada Lovelace and Kim at a@b.com\ud800") as call:
        call.record({"model": "m"})
    telemetry.score(call.query_id, "tone", 1.0, explanation="as Ada says")
    telemetry.close()
    start, end, score = kept.events
    assert end["query_preview"] == "Ask <PERSON> and Kim at <EMAIL> "
    assert end["query_hash"] == start["query_hash"]
    assert score["explanation"] == "as <PERSON> says"
    assert threading.get_ident() not in analyzer.threads
    assert analyzer.asked[0] == ("en", ["PERSON"])
    assert (sink.dropped, sink.withheld) == ({}, 0)


def test_a_text_that_the_analyzer_fails_at_is_withheld(tmp_path: Path) -> None:
    """The event is written without its text, and counted."""
    sink = PiiSink(tmp_path / "events.jsonl", FakeAnalyzer())
    telemetry = TelemetryLogger(sink)
    with telemetry.observe("Ada!"):
        pass
    telemetry.close()
    told = (tmp_path / "events.jsonl").read_text(encoding="utf-8")
    assert (told.count("query_hash"), told.count("Ada"), sink.withheld) == (2, 0, 1)


def test_presidio_is_the_default_and_its_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without an analyzer Presidio's engine is made; where it is missing the error names the extra."""
    module: Any = ModuleType("presidio_analyzer")
    module.AnalyzerEngine = FakeAnalyzer
    real = importlib.import_module

    def found(name: str) -> ModuleType:
        return module if name == "presidio_analyzer" else real(name)

    def missing(name: str) -> ModuleType:
        raise ImportError(name)

    monkeypatch.setattr("pytest_llm_telemetry.runtime.pii.import_module", found)
    kept = MemorySink()
    sink = PiiSink(kept)
    sink.write(b'{"query_preview":"Ada"}\n')
    sink.close()
    assert kept.lines == [b'{"query_preview":"<PERSON>"}\n']
    monkeypatch.setattr("pytest_llm_telemetry.runtime.pii.import_module", missing)
    with pytest.raises(ConfigError, match=r"pytest-llm-telemetry\[pii\]"):
        PiiSink(kept)
