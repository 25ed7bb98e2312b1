"""600 real questions, answered by real systems, through the whole path.

The data (openai/grade-school-math, MIT) lies beside the checkout and is not part of it.
"""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.plugin.conftest import Project

DATA = Path(__file__).parents[3] / "shared" / "data" / "gsm8k" / "model_solutions.jsonl"
pytestmark = pytest.mark.skipif(not DATA.is_file(), reason=f"real input absent: {DATA}")

TEST = """
import json
from pathlib import Path
import pytest

ANSWERS = {{
    row["question"]: row["systems"][{system!r}]["solution"]
    for row in map(json.loads, Path({data!r}).read_text("utf-8").splitlines())
}}

@pytest.mark.golden_set("golden/gsm8k.jsonl")
def test_maths(golden_case, llm_telemetry):
    golden_case.check(llm_telemetry.wrap(ANSWERS.__getitem__)(golden_case.input))
"""


def _rows() -> list[dict[str, Any]]:
    return [json.loads(line) for line in DATA.read_text("utf-8").splitlines()]


def _judge(project: Project, system: str, *arguments: str) -> tuple[pytest.RunResult, Any]:
    project.write("test_bot.py", TEST.format(system=system, data=str(DATA)))
    result, report = project.report("-q", *arguments)
    return result, report["suites"][0]


@pytest.fixture
def gsm8k(project: Project) -> Project:
    """A project whose golden set is the 600 questions, with the right number as the demand."""
    project.golden(
        [
            {
                "id": row["id"],
                "input": row["question"],
                "numeric": float(row["answer"].replace(",", "")),
            }
            for row in _rows()
        ],
        name="gsm8k",
    )
    return project


def test_a_real_regression_fails_and_the_same_answers_pass(gsm8k: Project) -> None:
    """Verification accepted: the same answers pass; fine-tuning fails on the pass rate by name."""
    result, suite = _judge(gsm8k, "175b_verification", "--llm-update-baseline")
    assert result.ret == 0
    assert suite["metrics"]["pass_rate"] == 333 / 600

    result, suite = _judge(gsm8k, "175b_verification")
    assert (result.ret, suite["status"]) == (0, "pass")

    result, suite = _judge(gsm8k, "175b_finetuning")
    assert (result.ret, suite["status"]) == (1, "fail")
    assert suite["metrics"]["pass_rate"] == 205 / 600
    (check,) = [
        check
        for check in suite["checks"]
        if check["metric"] == "pass_rate" and check["kind"] == "relative"
    ]
    assert check["status"] == "fail"
    worse = {
        row["id"]
        for row in _rows()
        if row["systems"]["175b_verification"]["is_correct"]
        and not row["systems"]["175b_finetuning"]["is_correct"]
    }
    assert {case["case_id"] for case in check["cases"]} == worse
    assert check["cases_worse"] == len(worse)
