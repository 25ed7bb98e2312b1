"""Baselines: written for people, read strictly, accepted whole or case by case."""

import json
import re
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_llm_telemetry.core.baseline import Acceptance, Baseline, PastRun
from pytest_llm_telemetry.core.errors import BaselineError
from pytest_llm_telemetry.core.metrics import Summary, measure
from pytest_llm_telemetry.core.samples import Attempt, Call, CaseSamples
from pytest_llm_telemetry.storage import baselines, schemas
from pytest_llm_telemetry.storage.baseline_files import path_for

ADA = Acceptance(
    run_id="r1", at="2026-11-23T11:25:00.000Z", by="ada", why="first", commit="3f2c1ab"
)
HOSTILE = Path(__file__).parents[2].parent / "shared" / "data" / "hostile" / "filenames.json"
NAMES = ["../x", "..%2fx", "/abs", "con", "nul.json", "a\x00b", "a\nb", "-rf", "é", "É", "a" * 300]
NAMES += [".", "..", "", " ", "x ", "x.", "*", "[a]", "a/b", "a\\b", "COM1", "\u202e", "\udc80"]

NUMBER = st.floats(0, 99, allow_nan=False) | st.none()
COUNT = st.integers(0, 9_999) | st.none()
CALLS = st.builds(
    Call,
    order=st.integers(0, 99),
    attempt=st.integers(1, 3),
    latency_ms=st.integers(0, 10_000).map(float) | st.none(),
    ttft_ms=NUMBER.map(lambda ms: ms and round(ms, 1)),
    cost_usd=NUMBER.map(lambda usd: usd and round(usd, 3)),
    input_tokens=COUNT,
    output_tokens=COUNT,
    error_type=st.sampled_from([None, None, "Timeout"]),
    cached=st.booleans(),
    model=st.sampled_from([None, "m1", "m2"]),
    weight=st.sampled_from([1.0, 10.0]),
)
ATTEMPTS = st.lists(
    st.tuples(st.sampled_from([True, False, None]), st.sampled_from([None, 0.0, 0.25, 1.0])),
    max_size=4,
).map(lambda rows: tuple(Attempt(number=n, passed=p, score=s) for n, (p, s) in enumerate(rows, 1)))
CASES = st.dictionaries(
    st.text(st.characters(categories=["L", "N", "P"]), min_size=1, max_size=8),
    st.tuples(st.lists(CALLS, max_size=4).map(tuple), ATTEMPTS, st.sampled_from([(), ("t",)])),
    max_size=4,
).map(
    lambda found: {
        name: CaseSamples(case_id=name, calls=calls, attempts=attempts, tags=tags, weight=2.0)
        for name, (calls, attempts, tags) in found.items()
    }
)


def summary(*cases: CaseSamples, run_id: str = "r2", **fields: Any) -> Summary:
    metrics, unknown = measure(cases)
    return Summary(
        suite="support", run_id=run_id, cases=cases, metrics=metrics, unknown=unknown, **fields
    )


def case(case_id: str, latency_ms: float = 100.0, *, passed: bool = True) -> CaseSamples:
    return CaseSamples(
        case_id=case_id,
        calls=(Call(order=0, latency_ms=latency_ms, model="m"),),
        attempts=(Attempt(number=1, passed=passed, score=float(passed)),),
    )


@given(CASES, st.sampled_from([("m1",), ("m1", "m2"), ()]), st.integers(1, 4))
def test_a_baseline_comes_back_as_it_was_written(
    tmp_path_factory: pytest.TempPathFactory,
    cases: dict[str, CaseSamples],
    models: tuple[str, ...],
    repeats: int,
) -> None:
    """Whatever goes without saying in the file is there again when it is read."""
    path = tmp_path_factory.getbasetemp() / "roundtrip.json"
    baseline = Baseline(
        suite="support",
        cases=cases,
        accepted=(ADA,),
        history=(PastRun(run_id="r", at="t", metrics={"score": None, "queries": 3.0}),),
        golden_hash="h",
        models=models,
        repeats=repeats,
    )
    baselines.write(path, baseline)
    assert baselines.read(path, suite="support") == baseline
    schemas.validate(json.loads(path.read_text(encoding="utf-8")), "baseline")


