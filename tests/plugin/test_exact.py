"""The same report and the same verdict, however a run is spread, ordered, repeated or cut."""

import json
from typing import Any

import pytest

from tests.plugin.conftest import Project

# What differs from run to run and is no figure of it.
_OWN = {"run_id", "started", "finished", "duration_s", "run_dir", "judge_again", "next_commands"}
SPREADS = {
    "in this process": ["-n", "0"],
    "two workers": ["-n", "2"],
    "eight workers": ["-n", "8"],
    "by scope": ["-n", "2", "--dist", "loadscope"],
    "worksteal": ["-n", "2", "--dist", "worksteal"],
}
FLAKY = """
import pytest
tries = {}

@pytest.mark.golden_set("golden/bot.jsonl", repeats=2)
def test_bot(golden_case, llm_telemetry):
    key = (golden_case.id, golden_case.repeat)
    tries[key] = tries.get(key, 0) + 1
    usage = {"prompt_tokens": 1000, "completion_tokens": 0}
    ask = llm_telemetry.wrap(lambda q: {"model": "m", "choices": [], "usage": usage})
    ask(golden_case.input)
    golden_case.check("yes")
    if golden_case.id == "case-05":
        assert tries[key] > 1, "the first try fails"
"""
PRICES = 'schema_version = 1\n[prices."m"]\ninput = 10.0\noutput = 1.0\n'


def figures(report: dict[str, Any]) -> Any:
    """A report without what belongs to one run alone; times differ by themselves."""

    def strip(value: Any) -> Any:
        if isinstance(value, dict):
            return {k: strip(v) for k, v in value.items() if k not in _OWN and "latency" not in k}
        if isinstance(value, list):
            return [strip(inner) for inner in value if "latency" not in str(inner)[:200]]
        return value

    return strip(report)


@pytest.mark.parametrize("spread", SPREADS)
def test_workers_change_no_figure(project: Project, spread: str) -> None:
    """Every figure, check, case and reason is that of one process."""
    project.accept()
    project.bot(worse=6)
    alone, one = project.report()
    spread_out, many = project.report(*SPREADS[spread])
    assert (spread_out.ret, many["status"]) == (alone.ret, one["status"]) == (1, "fail")
    suite = one["suites"][0]
    other = many["suites"][0]
    for name in ("metrics", "missing", "repeats", "models"):
        kept = {
            k: v for k, v in _dict(suite[name]).items() if "latency" not in k and "ttft" not in k
        }
        same = {
            k: v for k, v in _dict(other[name]).items() if "latency" not in k and "ttft" not in k
        }
        assert kept == same
    assert _checks(suite) == _checks(other)


