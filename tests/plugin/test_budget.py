"""`--llm-budget-usd`: no call beyond the budget, in one process or many."""

import json

import pytest

from tests.plugin.conftest import Project

BOT = """
import pytest

def ask(question):
    usage = {"prompt_tokens": 1000, "completion_tokens": 0}
    return {"model": "m", "choices": [{"message": {"content": "yes"}}], "usage": usage}

@pytest.mark.golden_set("golden/bot.jsonl", repeats=3)
def test_bot(golden_case, llm_telemetry):
    answer = llm_telemetry.wrap(ask)(golden_case.input)
    golden_case.check(answer["choices"][0]["message"]["content"])
"""
PRICES = 'schema_version = 1\n[prices."m"]\ninput = 10.0\noutput = 1.0\n'  # a call is 0.01 USD


@pytest.fixture
def priced(project: Project) -> Project:
    """20 cases x 3, each call 0.01 USD."""
    project.write("test_bot.py", BOT)
    project.write("llm-telemetry.toml", PRICES)
    return project


def test_calls_stop_at_the_budget(priced: Project) -> None:
    """The run ends with 3, keeps what it has, and can be judged again with the same end."""
    result, report = priced.report("--llm-budget-usd", "0.10")
    assert result.ret == 3
    result.assert_outcomes(passed=10, skipped=50)
    result.stdout.fnmatch_lines(["*BUDGET EXCEEDED*", "*of $0.1 spent in 10 calls*"])
    ends = [e for e in priced.events() if e["event"] == "query_success"]
    assert len(ends) == 10
    assert report["status"] == "budget"
    gated = priced.command("gate", "latest")
    assert gated.ret == 3
    accepted = priced.command("baseline", "accept", "latest", "--why", "x")
    assert accepted.ret == 4


def test_workers_share_the_budget(priced: Project) -> None:
    """Four workers overshoot by one call each at most."""
    result = priced.run("-n", "4", "--llm-budget-usd", "0.105")
    assert result.ret == 3
    ends = [e for e in priced.events() if e["event"] == "query_success"]
    assert 7 <= len(ends) <= 14


def test_a_budget_with_room_changes_nothing(priced: Project) -> None:
    """A run within its budget is a run like any other."""
    result, report = priced.report("--llm-budget-usd", "0.61")
    assert (result.ret, report["status"]) == (0, "pass")
    result.assert_outcomes(passed=60)


def test_a_cost_that_nobody_knows_stops_the_run(priced: Project) -> None:
    """Without a price the budget cannot be kept: nothing is spent blindly."""
    priced.write("llm-telemetry.toml", "schema_version = 1\n")
    result = priced.run("--llm-budget-usd", "5")
    assert result.ret == 3
    result.stdout.fnmatch_lines(["*the cost of a call of m is unknown*"])
    assert sum(e["event"] == "query_success" for e in priced.events()) == 1


def test_a_breach_goes_before_the_budget(priced: Project) -> None:
    """What the run proves before it was stopped stands."""
    priced.write("llm-telemetry.toml", PRICES + "[limits.pass_rate]\nmin = 0.9\n")
    priced.write("test_bot.py", BOT.replace('"yes"}', '"no"}'))
    assert priced.run("--llm-budget-usd", "0.10").ret == 1


def test_calls_in_calls_are_reserved_once(priced: Project) -> None:
    """A handler that makes several calls is stopped between them, in the middle of a test."""
    priced.write(
        "test_bot.py",
        BOT.replace(
            "llm_telemetry.wrap(ask)(golden_case.input)",
            "llm_telemetry.wrap(lambda q: [llm_telemetry.wrap(ask)(q) for _ in 'ab'][-1])("
            "golden_case.input)",
        ),
    )
    result = priced.run("--llm-budget-usd", "0.03")
    assert result.ret == 3
    result.assert_outcomes(passed=1, skipped=59)
    leaves = [e for e in priced.events() if e["event"] == "query_success" and "parent_id" in e]
    assert len(leaves) == 3


def test_errors_are_settled_by_what_they_may_have_cost(priced: Project) -> None:
    """A refusal costs nothing; what broke without a status counts as a call."""
    failing = BOT.replace(
        "    usage =",
        "    if question.endswith('5'): raise Refused()\n"
        "    if question.endswith('7'): raise OSError()\n    usage =",
    )
    priced.write("test_bot.py", "class Refused(Exception):\n    status_code = 429\n" + failing)
    assert priced.run("--llm-budget-usd", "9").ret == 0
    (ledger,) = priced.root.glob(".llm-telemetry/runs/*/budget.json")
    state = json.loads(ledger.read_text(encoding="utf-8"))
    assert (state["calls"], round(state["settled_usd"], 6)) == (60, 0.54)
    assert state["reserved_usd"] == pytest.approx(0.0)


@pytest.mark.parametrize("amount", ["0", "-1", "much", "nan", "inf"])
def test_a_budget_that_is_no_amount_is_refused(priced: Project, amount: str) -> None:
    """Before anything ran."""
    result = priced.run("--llm-budget-usd", amount)
    assert result.ret == 4
    result.stderr.fnmatch_lines(["*--llm-budget-usd is*"])
