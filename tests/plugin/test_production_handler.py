"""A production handler that owns its logger is recorded without a change to it."""

import json

from tests.plugin.conftest import Project

HANDLER = """
import threading
from pytest_llm_telemetry import TelemetryLogger

telemetry = TelemetryLogger("production.jsonl", service="shop", **INJECTED)

def answer(question):
    with telemetry.observe(question) as call:
        call.record({
            "model": "gpt-4o-mini",
            "choices": [{"message": {"content": "yes"}, "finish_reason": "stop"}],
            "usage": {"prompt_tokens": 7, "completion_tokens": 1, "total_tokens": 8},
        })
    return "yes"

def in_a_thread(question):
    thread = threading.Thread(target=answer, args=(question,))
    thread.start()
    thread.join()
    return "yes"
"""
PLAIN = HANDLER.replace(", **INJECTED", "")
TEST = """
import pytest
import handler

@pytest.mark.golden_set("golden/bot.jsonl")
def test_bot(golden_case):
    golden_case.check(handler.answer(golden_case.input))
"""


def test_its_calls_are_stored_with_the_case(project: Project) -> None:
    """Every call of the handler is in the run's log, under the case that was running."""
    project.write("handler.py", PLAIN)
    project.write("test_bot.py", TEST)
    result = project.run()
    assert result.ret == 0
    ends = [event for event in project.events() if event["event"] == "query_success"]
    assert [event["case_id"] for event in ends] == [f"case-{n:02}" for n in range(20)]
    assert {(event["service"], event["input_tokens"], event["suite"]) for event in ends} == {
        ("shop", 7, "bot")
    }


def test_calls_in_threads_are_stored_with_the_case(project: Project) -> None:
    """A handler that answers in a thread of its own is recorded under the case all the same."""
    project.write("handler.py", PLAIN)
    project.write("test_bot.py", TEST.replace("handler.answer", "handler.in_a_thread"))
    assert project.run().ret == 0
    ends = [event for event in project.events() if event["event"] == "query_success"]
    assert [event["case_id"] for event in ends] == [f"case-{n:02}" for n in range(20)]


def test_its_price_table_is_the_thresholds_file(project: Project) -> None:
    """A logger without prices of its own is priced by [prices] while a golden set runs."""
    project.write("handler.py", PLAIN)
    project.write("test_bot.py", TEST)
    project.write(
        "llm-telemetry.toml",
        'schema_version = 1\n[prices."gpt-4o-mini"]\ninput = 1.0\noutput = 3.0\n',
    )
    _, report = project.report()
    (suite,) = report["suites"]
    assert suite["metrics"]["cost_per_query_usd"] == 10e-6


def test_the_bytes_equal_those_of_a_bare_script(project: Project) -> None:
    """With clock and ids injected, a run's log and a script's log hold the same bytes."""
    injected = """
import itertools
ticks = itertools.count()
numbers = itertools.count(1)
INJECTED = dict(clock=lambda: next(ticks) * 1000.0, ids=lambda: f"q{next(numbers)}")
"""
    injected = injected.replace(
        "clock=lambda: next(ticks) * 1000.0",
        "clock=FixedClock()",
    ).replace(
        "ticks = itertools.count()",
        "class FixedClock:\n    wall = staticmethod(lambda: 1_700_000_000.0)\n"
        "    ticks = itertools.count(0, 5_000_000)\n"
        "    def monotonic_ns(self): return next(self.ticks)",
    )
    project.write("handler.py", injected + HANDLER)
    project.write("test_bot.py", TEST.replace("golden_case.check", "str"))
    project.golden([{"id": "one", "input": "Is it so?", "contains": "yes"}])
    assert project.run("-q").ret == 0
    (log,) = project.root.glob(".llm-telemetry/runs/*/events.jsonl")
    recorded = [line for line in log.read_bytes().splitlines() if b"query_score" not in line]
    script = project.write(
        "script.py",
        f"""
from pytest_llm_telemetry.runtime import context
import handler
with context.bind(run_id={log.parent.name!r}, suite="bot", case_id="one", attempt=1):
    handler.answer("Is it so?")
""",
    )
    (project.root / "production.jsonl").unlink()
    assert project.pytester.runpython(script).ret == 0
    written = (project.root / "production.jsonl").read_bytes().splitlines()
    assert written == recorded
    assert [json.loads(line)["event"] for line in written] == ["query_start", "query_success"]
