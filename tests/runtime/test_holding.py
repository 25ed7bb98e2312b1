"""`hold_gil`: lines are written without giving the interpreter lock away."""

import builtins
import ctypes
import os
import sys
import threading
from pathlib import Path
from typing import Any

import pytest

from pytest_llm_telemetry import FileSink
from pytest_llm_telemetry.core.errors import ConfigError
from pytest_llm_telemetry.runtime.holding import Holding


def test_a_look_tells_what_the_interpreters_tells(tmp_path: Path) -> None:
    """Links, inode, size and device of a file are the ones of `os.fstat` and `os.lstat`."""
    path = tmp_path / "file"
    path.write_bytes(b"four")
    (tmp_path / "link").symlink_to(path)
    holding = Holding()
    with path.open("rb") as file:
        pairs = [
            (holding.fstat(file.fileno()), os.fstat(file.fileno())),
            (holding.lstat(str(path)), os.lstat(path)),
            (holding.lstat(str(tmp_path / "link")), os.lstat(tmp_path / "link")),
            (holding.lstat("/dev"), os.lstat("/dev")),
        ]
    for ours, theirs in pairs:
        for name in ("st_nlink", "st_ino", "st_size", "st_dev"):
            assert getattr(ours, name) == getattr(theirs, name)


def test_what_fails_raises_what_the_interpreter_raises(tmp_path: Path) -> None:
    """A closed descriptor and a missing file raise their OSError."""
    holding = Holding()
    with pytest.raises(OSError, match="Bad file descriptor"):
        holding.write(-1, b"line")
    with pytest.raises(OSError, match="Bad file descriptor"):
        holding.fstat(-1)
    with pytest.raises(FileNotFoundError):
        holding.lstat(str(tmp_path / "missing"))


def test_no_other_thread_runs_while_a_line_is_written(tmp_path: Path) -> None:
    """Beside a thread that computes, lines go out without the interpreter changing threads."""
    sink = FileSink(tmp_path / "llm.jsonl", hold_gil=True)
    sink.write(b"0\n")
    ran, stop = 0, False

    def compute() -> None:
        nonlocal ran
        while not stop:
            ran += 1

    interval = sys.getswitchinterval()
    neighbour = threading.Thread(target=compute)
    sys.setswitchinterval(0.5)
    try:
        neighbour.start()
        before = ran
        for _ in range(200):
            sink.write(b"1\n")
        assert ran == before
    finally:
        stop = True
        sys.setswitchinterval(interval)
        neighbour.join()
    sink.close()
    assert (tmp_path / "llm.jsonl").read_bytes() == b"0\n" + b"1\n" * 200


def test_a_system_without_it_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the system has no `statx`, or Python no ctypes, the sink is refused when it is made."""
    monkeypatch.setattr(ctypes, "PyDLL", lambda _: object())
    with pytest.raises(ConfigError, match="statx"):
        FileSink("llm.jsonl", hold_gil=True)
    real = builtins.__import__

    def without(name: str, *arguments: Any) -> Any:
        if name == "ctypes":
            raise ImportError(name)
        return real(name, *arguments)

    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(ConfigError, match="leave it out"):
        FileSink("llm.jsonl", hold_gil=True)
