"""`llm-telemetry dashboard` for machines and for a browser: JSON, Prometheus, HTML."""

import json
import re
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from prometheus_client.parser import text_string_to_metric_families

from pytest_llm_telemetry.cli import main
from pytest_llm_telemetry.storage import schemas
from tests.cli.service import HOSTILE, START, WINDOW, Service, two_days

Printed = Callable[..., str]


@pytest.fixture(scope="module")
def log(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two days, the second one slow from 18:00 on."""
    return two_days(tmp_path_factory.mktemp("production") / "llm.jsonl")


@pytest.fixture
def printed(log: Path, capsys: pytest.CaptureFixture[str]) -> Printed:
    """What the command prints for the second day."""

    def run(*options: str, path: Path = log) -> str:
        assert main(["dashboard", str(path), *WINDOW, *options]) == 0
        return capsys.readouterr().out

    return run


@pytest.fixture
def hostile(tmp_path: Path) -> Path:
    """One call whose every text was written by an attacker."""
    path = tmp_path / "hostile.jsonl"
    service = Service(path, START + timedelta(days=1))
    with pytest.raises(TimeoutError):
        service.call(HOSTILE, fails=True, model=HOSTILE)
    service.telemetry.score(None, HOSTILE, 0.5)
    return path


def read(text: str) -> dict[str, Any]:
    """The document, refused where it is no strict JSON under the published schema."""

    def refuse(name: str) -> None:
        pytest.fail(f"{name} is no JSON")

    document: dict[str, Any] = json.loads(text, parse_constant=refuse)
    schemas.validate(document, "dashboard")
    return document


def samples(text: str) -> dict[str, list[tuple[dict[str, str], float]]]:
    """Samples by name, as Prometheus' own parser reads them; every family is told once."""
    families = list(text_string_to_metric_families(text))
    assert len({family.name for family in families}) == len(families)
    assert all(family.type == "gauge" and family.documentation for family in families)
    found: dict[str, list[tuple[dict[str, str], float]]] = {}
    for family in families:
        for sample in family.samples:
            assert sample.timestamp is None
            found.setdefault(sample.name, []).append((sample.labels, sample.value))
    return found


def test_json_holds_every_figure_under_the_published_schema(printed: Printed) -> None:
    """Figures with change and series, the worst queries, the finding; unknown is null."""
    found = read(printed("--json", "--by", "route"))
    assert (found["since"], found["until"]) == ("2026-11-22T00:00:00Z", "2026-11-23T00:00:00Z")
    assert (found["hours"], found["step_s"], len(found["steps"])) == (24, 3600, 24)
    queries = found["metrics"]["queries"]
    assert (queries["now"], queries["before"], queries["change"]) == (604, 604, 0)
    assert sum(queries["series"]) == 604
    assert found["queries_per_day"] == pytest.approx(604)
    assert found["metrics"]["avg_ttft_ms"] is None
    assert found["errors"] == {"TimeoutError": 4}
    assert found["tokens"] == {"input": 60_000, "output": 30_000}
    assert found["top_failing"][0]["preview"] == "Where is my order?"
    assert [group["name"] for group in found["breakdown"]["groups"]] == ["chat"]
    assert found["finding"]["start"] == "2026-11-22T18:00:00Z"
    assert (found["finding"]["end"], found["finding"]["held"]) == (None, False)


def test_what_stands_out_is_held_against_the_weeks_before(tmp_path: Path, printed: Printed) -> None:
    """They are read from the same log, as far back as four weeks."""
    path = tmp_path / "weeks.jsonl"
    service = Service(path, START - timedelta(days=14))
    for _ in range(15):
        service.day(22)
    service.day(25, slow_from=18)
    found = read(printed("--json", path=path))["finding"]
    assert (found["start"], found["held"]) == ("2026-11-22T18:00:00Z", True)


def test_json_of_nothing_fits_the_schema_as_well(log: Path, printed: Printed) -> None:
    """An empty log has no newest event, and nothing is zero that nobody knows."""
    empty = log.with_name("empty.jsonl")
    empty.touch()
    found = read(printed("--json", path=empty))
    assert (found["newest_event"], found["finding"], found["breakdown"]) == (None, None, None)
    assert found["metrics"]["error_rate"] is None
    assert found["metrics"]["queries"]["now"] == 0


def test_the_published_schema_describes_every_field() -> None:
    """Each property has a sentence, and none more is allowed."""
    schema = schemas.load("dashboard")
    objects = [schema, *schema["$defs"].values()]
    assert all(each["additionalProperties"] is False for each in objects)
    fields = [field for each in objects for field in each["properties"].values()]
    assert len(fields) > 60
    assert all(field["description"].endswith(".") for field in fields)


def test_prometheus_reads_what_the_dashboard_says(printed: Printed) -> None:
    """Under the official parser: figures in base units, by model under names of their own."""
    found = samples(printed("--prometheus"))
    assert found["llm_telemetry_queries"] == [({}, 604)]
    assert found["llm_telemetry_window_seconds"] == [({}, 86_400)]
    assert found["llm_telemetry_errors"] == [({"type": "TimeoutError"}, 4)]
    assert found["llm_telemetry_error_ratio"][0][1] == pytest.approx(4 / 604)
    assert found["llm_telemetry_cost_dollars"][0][1] == pytest.approx(600 * 0.00075)
    assert found["llm_telemetry_model_queries"] == [({"model": "gpt-4o"}, 604)]
    assert 0.5 < found["llm_telemetry_latency_p95_seconds"][0][1] < 5
    assert found["llm_telemetry_worth_a_look"][0][0]["metric"].endswith("latency_ms")
    assert "llm_telemetry_first_token_p95_seconds" not in found
    by_route = samples(printed("--prometheus", "--by", "route"))
    assert by_route["llm_telemetry_route_queries"] == [({"route": "chat"}, 604)]


def test_a_textfile_is_replaced_in_one_step(printed: Printed, tmp_path: Path) -> None:
    """The old file stays whole for whoever has it open; nothing else is left beside it."""
    path = tmp_path / "textfile" / "llm.prom"
    path.parent.mkdir()
    path.write_text("old\n")
    with path.open() as opened:
        assert printed("--prometheus", str(path)) == ""
        assert opened.read() == "old\n"
    assert samples(path.read_text())["llm_telemetry_queries"] == [({}, 604)]
    assert path.read_text().endswith("\n")
    assert list(path.parent.iterdir()) == [path]


def test_no_log_is_written_over(log: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A log behind --html or --prometheus is taken for the file to write: it is refused."""
    before = log.read_bytes()
    for option, ending in (("--html", ".html"), ("--prometheus", ".prom")):
        with pytest.raises(SystemExit) as refused:
            main(["dashboard", option, str(log)])
        assert refused.value.code == 2
        assert f"does not end in {ending}" in capsys.readouterr().err
    assert log.read_bytes() == before


def test_the_page_is_one_file_that_loads_nothing(printed: Printed, tmp_path: Path) -> None:
    """What is worth a look comes first; charts, tables and style are inside."""
    path = tmp_path / "dashboard.html"
    assert printed("--html", str(path), "--by", "model") == f"written: {path}\n"
    page = path.read_text(encoding="utf-8")
    assert re.search("<h1>worth a look: latency P\\d\\d tripled at 2026-11-22 18:00 UTC", page)
    assert page.count("<svg") >= 5
    assert "By model" in page
    assert "Where is my order?" in page
    assert not re.search(r"https?://|src=|href=|url\(", page)


def test_an_empty_page_is_a_sentence(log: Path, printed: Printed, tmp_path: Path) -> None:
    """No figure stands where there is none."""
    empty = log.with_name("nothing.jsonl")
    empty.touch()
    printed("--html", str(tmp_path / "x.html"), path=empty)
    page = (tmp_path / "x.html").read_text(encoding="utf-8")
    assert "no calls from 2026-11-22 00:00 to 2026-11-23 00:00 UTC" in page
    assert "<svg" not in page


def test_hostile_text_stays_dead_in_every_form(
    hostile: Path, printed: Printed, tmp_path: Path
) -> None:
    """Model, query, error and score name of an attacker: no tag, no label, no line of their own."""
    printed("--html", str(tmp_path / "x.html"), "--by", "model", path=hostile)
    page = (tmp_path / "x.html").read_text(encoding="utf-8")
    assert "<script>alert" not in page
    assert page.count("<script>") == 1
    text = printed("--prometheus", path=hostile)
    assert samples(text)["llm_telemetry_model_queries"][0][1] == 1
    assert all(line.startswith(("#", "llm_telemetry_")) for line in text.splitlines())
    document = read(printed("--json", "--by", "model", path=hostile))
    assert len(document["breakdown"]["groups"]) == 1


def test_no_form_gives_a_command_to_a_ci_that_reads_its_log(
    printed: Printed, tmp_path: Path
) -> None:
    """GitHub and Azure obey `::error` and `##vso[` in a log; machines read what was written."""
    path = tmp_path / "ci.jsonl"
    command = "::error::x ##vso[task.complete] ###[error] \\##[warning]"
    with pytest.raises(TimeoutError):
        Service(path, START + timedelta(days=1)).call(command, fails=True, model=command)
    document = read(printed("--json", path=path))
    assert document["top_failing"][0]["preview"] == command
    exposition = samples(printed("--prometheus", path=path))
    assert "task.complete" in exposition["llm_telemetry_model_queries"][0][0]["model"]
    for form in (["--json"], ["--prometheus"], ["--by", "model"]):
        for line in printed(*form, path=path).splitlines():
            assert not re.search(r"^\s*::|##(vso|teamcity)?\[", line)
