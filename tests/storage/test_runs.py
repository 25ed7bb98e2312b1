"""Runs on disk: planned, recorded, found again and summed up."""

import json
import os
from pathlib import Path
from typing import Any

import pytest

from pytest_llm_telemetry.core.errors import ConfigError
from pytest_llm_telemetry.core.samples import CasePlan
from pytest_llm_telemetry.storage import runs, schemas
from pytest_llm_telemetry.storage.runs import Run, SuitePlan

RUN_ID = "2026-11-23T11-20-04Z-7c1e"
PLAN = SuitePlan(
    golden="golden/support.jsonl",
    golden_hash="h",
    repeats=2,
    cases=(
        CasePlan(case_id="b", tags=("t",), where="test_bot.py:3", weight=2.0),
        CasePlan(case_id="a"),
        CasePlan(case_id="never"),
    ),
)
RUN = Run(
    run_id=RUN_ID,
    started="2026-11-23T11:20:04.000Z",
    finished="2026-11-23T11:21:04.000Z",
    complete=True,
    commit="3f2c1ab",
    branch="main",
    suites={"support": PLAN},
)


def event(kind: str, second: int, **fields: Any) -> dict[str, Any]:
    return {
        "schema_version": 1,
        "event": kind,
        "timestamp": f"2026-11-23T11:20:{second:02d}.000Z",
        "level": "INFO",
        "message": "",
        "query_id": f"q{second}",
        "run_id": RUN_ID,
        "suite": "support",
        "case_id": "a",
        "attempt": 1,
    } | fields


EVENTS = [
    event("query_start", 1),
    event("query_success", 2, latency_ms=100.0, model="m2", price_table_version="v1"),
    event("query_score", 3, score_name="exact", score=1.0, passed=True),
    event("query_success", 4, attempt=2, latency_ms=300.0, model="m1", price_table_version="v2"),
    event("query_success", 5, case_id="b", latency_ms=200.0),
    event("query_success", 6, suite="other", case_id="z"),
    event("query_success", 7, suite=None, case_id=None),
]


def stored(folder: Path, run: Run | None = RUN, name: str = RUN_ID, tail: str = "") -> Path:
    path = folder / name
    path.mkdir(parents=True, exist_ok=True)
    if run is not None:
        runs.write_manifest(path, run)
    lines = [json.dumps({k: v for k, v in one.items() if v is not None}) for one in EVENTS]
    (path / "events.jsonl").write_text("\n".join([*lines, tail]), encoding="utf-8")
    return path


def test_a_manifest_comes_back_as_it_was_written(tmp_path: Path) -> None:
    """And fits its published schema."""
    runs.write_manifest(tmp_path / "new", RUN)
    assert runs.read_manifest(tmp_path / "new") == RUN
    text = (tmp_path / "new" / "run.json").read_text(encoding="utf-8")
    schemas.validate(json.loads(text), "run")


def test_a_run_id_is_its_start_and_a_short_token() -> None:
    """Sorted by name is sorted by time, and it is a file name everywhere."""
    assert runs.new_run_id("2026-11-23T11:20:04.512Z", "7c1e") == RUN_ID


def test_a_run_is_summed_up_by_suite(tmp_path: Path) -> None:
    """Planned cases in their order, what is missing by name, and where it all comes from."""
    run, summaries, skipped = runs.read(stored(tmp_path, tail="{torn"))
    summary = summaries["support"]
    assert (run, skipped, list(summaries)) == (RUN, {"truncated": 1}, ["support"])
    assert [case.case_id for case in summary.cases] == ["b", "a", "never"]
    assert summary.missing == ("never",)
    assert summary.metrics["avg_latency_ms"] == 200.0
    assert summary.metrics["pass_rate"] == 1.0
    assert (summary.models, summary.price_table_version) == (("m1", "m2"), "v1, v2")
    assert (summary.repeats, summary.golden_hash, summary.run_id) == (2, "h", RUN_ID)
    assert (summary.started, summary.finished) == (RUN.started, RUN.finished)
    assert (summary.commit, summary.branch) == ("3f2c1ab", "main")
    assert (summary.partial, summary.selected) == (False, False)
    assert summary.cases[0].tags == ("t",)
    assert runs.summaries(tmp_path / RUN_ID) == summaries


def test_a_suite_without_any_event_misses_every_case(tmp_path: Path) -> None:
    """A run that recorded nothing is not a run that passed."""
    path = tmp_path / RUN_ID
    runs.write_manifest(path, RUN)
    summary = runs.summaries(path)["support"]
    assert summary.missing == ("b", "a", "never")
    assert summary.price_table_version is None


def test_without_a_manifest_the_suites_are_rebuilt_and_count_as_partial(tmp_path: Path) -> None:
    """Nobody knows what such a run lacks."""
    run, summaries, _ = runs.read(stored(tmp_path, run=None))
    assert (run.run_id, run.complete, list(summaries)) == (RUN_ID, False, ["other", "support"])
    support = summaries["support"]
    assert [case.case_id for case in support.cases] == ["a", "b"]
    assert (support.repeats, support.missing, support.partial) == (2, (), True)


def test_a_folder_of_events_of_no_run_has_its_own_name(tmp_path: Path) -> None:
    """An empty log is a run without suites."""
    (tmp_path / "events.jsonl").write_text("")
    run, summaries, skipped = runs.read(tmp_path)
    assert (run.run_id, summaries, skipped) == (tmp_path.name, {}, {})


