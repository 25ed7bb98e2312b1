"""What the gate hands on."""

import pytest

from pytest_llm_telemetry.core import gate


def test_the_door_hands_out_its_names_and_no_others() -> None:
    """Each public name is there, those that are loaded late too; another one is an AttributeError."""
    for name in gate.__all__:
        assert getattr(gate, name).__name__ == name
    with pytest.raises(AttributeError, match="no attribute 'decide'"):
        _ = gate.decide