def test_figures_keep_the_digits_that_a_check_can_tell_apart(tmp_path: Path) -> None:
    """Milliseconds four digits, whole from 100 on; USD six."""
    made = CaseSamples(
        case_id="a",
        calls=(
            Call(order=0, latency_ms=1234.567, ttft_ms=12.34567, cost_usd=0.000123456789),
            Call(order=1, latency_ms=99.996, ttft_ms=1.0, cost_usd=0.5),
        ),
    )
    path = tmp_path / "b.json"
    baselines.write(path, Baseline(suite="s", cases={"a": made}, accepted=()))
    first, second = baselines.read(path).cases["a"].calls
    assert (first.latency_ms, first.ttft_ms, first.cost_usd) == (1235, 12.35, 0.000123457)
    assert (second.latency_ms, second.ttft_ms, second.cost_usd) == (100, 1, 0.5)


def test_a_file_reads_well_in_a_diff(tmp_path: Path) -> None:
    """Sorted, one case a line, one decision a line, a newline at the end."""
    made = baselines.from_summary(
        summary(case("b"), case("a"), golden_hash="h", models=("m",)), acceptance=ADA
    )
    text = baselines.render(made)
    assert (
        text
        == (
            '{\n  "schema_version": 1,\n  "suite": "support",\n  "golden_hash": "h",\n'
            '  "models": ["m"],\n  "price_table_version": null,\n  "repeats": 1,\n  "accepted": [\n'
            '    {"run_id":"r1","at":"2026-11-23T11:25:00.000Z","by":"ada","why":"first",'
            '"commit":"3f2c1ab","branch":null,"cases":[]}\n  ],\n  "history": [\n'
            + re.search(r"    .*\n", text[text.index('"history"') :])[0]  # type: ignore[index]
            + '  ],\n  "cases": {\n    "a": {"latency_ms":100,"order":[0],"passed":true},\n'
            '    "b": {"latency_ms":100,"order":[0],"passed":true}\n  }\n}\n'
        )
    )
    assert (
        baselines.render(replace(made, cases=dict(sorted(made.cases.items(), reverse=True))))
        == text
    )


def test_a_thousand_cases_of_five_repeats_stay_under_300_kb(tmp_path: Path) -> None:
    """And are read in a moment."""
    calls = [
        Call(
            order=n,
            attempt=n + 1,
            latency_ms=1234.5 + n,
            ttft_ms=250.5 + n,
            cost_usd=0.00012345 + n * 1e-8,
            input_tokens=812,
            output_tokens=120 + n,
            model="gpt-4o-mini-2024-07-18",
        )
        for n in range(5)
    ]
    cases = {
        f"support-case-{n:04d}": CaseSamples(
            case_id=f"support-case-{n:04d}",
            calls=tuple(replace(call, order=call.order * 1000 + n) for call in calls),
            attempts=tuple(
                Attempt(number=k, passed=k != n % 7, score=float(k != n % 7)) for k in range(1, 6)
            ),
        )
        for n in range(1000)
    }
    path = tmp_path / "b.json"
    baseline = Baseline(
        suite="s", cases=cases, accepted=(ADA,), models=("gpt-4o-mini-2024-07-18",), repeats=5
    )
    baselines.write(path, baseline)
    assert path.stat().st_size < 300_000
    started = time.process_time()
    assert len(baselines.read(path).cases) == 1000
    assert time.process_time() - started < 2


def test_accepting_a_run_replaces_the_whole_baseline_and_keeps_its_history() -> None:
    """The figures of accepted runs, the last 20, tell the drift from run to run."""
    made = baselines.from_summary(summary(case("a"), case("b")), acceptance=ADA)
    for number in range(25):
        made = baselines.from_summary(
            summary(case("a", 200.0), run_id=f"r{number}", repeats=3, models=("m",)),
            acceptance=replace(ADA, run_id=f"r{number}"),
            previous=made,
        )
    assert list(made.cases) == ["a"]
    assert [run.run_id for run in made.history] == [f"r{number}" for number in range(5, 25)]
    assert made.history[-1].metrics["avg_latency_ms"] == 200.0
    assert made.accepted[-1].run_id == "r24"
    assert (made.repeats, made.models) == (3, ("m",))


def test_accepting_single_cases_leaves_all_others_as_they_were() -> None:
    """A new case can be accepted the same way; a part of a run is no point of the history."""
    before = baselines.from_summary(summary(case("a"), case("b")), acceptance=ADA)
    after = baselines.from_summary(
        summary(case("a", 999.0), case("b", 999.0), case("c", 999.0)),
        acceptance=replace(ADA, why="new wording"),
        previous=before,
        cases=["b", "c"],
    )
    assert {name: c.calls[0].latency_ms for name, c in after.cases.items()} == {
        "a": 100.0,
        "b": 999.0,
        "c": 999.0,
    }
    assert after.accepted[-1].cases == ("b", "c")
    assert after.history == before.history


