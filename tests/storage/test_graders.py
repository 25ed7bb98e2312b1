"""Graders under a time limit that holds."""

import os
import threading
import time
from collections.abc import Iterator
from io import StringIO
from pathlib import Path
from typing import Any

import pytest

from pytest_llm_telemetry.core.errors import GoldenSetError
from pytest_llm_telemetry.core.golden import parse_case
from pytest_llm_telemetry.storage import grader_worker, graders
from pytest_llm_telemetry.storage.graders import Graders, Worker


@pytest.fixture
def regex() -> Iterator[Worker]:
    worker = Worker("regex", time_limit_s=0.5)
    yield worker
    worker.close()


@pytest.fixture(scope="module")
def json_schema() -> Iterator[Worker]:
    worker = Worker("json-schema", time_limit_s=1.0)
    yield worker
    worker.close()


def test_a_pattern_is_searched(regex: Worker) -> None:
    """None fits; an empty text says that it does not and there is nothing to add."""
    assert regex.why("^Hallo|Guten", "Guten Tag") is None
    assert regex.why("^Hallo", "Hello") == ""


# 15 ways to keep a backtracking engine busy
HOSTILE = [
    ("(a+)+$", "a" * 40 + "!"),
    ("(a*)*$", "a" * 40 + "!"),
    ("(a|a)*$", "a" * 40 + "!"),
    ("(a|aa)+$", "a" * 60 + "!"),
    ("(.*)*x$", "y" * 40),
    ("(a?){40}a{40}b", "a" * 40),
    ("^(([a-z])+.)+[A-Z]([a-z])+$", "a" * 40),
    (r"(\w+\s?)*$", "word " * 12 + "!"),
    ("a*a*a*a*a*a*a*b", "a" * 2000),
    (".*.*.*.*.*=x", "y" * 3000),
    (r"^(\d+)*\.$", "1" * 40),
    ("([a-zA-Z]+)*1", "a" * 40),
    (r"(?:(?:x+)+)+y", "x" * 40),
    (r"(a+)\1+$", "a" * 20_000 + "!"),
    ("(?=(a+))*?(a+)+b", "a" * 40),
]


@pytest.mark.parametrize(("pattern", "text"), HOSTILE, ids=[pattern for pattern, _ in HOSTILE])
def test_no_pattern_hangs(pattern: str, text: str, regex: Worker) -> None:
    """Each ends within two seconds, and the next search works."""
    regex.why("a", "a")
    started = time.monotonic()
    why = regex.why(pattern, text)
    assert time.monotonic() - started < 2
    assert why in {None, "", "took longer than 0.5 s"}
    assert regex.why("a", "a") is None


def test_a_search_that_takes_too_long_is_told(regex: Worker) -> None:
    """It does not fit, and the reason is the time."""
    assert regex.why("(a+)+$", "a" * 60 + "!") == "took longer than 0.5 s"


def test_a_huge_answer_is_not_searched(regex: Worker) -> None:
    """Over a million characters nobody meant to grade."""
    assert regex.why("a", "a" * 1_000_001) == "longer than 1,000,000 characters"


def test_a_pattern_that_is_none_is_the_golden_files_fault(regex: Worker) -> None:
    """It is no bad answer."""
    with pytest.raises(
        GoldenSetError, match=r"regex grader: no pattern: .*; mend it in the golden"
    ):
        regex.why("(a", "a")


