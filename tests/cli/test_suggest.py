"""`llm-telemetry thresholds suggest`, and production logs before the gate."""

import tomllib
from pathlib import Path

import pytest

from pytest_llm_telemetry import FileSink, TelemetryLogger
from pytest_llm_telemetry.cli import main
from pytest_llm_telemetry.core.baseline import Acceptance, Baseline, PastRun
from pytest_llm_telemetry.core.samples import Attempt, CaseSamples
from pytest_llm_telemetry.storage import baselines
from pytest_llm_telemetry.storage.settings import load


def baseline(root: Path, *rates: float) -> None:
    """A baseline whose accepted runs had these pass rates."""
    history = tuple(
        PastRun(run_id=f"r{n}", at="2026-11-01T00:00:00Z", metrics={"pass_rate": rate})
        for n, rate in enumerate(rates)
    )
    case = CaseSamples(case_id="a", attempts=(Attempt(number=1, passed=True, score=1.0),))
    decision = Acceptance(run_id="r0", at="2026-11-01T00:00:00Z", by="A")
    found = Baseline(suite="support", cases={"a": case}, accepted=(decision,), history=history)
    baselines.write(root / "baselines/support.json", found)


def test_limits_are_proposed_as_a_file_that_loads(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The text is part of a thresholds file, with what each limit would have cost."""
    baseline(tmp_path, 0.9, 0.92, 0.91, 0.93)
    assert main(["thresholds", "suggest", "--root", str(tmp_path)]) == 0
    text = capsys.readouterr().out
    assert "4 accepted runs, the worst 0.9; one in 100" in text
    limit = tomllib.loads(text)["suites"]["support"]["limits"]["pass_rate"]["min"]
    assert 0.8 < limit < 0.9
    file = tmp_path / "llm-telemetry.toml"
    file.write_text("schema_version = 1\n" + text, encoding="utf-8")
    assert load(file, tmp_path).thresholds("support").limits[0].metric == "pass_rate"


def test_too_short_a_history_proposes_nothing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Two runs do not tell a spread."""
    baseline(tmp_path, 0.9, 0.92)
    assert main(["thresholds", "suggest", "--root", str(tmp_path)]) == 0
    assert capsys.readouterr().out == "# support: 2 accepted runs, 3 are needed\n"
    assert main(["thresholds", "suggest", "--false-alarm", "1", "--root", str(tmp_path)]) == 4


def production(path: Path, *, latency_s: float, calls: int = 60) -> None:
    """A day of production with ten queries that come again and again."""

    class Clock:
        ns = 0

        def wall(self) -> float:
            return 1_790_000_000 + self.ns / 1e9

        def monotonic_ns(self) -> int:
            return self.ns

    clock = Clock()
    telemetry = TelemetryLogger(FileSink(path), service="shop", hash_key="k", clock=clock)
    for number in range(calls):
        with telemetry.observe(f"query {number % 10}") as call:
            clock.ns += int((latency_s + number / 1000) * 1e9)
        telemetry.score(call.query_id, "thumbs", 1.0, passed=True)
    telemetry.close()


def test_a_production_day_is_judged_and_can_be_the_baseline(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Absolute limits hold a log as they hold a run; the next day is compared query by query."""
    monday, tuesday = tmp_path / "monday.jsonl", tmp_path / "tuesday.jsonl"
    production(monday, latency_s=1.0)
    production(tuesday, latency_s=1.0)
    (tmp_path / "llm-telemetry.toml").write_text(
        "schema_version = 1\n[limits.avg_latency_ms]\nmax = 5000\n", encoding="utf-8"
    )
    root = ["--root", str(tmp_path)]
    assert main(["gate", str(monday), *root]) == 0
    assert "shop: 10 cases" in capsys.readouterr().out
    assert main(["baseline", "accept", str(monday), "--why", "a good day", *root]) == 0
    assert main(["gate", str(tuesday), "--require-baseline", *root]) == 0
    (tmp_path / "llm-telemetry.toml").write_text(
        "schema_version = 1\n[limits.avg_latency_ms]\nmax = 500\n", encoding="utf-8"
    )
    assert main(["gate", str(tuesday), *root]) == 1
    assert "judge again: llm-telemetry gate tuesday.jsonl" in capsys.readouterr().out