def test_single_cases_need_a_baseline_and_a_record() -> None:
    """With the remedy in either case."""
    run = summary(case("refund-eu-014"))
    with pytest.raises(BaselineError, match=r"there is no baseline .*; accept the whole run first"):
        baselines.from_summary(run, acceptance=ADA, cases=["refund-eu-014"])
    before = baselines.from_summary(run, acceptance=ADA)
    with pytest.raises(
        BaselineError, match='"refund-eu-14" is not in the run; did you mean "refund-eu-014"'
    ):
        baselines.from_summary(run, acceptance=ADA, previous=before, cases=["refund-eu-14"])
    with pytest.raises(BaselineError, match="name a case that was run"):
        baselines.from_summary(run, acceptance=ADA, previous=before, cases=["zzz"])


def _suites() -> list[str]:
    shared = json.loads(HOSTILE.read_text(encoding="utf-8")) if HOSTILE.exists() else []
    return list(dict.fromkeys([*NAMES, *shared]))


def test_every_suite_has_a_file_of_its_own_inside_the_folder(tmp_path: Path) -> None:
    """No name climbs out, is reserved, hides, or shares a file with another in any letter case."""
    paths = {name: path_for(tmp_path, name) for name in [*_suites(), "support", "a.b-c"]}
    assert path_for(tmp_path, "support") == tmp_path / "support.json"
    assert path_for(tmp_path, "a.b-c") == tmp_path / "a.b-c.json"
    names = [path.name for path in paths.values()]
    assert {path.parent for path in paths.values()} == {tmp_path}
    assert len({name.casefold() for name in names}) == len(paths)
    assert all(re.fullmatch(r"[A-Za-z0-9_][A-Za-z0-9._-]{0,110}\.json", name) for name in names)
    assert not any(re.match(r"(?i)(con|nul|com1)\.", name) for name in names)


def test_a_file_that_cannot_be_written_is_told_and_leaves_nothing_behind(tmp_path: Path) -> None:
    """A folder in its place, for example."""
    (tmp_path / "b.json").mkdir()
    empty = Baseline(suite="s", cases={}, accepted=())
    with pytest.raises(BaselineError, match=r"b\.json: cannot be written: .*; check the folder"):
        baselines.write(tmp_path / "b.json", empty)
    (tmp_path / "file").write_text("")
    with pytest.raises(BaselineError, match=r"cannot be written: (Not a directory|File exists)"):
        baselines.write(tmp_path / "file" / "b.json", empty)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["b.json", "file"]


def test_a_link_is_replaced_and_not_followed(tmp_path: Path) -> None:
    """A stranger's link must not make us write elsewhere."""
    target = tmp_path / "precious"
    target.write_text("keep")
    (tmp_path / "b.json").symlink_to(target)
    baselines.write(tmp_path / "b.json", Baseline(suite="s", cases={}, accepted=()))
    assert target.read_text() == "keep"
    assert not (tmp_path / "b.json").is_symlink()


def document(**changes: Any) -> str:
    whole = {
        "schema_version": 1,
        "suite": "s",
        "repeats": 2,
        "accepted": [{"run_id": "r", "at": "t", "by": "ada"}],
        "history": [{"run_id": "r", "at": "t", "metrics": {"score": 1}}],
        "cases": {"a": {"latency_ms": [1, 2], "order": [0, 1], "passed": True}},
    }
    return json.dumps({**whole, **changes}, indent=1)


def test_a_sparse_baseline_is_a_baseline(tmp_path: Path) -> None:
    """What is left out is unknown or goes without saying."""
    path = tmp_path / "b.json"
    path.write_text('{"schema_version": 1, "suite": "s", "cases": {"a": {"order": [3]}}}')
    (call,) = baselines.read(path).cases["a"].calls
    assert call == Call(order=3)
    path.write_text(
        document(cases={"a": {"attempts": [2, 4], "passed": [True, None], "score": 0.5}})
    )
    assert baselines.read(path).cases["a"].attempts == (
        Attempt(number=2, passed=True, score=0.5),
        Attempt(number=4, score=0.5),
    )


