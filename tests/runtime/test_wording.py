"""Words that come again and again, and values that cannot be told."""

import subprocess
import sys
from typing import Any

import pytest

from tests.runtime.conftest import Recorded


def test_ever_new_names_do_not_fill_the_memory(recorded: Recorded) -> None:
    """Names are remembered up to a number, then anew; what is written stays right."""
    for number in range(3_000):
        with recorded.telemetry.observe("q", model=f"m{number}"):
            pass
    told = [e["model_requested"] for e in recorded.events if "model_requested" in e]
    assert sorted(set(told)) == sorted(f"m{number}" for number in range(3_000))
    remembered = recorded.telemetry._emitter._wording.text.__self__  # type: ignore[attr-defined]  # a dict's method
    assert len(remembered) <= 512


class Strange:
    """A value that cannot even be asked for its kind."""

    @property  # type: ignore[misc]  # what `isinstance` asks
    def __class__(self) -> Any:
        raise ValueError


def test_a_field_that_cannot_be_told_is_lost_alone(recorded: Recorded) -> None:
    """A value of a strange kind costs its own field; the fields beside it are written."""
    with recorded.telemetry.observe("q", model=Strange(), variant="v", provider="p"):
        pass
    assert recorded.last["variant"] == "v"
    assert recorded.last["provider"] == "p"
    assert "model_requested" not in recorded.last
    assert recorded.dropped["ValueError"] >= 1


@pytest.mark.parametrize(
    ("named", "told"),
    [
        ("2026-11-23T11-20-04Z-7c1e", "2026-11-23T11-20-04Z-7c1e"),
        ("2026-11-23T11-20-04Z-4111 1111 1111 1111", "2026-11-23T11-20-04Z-<CARD>"),
        ("mail to rosa.diaz@mail.org", "mail to <EMAIL>"),
    ],
)
def test_the_id_of_a_run_is_told_as_it_is(recorded: Recorded, named: str, told: str) -> None:
    """It has a shape in which nothing is to redact; what only resembles it is looked at."""
    with recorded.telemetry.context(run_id=named), recorded.telemetry.observe("q"):
        pass
    assert recorded.last["run_id"] == told


@pytest.mark.parametrize(("made", "loaded"), [("sys.stderr.buffer", True), ("None", False)])
def test_a_logger_that_writes_has_its_finders_at_hand(made: str, *, loaded: bool) -> None:
    """No call waits for them; a logger that writes for tests alone loads them where it must."""
    code = (
        "import sys; from pytest_llm_telemetry import StreamSink, TelemetryLogger;"
        f"sink = {made}; TelemetryLogger(sink and StreamSink(sink));"
        "print('pytest_llm_telemetry.core.privacy.scanning' in sys.modules)"
    )
    told = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    ).stdout
    assert told == f"{loaded}\n"
