"""What the plugin costs a pytest run, beside plain pytest over the same file.

`python -m tests.benchmarks.pytest_overhead [--rounds 7] [--cases 1000] [--many 20000]`

Each figure is the processor time (user + system) of a whole pytest process; the two sides take
turns, and the ratio is of their medians. No other plugin is loaded on either side. The peers'
loops do the same work: read the golden file, call the handler once a case, compare the answer.
"""

import argparse
import importlib.util
import json
import os
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable

TRIVIAL = """
import pytest

@pytest.mark.parametrize("number", range({count}))
def test_one(number):
    assert number >= 0
"""
HANDLER = """
def answer(query):
    return query.upper()
"""
PLAIN = """
import json
from pathlib import Path
import pytest
from app import answer

CASES = [json.loads(line) for line in Path("golden.jsonl").read_text().splitlines()]

@pytest.fixture
def case(request):
    return request.param

@pytest.mark.parametrize("case", CASES, ids=[case["id"] for case in CASES], indirect=True)
def test_bot(case):
    assert case["contains"] in answer(case["input"])
"""
OURS = """
import pytest
from app import answer

@pytest.mark.golden_set("golden.jsonl")
def test_bot(golden_case, llm_telemetry):
    golden_case.check(llm_telemetry.wrap(answer)(golden_case.input))
"""
PYTEST_EVALS = PLAIN.replace(
    "@pytest.mark.parametrize", '@pytest.mark.eval(name="bot")\n@pytest.mark.parametrize'
).replace("def test_bot(case):", "def test_bot(case, eval_bag):\n    eval_bag.case = case['id']")
PLUGIN = ("-p", "pytest_llm_telemetry.plugin")


class Cost(NamedTuple):
    """Processor time of one process (seconds) and the most memory it held (MB)."""

    seconds: float
    megabytes: float


class Side(NamedTuple):
    """One way to run pytest: the test file's text and the arguments."""

    name: str
    test: str
    arguments: tuple[str, ...] = ()


def spent(folder: Path, side: Side) -> Cost:
    """Run pytest once in a fresh process; a run that does not pass ends the benchmark."""
    (folder / "test_it.py").write_text(side.test)
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *side.arguments]
    path = os.pathsep.join((str(Path(__file__).parents[2]), os.environ.get("PYTHONPATH", "")))
    environment = os.environ | {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1", "PYTHONPATH": path}
    environment.pop("PYTHONDONTWRITEBYTECODE", None)  # users' modules are compiled once
    with (folder / "said.txt").open("w") as said:
        process = subprocess.Popen(command, cwd=folder, env=environment, stdout=said, stderr=said)
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(f"{side.name}: exit {status}\n{(folder / 'said.txt').read_text()[-2000:]}")
    return Cost(usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024)


def compared(folder: Path, sides: list[Side], rounds: int) -> dict[str, Cost]:
    """The medians of each side, whose rounds take turns; one round before them warms the caches."""
    costs: dict[str, list[Cost]] = {side.name: [] for side in sides}
    for turn in range(rounds + 1):
        for side in sides if turn % 2 else reversed(sides):
            cost = spent(folder, side)
            if turn:
                costs[side.name].append(cost)
    return {
        name: Cost(*(statistics.median(column) for column in zip(*all_of, strict=True)))
        for name, all_of in costs.items()
    }


def project(count: int) -> Path:
    """A folder with a handler, a golden file of `count` cases, and nothing else."""
    folder = Path(tempfile.mkdtemp(prefix="overhead-"))
    (folder / "pytest.ini").write_text("[pytest]\n")
    (folder / "app.py").write_text(HANDLER)
    with (folder / "golden.jsonl").open("w") as golden:
        for number in range(count):
            case = {"id": f"case-{number:05}", "input": f"say {number}", "contains": f"{number}"}
            golden.write(json.dumps(case) + "\n")
    return folder


def table(title: str, costs: dict[str, Cost]) -> None:
    """Print one table; the first side is the floor of the ratios."""
    floor = next(iter(costs.values())).seconds
    print(f"\n{title}\n\n| | CPU s | x plain | most memory MB |\n|---|---|---|---|")
    for name, cost in costs.items():
        ratio = cost.seconds / floor
        print(f"| {name} | {cost.seconds:.2f} | {ratio:.2f} | {cost.megabytes:.0f} |")


def extra_modules() -> int:
    """How many modules the idle plugin loads that pytest does not."""
    count = "import sys, pytest; b = set(sys.modules); import pytest_llm_telemetry.plugin; "
    said = subprocess.run(
        [sys.executable, "-c", count + "print(len(set(sys.modules) - b))"],
        check=True,
        capture_output=True,
        text=True,
    )
    return int(said.stdout)


def running(rounds: int, cases: int) -> None:
    """Golden cases recorded and judged, beside the same loop by hand and the rivals installed."""
    sides = [
        Side("plain pytest, one fixture", PLAIN),
        Side("ours: recorded and judged", OURS, (*PLUGIN, "--llm-telemetry")),
    ]
    if importlib.util.find_spec("pytest_evals"):
        evals = (
            "-p",
            "xdist.plugin",
            "-p",
            "pytest_harvest.plugin",
            "-p",
            "pytest_evals.plugin",
            "--run-eval",
        )
        sides.append(Side("pytest-evals, run only", PYTEST_EVALS, evals))
    table(f"{cases:,} trivial golden cases", compared(project(cases), sides, rounds))


def idle(rounds: int, cases: int) -> None:
    """Installed and not asked for, beside not installed."""
    test = TRIVIAL.format(count=cases)
    sides = [Side("plain pytest", test), Side("ours, idle", test, PLUGIN)]
    table(f"Idle, {cases:,} trivial tests", compared(project(1), sides, rounds))
    print(f"\nModules loaded when idle that pytest had not: {extra_modules()}")


def collecting(rounds: int, cases: int) -> None:
    """Collection of a long golden file."""
    sides = [
        Side("plain pytest, one fixture", PLAIN, ("--collect-only", "-qq")),
        Side("ours", OURS, (*PLUGIN, "--llm-telemetry", "--collect-only", "-qq")),
    ]
    table(f"Collection of {cases:,} cases", compared(project(cases), sides, rounds))


def memory(_: int, cases: int) -> None:
    """Many cases in one run: what matters is the memory."""
    sides = [
        Side("plain pytest, one fixture", PLAIN),
        Side("ours: recorded and judged", OURS, (*PLUGIN, "--llm-telemetry")),
    ]
    folder = project(cases)
    table(f"{cases:,} cases in one run", {side.name: spent(folder, side) for side in sides})


def main() -> None:
    """Print all tables, or those asked for by name."""
    parts: dict[str, tuple[Callable[[int, int], None], bool]] = {
        "idle": (idle, False),
        "running": (running, False),
        "collecting": (collecting, True),
        "memory": (memory, True),
    }
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--cases", type=int, default=1000)
    parser.add_argument("--many", type=int, default=20_000)
    parser.add_argument("--only", choices=parts)
    asked = parser.parse_args()
    for name, (part, long) in parts.items():
        if asked.only in (None, name):
            part(
                min(asked.rounds, 3) if long else asked.rounds, asked.many if long else asked.cases
            )


if __name__ == "__main__":
    main()
