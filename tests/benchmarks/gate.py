"""How often the gate cries wolf, and how often it hears one: `python -m tests.benchmarks.gate`.

Prints the tables of docs/gate-accuracy.md; `--write` puts them there, `--draws` sets the number of
no-change runs of the two small sizes. Two processes; about 25 minutes at the default.
"""

from __future__ import annotations

import argparse
import json
import math
import random
import resource
import subprocess
import sys
import tempfile
import time
from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from multiprocessing import get_context
from pathlib import Path

from pytest_llm_telemetry.core.baseline import Baseline
from pytest_llm_telemetry.core.gate import judge, stop_early
from pytest_llm_telemetry.core.samples import Attempt, CaseSamples
from pytest_llm_telemetry.storage.baselines import render
from tests.benchmarks.gate_rivals import RIVALS
from tests.benchmarks.gate_world import (
    World,
    natures,
    replay,
    run,
    standard,
    summary,
)

WORLD = World()
_DOCS = Path(__file__).parents[2] / "docs" / "gate-accuracy.md"
_GSM8K = Path(__file__).parents[3] / "shared" / "data" / "gsm8k" / "model_solutions.jsonl"


@dataclass(frozen=True)
class Scene:
    """A comparison to draw many times."""

    name: str
    now: World
    cases: int
    repeats: int
    draws: int
    before: World = WORLD
    controls: int = 0
    rivals: bool = False
    metric: str = ""
    wanted: float = 0.0


def draw(scene: Scene, seed: int) -> Counter[str]:
    """One baseline, one run, one verdict: what failed, what was conclusive, what rivals said."""
    rng = random.Random(seed)
    golden = natures(scene.before, scene.cases, rng)
    before = run(scene.before, golden, scene.repeats, rng)
    day = rng.gauss(0.0, scene.before.drift)
    now = run(scene.now, golden, scene.repeats, rng, day)
    controls = (
        replay(scene.now, golden, scene.repeats, rng, size=scene.controls, drift=day)
        if scene.controls
        else None
    )
    baseline = _accepted(before, scene.repeats)
    verdict = judge(summary(now, scene.repeats), baseline, standard(), controls=controls)
    seen: Counter[str] = Counter([f"status {verdict.status}"])
    seen.update(f"fail {check.metric}" for check in verdict.breaches)
    open_checks = [c for c in verdict.checks if c.binding and c.status == "inconclusive"]
    seen.update(f"open {check.metric}" for check in open_checks)
    seen["conclusive"] += not open_checks
    if scene.rivals and seed % 3 == 0:
        seen["compared"] += 1
        seen.update(name for name, rule in RIVALS.items() if rule(before, now))
    return seen


def _accepted(cases: list[CaseSamples], repeats: int) -> Baseline:
    return Baseline(
        suite="sim", cases={case.case_id: case for case in cases}, accepted=(), repeats=repeats
    )


def _part(job: tuple[Scene, int, int]) -> Counter[str]:
    scene, start, end = job
    seen: Counter[str] = Counter()
    for seed in range(start, end):
        seen += draw(scene, seed)
    return seen


