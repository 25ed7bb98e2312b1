"""Rollups spare reading lines twice, and never tell another figure than the lines do."""

import gzip
import json
import os
import random
import stat
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import get_ident
from time import time
from typing import Any

import pytest

from pytest_llm_telemetry import FileSink, Rotation
from pytest_llm_telemetry.core.errors import ConfigError
from pytest_llm_telemetry.core.traffic import DIMENSIONS, Traffic
from pytest_llm_telemetry.storage.rolling import FOLDER, forget, roll_up
from pytest_llm_telemetry.storage.traffic import read_traffic, write_rollup

NOW = datetime.now(UTC)
BEGIN = NOW.replace(minute=0, second=0, microsecond=0) - timedelta(days=3)
KINDS = ["query_start", "query_success", "query_success", "query_error", "query_score"]
DAMAGE = [b"", b"junk", b'{"schema_version":1,"event":"que', b"[1]", b"\0\0", b"\xff"]


def line(chance: random.Random, at: datetime) -> bytes:
    """A line of some service, or damage."""
    if chance.random() < 0.05:
        return chance.choice(DAMAGE)
    kind = chance.choice(KINDS)
    record: dict[str, Any] = {
        "schema_version": 1,
        "event": kind,
        "timestamp": at.strftime("%Y-%m-%dT%H:%M:%S.") + f"{at.microsecond // 1000:03}Z",
        "level": "INFO",
        "message": kind,
        "query_id": f"{chance.getrandbits(64):x}",
        "service": chance.choice(["bot", "search"]),
        "user_hash": f"u{chance.randrange(12)}",
        "tags": [f"route:{chance.randrange(3)}"],
    }
    if kind != "query_score":
        number = chance.randrange(12)
        record |= {"query_preview": f"what is {number}?", "query_hash": f"h{number}"}
    if kind in {"query_success", "query_error"}:
        record |= {"model": chance.choice("ab"), "latency_ms": chance.lognormvariate(6, 0.6)}
        record |= {"input_tokens": chance.randrange(999), "cost_usd": chance.random() / 7}
    if kind == "query_error":
        record |= {"error_type": chance.choice(["Timeout", "RateLimitError"])}
    if chance.random() < 0.5:
        record["sample_rate"] = chance.choice([0.3, 1.0])
    if kind == "query_score":
        record |= {"score_name": "thumbs", "score": chance.random(), "passed": True}
    return json.dumps(record, separators=(",", ":")).encode()


def lines(chance: random.Random, begin: datetime, hours: float, many: int) -> bytes:
    """Lines in order of time."""
    step = timedelta(hours=hours) / many
    return b"".join(line(chance, begin + n * step) + b"\n" for n in range(many))


def read(*places: Path, rollups: bool = True, until: datetime = NOW) -> Traffic:
    return read_traffic(places, BEGIN, until, rollups=rollups)


def everything(found: Traffic) -> dict[str, Any]:
    """All that a traffic tells, to be compared."""
    return {
        "total": found.total,
        "lines": (found.lines, found.counted, found.skipped, found.last_event),
        "hours": [(hour.start, hour.total) for hour in found.hours],
        "days": found.per_day(),
        "queries": found.queries(),
        **{name: found.by(name) for name in DIMENSIONS},
    }


def rollups(folder: Path) -> dict[str, tuple[int, int]]:
    """The rollups of a folder, by name: what they are known by."""
    found = sorted((folder / FOLDER).iterdir()) if (folder / FOLDER).exists() else []
    return {path.name: (path.stat().st_ino, path.stat().st_mtime_ns) for path in found}


def age(path: Path, hours: float) -> None:
    """Let a file have been written to so many hours ago."""
    at = (NOW - timedelta(hours=hours)).timestamp()
    os.utime(path, (at, at))


@pytest.fixture
def log(tmp_path: Path) -> Path:
    """A log of two days that was rotated, and is written to in this very hour."""
    chance = random.Random(3)
    closed = tmp_path / "llm.2026-01-01.0001.jsonl"
    closed.write_bytes(lines(chance, BEGIN, 6, 500))
    age(closed, 60)
    found = tmp_path / "llm.jsonl"
    active = lines(chance, BEGIN + timedelta(hours=6), 8, 700)
    found.write_bytes(active + lines(chance, NOW - timedelta(seconds=1), 0.0001, 50) + b'{"sche')
    return found


