"""What a production start costs: few modules, none of them slow or a stranger's."""

import json
import subprocess
import sys

import pytest

import pytest_llm_telemetry

SLOW = {
    "dataclasses", "typing", "inspect", "logging", "asyncio", "json", "pathlib", "threading",
    "gzip", "datetime", "socket", "subprocess", "tempfile", "shutil", "queue", "weakref",
    "re", "enum", "functools", "collections", "ctypes", "struct",
}  # fmt: skip


def modules_after(statement: str) -> set[str]:
    code = f"{statement}\nimport sys; print(sorted(sys.modules))"
    told = subprocess.run(
        [sys.executable, "-I", "-S", "-c", f"import sys; sys.path[:0] = {sys.path!r}\n{code}"],
        capture_output=True,
        text=True,
        check=True,
    )
    found = json.loads(told.stdout.splitlines()[-1].replace("'", '"'))
    return set(found)


def test_the_logger_loads_little_and_nothing_slow() -> None:
    """Importing TelemetryLogger loads no third party, none of the slow modules."""
    bare = modules_after("pass")
    loaded = modules_after("from pytest_llm_telemetry import TelemetryLogger") - bare
    top = {name.partition(".")[0] for name in loaded}
    strangers = top - set(sys.stdlib_module_names) - {"pytest_llm_telemetry"}
    assert strangers == set()
    assert loaded & SLOW == set()
    of_python = [name for name in loaded if not name.startswith("pytest_llm")]
    assert len(of_python) <= 20  # half of them are `os`


def test_the_package_alone_loads_none_of_its_rooms() -> None:
    """Pytest imports the package at each start; idle, that costs one module."""
    loaded = modules_after("import pytest_llm_telemetry")
    assert {name for name in loaded if name.startswith("pytest_llm_telemetry.")} == set()


def test_the_door_hands_out_its_names_and_no_others() -> None:
    """Each public name is to be had from the package; another one is an AttributeError."""
    for name in pytest_llm_telemetry.__all__:
        assert getattr(pytest_llm_telemetry, name).__name__ == name
    with pytest.raises(AttributeError, match="nothing"):
        getattr(pytest_llm_telemetry, "nothing")  # noqa: B009 - mypy knows that it is not there
