"""What the patterns of redaction may not use."""

import re
from pathlib import Path

import pytest

import pytest_llm_telemetry.core.privacy

_ROOMS = sorted(Path(pytest_llm_telemetry.core.privacy.__file__).parent.glob("*.py"))


@pytest.mark.parametrize("room", _ROOMS, ids=lambda path: path.stem)
def test_no_group_is_possessive(room: Path) -> None:
    """Python before 3.11.5 matches such a group wrongly (gh-106052), and a key would be let through."""
    assert re.findall(r"\)(?:[*+?]|\{[0-9,]+\})\+", room.read_text()) == []