def test_figures_are_those_of_the_lines_and_no_line_is_read_twice(log: Path) -> None:
    """At first sight, from the rollups alone, in any window, whatever is damaged."""
    exact = everything(read(log, rollups=False))
    first = read(log)
    assert everything(first) == exact
    made = rollups(log.parent)
    assert len(made) == 2
    again = read(log)
    assert everything(again) == exact
    assert (again.files, again.rolled_up) == (2, 2)
    assert rollups(log.parent) == made
    until = BEGIN + timedelta(hours=8)
    assert everything(read(log, until=until)) == everything(read(log, until=until, rollups=False))


def test_a_log_that_grows_has_its_rollup_extended(log: Path) -> None:
    """By the hours that are over, when they are worth it; the open hour is read as it stands."""
    read(log)
    made = rollups(log.parent)
    chance = random.Random(4)
    log.write_bytes(log.read_bytes()[:-6])
    with log.open("ab") as file:
        file.write(lines(chance, NOW - timedelta(seconds=1), 0.0001, 70))
    assert everything(read(log)) == everything(read(log, rollups=False))
    assert rollups(log.parent) == made
    later = log.with_name("llm.2026-01-02.0001.jsonl")
    log.rename(later)
    with later.open("ab") as file:
        file.write(lines(chance, NOW - timedelta(seconds=1), 0.0001, 4000))
    age(later, 2)
    log.write_bytes(lines(chance, NOW - timedelta(seconds=1), 0.0001, 10))
    assert everything(read(log)) == everything(read(log, rollups=False))
    assert set(made) < set(rollups(log.parent))
    assert rollups(log.parent) != made


def test_a_log_that_is_alone_and_grows_is_read_by_its_rollup(tmp_path: Path) -> None:
    """As on a service's first day: a look keeps the rollup that it reads, older than its log."""
    log = tmp_path / "llm.jsonl"
    log.write_bytes(lines(random.Random(1), BEGIN, 6, 500))
    for _ in range(3):
        found = read(log)
        assert found.rolled_up == 1
        assert everything(found) == everything(read(log, rollups=False))
        kept = rollups(tmp_path)
        with log.open("ab") as file:
            file.write(lines(random.Random(2), NOW - timedelta(seconds=1), 0.0001, 5))
        age(log, 0)
    assert rollups(tmp_path) == kept


@pytest.mark.parametrize("begin", [b"\n", b"junk\n", b""])
def test_logs_that_begin_alike_are_told_apart(tmp_path: Path, begin: bytes) -> None:
    """Hosts' logs that begin with the same damage, and a copy of a log: all are counted."""
    first, second = lines(random.Random(1), BEGIN, 6, 500), lines(random.Random(2), BEGIN, 5, 300)
    (tmp_path / "a.jsonl").write_bytes(begin + first)
    (tmp_path / "b.jsonl").write_bytes(begin + second)
    (tmp_path / "copy.jsonl").write_bytes(begin + first[: first.rfind(b"\n", 0, -500) + 1])
    (tmp_path / "damage.jsonl").write_bytes(begin)
    (tmp_path / "more.jsonl").write_bytes(begin + b"[]\n")
    for _ in range(2):
        assert everything(read(tmp_path)) == everything(read(tmp_path, rollups=False))
    assert [note for note in read(tmp_path).notes if "copy.jsonl begins as another log" in note]


def test_a_log_that_was_compressed_keeps_its_rollup(log: Path) -> None:
    """It is known by its first line, and trusted by the checksum that gzip writes."""
    exact = everything(read(log))
    made = rollups(log.parent)
    closed = next(log.parent.glob("llm.2026*"))
    packed = closed.with_name(closed.name + ".gz")
    packed.write_bytes(gzip.compress(closed.read_bytes()))
    os.utime(packed, ns=(0, closed.stat().st_mtime_ns))
    closed.unlink()
    assert everything(read(log)) == exact
    assert rollups(log.parent) == made
    packed.write_bytes(gzip.compress(gzip.decompress(packed.read_bytes())[:-900]))
    assert everything(read(log)) == everything(read(log, rollups=False)) != exact
    changed = rollups(log.parent)
    assert everything(read(log)) == everything(read(log, rollups=False))
    assert rollups(log.parent) == changed != made


