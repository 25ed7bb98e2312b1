"""Rules of the house that no linter knows."""

import ast
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from pytest_llm_telemetry.plugin.offline import LiveCall

ROOT = Path(__file__).parents[1]
PACKAGE = sorted((ROOT / "pytest_llm_telemetry").rglob("*.py"))
TESTS = sorted((ROOT / "tests").rglob("test_*.py"))


def _functions(path: Path) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node


@pytest.mark.parametrize("path", TESTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_test_states_its_behaviour_in_a_sentence(path: Path) -> None:
    """A test function has a docstring that is a sentence."""
    silent = [
        function.name
        for function in _functions(path)
        if function.name.startswith("test_")
        and not (ast.get_docstring(function) or "").endswith(".")
    ]
    assert silent == []


@pytest.mark.parametrize("path", PACKAGE, ids=lambda path: str(path.relative_to(ROOT)))
def test_rooms_are_small(path: Path) -> None:
    """A file of the package has at most 300 lines."""
    assert len(path.read_text(encoding="utf-8").splitlines()) <= 300


def test_pytest_is_imported_by_the_plugin_only() -> None:
    """No room but plugin imports pytest, so the logger installs without it."""
    guilty = [
        str(path.relative_to(ROOT))
        for path in PACKAGE
        if "plugin" not in path.parts
        and any(
            name.split(".")[0] in {"pytest", "_pytest", "pluggy"}
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
            for name in _imported(node)
        )
    ]
    assert guilty == []


@pytest.mark.xfail(raises=LiveCall, strict=True, reason="what it tries is what it must not")
def test_no_test_leaves_this_machine() -> None:
    """A test that would reach another host fails before anything is sent, though it catches that."""
    with pytest.raises(LiveCall, match="would reach"):
        socket.create_connection(("192.0.2.1", 80), timeout=1)


# each can run what a file says, or fetch what it names
LIVE_READERS = {
    *("pickle", "marshal", "shelve", "dill", "cloudpickle", "joblib", "yaml", "ruamel"),
    *("runpy", "code", "codeop"),
}
LIVE_CALLS = {"eval", "exec", "compile"}
# no data: the fields that our own classes declare become their `__init__`, as in `dataclasses`
COMPILES = {("pytest_llm_telemetry/core/records.py", "exec")}


@pytest.mark.parametrize("path", PACKAGE, ids=lambda path: str(path.relative_to(ROOT)))
def test_no_data_is_ever_run(path: Path) -> None:
    """Nothing is unpickled, evaluated or loaded as YAML objects, and no shell is started."""
    nodes = list(ast.walk(ast.parse(path.read_text(encoding="utf-8"))))
    imported = {name.split(".")[0] for node in nodes for name in _imported(node)}
    assert not imported & LIVE_READERS
    calls = [node for node in nodes if isinstance(node, ast.Call)]
    named = {call.func.id for call in calls if isinstance(call.func, ast.Name)}
    place = path.relative_to(ROOT).as_posix()
    assert {(place, name) for name in named & LIVE_CALLS} <= COMPILES
    assert not [word.value for call in calls for word in call.keywords if word.arg == "shell"]


def _imported(node: ast.AST) -> list[str]:
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    return [node.module or ""] if isinstance(node, ast.ImportFrom) else []