BROKEN: list[tuple[str, str, str]] = [
    ("syntax", "{", "b.json:1: bad JSON"),
    (
        "list",
        "[]",
        "b.json:1: a baseline is a JSON object; take the file from git, or accept a run",
    ),
    ("nan", document().replace(" 2\n", " NaN\n"), ": NaN is no number"),
    (
        "newer",
        document(schema_version=2),
        ":2: schema_version is 2, and this version reads 1; update",
    ),
    ("no version", document(schema_version=None), "schema_version is None"),
    ("bool version", document(schema_version=True), "schema_version is True"),
    ("suite", document(suite=""), '"suite" is missing'),
    ("suite type", document(suite=7), ':3: "suite" is no text'),
    ("hash", document(golden_hash=7), '"golden_hash" is no text'),
    ("models", document(models="m"), '"models" is no list of texts'),
    ("repeats", document(repeats=0), "repeats is 0"),
    ("repeats type", document(repeats="2"), "repeats is '2'"),
    ("accepted", document(accepted={}), '"accepted" is no list'),
    ("entry", document(accepted=[7]), "an entry of accepted is no object"),
    ("by", document(accepted=[{"by": 7}]), '"by" is no text'),
    ("accepted cases", document(accepted=[{"cases": [7]}]), '"cases" is no list of texts'),
    ("metrics", document(history=[{"metrics": {"score": "1"}}]), "metrics are no numbers"),
    ("no metrics", document(history=[{}]), "metrics are no numbers"),
    ("cases", document(cases=[]), '"cases" is no object'),
    ("case", document(cases={"a": 7}), 'case "a" is no object'),
    ("column", document(cases={"a": {"latency": 1}}), 'case "a": unknown column "latency"'),
    ("order", document(cases={"a": {"order": 1}}), 'case "a": order is no list of numbers'),
    ("order null", document(cases={"a": {"order": [None]}}), "order is no list of numbers"),
    ("order text", document(cases={"a": {"order": ["0"]}}), "order holds '0'"),
    (
        "short",
        document(cases={"a": {"order": [0, 1], "latency_ms": [1]}}),
        "latency_ms has 1 values, expected 2",
    ),
    ("text", document(cases={"a": {"order": [0], "latency_ms": "1"}}), "latency_ms holds '1'"),
    ("bool", document(cases={"a": {"order": [0], "latency_ms": True}}), "latency_ms holds True"),
    ("negative", document(cases={"a": {"order": [0], "cost_usd": -1}}), "cost_usd holds -1"),
    ("number as bool", document(cases={"a": {"order": [0], "cached": 1}}), "cached holds 1"),
    ("attempts", document(cases={"a": {"attempts": -1}}), "attempts is -1"),
    ("many attempts", document(cases={"a": {"attempts": 10**9}}), "attempts is 1000000000"),
    ("attempts text", document(cases={"a": {"attempts": ["1"]}}), "attempts is ['1']"),
    ("passed", document(cases={"a": {"passed": [True]}}), "passed has 1 values, expected 2"),
    ("tags", document(cases={"a": {"tags": "t"}}), "tags is no list of texts"),
    ("weight", document(cases={"a": {"weight": 0}}), "weight is 0"),
]


@pytest.mark.parametrize(
    ("text", "told"), [row[1:] for row in BROKEN], ids=[row[0] for row in BROKEN]
)
def test_a_broken_baseline_is_one_error_with_place_and_remedy(
    tmp_path: Path, text: str, told: str
) -> None:
    """A gate that cannot read its baseline must say so, and never pass."""
    path = tmp_path / "b.json"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(BaselineError) as caught:
        baselines.read(path)
    assert told in str(caught.value)
    assert re.match(r".*b\.json:\d+$", caught.value.where)


def test_a_case_is_told_by_its_line(tmp_path: Path) -> None:
    """One case a line, so the line is the case."""
    path = tmp_path / "b.json"
    made = baselines.from_summary(summary(case("a"), case("b")), acceptance=ADA)
    path.write_text(
        baselines.render(made).replace('"b": {"latency_ms":100', '"b": {"latency_ms":"x"')
    )
    with pytest.raises(BaselineError, match=r'b\.json:16: case "b": latency_ms holds \'x\'; take'):
        baselines.read(path)


def test_the_baseline_of_another_suite_is_refused(tmp_path: Path) -> None:
    """A file under a wrong name would compare apples with pears."""
    path = tmp_path / "b.json"
    path.write_text(document())
    with pytest.raises(
        BaselineError, match=r'b\.json:3: this is the baseline of suite "s", not of "t"'
    ):
        baselines.read(path, suite="t")
    with pytest.raises(BaselineError, match="does not exist"):
        baselines.read(tmp_path / "none.json")
