"""The hooks that a conftest.py or another plugin may implement.

All of them are called under `--llm-telemetry` alone. An error in `pytest_llm_event` or
`pytest_llm_redact` loses that event, so that nothing unredacted is written, and the gate names the
case; one in `pytest_llm_notify` is a note: a message that was not delivered changes no verdict.
Every other error is shown as pytest shows a plugin's.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import pytest

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pytest_llm_telemetry.core.report import Report


@pytest.hookspec
def pytest_llm_graders(config: pytest.Config) -> Mapping[str, Callable[..., object]]:
    """Graders by name, for cases that say `{"type": "custom", "name": ...}`.

    A grader is called with (answer, case) and returns a bool, a number in [0, 1] or a Score.
    """
    raise NotImplementedError


@pytest.hookspec(firstresult=True)
def pytest_llm_embedder(
    config: pytest.Config,
) -> Callable[[Sequence[str]], Sequence[Sequence[float]]] | None:
    """What the grader `semantic` measures with: texts -> a vector of floats each."""
    raise NotImplementedError


@pytest.hookspec(firstresult=True)
def pytest_llm_judge(config: pytest.Config) -> Callable[[str, str, Any], object] | None:
    """What the grader `judge` asks: (rubric, answer, case) -> bool, number in [0, 1] or Score.

    Calls that it makes through a TelemetryLogger are counted apart from the answer's own.
    """
    raise NotImplementedError


@pytest.hookspec
def pytest_llm_prices(config: pytest.Config) -> Mapping[str, Mapping[str, Any]]:
    """Prices by model in USD per million tokens, as `[prices]` of llm-telemetry.toml has them.

    Those of llm-telemetry.toml win.
    """
    raise NotImplementedError


@pytest.hookspec
def pytest_llm_redact(text: str) -> str:
    """A free text of an event (query, error, explanation) as it may be written.

    Called after our own redaction. Each implementation gets what the one before it returned.
    """
    raise NotImplementedError


@pytest.hookspec
def pytest_llm_event(event: dict[str, Any]) -> None:
    """An event, before it is written: add to it or change it; `event.clear()` leaves it out.

    What is left must fit schemas/event.schema.json. A case whose terminal event is left out has no
    record, and the gate says so.
    """
    raise NotImplementedError


@pytest.hookspec
def pytest_llm_report(config: pytest.Config, report: "Report") -> None:
    """The whole report, once the verdict is decided: write it wherever it is read.

    An error here is exit status 4, as for the reports of `--llm-report`.
    """
    raise NotImplementedError


@pytest.hookspec
def pytest_llm_notify(config: pytest.Config, report: "Report") -> None:
    """The same, for people: after all reports are written. An error here is a note."""
    raise NotImplementedError
