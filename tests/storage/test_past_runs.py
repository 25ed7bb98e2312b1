"""What a project's earlier runs left behind for the trends of later ones."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from pytest_llm_telemetry.core.metrics import Summary
from pytest_llm_telemetry.storage import past_runs

SUMMARY = Summary(
    suite="bot",
    run_id="r1",
    cases=(),
    metrics={"pass_rate": 0.9, "score": None, "avg_latency_ms": float("inf")},
    unknown={},
    started="2026-11-01T10:00:00.000Z",
)


def stored(folder: Path, *names: str) -> Path:
    """A folder of runs with these names, each with figures."""
    for name in names:
        (folder / name).mkdir(parents=True)
        past_runs.remember(folder / name, [replace(SUMMARY, run_id=name)])
    return folder


def test_the_figures_of_whole_runs_are_recalled(tmp_path: Path) -> None:
    """The oldest first, without the run that asks; what is unknown or no number is left out."""
    folder = stored(tmp_path, "r2", "r1", "r3")
    found = past_runs.recall(folder, "bot", but="r3")
    assert [run.run_id for run in found] == ["r1", "r2"]
    assert found[0].at == "2026-11-01T10:00:00.000Z"
    assert dict(found[0].metrics) == {"pass_rate": 0.9}
    assert past_runs.recall(folder, "another") == ()


@pytest.mark.parametrize("part", [{"partial": True}, {"selected": True}])
def test_a_part_of_a_run_is_no_point_of_a_trend(tmp_path: Path, part: dict[str, bool]) -> None:
    """Half of the cases have figures of another meaning."""
    summary = replace(SUMMARY, **part)  # type: ignore[arg-type]  # both are flags
    past_runs.remember(tmp_path, [summary])
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_cannot_be_written_is_no_failure(tmp_path: Path) -> None:
    """A run that is archived read-only, or a log in place of a folder, is judged all the same."""
    (tmp_path / past_runs.FIGURES).mkdir()
    past_runs.remember(tmp_path, [SUMMARY])
    past_runs.remember(tmp_path / "missing", [SUMMARY])
    assert not (tmp_path / "missing").exists()


@pytest.mark.parametrize(
    "text",
    ["", "[]", '{"suites": {"bot": 7}}', '{"at": 1, "at": 2}', "[" * 100_000, '{"suites": {}}'],
)
def test_figures_that_nobody_can_read_are_left_out(tmp_path: Path, text: str) -> None:
    """They decide nothing, so nothing has to stop for them."""
    folder = stored(tmp_path, "r1", "r2")
    (folder / "r1" / past_runs.FIGURES).write_text(text, encoding="utf-8")
    assert [run.run_id for run in past_runs.recall(folder, "bot")] == ["r2"]


def test_answers_are_those_of_a_stored_run(tmp_path: Path) -> None:
    """Of a case's attempts one that passed speaks, and a case without an answer is left out."""
    run = tmp_path / "r1"
    run.mkdir()
    scores = [("a", 1, False, "14 hours"), ("a", 2, True, "14 days"), ("b", 1, True, None)]
    lines = [
        {
            "schema_version": 1,
            "event": "query_score",
            "query_id": f"{case}{attempt}",
            "timestamp": "2026-11-01T10:00:00.000Z",
            "suite": "bot",
            "case_id": case,
            "attempt": attempt,
            "score_name": "exact",
            "score": 1.0,
            "passed": passed,
            **({"answer_preview": answer} if answer else {}),
        }
        for case, attempt, passed, answer in scores
    ]
    text = "".join(json.dumps(line) + "\n" for line in lines)
    (run / "events.jsonl").write_text(text, encoding="utf-8")
    assert past_runs.answers(tmp_path, "r1", "bot") == {"a": "14 days"}
    assert past_runs.answers(tmp_path, "r1", "another") == {}


def test_a_baseline_cannot_name_a_run_elsewhere(tmp_path: Path) -> None:
    """Neither by dots nor by a link; a run that is gone, or is none, has no answers."""
    folder = stored(tmp_path / "runs", "r1")
    (folder / "link").symlink_to(folder / "r1")
    for name in ("../runs/r1", "..", ".", "", "link", "gone", "r1", "a\0b", str(folder / "r1")):
        assert past_runs.answers(folder, name, "bot") == {}