def _rewritten(path: Path) -> None:
    data = path.read_bytes()
    path.with_name("new").write_bytes(data.replace(b'"bot"', b'"bat"'))
    path.with_name("new").replace(path)


def _changed_in_place(path: Path) -> None:
    data = path.read_bytes().replace(b"Timeout", b"Tameout")
    with path.open("r+b") as file:
        file.write(data)


def _cut(path: Path) -> None:
    os.truncate(path, path.stat().st_size // 2)


@pytest.mark.parametrize("change", [_rewritten, _changed_in_place, _cut])
def test_a_log_that_was_changed_is_read_anew(log: Path, change: Callable[[Path], None]) -> None:
    """Another file of the same name and size, the same file with other bytes, or with fewer."""
    exact = everything(read(log))
    closed = next(log.parent.glob("llm.2026*"))
    change(closed)
    assert everything(read(log)) == everything(read(log, rollups=False)) != exact


def test_a_damaged_rollup_is_made_anew(log: Path) -> None:
    """Whatever byte of it was hit, cut off, or written by another version."""
    exact = everything(read(log))
    chance = random.Random(5)
    for _ in range(9):
        path = chance.choice(list((log.parent / FOLDER).iterdir()))
        data = bytearray(path.read_bytes())
        kind = chance.randrange(3)
        if kind == 0:
            data[chance.randrange(len(data))] ^= 1 << chance.randrange(8)
        elif kind == 1:
            del data[chance.randrange(len(data)) :]
        else:
            data = bytearray(data.replace(b'"version":2', b'"version":9'))
        path.write_bytes(data)
        assert everything(read(log)) == exact
        assert path.read_bytes() != bytes(data)


def test_a_log_is_rolled_up_as_it_is_closed(tmp_path: Path) -> None:
    """Off the caller's thread, before it is compressed; the first look reads no line of it."""
    threads: list[int] = []

    def closed(path: str) -> None:
        threads.append(get_ident())
        before = time() - 7200
        os.utime(path, (before, before))
        roll_up(path)

    policy = Rotation(max_bytes=20_000, on_closed=closed)
    sink = FileSink(tmp_path / "llm.jsonl", rotation=policy)
    for line_ in lines(random.Random(6), BEGIN, 6, 300).splitlines(keepends=True):
        sink.write(line_)
    policy._house_at = 0.0
    policy.look(sink, 20_000)
    policy.wait()
    sink.close()
    assert threads
    assert get_ident() not in threads
    assert policy.faults == {}
    made = rollups(tmp_path)
    assert len(made) == len(threads) == len(list(tmp_path.glob("*.gz")))
    found = read(tmp_path)
    assert everything(found) == everything(read(tmp_path, rollups=False))
    assert {name: made[name] for name in rollups(tmp_path) if name in made} == made


def test_a_closed_log_that_cannot_be_rolled_up_is_said(tmp_path: Path) -> None:
    """The first look at it reads its lines; of an empty one there is nothing to tell."""
    log = tmp_path / "llm.jsonl"
    log.write_bytes(b"")
    roll_up(log)
    assert rollups(tmp_path) == {}
    log.write_bytes(lines(random.Random(6), BEGIN, 1, 9))
    (tmp_path / FOLDER).write_text("in the way", encoding="utf-8")
    with pytest.raises(ConfigError, match="cannot hold rollups"):
        roll_up(str(log))


@pytest.mark.parametrize("known", [False, True])
def test_a_full_disk_keeps_no_half_of_a_rollup(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, known: bool
) -> None:
    """Lines are read instead, and each look leaves the space that it found."""
    resource = pytest.importorskip("resource")
    log = tmp_path / "llm.jsonl"
    log.write_bytes(lines(random.Random(7), BEGIN, 5, 400))
    if known:
        monkeypatch.setattr("pytest_llm_telemetry.storage.rolling._WORTH", 1)
        read(log)
        with log.open("ab") as file:
            file.write(lines(random.Random(8), BEGIN + timedelta(hours=5), 2, 400))
        age(log, 2)
    before = rollups(tmp_path)
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (5000, hard))
    try:
        found = read(log)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert any("cannot hold rollups" in note for note in found.notes)
    assert rollups(tmp_path) == before
    assert everything(found) == everything(read(log, rollups=False))


