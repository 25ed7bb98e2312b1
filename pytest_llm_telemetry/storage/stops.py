"""Which suites of a run stopped before their last repeat, for every process of the run to see."""

import json
from dataclasses import asdict
from hashlib import blake2b
from pathlib import Path

from pytest_llm_telemetry.core.records import dataclass
from pytest_llm_telemetry.storage.documents import decode_json


@dataclass(frozen=True, slots=True, kw_only=True)
class Stop:
    """A suite that needs no more than so many repeats, and what was decided by then."""

    suite: str
    repeats: int
    why: str


def read(run_dir: Path, suite: str) -> Stop | None:
    """The decision on a suite, if there is one.

    A half-written one is read the next time; a damaged one is none, so that all repeats run.
    """
    try:
        found = decode_json(_path(run_dir, suite).read_text(encoding="utf-8"))
    except (FileNotFoundError, ValueError):
        return None
    if not isinstance(found, dict):
        return None
    repeats, why = found.get("repeats"), found.get("why")
    if type(repeats) is not int or repeats < 1 or not isinstance(why, str):
        return None
    return Stop(suite=suite, repeats=repeats, why=why)


def write(run_dir: Path, stop: Stop) -> Stop:
    """Leave a decision behind; the first one stands, and is what is returned."""
    path = _path(run_dir, stop.suite)
    try:
        with path.open("x", encoding="utf-8") as file:
            file.write(json.dumps(asdict(stop)))
    except FileExistsError:
        return read(run_dir, stop.suite) or stop
    return stop


def _path(run_dir: Path, suite: str) -> Path:
    """A name of the suite's that no suite's name can break out of the folder with."""
    return run_dir / f"stop-{blake2b(suite.encode(), digest_size=6).hexdigest()}.json"