def count(scene: Scene, pool: ProcessPoolExecutor, seed: int = 0) -> Counter[str]:
    """All draws of a scene."""
    size = max(1, scene.draws // 8)
    jobs = [
        (scene, seed + start, seed + min(start + size, scene.draws))
        for start in range(0, scene.draws, size)
    ]
    total: Counter[str] = Counter()
    for part in pool.map(_part, jobs):
        total += part
    return total


def share(hits: int, of: int) -> str:
    """A fraction with its standard error."""
    p = hits / of
    return f"{p:.3f} ± {math.sqrt(max(p * (1 - p), 1 / of) / of):.3f}"


def no_change(pool: ProcessPoolExecutor, draws: int) -> list[str]:
    """Row 1: six metrics at once and nothing changed."""
    sizes = [
        Scene("100x1", WORLD, 100, 1, draws, controls=50, rivals=True),
        Scene("100x3", WORLD, 100, 3, draws, controls=50, rivals=True),
        Scene("300x3", WORLD, 300, 3, max(1, draws // 2), controls=50, rivals=True),
        Scene("1000x3", WORLD, 1000, 3, max(1, draws // 6), controls=50, rivals=True),
    ]
    found = [(scene, count(scene, pool)) for scene in sizes]
    lines = [
        "## 1. Nothing changed",
        "",
        "| cases x repeats | draws | FAIL | PASS | every binding check conclusive | failed by |",
        "|---|---|---|---|---|---|",
    ]
    for scene, seen in found:
        by = ", ".join(
            f"{name[5:]} {number}" for name, number in sorted(seen.items()) if name[:4] == "fail"
        )
        lines.append(
            f"| {scene.name} | {scene.draws} | {share(seen['status fail'], scene.draws)} | "
            f"{share(seen['status pass'], scene.draws)} | "
            f"{share(seen['conclusive'], scene.draws)} | {by} |"
        )
    drawn = sum(scene.draws for scene, _ in found)
    failed = sum(seen["status fail"] for _, seen in found)
    lines += [f"| all | {drawn} | {share(failed, drawn)} | | | |", ""]
    lines += [
        "A third of the same draws under the usual rules (share of no-change runs that they fail):",
        "",
        "| rule | " + " | ".join(scene.name for scene, _ in found) + " |",
        "|---|" + "---|" * len(found),
    ]
    for name in RIVALS:
        cells = (share(seen[name], seen["compared"]) for _, seen in found)
        lines.append(f"| {name} | " + " | ".join(cells) + " |")
    return [*lines, ""]


def power(pool: ProcessPoolExecutor, draws: int) -> list[str]:
    """Row 2: real regressions."""
    w, few = WORLD, 100
    scenes = [
        Scene("cost +5 %", replace(w, dearer=1.05), few, 3, draws, metric="cost_per_query_usd", wanted=0.99),
        Scene("score -.05", replace(w, score_shift=-0.05), few, 3, draws, metric="score", wanted=0.99),
        Scene("pass 95 -> 85 %", replace(w, pass_rate_now=0.85), few, 3, draws, metric="pass_rate", wanted=0.98),
        Scene("10 % of calls x3", replace(w, extra_slow_share=0.1), few, 3, draws, metric="slow_call_rate", wanted=0.83),
        Scene("errors 2 -> 10 %", replace(w, error_rate=0.1), few, 3, draws, replace(w, error_rate=0.02), metric="error_rate", wanted=0.88),
        Scene("latency +20 %, 50 controls", replace(w, slower=1.2), few, 3, draws, controls=50, metric="avg_latency_ms", wanted=0.85),
        Scene("pass -4 pp", replace(w, pass_rate_now=0.91), 300, 3, draws, metric="pass_rate", wanted=0.88),
        Scene("errors 1 -> 3 %", replace(w, error_rate=0.03), 300, 3, draws, metric="error_rate", wanted=0.70),
        Scene("5 % of calls x3", replace(w, extra_slow_share=0.05), 300, 3, draws, metric="slow_call_rate", wanted=0.60),
    ]  # fmt: skip
    lines = [
        "## 2. Something changed",
        "",
        (
            "| regression | cases x repeats | draws | found by its own check | wanted | any FAIL | "
            "usual rules |"
        ),
        "|---|---|---|---|---|---|---|",
    ]
    for scene in scenes:
        seen = count(replace(scene, rivals=True), pool, 500_000)
        usual = ", ".join(
            f"{name} {seen[name] / max(1, seen['compared']):.2f}"
            for name in _RELEVANT[scene.metric]
        )
        lines.append(
            f"| {scene.name} | {scene.cases}x{scene.repeats} | {scene.draws} | "
            f"{share(seen['fail ' + scene.metric], scene.draws)} | {scene.wanted:.2f} | "
            f"{share(seen['status fail'], scene.draws)} | {usual} |"
        )
    return [*lines, ""]


_LATENCY_RULES = (
    "pytest-benchmark mean:10% (latency)",
    "asv 10 % + Mann-Whitney .002 (latency)",
    "Mann-Whitney .05 (latency)",
    "paired t .05 (latency)",
)
_RELEVANT = {
    "cost_per_query_usd": ("fixed limits on six metrics",),
    "score": ("paired t .05 (score)",),
    "pass_rate": ("Fisher .05 (passes)", "McNemar .05 (first attempt)"),
    "slow_call_rate": _LATENCY_RULES,
    "avg_latency_ms": _LATENCY_RULES,
    "error_rate": ("Fisher .05 (errors)",),
}


def one_stopped(job: tuple[World, int, int, int]) -> tuple[int, bool, bool]:
    """Repeats used with early stopping, and whether it and all five repeats failed the run."""
    now, cases, repeats, seed = job
    rng = random.Random(seed)
    golden = natures(WORLD, cases, rng)
    before = run(WORLD, golden, repeats, rng)
    whole = run(now, golden, repeats, rng)
    baseline, rules = _accepted(before, repeats), standard()
    used = repeats
    for repeat in range(1, repeats + 1):
        so_far = summary(first_repeats(whole, repeat), repeat)
        if stop_early(so_far, baseline, rules, repeat=repeat, repeats=repeats) != "go on":
            used = repeat
            break
    failed = [
        judge(summary(first_repeats(whole, size), size), baseline, rules).status == "fail"
        for size in (used, repeats)
    ]
    return used, failed[0], failed[1]


def first_repeats(cases: list[CaseSamples], repeats: int) -> list[CaseSamples]:
    """The run as it was after so many repeats."""
    return [
        replace(
            case,
            calls=tuple(call for call in case.calls if call.attempt <= repeats),
            attempts=tuple(attempt for attempt in case.attempts if attempt.number <= repeats),
        )
        for case in cases
    ]


def stopping(pool: ProcessPoolExecutor, draws: int) -> list[str]:
    """Row 3: repeats that stop early."""
    worlds = {
        "nothing": WORLD,
        "pass 95 -> 85 %": replace(WORLD, pass_rate_now=0.85),
        "pass 95 -> 90 %": replace(WORLD, pass_rate_now=0.90),
        "score -.05": replace(WORLD, score_shift=-0.05),
        "score -.03": replace(WORLD, score_shift=-0.03),
    }
    lines = [
        "## 3. Repeats that stop early (100 cases, up to 5 repeats)",
        "",
        "| change | draws | repeats used | FAIL with stopping | FAIL with all five |",
        "|---|---|---|---|---|",
    ]
    for name, world in worlds.items():
        jobs = [(world, 100, 5, 900_000 + seed) for seed in range(draws)]
        found = list(pool.map(one_stopped, jobs, chunksize=20))
        used = sum(one[0] for one in found) / draws
        lines.append(
            f"| {name} | {draws} | {used:.2f} | {share(sum(one[1] for one in found), draws)} | "
            f"{share(sum(one[2] for one in found), draws)} |"
        )
    return [*lines, ""]


def gsm8k(draws: int) -> list[str]:
    """Real answers: nothing changed by resampling, and one system against another."""
    if not _GSM8K.exists():
        return ["## 4. GSM8K", "", "Skipped: ../shared/data/gsm8k is absent.", ""]
    rows = [json.loads(line)["systems"] for line in _GSM8K.read_text().splitlines()]
    systems = sorted(rows[0])
    rng = random.Random(1)
    rules = standard()
    lines = [
        "## 4. GSM8K: real answers of four systems to 600 questions, one repeat",
        "",
        "Nothing changed: each run answers each question with the recorded answer of a system drawn",
        "at random. A/B: one system accepted, another run, on a random part of the questions.",
        "",
        "| comparison | questions | draws | FAIL | -2 pp | Fisher .05 | McNemar .05 |",
        "|---|---|---|---|---|---|---|",
    ]

    def row(name: str, size: int, old: str, new: str, times: int) -> str:
        seen: Counter[str] = Counter()
        for _ in range(times):
            picked = rng.sample(rows, size)
            sides = [
                [
                    _answer(place, correct=answers[system or rng.choice(systems)]["is_correct"])
                    for place, answers in enumerate(picked)
                ]
                for system in (old, new)
            ]
            verdict = judge(summary(sides[1], 1), _accepted(sides[0], 1), rules)
            seen["ours"] += verdict.status == "fail"
            for rival in ("pass rate -2 pp", "Fisher .05 (passes)", "McNemar .05 (first attempt)"):
                seen[rival] += RIVALS[rival](sides[0], sides[1])
        cells = " | ".join(
            share(seen[key], times)
            for key in (
                "ours",
                "pass rate -2 pp",
                "Fisher .05 (passes)",
                "McNemar .05 (first attempt)",
            )
        )
        return f"| {name} | {size} | {times} | {cells} |"

    lines.extend(row("nothing changed", size, "", "", draws) for size in (100, 300, 600))
    for old, new in (
        ("175b_verification", "6b_verification"),
        ("175b_verification", "175b_finetuning"),
        ("6b_verification", "175b_finetuning"),
    ):
        rate_0, rate_1 = (sum(r[s]["is_correct"] for r in rows) / len(rows) for s in (old, new))
        name = f"{old} {rate_0:.3f} -> {new} {rate_1:.3f}"
        lines.extend(row(name, size, old, new, max(1, draws // 4)) for size in (100, 300))
    return [*lines, ""]


def _answer(place: int, *, correct: bool) -> CaseSamples:
    return CaseSamples(
        case_id=f"q{place}", attempts=(Attempt(number=1, passed=correct, score=float(correct)),)
    )


def speed() -> list[str]:
    """Row 5: what a decision costs, against a bare loop of the same machine in the same minute."""
    with ProcessPoolExecutor(1, get_context("spawn")) as fresh:
        best, loop, megabytes = fresh.submit(_cost_of_a_decision).result()
    rng = random.Random(1)
    accepted = _accepted(run(WORLD, natures(WORLD, 1000, rng), 5, rng), 5)
    kilobytes = len(render(accepted).encode()) / 1000
    return [
        "## 5. Speed and size",
        "",
        "| what | figure | wanted |",
        "|---|---|---|",
        f"| 10,000 cases x 5 judged, s of CPU | {best:.2f} | 1 |",
        f"| the same, against an empty loop of 10 M rounds ({loop:.2f} s) | {best / loop:.1f} x | |",
        f"| memory of a process with both sides of it, MB | {megabytes:.0f} | 300 |",
        f"| a baseline of 1,000 cases x 5 as a file, kB | {kilobytes:.0f} | 300 |",
        "",
    ]


def _cost_of_a_decision() -> tuple[float, float, float]:
    """The best of five decisions and of five loops, in s; the peak memory of this process, in MB."""
    rng = random.Random(1)
    golden = natures(WORLD, 10_000, rng)
    baseline = _accepted(run(WORLD, golden, 5, rng), 5)
    now = summary(run(WORLD, golden, 5, rng), 5)
    best = loop = math.inf
    for _ in range(5):
        start = time.process_time()
        judge(now, baseline, standard())
        best = min(best, time.process_time() - start)
        start = time.process_time()
        for _ in range(10_000_000):
            pass
        loop = min(loop, time.process_time() - start)
    return best, loop, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


_SPENDER = """
import pytest

def ask(question):
    usage = {"prompt_tokens": 1000, "completion_tokens": 0}
    return {"model": "m", "choices": [{"message": {"content": "yes"}}], "usage": usage}

@pytest.mark.golden_set("golden/bot.jsonl", repeats=5)
def test_bot(golden_case, llm_telemetry):
    llm_telemetry.wrap(ask)(golden_case.input)
"""


def budget() -> list[str]:
    """Row 6: what four workers spend beyond a budget, and whether the run can be judged after."""
    lines = [
        "## 6. A budget under `-n 4`: 200 cases x 5, a call costs 0.01 USD",
        "",
        "| budget, USD | spent | calls beyond it | exit status | judged again |",
        "|---|---|---|---|---|",
    ]
    for usd in (0.50, 1.005, 3.0):
        with tempfile.TemporaryDirectory() as name:
            lines.append(_spend(Path(name), usd))
    return [*lines, ""]


def _spend(project: Path, usd: float) -> str:
    (project / "golden").mkdir()
    cases = [json.dumps({"id": f"case-{n}", "input": f"question {n}"}) for n in range(200)]
    (project / "golden" / "bot.jsonl").write_text("\n".join(cases) + "\n")
    (project / "test_bot.py").write_text(_SPENDER)
    prices = 'schema_version = 1\n[prices."m"]\ninput = 10.0\noutput = 1.0\n'
    (project / "llm-telemetry.toml").write_text(prices)
    plugins = ["-p", "xdist", "-n", "4", "--llm-telemetry", "--llm-budget-usd", str(usd)]
    ran = _python(project, "pytest", "-q", *plugins)
    again = _python(project, "pytest_llm_telemetry", "gate", "latest")
    (events,) = project.glob(".llm-telemetry/runs/*/events.jsonl")
    ends = [json.loads(line) for line in events.read_text().splitlines()]
    calls = sum(event["event"] == "query_success" for event in ends)
    beyond = max(0, calls - math.floor(usd / 0.01 + 1e-9))
    return f"| {usd} | {calls * 0.01:.2f} | {beyond} | {ran} | exit status {again} |"


def _python(project: Path, *command: str) -> int:
    ran = subprocess.run(
        [sys.executable, "-m", *command], cwd=project, capture_output=True, check=False
    )
    return ran.returncode


def main() -> None:
    """Print all tables, and write them where asked."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--draws", type=int, default=3000)
    parser.add_argument("--only", default="123456")
    parser.add_argument("--write", action="store_true")
    options = parser.parse_args()
    lines: list[str] = []
    with ProcessPoolExecutor(2) as pool:
        parts = {
            "1": lambda: no_change(pool, options.draws),
            "2": lambda: power(pool, max(1, options.draws // 5)),
            "3": lambda: stopping(pool, max(1, options.draws // 5)),
            "4": lambda: gsm8k(max(1, options.draws // 3)),
            "5": speed,
            "6": budget,
        }
        for key in options.only:
            part = parts[key]()
            print("\n".join(part), flush=True)
            lines += part
    if options.write:
        _write(lines)


def _write(lines: list[str]) -> None:
    """Put the tables just made in the place of those of the same heading."""
    head, _, tables = _DOCS.read_text().partition("<!-- tables -->")
    kept = {part.partition("\n")[0]: part for part in tables.split("\n## ")[1:]}
    made = {part.partition("\n")[0]: part for part in "\n".join(["", *lines]).split("\n## ")[1:]}
    parts = sorted(part.strip() for part in (kept | made).values())
    _DOCS.write_text(head + "<!-- tables -->\n\n## " + "\n\n## ".join(parts) + "\n")


if __name__ == "__main__":
    main()
