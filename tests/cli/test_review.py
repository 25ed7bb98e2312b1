"""`llm-telemetry review`: the checklist of a day, a week or a month, over logs of the real logger."""

import json
import re
import time
from collections.abc import Callable
from datetime import timedelta
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from markdown_it import MarkdownIt

from pytest_llm_telemetry.cli import main
from pytest_llm_telemetry.storage import schemas
from tests.production_world import END, Fault, Moment, World, no_fault

UNTIL = ["--until", "2026-11-23T06:30Z"]
HOSTILE = (
    "\x1b[2J\x1b]0;owned\x07 <script>alert(1)</script> | `x` @everyone [a](javascript:alert(1))\r\n"
    "# forged \u202e <img src=x onerror=alert(1)> ![p](http://evil.example/p.png)"
)
Look = Callable[..., tuple[int, str]]


def bad(since: timedelta, until: timedelta = timedelta(0), **told: float) -> Fault:
    """What happens from one time before the end to another."""
    return lambda at: Moment(**told) if END - since <= at < END - until else Moment()


@pytest.fixture
def look(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> Look:
    """Run a review of the project in `tmp_path`: its exit status, and what it printed."""
    monkeypatch.setenv("COLUMNS", "100")

    def _look(period: str, *options: str) -> tuple[int, str]:
        status = main(["review", period, "--root", str(tmp_path), *UNTIL, *options])
        return status, capsys.readouterr().out

    return _look


def live(root: Path, fault: Fault = no_fault, **world: Any) -> None:
    """Let a service log into the project."""
    days, calls = world.pop("days", 36), world.pop("calls", 4)
    World(root / "logs" / "llm.jsonl", **world).live(days, calls=calls, fault=fault)


@pytest.mark.parametrize("period", ["daily", "weekly"])
def test_a_steady_service_has_no_finding(tmp_path: Path, look: Look, period: str) -> None:
    """Slow days, bursts of errors and quiet weekends are no change: exit 0, in one sentence."""
    live(tmp_path)
    status, told = look(period)
    assert status == 0
    assert told.splitlines()[0].endswith("nothing got worse")
    assert "no figure left its usual course" in told
    assert "alerts\nnobody looked: run `llm-telemetry alert`" in told
    assert "no stored run in this time" in told


def test_a_bad_week_is_found_dated_and_told_in_every_form(tmp_path: Path, look: Look) -> None:
    """Slower and longer answers since Monday: exit 1, the same facts in terminal, JSON and files."""
    live(tmp_path, bad(timedelta(days=7), slower=1.6, longer=1.4))
    markdown, page = tmp_path / "out" / "review.md", tmp_path / "review.html"
    status, told = look("weekly", "--markdown", str(markdown), "--html", str(page))
    assert status == 1
    assert re.match(r"weekly review, 2026-11-16 \.\. 2026-11-22: latency avg \d+ ms -> ", told)
    assert "since 2026-11-16 00:00 UTC" in told
    assert f"written: {markdown}" in told
    assert "| latency avg |" in markdown.read_text(encoding="utf-8")
    assert "since 2026-11-16 00:00 UTC" in page.read_text(encoding="utf-8")
    status, told = look("weekly", "--json")
    found = json.loads(told)
    schemas.validate(found, "review")
    assert (status, found["status"], found["exit_status"]) == (1, "fail", 1)
    worse = {check["metric"] for check in found["checks"] if check["status"] == "fail"}
    assert worse == {"avg_latency_ms", "p95_latency_ms", "cost_per_query_usd"}
    assert found["window"] == {"since": "2026-11-16T00:00:00Z", "until": "2026-11-23T00:00:00Z"}
    assert {spend["dimension"] for spend in found["spends"]} == {"model", "feature", "user"}
    assert len(found["cost_by_hour_usd"]) == 24


def test_a_bad_afternoon_is_dated_to_the_hour(tmp_path: Path, look: Look) -> None:
    """Four hours in which a third of the calls failed: the daily review says which."""
    live(tmp_path, bad(timedelta(hours=10), timedelta(hours=6), failing=0.5), calls=25, days=15)
    status, told = look("daily")
    assert status == 1
    assert "from 2026-11-22 14:00 to 2026-11-22 18:00 UTC" in told
    assert "Where is my order?" in told.partition("what failed most")[2]
    assert "TimeoutError" in told


def test_alerts_and_thresholds_are_part_of_it(
    tmp_path: Path, look: Look, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What fired yesterday and for how long, and a limit that chance alone breaks."""
    for name in ("LLM_TELEMETRY_SLACK_WEBHOOK", "LLM_TELEMETRY_SMTP"):
        monkeypatch.delenv(name, raising=False)
    live(tmp_path, bad(timedelta(hours=10), timedelta(hours=6), failing=0.6), calls=25, days=9)
    (tmp_path / "llm-telemetry.toml").write_text(
        "[alerts]\nmin_calls = 10\n[alerts.rules.avg_latency_ms]\nmax = 1000\n", encoding="utf-8"
    )
    _, told = look("daily")
    assert "nobody looked: run `llm-telemetry alert`" in told
    assert "alerts.rules.avg_latency_ms.max: 1.00 s -> " in told
    assert "chance breaks it" in told
    for hour in range(12, 0, -1):
        at = (END - timedelta(hours=hour)).timestamp()
        monkeypatch.setattr(time, "time", lambda at=at: at)
        main(["alert", "--root", str(tmp_path)])
    _, told = look("daily")
    table = told.partition("\nalerts\n")[2].splitlines()
    assert table[0].split() == ["alert", "times", "lasted", "at", "worst", "now"]
    assert re.match(r"error_rate +1 +4h +\d\d\.\d % +over", table[1])


def test_no_call_at_all_is_nothing_to_judge(tmp_path: Path, look: Look) -> None:
    """A service that is silent, or has no log, is no pass."""
    live(tmp_path, days=1)
    status, told = look("daily", "--until", "2027-01-01")
    assert status == 4
    assert "no call was logged, so there is nothing to judge" in told
    assert main(["review", "daily", "--root", str(tmp_path / "elsewhere")]) == 4


def test_a_log_with_damage_is_counted(tmp_path: Path, look: Look) -> None:
    """Lines that are no events are told by reason."""
    live(tmp_path, days=9)
    with (tmp_path / "logs" / "llm.jsonl").open("a") as file:
        file.write("\n[1]\nnonsense\n")
    _, told = look("daily")
    assert "3 of them are no events: 1 array, 1 blank, 1 junk" in told


class _Tags(HTMLParser):
    """What a page holds besides text."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))


def test_a_hostile_question_is_dead_in_every_form(
    tmp_path: Path, look: Look, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Escapes, mark-up, links and mentions show as text: terminal, ASCII, Markdown, page, JSON."""
    live(tmp_path, days=9, queries=(HOSTILE, HOSTILE[::-1]))
    markdown, page = tmp_path / "review.md", tmp_path / "review.html"
    _, told = look("daily", "--markdown", str(markdown), "--html", str(page))
    assert "alert(1)" in told
    assert not {"\x1b", "\x07", "\r", "\u202e"} & set(told)
    assert not [line for line in told.splitlines() if line.startswith("# forged")]
    text = page.read_text(encoding="utf-8")
    tags = _Tags()
    tags.feed(text)
    assert [tag for tag, _ in tags.found].count("script") == 1
    assert not {"img", "a", "iframe"} & {tag for tag, _ in tags.found}
    assert not [name for _, named in tags.found for name in named if name.startswith("on")]
    rendered = MarkdownIt("gfm-like", {"linkify": False}).render(
        markdown.read_text(encoding="utf-8")
    )
    tags = _Tags()
    tags.feed(rendered)
    assert {tag for tag, _ in tags.found} <= {
        "h2",
        "h3",
        "ul",
        "li",
        "p",
        "table",
        "thead",
        "tbody",
        "tr",
        "th",
        "td",
        "code",
        "strong",
    }
    assert (
        "@everyone"
        not in markdown.read_text(encoding="utf-8").replace("<code>", "").partition("everyone")[0]
    )
    _, text = look("daily", "--json")
    assert text.isascii()
    monkeypatch.setenv("PYTHONIOENCODING", "ascii")


def test_what_cannot_be_written_is_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A path that is no file is one line, and exit 4."""
    live(tmp_path, days=2)
    target = tmp_path / "logs" / "llm.jsonl" / "review.md"
    assert (
        main(["review", "daily", "--root", str(tmp_path), *UNTIL, "--markdown", str(target)]) == 4
    )
    assert "cannot be written" in capsys.readouterr().err


GOLDEN = """
import pytest
from pytest_llm_telemetry import TelemetryLogger

telemetry = TelemetryLogger()

@pytest.mark.golden_set("golden/support.jsonl")
def test_support(golden_case):
    with telemetry.observe(golden_case.input):
        pass
    golden_case.check("ANSWER")
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project with a golden set that passes, and a service that is well."""
    (tmp_path / "golden").mkdir()
    cases = [{"id": f"case-{n}", "input": "q", "expected": "right"} for n in range(3)]
    (tmp_path / "golden" / "support.jsonl").write_text(
        "".join(json.dumps(case) + "\n" for case in cases)
    )
    (tmp_path / "test_support.py").write_text(GOLDEN.replace("ANSWER", "right"))
    (tmp_path / "pytest.ini").write_text("[pytest]\naddopts = -p no:cacheprovider\n")
    live(tmp_path, days=9, calls=3)
    return tmp_path


def test_the_golden_set_is_run_first_and_decides(project: Path, look: Look) -> None:
    """`--run` opens with its verdict and exits with its status; the run is part of the history."""
    (project / "llm-telemetry.toml").write_text("[limits.pass_rate]\nmin = 0.9\n")
    status, told = look("monthly", "--run")
    assert status == 0
    lines = told.splitlines()
    assert lines[2] == "golden set, run now: exit status 0"
    assert re.match(r"support: PASS \(run \d{4}-", lines[3])
    (project / "test_support.py").write_text(GOLDEN.replace("ANSWER", "wrong"))
    status, told = look("monthly", "--run", "--pytest=-q")
    assert status == 1
    assert "golden set, run now: exit status 1\nsupport: FAIL: pass rate (run " in told
    table = told.partition("golden sets")[2].splitlines()
    assert [row.split()[-1] for row in table[2:4]] == ["FAIL", "PASS"]
    assert "0.0 %" in table[2]


@pytest.mark.parametrize("option", ["nowhere.py", "--version"])
def test_a_golden_set_that_was_not_run_is_no_pass(project: Path, look: Look, option: str) -> None:
    """Pytest that finds no test, or runs none: never 0, and said."""
    status, told = look("monthly", "--run", f"--pytest={option}")
    assert status == 4
    assert "the golden set left no run: see its output" in told
