"""Words that come again and again, and values that cannot be told."""

from typing import Any

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
