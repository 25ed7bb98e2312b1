"""Installed but not enabled, the plugin does nothing and loads nothing."""

import pytest

from tests.plugin.conftest import lean

PROBE = """
import sys

def test_nothing_was_loaded():
    loaded = [name for name in sys.modules if name.startswith("pytest_llm_telemetry")]
    known = ["", ".plugin", ".plugin.hookspecs"]
    assert sorted(loaded) == ["pytest_llm_telemetry" + name for name in known], loaded
    for heavy in ("jsonschema", "requests", "tabulate", "tomllib"):
        assert heavy not in sys.modules, heavy
"""
PYTESTERS_OWN = ("stdout", "stderr", "runpytest-0", "runpytest-current")


def test_idle_loads_no_room_and_no_dependency(pytester: pytest.Pytester) -> None:
    """Without --llm-telemetry only the options and the names of hooks are imported.

    pytest refuses a plugin that implements a hook nobody declared, so they are known when idle too.
    """
    pytester.makepyfile(PROBE)
    assert pytester.runpytest_subprocess(*lean(), "-p", "no:cacheprovider").ret == 0


def test_idle_writes_and_prints_nothing(pytester: pytest.Pytester) -> None:
    """Without --llm-telemetry there is no new file and no word of ours in the output."""
    pytester.makepyfile("def test_one(): pass")
    result = pytester.runpytest_subprocess(*lean(), "-p", "no:cacheprovider")
    left = {path.name for path in pytester.path.iterdir()} - {"__pycache__"}
    assert left == {"test_idle_writes_and_prints_nothing.py", *PYTESTERS_OWN}
    words = [line for line in result.outlines if not line.startswith("plugins:")]
    assert not [line for line in words if "telemetry" in line]


def test_idle_opens_no_socket(pytester: pytest.Pytester) -> None:
    """Without --llm-telemetry no socket is created by anyone during a run."""
    pytester.makeconftest(
        """
        import sys
        opened = []
        sys.addaudithook(lambda event, args: opened.append(event) if event.startswith("socket.") else None)
        def pytest_sessionfinish(session):
            assert opened == []
        """
    )
    pytester.makepyfile("def test_one(): pass")
    assert pytester.runpytest_subprocess(*lean()).ret == 0


def test_idle_skips_golden_sets(pytester: pytest.Pytester) -> None:
    """Without --llm-telemetry a golden set is skipped with the reason: running it costs money."""
    pytester.makepyfile(
        """
        import pytest

        @pytest.mark.golden_set("golden/none.jsonl")
        def test_bot(golden_case): raise AssertionError("must not run")
        """
    )
    result = pytester.runpytest_subprocess(*lean(), "--strict-markers", "-rs")
    result.assert_outcomes(skipped=1)
    result.stdout.fnmatch_lines(["*run it with --llm-telemetry*"])
