"""What alerting remembers from check to check: one file, replaced whole, under one lock.

Two checks at a time would tell everything twice, so the second one finds the lock taken. A file
that was damaged is put aside: to forget costs one message too many, to trust it may cost one too
few.
"""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, field
from pathlib import Path
from typing import Any, BinaryIO

from pytest_llm_telemetry.core.alerts import Alert, AlertState, Minutes, Notice, Plan
from pytest_llm_telemetry.core.errors import ConfigError, TelemetryError
from pytest_llm_telemetry.core.records import dataclass
from pytest_llm_telemetry.storage.documents import parse_json, read_text
from pytest_llm_telemetry.storage.tails import Tail
from pytest_llm_telemetry.storage.writing import write_atomically

try:
    from fcntl import LOCK_EX, LOCK_NB, flock

    def _lock(file: BinaryIO) -> None:
        flock(file, LOCK_EX | LOCK_NB)  # let go of when the file is closed

except ImportError:  # pragma: no cover - Windows, untested
    from msvcrt import LK_NBLCK, locking  # type: ignore[attr-defined]  # Windows only

    def _lock(file: BinaryIO) -> None:
        locking(file.fileno(), LK_NBLCK, 1)


STATE = "alerts.json"
VERSION = 1
MAX_BYTES = 200_000_000  # a week of minutes in many groups is a long document
MOST_HISTORY = 1000  # notices that reviews can look back on
MOST_PENDING = 200  # notices that wait for a channel to come back


@dataclass(slots=True)
class Pending:
    """A notice, and the channels that have not taken it yet."""

    notice: Notice
    channels: list[str]


@dataclass(slots=True)
class Memory:
    """All that is remembered. Times are seconds since the epoch.

    Attributes:
        minutes: Figures of the time that the plan looks back on.
        state: What fires, and who was told.
        tails: How far each log was read.
        since: From when on the figures are known.
        checked: The end of the latest window that was judged; `None` before the first check.
        pending: What was not delivered yet.
        history: What was told, the oldest first.
        note: What was wrong with the file; "" for nothing.
    """

    minutes: Minutes
    state: AlertState = field(default_factory=AlertState)
    tails: dict[str, Tail] = field(default_factory=dict)
    since: int = 0
    checked: int | None = None
    pending: list[Pending] = field(default_factory=list)
    history: list[Notice] = field(default_factory=list)
    note: str = ""


@contextmanager
def locked(path: Path) -> Iterator[bool]:
    """Hold the state's lock; false if another process does.

    Raises:
        ConfigError: If the folder cannot be written to.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        file = path.with_suffix(".lock").open("ab")
    except OSError as fault:
        raise ConfigError(
            f"cannot be written: {fault.strerror}",
            where=path.as_posix(),
            remedy="check the folder's permissions and the disk",
        ) from None
    with file:
        try:
            _lock(file)
        except OSError:
            yield False
            return
        yield True


def load(path: Path, plan: Plan) -> Memory:
    """What was remembered, as far as it fits the plan; nothing before the first check.

    Figures that were kept for other rules (other groups, a shorter look back) are left out and
    have to be read again; who was told what stays.
    """
    memory = _fresh(plan)
    if not path.exists():
        return memory
    try:
        text = read_text(path, path.as_posix(), limit=MAX_BYTES)
        _take(memory, parse_json(text, path.as_posix()).value, plan)
    except (
        TelemetryError,
        ValueError,
        TypeError,
        KeyError,
        AttributeError,
        ArithmeticError,
    ) as fault:
        return _damaged(path, plan, fault)
    return memory


def save(path: Path, memory: Memory, plan: Plan) -> None:
    """Write it down, whole or not at all.

    Raises:
        ConfigError: If it cannot be written.
    """
    record = {
        "schema_version": VERSION,
        "checked": memory.checked,
        "since": memory.since,
        "horizon_s": plan.horizon_s,
        "shape": memory.minutes.shape,
        "heartbeat": memory.state.heartbeat,
        "alerts": {key: asdict(alert) for key, alert in memory.state.alerts.items()},
        "pending": [
            [asdict(each.notice), each.channels] for each in memory.pending[-MOST_PENDING:]
        ],
        "history": [asdict(notice) for notice in memory.history[-MOST_HISTORY:]],
        "tails": {name: [tail.offset, tail.modified_ns] for name, tail in memory.tails.items()},
        "minutes": memory.minutes.dump(),
    }
    write_atomically(path, json.dumps(record) + "\n", error=ConfigError)


def _fresh(plan: Plan) -> Memory:
    return Memory(
        minutes=Minutes(
            dimensions=plan.dimensions, slow_ms=plan.slow_ms, percentiles=plan.percentiles
        )
    )


def _take(memory: Memory, record: dict[str, Any], plan: Plan) -> None:
    if record["schema_version"] != VERSION:
        raise ValueError("of another version")
    memory.state = AlertState(
        alerts={key: Alert(**found) for key, found in record["alerts"].items()},
        heartbeat=record["heartbeat"],
    )
    memory.pending = [
        Pending(Notice(**found), [str(name) for name in channels])
        for found, channels in record["pending"]
    ]
    memory.history = [Notice(**found) for found in record["history"]]
    fits = record["shape"] == json.loads(json.dumps(memory.minutes.shape))
    if fits and record["horizon_s"] >= plan.horizon_s:
        memory.minutes.load(record["minutes"])
        memory.tails = {
            name: Tail(offset=int(offset), modified_ns=int(modified))
            for name, (offset, modified) in record["tails"].items()
        }
        checked = record["checked"]
        memory.since, memory.checked = int(record["since"]), checked and int(checked)


def _damaged(path: Path, plan: Plan, fault: Exception) -> Memory:
    aside = path.with_suffix(".damaged")
    memory = _fresh(plan)
    memory.note = (
        f"{path.name} was damaged ({type(fault).__name__}) and begins anew; see {aside.name}"
    )
    try:
        path.replace(aside)
    except OSError:
        memory.note = f"{path.name} was damaged ({type(fault).__name__}) and begins anew"
    return memory
