"""`llm-telemetry` as a whole: its commands, and what one of them loads."""

import subprocess
import sys
from importlib.metadata import version

import pytest

from pytest_llm_telemetry.cli import ROOMS, main


def test_help_names_every_command(capsys: pytest.CaptureFixture[str]) -> None:
    """The help lists the commands that can be run, and each has a help of its own."""
    with pytest.raises(SystemExit) as left:
        main(["--help"])
    assert left.value.code == 0
    told = capsys.readouterr().out
    for command in ROOMS:
        assert f"\n    {command}" in told
        with pytest.raises(SystemExit) as left:
            main([command, "--help"])
        assert left.value.code == 0
        assert f"usage: llm-telemetry {command}" in capsys.readouterr().out


def test_the_version_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    """`--version` says which release this is, as a bug report wants it."""
    with pytest.raises(SystemExit) as left:
        main(["--version"])
    assert left.value.code == 0
    assert capsys.readouterr().out == f"pytest-llm-telemetry {version('pytest-llm-telemetry')}\n"


def test_an_unknown_command_is_wrong_usage(capsys: pytest.CaptureFixture[str]) -> None:
    """A word that is no command ends in exit status 2, with the commands that there are."""
    with pytest.raises(SystemExit) as left:
        main(["dashbord"])
    assert left.value.code == 2
    assert "dashboard" in capsys.readouterr().err


def test_a_command_loads_its_own_room_alone() -> None:
    """What only other commands need is not imported: an alert check runs each minute."""
    code = """
import sys
from pytest_llm_telemetry.cli import main
try:
    main(["purge", "--help"])
except SystemExit:
    pass
sys.stderr.write(" ".join(sys.modules))
"""
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    rooms = {name for name in told.stderr.split() if name.startswith("pytest_llm_telemetry.cli.")}
    assert rooms & {f"pytest_llm_telemetry.cli.{room}" for room in ROOMS.values()} == {
        "pytest_llm_telemetry.cli.purging"
    }
    assert not {"requests", "jsonschema"} & set(told.stderr.split())
