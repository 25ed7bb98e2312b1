"""The fleet example: three hosts' logs are one dashboard, one query and one lake."""

import json
import os
import re
import shlex
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

pytest.importorskip("duckdb", reason="needs the extra warehouse")
pytest.importorskip("ibis", reason="needs the extra warehouse")

EXAMPLE = Path(__file__).parents[2] / "examples" / "fleet"
COMMANDS = [
    command
    for line in re.findall(r"^    (.+)$", (EXAMPLE / "README.md").read_text("utf-8"), re.MULTILINE)
    for command in line.split(" && ")
    if not command.startswith("pip ")
]


def run(command: str, folder: Path) -> str:
    """What a command of the README prints; `python` and `llm-telemetry` are those of this test."""
    program, *arguments = shlex.split(command)
    if program == "python":
        arguments[0] = str(EXAMPLE / arguments[0])
    else:
        arguments = ["-m", "pytest_llm_telemetry", *arguments]
    finished = subprocess.run(
        [sys.executable, *arguments],
        cwd=folder,
        env=os.environ | {"PYTHONPATH": str(EXAMPLE.parents[1]), "NO_COLOR": "1"},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert finished.returncode == 0, finished.stderr
    return finished.stdout


@pytest.fixture(scope="module")
def said(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, str]]:
    """The folder where every command of the README has run, and what each of them said."""
    folder = tmp_path_factory.mktemp("fleet")
    return folder, {command: run(command, folder) for command in COMMANDS}


def test_the_hosts_are_one_dashboard(said: tuple[Path, dict[str, str]]) -> None:
    """600 calls, and by service 400 and 200 of them."""
    _, told = said
    assert re.search(r"queries\s.*\b600\b", told["llm-telemetry dashboard hosts"])
    by_service = told["llm-telemetry dashboard hosts --by service"]
    assert re.search(r"bot\s.*\b400\b", by_service)
    assert re.search(r"search\s.*\b200\b", by_service)


def test_one_question_to_all_hosts_is_answered_as_their_lines_say(
    said: tuple[Path, dict[str, str]],
) -> None:
    """Calls and cost of each service are the sums over the lines of its hosts."""
    folder, told = said
    (answer,) = (text for command, text in told.items() if "AS usd" in command)
    rows = {row.split()[0]: row.split()[1:] for row in answer.splitlines()[2:]}
    calls: Counter[str] = Counter()
    cost: Counter[str] = Counter()
    for path in folder.glob("hosts/*/llm.jsonl"):
        for line in path.read_text("utf-8").splitlines():
            event = json.loads(line)
            calls[event["service"]] += event["event"] != "query_start"
            cost[event["service"]] += event.get("cost_usd") or 0
    assert calls == {"bot": 400, "search": 200}
    assert {service: int(row[0]) for service, row in rows.items()} == dict(calls)
    for service, row in rows.items():
        assert float(row[1]) == pytest.approx(cost[service], rel=1e-5)


def test_hosts_share_a_lake(said: tuple[Path, dict[str, str]]) -> None:
    """Each has files of its own in it, and the lake says what the logs say."""
    folder, told = said
    assert {path.name for path in (folder / "lake").rglob("*.parquet")} == {
        "bot-1.0.parquet",
        "bot-2.0.parquet",
        "search-1.0.parquet",
    }
    (answer,) = (text for command, text in told.items() if "--lake" in command)
    rows = sorted(row.split() for row in answer.splitlines()[2:])
    assert rows == [["bot", "400"], ["search", "200"]]