def _dict(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {"value": value}


def _checks(suite: dict[str, Any]) -> list[Any]:
    return [
        figures(check)
        for check in suite["checks"]
        if check["metric"] in {"pass_rate", "score", "error_rate", "missing_cases"}
    ]


def test_reruns_count_in_cost_and_once_in_the_verdict(project: Project) -> None:
    """Each try is a call that was paid for; the case has the grade of its last try."""
    project.write("llm-telemetry.toml", PRICES)
    project.write("test_bot.py", FLAKY)
    result, report = project.report("--reruns", "2", beside=("rerunfailures",))
    assert result.ret == 0
    (suite,) = report["suites"]
    assert suite["metrics"]["queries"] == 42
    assert suite["metrics"]["total_cost_usd"] == pytest.approx(0.42)
    assert suite["metrics"]["pass_rate"] == 1.0


@pytest.mark.parametrize("beside", [("randomly",), ("repeat",)])
def test_order_and_repetition_are_the_users_own(project: Project, beside: tuple[str]) -> None:
    """pytest-randomly shuffles, pytest-repeat runs all again: the figures stay right."""
    project.accept()
    more = ["--count", "2"] if beside == ("repeat",) else ["-p", "randomly"]
    result, report = project.report(*more, beside=beside)
    assert (result.ret, report["status"]) == (0, "pass")
    (suite,) = report["suites"]
    assert suite["metrics"]["queries"] == (120 if beside == ("repeat",) else 60)
    assert suite["missing"] == []


CRASH = """
import os, time
import pytest

@pytest.mark.golden_set("golden/bot.jsonl")
def test_bot(golden_case, llm_telemetry):
    answer = llm_telemetry.wrap(lambda q: "yes")(golden_case.input)
    if golden_case.id == "case-07":
        os._exit(3)
    golden_case.check(answer)
"""


def test_a_worker_that_dies_loses_one_case_by_name(project: Project) -> None:
    """Its finished calls are kept, the case it died in fails by name, the rest is judged."""
    project.accept()
    project.write("test_bot.py", CRASH)
    result, report = project.report("-n", "2")
    assert result.ret == 1
    (suite,) = report["suites"]
    finished = [e for e in project.events() if e["event"] == "query_success"]
    assert {event["case_id"] for event in finished} >= {f"case-{n:02}" for n in range(20)}
    graded = {event["case_id"] for event in project.events() if event["event"] == "query_score"}
    assert "case-07" in graded  # by the accepted run
    assert [note for note in report["notes"] if "died in test_bot.py::test_bot[case-07]" in note]
    assert suite["metrics"]["queries"] == 20
    result.stdout.fnmatch_lines(["*case-07*"])


CUTS = {
    "-x": (["-x"], "assert golden_case.id != 'case-05'", 1),
    "--maxfail": (["--maxfail=1"], "assert golden_case.id != 'case-05'", 1),
    "Ctrl-C": ([], "if golden_case.id == 'case-05': raise KeyboardInterrupt", 2),
    "pytest.exit": ([], "if golden_case.id == 'case-05': pytest.exit('enough', 2)", 2),
}


@pytest.mark.parametrize("cut", CUTS)
def test_a_run_that_is_cut_short_is_kept_and_never_accepted(project: Project, cut: str) -> None:
    """What was done is stored and marked partial; it can be looked at, and is no baseline."""
    arguments, line, status = CUTS[cut]
    project.write(
        "test_bot.py",
        "import pytest\n"
        '@pytest.mark.golden_set("golden/bot.jsonl")\n'
        "def test_bot(golden_case, llm_telemetry):\n"
        '    golden_case.check(llm_telemetry.wrap(lambda q: "yes")(golden_case.input))\n'
        f"    {line}\n",
    )
    result = project.run(*arguments)
    assert result.ret == status
    (manifest,) = project.root.glob(".llm-telemetry/runs/*/run.json")
    assert json.loads(manifest.read_text(encoding="utf-8"))["complete"] is False
    assert sum(e["event"] == "query_success" for e in project.events()) == 6
    assert project.command("gate", "latest").ret == 4
    accepted = project.command("baseline", "accept", "latest", "--why", "x")
    assert accepted.ret == 4
    assert not (project.root / "baselines").exists()


HEAD = """
import asyncio
import pytest

async def ask(question):
    await asyncio.sleep(0)
    return "yes"

def answer(question):
    return "yes"
"""
# shape -> the test, the plugins beside ours, and its calls
SHAPES = {
    "in a class": (
        """
class TestBot:
    @pytest.mark.golden_set("golden/bot.jsonl")
    def test_bot(self, golden_case, llm_telemetry):
        golden_case.check(llm_telemetry.wrap(answer)(golden_case.input))
""",
        (),
        20,
    ),
    "parametrised": (
        """
@pytest.mark.parametrize("tone", ["kind", "curt"])
@pytest.mark.golden_set("golden/bot.jsonl")
def test_bot(golden_case, tone, llm_telemetry):
    golden_case.check(llm_telemetry.wrap(answer)(golden_case.input + tone))
""",
        (),
        40,
    ),
    "several calls": (
        """
@pytest.mark.golden_set("golden/bot.jsonl")
def test_bot(golden_case, llm_telemetry):
    for _ in range(3):
        told = llm_telemetry.wrap(answer)(golden_case.input)
    golden_case.check(told)
""",
        (),
        60,
    ),
    "no call": (
        """
@pytest.mark.golden_set("golden/bot.jsonl")
def test_bot(golden_case):
    golden_case.check("yes")
""",
        (),
        None,
    ),
    "asyncio": (
        """
@pytest.mark.asyncio
@pytest.mark.golden_set("golden/bot.jsonl")
async def test_bot(golden_case, llm_telemetry):
    golden_case.check(await llm_telemetry.wrap(ask)(golden_case.input))
""",
        ("asyncio",),
        20,
    ),
    "anyio": (
        """
@pytest.fixture
def anyio_backend():
    return "asyncio"

@pytest.mark.anyio
@pytest.mark.golden_set("golden/bot.jsonl")
async def test_bot(golden_case, llm_telemetry):
    golden_case.check(await llm_telemetry.wrap(ask)(golden_case.input))
""",
        ("anyio",),
        20,
    ),
}


@pytest.mark.parametrize("shape", SHAPES)
def test_every_shape_of_test_is_counted_right(project: Project, shape: str) -> None:
    """Classes, parameters, several calls or none, asyncio and anyio: calls and grades are exact."""
    test, beside, queries = SHAPES[shape]
    project.write("test_bot.py", HEAD + test)
    result, report = project.report("-W", "ignore", beside=beside)
    assert result.ret == 0, result.stdout.str()
    (suite,) = report["suites"]
    assert suite["metrics"]["queries"] == queries
    assert suite["metrics"]["pass_rate"] == 1.0
    assert suite["missing"] == []


def test_two_suites_of_a_run_are_judged_apart(project: Project) -> None:
    """A suite that got worse fails by its name, and the other one passes."""
    both = "".join(
        f"""
@pytest.mark.golden_set("golden/bot.jsonl", repeats=3, suite={suite!r})
def test_{suite}(golden_case, llm_telemetry):
    golden_case.check(llm_telemetry.wrap(lambda q: ANSWERS[{suite!r}])(golden_case.input))
"""
        for suite in ("billing", "refunds")
    )
    project.write(
        "test_bot.py", "import pytest\nANSWERS = {'billing': 'yes', 'refunds': 'yes'}" + both
    )
    project.accept()
    project.write(
        "test_bot.py", "import pytest\nANSWERS = {'billing': 'yes', 'refunds': 'no'}" + both
    )
    result, report = project.report()
    assert result.ret == 1
    assert {suite["suite"]: suite["status"] for suite in report["suites"]} == {
        "billing": "pass",
        "refunds": "fail",
    }


SUBTESTS = """
import pytest

@pytest.mark.golden_set("golden/bot.jsonl")
def test_bot(golden_case, llm_telemetry, subtests):
    answer = llm_telemetry.wrap(lambda q: "yes")(golden_case.input)
    for part in "ab":
        with subtests.test(part=part):
            assert part == "a" or golden_case.id != "case-03"
"""


@pytest.mark.skipif(pytest.version_tuple < (9,), reason="subtests are part of pytest from 9 on")
def test_a_failed_subtest_fails_its_case_once(project: Project) -> None:
    """A case whose subtest failed is a case that failed; its call is counted once."""
    project.write("test_bot.py", SUBTESTS)
    result, report = project.report()
    assert result.ret == 1
    (suite,) = report["suites"]
    assert suite["metrics"]["queries"] == 20
    assert suite["metrics"]["pass_rate"] == 0.95


def test_judging_the_stored_run_again_gives_the_same_report(project: Project) -> None:
    """The run is its log on disk: what was judged as it ended is found there, to the last digit."""
    project.accept()
    project.bot(worse=6)
    result, ended = project.report()
    assert project.command("gate", "latest", "--report", "json=again.json").ret == result.ret == 1
    again = json.loads((project.root / "again.json").read_text(encoding="utf-8"))
    for name in ("status", "exit_status", "started", "finished", "partial", "suites"):
        assert again[name] == ended[name]
