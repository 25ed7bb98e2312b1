"""A company's own rules for every project that uses pytest-llm-telemetry."""

import os
import re
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

_ORDER = re.compile(r"\bORD-\d{6}\b")
_HARSH = re.compile(r"\b(stupid|impossible|never)\b", re.IGNORECASE)


def pytest_llm_graders(config: pytest.Config) -> Mapping[str, Callable[..., object]]:
    """`{"type": "custom", "name": "polite"}` in every golden set."""
    del config
    return {"polite": lambda answer, _case: not _HARSH.search(str(answer))}


def pytest_llm_embedder(config: pytest.Config) -> Callable[[Sequence[str]], list[list[float]]]:
    """Letters as a vector: enough for an example. A sentence transformer goes here."""
    del config
    return lambda texts: [
        [float(text.lower().count(letter)) for letter in "abcdefghijklmnopqrstuvwxyz"]
        for text in texts
    ]


def pytest_llm_judge(config: pytest.Config) -> Callable[[str, str, Any], object]:
    """Says whether every word of the rubric stands in the answer. A model goes here."""
    del config
    return lambda rubric, answer, _case: all(word in answer for word in rubric.split())


def pytest_llm_prices(config: pytest.Config) -> Mapping[str, Mapping[str, float]]:
    """The price of the company's own model, in USD per million tokens."""
    del config
    return {"house-model": {"input": 1.0, "output": 2.0}}


def pytest_llm_redact(text: str) -> str:
    """Order numbers identify customers."""
    return _ORDER.sub("<ORDER>", text)


def pytest_llm_event(event: dict[str, Any]) -> None:
    """Which team's budget this is."""
    event["tags"] = [*event.get("tags", []), f"team:{os.environ.get('TEAM', 'unknown')}"]


def pytest_llm_report(config: pytest.Config, report: Any) -> None:
    """One line a run, in a file that the company collects."""
    line = f"{report.run_id} {report.status} {report.exit_status}\n"
    with (config.rootpath / "house-report.txt").open("a", encoding="utf-8") as file:
        file.write(line)


def pytest_llm_notify(config: pytest.Config, report: Any) -> None:
    """Tell people, where the run failed; this one writes a file instead of calling a pager."""
    if report.status != "pass":
        Path(config.rootpath / "house-pager.txt").write_text(report.status, encoding="utf-8")
