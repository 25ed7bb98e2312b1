"""A reader at a shell: does what a page says, block by block, in a project folder of its own."""

import ast
import asyncio
import inspect
import json
import os
import re
import subprocess
import sys
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from pytest_llm_telemetry import TelemetryLogger
from tests.docs.blocks import Block

# plugins of this environment that a reader's would not have
_UNASKED = (
    "randomly",
    "asyncio",
    "repeat",
    "rerunfailures",
    "recording",
    "anyio",
    "hypothesispytest",
    "langsmith_plugin",
    "playwright",
    "base_url",
)
_NOT_OURS = ("LLM_", "PYTEST_", "COV_", "COVERAGE_", "GITHUB_", "GITLAB_", "CI")
_MARK = "exit status of the command: "


class Reader:
    """One page's session: the blocks share a folder, Python names, and the shell's variables."""

    def __init__(self, project: Path, bin_folder: Path) -> None:
        self.project = project
        self.names: dict[str, Any] = {"__name__": "page", "Path": Path}
        self._state = bin_folder / "state.sh"
        self._env = {
            "PATH": os.pathsep.join((str(bin_folder), _scripts(), os.environ["PATH"])),
            "PYTEST_ADDOPTS": " ".join(f"-p no:{name}" for name in _UNASKED),
            "PYTHONDONTWRITEBYTECODE": "1",
            "COLUMNS": "80",
            "NO_COLOR": "1",
        }

    def does(self, block: Block) -> None:
        """Do what a block says; an AssertionError or what the code raises tells what is wrong."""
        if block.file:
            path = self.project / block.file
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(block.text, encoding="utf-8")
        if block.language == "python" and block.file:
            compile(block.text, block.file, "exec")
        elif block.language in _READ:
            _READ[block.language](block.text)
        elif block.language == "python":
            self._python(block)
        elif block.language == "console":
            self._console(block)
        else:
            assert block.language in _SHOWN, f"```{block.language} is nothing that can be checked"

    def leaves(self) -> None:
        """Close what the page's Python left open."""
        for found in self.names.values():
            if isinstance(found, TelemetryLogger):
                found.close()

    def _python(self, block: Block) -> None:
        code = compile(
            "\n" * block.line + block.text,
            "page",
            "exec",
            flags=ast.PyCF_ALLOW_TOP_LEVEL_AWAIT,
        )
        if code.co_flags & inspect.CO_COROUTINE:
            asyncio.run(eval(code, self.names))
        else:
            exec(code, self.names)

    def _console(self, block: Block) -> None:
        for command, expected, wanted in _commands(block):
            script = (
                f'[ ! -f "{self._state}" ] || . "{self._state}"\n{command}\nstatus=$?\n'
                f'{{ export -p; echo "cd \'$PWD\'"; }} > "{self._state}"\n'
                f'echo "{_MARK}$status"\n'
            )
            done = subprocess.run(
                ["bash", "-c", script],
                cwd=self.project,
                env={k: v for k, v in os.environ.items() if not k.startswith(_NOT_OURS)}
                | self._env,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
                timeout=120,
                check=False,
            )
            told, _, status = done.stdout.rpartition(_MARK)
            assert status.strip() == str(wanted), f"$ {command}\n{told}{_MARK}{status}"
            _holds(told, expected, command)


def _commands(block: Block) -> list[tuple[str, list[str], int]]:
    """Each command of a console block, the output that the page shows, and the exit status."""
    found: list[tuple[str, list[str], int]] = []
    for line in block.text.splitlines():
        if line.startswith("$ "):
            found.append((line[2:], [], 0))
        elif line.startswith("> "):
            command, shown, _ = found[-1]
            found[-1] = (f"{command}\n{line[2:]}", shown, 0)
        elif line.strip():
            found[-1][1].append(line.rstrip())
    command, shown, _ = found[-1]
    found[-1] = (command, shown, block.exit_status)
    return found


def _holds(told: str, expected: list[str], command: str) -> None:
    """The lines that the page shows are in the output, in this order; `...` stands for anything."""
    rest = iter(told.splitlines())
    for line in expected:
        pattern = ".*".join(re.escape(part) for part in line.split("..."))
        found = any(re.fullmatch(pattern, each.rstrip()) for each in rest)
        assert found, f"$ {command}\nshows no line like\n{line}\nbut\n{told}"


def _scripts() -> str:
    return str(Path(sys.executable).parent)


def _jsonl(text: str) -> None:
    for line in text.splitlines():
        json.loads(line)


_READ: Mapping[str, Any] = {
    "toml": tomllib.loads,
    "json": json.loads,
    "jsonl": _jsonl,
    "yaml": yaml.safe_load,
}
_SHOWN = frozenset({"", "text", "markdown", "sql"})