def test_threads_share_a_worker(regex: Worker) -> None:
    """Answers do not get mixed up."""
    wrong: list[int] = []

    def search(number: int) -> None:
        found = [regex.why(f"^{number}$", str(number)) for _ in range(20)]
        wrong.extend(number for why in found if why is not None)

    threads = [threading.Thread(target=search, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []


def test_a_worker_that_died_is_started_again(regex: Worker) -> None:
    """The out-of-memory killer takes one search, not the run."""
    assert regex.why("a", "a") is None
    assert regex._process is not None
    regex._process.kill()
    regex._process.wait()
    assert regex.why("a", "a") is None


def test_a_closed_worker_can_be_asked_again(regex: Worker) -> None:
    """Closing twice, or before any question, does no harm."""
    regex.close()
    regex.close()
    assert regex.why("a", "b") == ""


def test_a_forked_process_starts_its_own_worker(regex: Worker) -> None:
    """Two processes on one pipe would read each other's answers."""
    assert regex.why("a", "a") is None
    first = regex._process
    regex._owner = os.getpid() + 1
    assert regex.why("a", "a") is None
    assert regex._process is not first
    assert first is not None
    first.kill()
    first.wait()


def test_a_worker_that_does_not_start_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """With the command that shows why."""
    monkeypatch.setattr("sys.executable", "/bin/false")
    with pytest.raises(GoldenSetError, match="did not start; run /bin/false"):
        Worker("regex").why("a", "a")


def test_a_worker_that_stops_listening_is_killed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A job that is larger than the pipe waits for a reader, and no longer than the limit."""
    deaf = tmp_path / "deaf.py"
    deaf.write_text("import time; print('ready', flush=True); time.sleep(60)")
    monkeypatch.setattr(graders, "_SCRIPT", deaf)
    worker = Worker("regex", time_limit_s=0.2)
    assert worker.why("a", "a" * 900_000) == "took longer than 0.2 s"
    worker.close()


SCHEMAS: list[tuple[str, dict[str, Any], Any, str | None]] = [
    ("fits", {"type": "object", "required": ["a"]}, {"a": 1}, None),
    ("lacks", {"required": ["a"]}, {}, "'a' is a required property"),
    (
        "place",
        {"properties": {"a": {"items": {"type": "integer"}}}},
        {"a": [1, "x"]},
        "['a'][1] 'x' is not of type 'integer'",
    ),
    ("own ref", {"$defs": {"n": {"type": "integer"}}, "$ref": "#/$defs/n"}, 1, None),
    ("hanging pattern", {"pattern": "(a+)+$"}, "a" * 60 + "!", "took longer than 1 s"),
    (
        "bomb of references",
        {
            "$defs": {f"d{n}": {"allOf": [{"$ref": f"#/$defs/d{n + 1}"}] * 10} for n in range(30)}
            | {"d30": True},
            "$ref": "#/$defs/d0",
        },
        1,
        "took longer than 1 s",
    ),
]


@pytest.mark.parametrize(
    ("schema", "value", "why"), [row[1:] for row in SCHEMAS], ids=[row[0] for row in SCHEMAS]
)
def test_a_value_is_held_against_a_schema(
    json_schema: Worker, schema: dict[str, Any], value: Any, why: str | None
) -> None:
    """Fits, does not and says where, or took too long."""
    json_schema.why({}, 1)
    started = time.monotonic()
    assert json_schema.why(schema, value) == why
    assert time.monotonic() - started < 2


NO_SCHEMAS: list[tuple[str, dict[str, Any], str]] = [
    ("bad type", {"type": "strnig"}, "no JSON Schema: 'strnig' is not valid"),
    (
        "remote",
        {"$ref": "http://127.0.0.1:9/x"},
        "'http://127.0.0.1:9/x' is not in the schema itself",
    ),
    ("file", {"$ref": "file:///etc/passwd"}, "is not in the schema itself"),
    ("missing", {"$ref": "#/$defs/x"}, "'/$defs/x' is not in the schema itself"),
    ("endless", {"$ref": "#"}, "refers to itself without end"),
    ("bad pattern", {"pattern": "(a"}, "no JSON Schema: '(a' is not a 'regex'"),
]


@pytest.mark.parametrize(
    ("schema", "told"), [row[1:] for row in NO_SCHEMAS], ids=[row[0] for row in NO_SCHEMAS]
)
def test_a_schema_that_is_none_is_the_golden_files_fault(
    json_schema: Worker, schema: dict[str, Any], told: str
) -> None:
    """Nothing is ever fetched, and a schema without end has one."""
    with pytest.raises(GoldenSetError) as caught:
        json_schema.why(schema, "x")
    assert told in str(caught.value)


@pytest.mark.parametrize(
    ("demand", "answer", "told"),
    [
        ("a", "a", {"why": None}),
        ("a", "b", {"why": ""}),
        ("(", "b", {"invalid": "no pattern: missing ), unterminated subpattern at position 0"}),
    ],
)
def test_the_workers_search_in_this_process(demand: str, answer: str, told: object) -> None:
    """The same function that runs in the child."""
    assert grader_worker.search(demand, answer) == told


@pytest.mark.parametrize(
    ("schema", "value", "told"),
    [(*row[1:3], {"why": row[3]}) for row in SCHEMAS[:4]]
    + [(row[1], "x", row[2]) for row in NO_SCHEMAS],
)
def test_the_workers_validation_in_this_process(
    schema: dict[str, Any], value: Any, told: object
) -> None:
    """The same function that runs in the child."""
    found = grader_worker.validate(schema, value)
    assert found == told or (isinstance(told, str) and told in str(found["invalid"]))


def test_the_worker_answers_line_by_line() -> None:
    """First that it is ready, then one answer a job."""
    answers = StringIO()
    grader_worker.serve("regex", StringIO('{"demand": "a", "answer": "b"}\n'), answers)
    assert answers.getvalue() == 'ready\n{"why": ""}\n'


def test_a_session_grades_with_all_its_graders() -> None:
    """Built-in and custom ones behind one door."""
    case = parse_case(
        {
            "id": "a",
            "input": "x",
            "regex": "^Hallo",
            "json_schema": {"type": "string"},
            "custom": "polite",
        },
        "s:1",
    )
    scores = Graders({"polite": lambda *_: True}).grade('"Hallo"', case)
    assert [(score.name, score.passed) for score in scores] == [
        ("regex", False),
        ("json-schema", True),
        ("polite", True),
    ]
