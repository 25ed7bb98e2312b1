"""Ctrl-C, as a terminal sends it: to pytest and to each of its workers."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.plugin.conftest import Project, lean

pytestmark = pytest.mark.skipif(
    sys.platform == "win32", reason="Windows has no process group that a SIGINT can be sent to"
)
LIMIT_S = 60
WAITING = f"""
import time
from pathlib import Path
import pytest

def answer(question):
    if question == "question 5":
        Path("reached").touch()
        time.sleep({LIMIT_S})
    return "yes"

@pytest.mark.golden_set("golden/bot.jsonl")
def test_bot(golden_case, llm_telemetry):
    golden_case.check(llm_telemetry.wrap(answer)(golden_case.input))
"""


def interrupted(root: Path, *arguments: str) -> tuple[int, str]:
    """Exit status and output of a run that gets a Ctrl-C while it waits for an answer."""
    command = [sys.executable, "-m", "pytest", "--llm-telemetry", *lean(), *arguments]
    with subprocess.Popen(
        command,
        cwd=root,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,  # a process group of its own, as a shell gives each job
    ) as process:
        try:
            ends = time.monotonic() + LIMIT_S
            while not (root / "reached").exists() and time.monotonic() < ends:
                time.sleep(0.02)
            os.killpg(process.pid, signal.SIGINT)
            said, _ = process.communicate(timeout=LIMIT_S)
        except BaseException:
            os.killpg(process.pid, signal.SIGKILL)
            raise
    return process.returncode, said


@pytest.mark.parametrize("spread", [[], ["-n", "2"]], ids=["in one process", "with two workers"])
def test_a_run_that_gets_ctrl_c_is_kept_and_never_accepted(
    project: Project, spread: list[str]
) -> None:
    """What was answered is stored and marked partial; it cannot be judged, and is no baseline."""
    project.write("test_bot.py", WAITING)
    status, said = interrupted(project.root, *spread)
    assert status == pytest.ExitCode.INTERRUPTED, said
    assert "partial" in said
    (manifest,) = project.root.glob(".llm-telemetry/runs/*/run.json")
    run = json.loads(manifest.read_text(encoding="utf-8"))
    assert (run["complete"], len(run["suites"]["bot"]["cases"])) == (False, 20)
    ends = {
        event["case_id"]: event["event"]
        for event in project.events()
        if event["event"] in {"query_success", "query_error"}
    }
    assert "query_success" in ends.values()
    assert ends.get("case-05") != "query_success"
    assert project.command("gate", "latest").ret == 4
    assert project.command("baseline", "accept", "latest", "--why", "x").ret == 4
    assert not (project.root / "baselines").exists()
