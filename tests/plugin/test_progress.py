"""What a person sees while a run runs, and what a log does not."""

import os
import pty
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
    """Beside pytest's per cent stand the pass rate so far and the time that is left."""
    project.bot(worse=1)
    controller, terminal = pty.openpty()
    command = [sys.executable, "-m", "pytest", "--llm-telemetry", "-p", "no:randomly"]
    done = subprocess.Popen(
        command,
        cwd=project.root,
        stdout=terminal,
        stderr=terminal,
        env=os.environ | {"COLUMNS": "80", "TERM": "xterm"},
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
    assert b"% pass" in shown
    assert b"%]" in shown or b"100%, " in shown