def test_rollups_are_for_their_owner_only(log: Path) -> None:
    """They hold previews and hashes of users, as the logs do."""
    read(log)
    folder = log.parent / FOLDER
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert {stat.S_IMODE(path.stat().st_mode) for path in folder.iterdir()} == {0o600}


def test_where_no_rollup_can_be_written_lines_are_read(log: Path) -> None:
    """And it is said, since the next look will take as long."""
    (log.parent / FOLDER).write_text("in the way", encoding="utf-8")
    found = read(log)
    assert everything(found) == everything(read(log, rollups=False))
    assert found.rolled_up == 0
    assert "cannot hold rollups" in found.notes[0]


def test_a_rollup_goes_with_its_log(log: Path) -> None:
    """What retention deleted must not live on in figures; what was erased is forgotten at once."""
    read(log)
    next(log.parent.glob("llm.2026*")).unlink()
    assert everything(read(log)) == everything(read(log, rollups=False))
    assert len(rollups(log.parent)) == 1
    forget([log])
    assert rollups(log.parent) == {}


def test_hosts_rollups_merge_in_any_order(tmp_path: Path, log: Path) -> None:
    """To the same bytes, and to the figures of all their logs."""
    folders = []
    for number in range(3):
        folder = tmp_path / f"host{number}"
        folder.mkdir()
        data = lines(random.Random(number), BEGIN + timedelta(hours=number), 5, 300)
        (folder / "llm.jsonl").write_bytes(data)
        folders.append(folder)
    shipped = [folder / "host.rollup" for folder in folders]
    for folder, path in zip(folders, shipped, strict=True):
        write_rollup(path, read(folder))
    forwards, backwards = tmp_path / "a.rollup", tmp_path / "b.rollup"
    write_rollup(forwards, read(*shipped))
    write_rollup(backwards, read(*reversed(shipped)))
    assert forwards.read_bytes() == backwards.read_bytes()
    assert everything(read(forwards)) == everything(read(*folders, rollups=False))
    assert everything(read(forwards, log)) == everything(read(*folders, log, rollups=False))
    assert list(read(forwards).hours[0].by) == [*DIMENSIONS, "query"]
    assert len(read(forwards, shipped[0]).hours[0].by) == len(read(forwards).hours[0].by)
    with pytest.raises(KeyError):
        read(forwards).hours[0].by["nothing"]


def test_a_shipped_rollup_that_is_damaged_or_missing_is_said(tmp_path: Path) -> None:
    """There is no log to read in its place."""
    path = tmp_path / "host.rollup"
    with pytest.raises(ConfigError, match="is no rollup"):
        read(path)
    path.mkdir()
    with pytest.raises(ConfigError, match="cannot be read"):
        read(path)


def test_a_rollup_cannot_be_written_where_there_is_no_folder(tmp_path: Path, log: Path) -> None:
    """A person asked for it, so it is an error."""
    (tmp_path / "file").write_text("", encoding="utf-8")
    with pytest.raises(ConfigError, match="cannot be written"):
        write_rollup(tmp_path / "file" / "x.rollup", read(log))


def test_a_rollup_that_is_replaced_while_it_is_read_is_said(log: Path) -> None:
    """Rather than mixing the hours of two."""
    found = read(log)
    for path in (log.parent / FOLDER).iterdir():
        path.write_bytes(b"x" * 100_000)
    with pytest.raises(ConfigError, match="try again"):
        found.by("model")


def test_several_readers_at_once_tell_the_same(log: Path) -> None:
    """Each of them makes the rollup; one of them stays."""
    exact = everything(read(log, rollups=False))
    with ThreadPoolExecutor(3) as pool:
        found = list(pool.map(lambda _: everything(read(log)), range(3)))
    assert found == [exact] * 3
    assert all(path.suffix == ".rollup" for path in (log.parent / FOLDER).iterdir())
