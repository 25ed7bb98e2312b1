"""What a person sees while a run runs, and what a log does not."""

import os
import pty
import re
import subprocess
import sys

from tests.plugin.conftest import Project


def test_verbose_shows_each_cases_figures(project: Project) -> None:
    """`-v` tells score and latency of every case, as it is done."""
    project.bot(worse=1, repeats=1)
    result = project.run("-v")
    result.stdout.re_match_lines([r".*case-00\] PASSED score 0\.00, \S+ ms.*"])
    result.stdout.re_match_lines([r".*case-01\] PASSED score 1\.00, \S+ ms.*"])


def test_a_log_has_no_progress_line(project: Project) -> None:
    """Where nobody watches, pytest's own output is as it always was."""
    result = project.run()
    assert "% pass" not in result.stdout.str().split("llm telemetry")[0]


def test_a_terminal_shows_how_it_is_going(project: Project) -> None:
    """Beside pytest's per cent stand cases, the pass rate so far and the time that is left."""
    project.bot(worse=1)
    shown = on_a_terminal(project, "xterm")
    assert b"% pass" in shown
    assert b"100%, 60/60" in shown


def test_a_terminal_shows_it_while_cases_are_slow(project: Project) -> None:
    """Long before a line of dots is full; where the terminal cannot move, nothing is drawn over."""
    bot = (project.root / "test_bot.py").read_text(encoding="utf-8")
    slow = bot.replace("    return ", "    __import__('time').sleep(0.12)\n    return ")
    project.write("test_bot.py", slow.replace("repeats=3", "repeats=1"))
    shown = on_a_terminal(project, "xterm")
    first = shown.index(b"\x1b7")
    assert re.search(rb"\[ *\d+%, \d/20, 100 % pass, [\d.]+ s left\]\x1b8", shown[first:])
    assert b"\x1b7" not in on_a_terminal(project, "dumb")


def on_a_terminal(project: Project, kind: str) -> bytes:
    """What a terminal of 80 columns is sent."""
    controller, terminal = pty.openpty()
    command = [sys.executable, "-m", "pytest", "--llm-telemetry", "-p", "no:randomly"]
    done = subprocess.Popen(
        command,
        cwd=project.root,
        stdout=terminal,
        stderr=terminal,
        env=os.environ | {"COLUMNS": "80", "TERM": kind},
    )
    os.close(terminal)
    shown = b""
    while True:
        try:
            chunk = os.read(controller, 4096)
        except OSError:
            break
        if not chunk:
            break
        shown += chunk
    os.close(controller)
    assert done.wait() == 0
    return shown