def test_compressed_events_are_read_too(tmp_path: Path) -> None:
    """An archived run can be judged again."""
    import gzip  # noqa: PLC0415 - the one test that needs it

    path = stored(tmp_path)
    plain = path / "events.jsonl"
    (path / "events.jsonl.gz").write_bytes(gzip.compress(plain.read_bytes()))
    plain.unlink()
    assert runs.read(path)[1]["support"].missing == ("never",)


def test_a_folder_without_a_run_is_told(tmp_path: Path) -> None:
    """With the remedy."""
    with pytest.raises(ConfigError, match=r"holds no run; name a folder with events\.jsonl"):
        runs.read(tmp_path)


def test_of_two_runs_of_one_second_the_later_is_the_latest(tmp_path: Path) -> None:
    """Ids begin with a second and end by chance; which run was written last decides."""
    ids = [f"2026-11-23T11-20-04Z-{end}" for end in ("ffff", "7c1e", "0000")]
    for seconds, run_id in enumerate(ids):
        folder = tmp_path / run_id
        folder.mkdir()
        (folder / "events.jsonl").write_bytes(b"")
        os.utime(folder / "events.jsonl", (seconds, seconds))
    assert runs.find_run(tmp_path, "latest").name == ids[-1]


def test_a_run_is_found_by_its_id_its_end_its_path_or_as_the_latest(tmp_path: Path) -> None:
    """What a person has at hand."""
    older = stored(tmp_path, name="2026-11-22T09-00-00Z-beef")
    newer = stored(tmp_path)
    (tmp_path / "zzz").mkdir()
    assert runs.find_run(tmp_path, "latest") == newer
    assert runs.find_run(tmp_path, "beef") == older
    assert runs.find_run(tmp_path, RUN_ID) == newer
    assert runs.find_run(tmp_path / "elsewhere", str(older)) == older


def test_a_run_that_is_not_found_is_told_with_what_there_is(tmp_path: Path) -> None:
    """The newest five, or how to make a first one; two of one ending are told apart."""
    with pytest.raises(ConfigError, match="no run 'latest'; run pytest --llm-telemetry first"):
        runs.find_run(tmp_path, "latest")
    stored(tmp_path)
    with pytest.raises(ConfigError, match=f"no run 'beef'; known runs: {RUN_ID}"):
        runs.find_run(tmp_path, "beef")
    stored(tmp_path, name="2026-11-22T09-00-00Z-7c1e")
    with pytest.raises(
        ConfigError, match="'7c1e' could be 2 runs; write more of its id: 2026-11-22T"
    ):
        runs.find_run(tmp_path, "7c1e")


def manifest(**changes: Any) -> str:
    whole = {"schema_version": 1, "run_id": "r", "suites": {"s": {"cases": {"a": {}}}}}
    return json.dumps(whole | changes)


def test_a_sparse_manifest_is_a_manifest(tmp_path: Path) -> None:
    """What is left out has its default; a null is the same."""
    (tmp_path / "run.json").write_text(manifest(commit=None))
    plan = SuitePlan(cases=(CasePlan(case_id="a"),))
    assert runs.read_manifest(tmp_path) == Run(run_id="r", suites={"s": plan})


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("{", "run.json:1: bad JSON"),
        ("[]", "is no manifest of a run: '[]' stands where 'schema_version' is looked for"),
        (manifest(schema_version=2), "schema_version is 2, known is 1"),
        (manifest(schema_version=True), "'schema_version' is 'True'"),
        (manifest(run_id=None), "'run_id' is missing"),
        (manifest(run_id=7), "'run_id' is '7'"),
        (manifest(complete=1), "'complete' is '1'"),
        (manifest(suites=[]), "'suites' is '[]'"),
        (manifest(suites={"s": 7}), "'7' stands where"),
        (manifest(suites={"s": {"cases": {}, "repeats": 0}}), "repeats is 0"),
        (manifest(suites={"s": {"cases": {"a": {"weight": True}}}}), "'weight' is 'True'"),
        (manifest(suites={"s": {"cases": {"a": {"tags": "t"}}}}), "'tags' is 't'"),
        (manifest(commit=float("nan")), "run.json:1: NaN is no number"),
    ],
)
def test_a_broken_manifest_is_one_error(tmp_path: Path, text: str, told: str) -> None:
    """A run whose plan cannot be read cannot be judged."""
    (tmp_path / "run.json").write_text(text)
    with pytest.raises(ConfigError) as caught:
        runs.read_manifest(tmp_path)
    assert told in str(caught.value)


def test_a_manifest_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    """A file where the folder should be."""
    (tmp_path / "run").write_text("")
    with pytest.raises(ConfigError, match=r"run\.json: cannot be written"):
        runs.write_manifest(tmp_path / "run", RUN)


def test_calls_of_production_belong_to_the_query_that_they_ran_in(tmp_path: Path) -> None:
    """Whatever they ask themselves: their cost is that of their root, with or without its start."""
    shared = {"schema_version": 1, "timestamp": "2026-11-23T11:20:04.512Z", "service": "bot"}
    outer = shared | {"query_id": "outer", "query_hash": "question"}
    inner = shared | {"query_id": "inner", "query_hash": "prompt", "parent_id": "outer"}
    ends = [
        inner | {"event": "query_success", "cost_usd": 0.5},
        outer | {"event": "query_success", "nested_calls": 1},
    ]
    for events in (ends, [outer | {"event": "query_start"}, *ends]):
        log = tmp_path / "llm.jsonl"
        log.write_text("".join(json.dumps(event) + "\n" for event in events), encoding="utf-8")
        (summary,) = runs.summaries(log).values()
        assert [case.case_id for case in summary.cases] == ["question"]
        assert (summary.metrics["queries"], summary.metrics["total_cost_usd"]) == (1, 0.5)
