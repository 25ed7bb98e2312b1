"""A small project with a golden set, whose bot can be made worse between two runs."""

import json
import sys
from collections.abc import Iterator
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any

import pytest

from pytest_llm_telemetry.storage import schemas

CASES = 20
# They take longer to load than we to run, and some of them change how.
OTHERS = sorted(
    {each.name for each in entry_points(group="pytest11")}
    - {"llm_telemetry", "xdist", "xdist.looponfail"}
)


def lean(*beside: str) -> list[str]:
    """The options that switch off every other plugin, but for these."""
    return [part for name in OTHERS if name not in beside for part in ("-p", f"no:{name}")]


TEST = """
from pathlib import Path
import pytest

WORSE = {{f"question {{n}}" for n in range({worse})}}

def answer(question: str) -> str:
    return "no" if question in WORSE else "yes"

@pytest.mark.golden_set("golden/bot.jsonl", repeats={repeats})
def test_bot(golden_case, llm_telemetry):
    golden_case.check(llm_telemetry.wrap(answer)(golden_case.input))
"""


class Project:
    """A project folder and the ways to run pytest in it."""

    def __init__(self, pytester: pytest.Pytester) -> None:
        self.pytester = pytester
        self.root: Path = pytester.path
        self.golden(
            [
                {"id": f"case-{n:02}", "input": f"question {n}", "contains": "yes"}
                for n in range(CASES)
            ]
        )
        self.bot()

    def golden(self, cases: list[dict[str, Any]], name: str = "bot") -> None:
        """Write a golden set of these cases."""
        path = self.root / "golden" / f"{name}.jsonl"
        path.parent.mkdir(exist_ok=True)
        path.write_text("".join(json.dumps(case) + "\n" for case in cases), encoding="utf-8")

    def bot(self, *, worse: int = 0, repeats: int = 3) -> None:
        """Write the test of a bot that answers the first `worse` cases wrongly."""
        self.write("test_bot.py", TEST.format(worse=worse, repeats=repeats))

    def write(self, name: str, text: str) -> Path:
        """Write a file of the project."""
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        return path

    def run(self, *arguments: str, beside: tuple[str, ...] = ()) -> pytest.RunResult:
        """Run `pytest --llm-telemetry` in a process of its own, with these plugins beside ours."""
        return self.pytester.runpytest_subprocess("--llm-telemetry", *lean(*beside), *arguments)

    def command(self, *arguments: str) -> pytest.RunResult:
        """Run `llm-telemetry` in a process of its own."""
        return self.pytester.run(sys.executable, "-m", "pytest_llm_telemetry", *arguments)

    def accept(self) -> None:
        """Run once and accept what comes of it."""
        assert self.run("-q", "--llm-update-baseline").ret == 0

    def report(
        self, *arguments: str, beside: tuple[str, ...] = ()
    ) -> tuple[pytest.RunResult, dict[str, Any]]:
        """Run, and read the JSON report."""
        result = self.run("--llm-report", "json=report.json", *arguments, beside=beside)
        report = json.loads((self.root / "report.json").read_text(encoding="utf-8"))
        assert isinstance(report, dict)
        return result, report

    def events(self) -> list[dict[str, Any]]:
        """All events of all runs, in the order of the runs."""
        logs = sorted(
            self.root.glob(".llm-telemetry/runs/*/events.jsonl"),
            key=lambda log: log.stat().st_mtime_ns,  # names tell seconds apart, no less
        )
        return [json.loads(line) for log in logs for line in log.read_text("utf-8").splitlines()]


@pytest.fixture
def project(pytester: pytest.Pytester) -> Iterator[Project]:
    """A project of 20 cases x 3 whose bot answers all of them right.

    Whatever a test does with it, every event that it leaves behind fits the published schema.
    """
    found = Project(pytester)
    yield found
    for event in found.events():
        schemas.validate(event, "event")
