"""What Windows lacks is not needed. Simulated: there was no Windows to run these tests on."""

import pytest

from tests.plugin.conftest import Project

LACKS = """
import os, sys, types

for name in ("fcntl", "grp", "posix_spawn", "pty", "pwd", "resource", "termios"):
    sys.modules[name] = None
locks = types.ModuleType("msvcrt")
locks.LK_LOCK, locks.locking = 1, lambda descriptor, mode, count: None
sys.modules["msvcrt"] = locks
for name in ("O_CLOEXEC", "O_NOFOLLOW", "fchmod", "pread", "register_at_fork", "geteuid", "getuid"):
    if hasattr(os, name):
        delattr(os, name)
"""
RUNS = {"plain": [], "with a budget": ["--llm-budget-usd", "1"]}


@pytest.mark.parametrize("run", RUNS)
def test_a_run_needs_nothing_that_windows_lacks(project: Project, run: str) -> None:
    """Without fcntl, fork hooks and POSIX-only flags a run is recorded, locked and judged."""
    project.write("lacks.py", LACKS)
    project.write(
        "llm-telemetry.toml", 'schema_version = 1\n[prices."m"]\ninput = 1.0\noutput = 1.0\n'
    )
    project.write(
        "test_bot.py",
        """
import pytest

def ask(question):
    usage = {"prompt_tokens": 10, "completion_tokens": 0}
    return {"model": "m", "choices": [{"message": {"content": "yes"}}], "usage": usage}

@pytest.mark.golden_set("golden/bot.jsonl")
def test_bot(golden_case, llm_telemetry):
    golden_case.check(llm_telemetry.wrap(ask)(golden_case.input))
""",
    )
    result, report = project.report("-p", "lacks", *RUNS[run])
    assert (result.ret, report["status"]) == (0, "pass"), result.stdout.str()
    assert report["suites"][0]["metrics"]["queries"] == 20


def test_places_are_told_with_slashes(project: Project) -> None:
    """Where a case stands reads alike on every system: baselines are shared between them."""
    project.write("deep/test_bot.py", (project.root / "test_bot.py").read_text("utf-8"))
    (project.root / "test_bot.py").unlink()
    project.accept()
    (baseline,) = project.root.glob("baselines/*.json")
    assert "deep/test_bot.py:" in baseline.read_text("utf-8") + str(project.report()[1])
