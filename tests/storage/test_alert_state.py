"""What `llm-telemetry alert` remembers, when its file is not what it wrote."""

import json
from pathlib import Path

import pytest

from pytest_llm_telemetry.core.alerts import Plan
from pytest_llm_telemetry.storage import alert_state

DAMAGE = {
    "empty": "",
    "cut": '{"schema_version": 1, "checked": 17',
    "nested": "[" * 100_000,
    "a list": "[]",
    "a number": "1e999",
    "not a number": json.dumps({"schema_version": 1, "checked": float("nan")}),
    "wrong types": json.dumps({"schema_version": 1, "checked": "soon", "tails": 3}),
    "other version": json.dumps({"schema_version": 99}),
    "not text": "null",
    "key twice": '{"schema_version": 1, "schema_version": 1}',
    "huge number": '{"schema_version": 1, "checked": ' + "9" * 5000 + "}",
}


@pytest.mark.parametrize("text", DAMAGE.values(), ids=DAMAGE)
def test_a_damaged_state_is_set_aside_and_begun_anew(tmp_path: Path, text: str) -> None:
    """A check goes on without what it cannot read, says so, and overwrites nothing unread."""
    state = tmp_path / "alerts.json"
    state.write_text(text, encoding="utf-8")
    memory = alert_state.load(state, Plan())
    assert memory.checked is None
    assert not memory.tails
    assert memory.note
    alert_state.save(state, memory, Plan())
    assert not alert_state.load(state, Plan()).note


def test_bytes_that_are_no_text_are_damage_too(tmp_path: Path) -> None:
    """A state file of another encoding is set aside as well."""
    state = tmp_path / "alerts.json"
    state.write_bytes(b"\xff\xfe\x00{")
    assert alert_state.load(state, Plan()).note


@pytest.mark.parametrize("value", ["NaN", "Infinity", "1e999", '"soon"', "[1]"])
def test_a_time_that_is_none_is_damage(tmp_path: Path, value: str) -> None:
    """A state that was written well and then changed in one place is not believed."""
    state = tmp_path / "alerts.json"
    memory = alert_state.load(state, Plan())
    memory.checked = 1234567
    alert_state.save(state, memory, Plan())
    assert alert_state.load(state, Plan()).checked == 1234567
    state.write_text(state.read_text(encoding="utf-8").replace("1234567", value), encoding="utf-8")
    assert alert_state.load(state, Plan()).note
