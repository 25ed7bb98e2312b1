"""Logs are closed by day and size, compressed and deleted, off the caller's thread."""

import fcntl
import gzip
import os
import time
from pathlib import Path
from typing import Any

import pytest

from pytest_llm_telemetry import FileSink, Rotation, TelemetryLogger
from pytest_llm_telemetry.core.errors import ConfigError
from pytest_llm_telemetry.runtime import compression, rotation
from pytest_llm_telemetry.runtime.compression import compress
from pytest_llm_telemetry.runtime.rotation import closed_files, purge, turn

DAY_S = 86_400
LINE = b'{"n":%06d}\n'


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Where the log is."""
    return tmp_path / "llm.jsonl"


def lines_of(path: Path) -> list[bytes]:
    """Every line of a log and of its closed files, in their order."""
    found = []
    for name in [*closed_files(str(path)), str(path)]:
        data = Path(name).read_bytes() if Path(name).exists() else b""
        found += (gzip.decompress(data) if name.endswith(".gz") else data).splitlines(keepends=True)
    return found


def write_slowly(sink: FileSink, numbers: range) -> None:
    """Write lines with the pause that lets the sink look at its file each time."""
    for number in numbers:
        sink._look_at = 0.0
        sink.write(LINE % number)


def test_a_full_file_is_closed_and_compressed(path: Path) -> None:
    """Above its size a file is closed under the day's name, and no line is lost or doubled."""
    policy = Rotation(max_bytes=400)
    sink = FileSink(path, rotation=policy)
    for start in range(0, 200, 50):
        write_slowly(sink, range(start, start + 50))
        policy.wait()
    sink.close()
    closed = [Path(name).name for name in closed_files(str(path))]
    today = time.strftime("%Y-%m-%d", time.gmtime())
    assert closed[0] == f"llm.{today}.0001.jsonl.gz"
    assert len(closed) > 2
    assert lines_of(path) == [LINE % number for number in range(200)]
    assert all((path.parent / name).stat().st_mode & 0o777 == 0o600 for name in closed)


def test_a_closed_file_is_told_before_it_is_compressed(path: Path) -> None:
    """To a callable of the owner's; one that fails is counted, and stops nothing."""
    told: list[str] = []

    def closed(name: str) -> None:
        told.append(name)
        assert Path(name).read_bytes().startswith(b'{"n"')
        if len(told) == 1:
            raise ValueError

    policy = Rotation(max_bytes=400, on_closed=closed)
    sink = FileSink(path, rotation=policy)
    for start in range(0, 150, 50):
        write_slowly(sink, range(start, start + 50))
        policy.wait()
    sink.close()
    assert len(told) > 1
    assert [f"{name}.gz" for name in told] == closed_files(str(path))
    assert policy.faults == {"ValueError": 1}
    assert lines_of(path) == [LINE % number for number in range(150)]


def test_a_new_utc_day_begins_a_new_file(path: Path) -> None:
    """What was written yesterday is closed under yesterday's date, without being compressed."""
    path.write_bytes(LINE % 0)
    yesterday = time.time() - DAY_S
    os.utime(path, (yesterday, yesterday))
    sink = FileSink(path, rotation=Rotation(compress=False))
    write_slowly(sink, range(1, 3))
    sink.close()
    sink.write(LINE % 3)
    sink.close()
    date = time.strftime("%Y-%m-%d", time.gmtime(yesterday))
    assert closed_files(str(path)) == [str(path.with_name(f"llm.{date}.0001.jsonl"))]
    assert lines_of(path) == [LINE % number for number in range(4)]


def test_midnight_closes_the_file_of_a_running_process(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A process that runs over midnight UTC begins a new file; a clock set back does not."""
    sink = FileSink(path, rotation=Rotation())
    write_slowly(sink, range(2))
    monkeypatch.setattr(time, "time", lambda real=time.time: real() - DAY_S)
    write_slowly(sink, range(2, 4))
    sink.close()
    assert closed_files(str(path)) == []
    monkeypatch.undo()
    monkeypatch.setattr(time, "time", lambda real=time.time: real() + DAY_S)
    sink.write(LINE % 4)
    sink.day = int(time.time() // DAY_S) - 1
    write_slowly(sink, range(5, 6))
    sink.close()
    assert len(closed_files(str(path))) == 1
    assert lines_of(path) == [LINE % number for number in range(6)]


def test_a_logger_with_a_path_rotates_by_day(path: Path) -> None:
    """A logger that is given a path has a rotated file, and closing it waits for the rotation."""
    path.write_bytes(b"{}\n")
    os.utime(path, (0, 0))
    telemetry = TelemetryLogger(path)
    with telemetry.observe("q"):
        pass
    telemetry.close()
    (closed,) = closed_files(str(path))
    assert not Path(closed).exists() or Path(closed).read_bytes()
    assert telemetry.stats()["dropped"] == {}


def test_a_file_that_a_process_has_open_is_not_compressed(path: Path) -> None:
    """Only a file that nobody can still write to is compressed."""
    sink = FileSink(path)
    sink.write(LINE % 0)
    closed = path.with_name("llm.2026-01-01.0001.jsonl")
    path.rename(closed)
    assert not compress(str(closed))
    sink.close()
    assert compress(str(closed))
    assert lines_of(path) == [LINE % 0]


def test_a_file_that_is_replaced_meanwhile_is_not_compressed(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Lines that were erased between opening a file and locking it do not come back."""
    path.write_bytes(LINE % 0)
    path.with_suffix(".new").write_bytes(b"")
    lock = fcntl.flock

    def replaced(file: int, how: int) -> None:
        path.with_suffix(".new").replace(path)
        lock(file, how)

    monkeypatch.setattr(compression, "flock", replaced)
    assert not compress(str(path))
    assert path.read_bytes() == b""
    assert list(path.parent.iterdir()) == [path]


def test_a_kill_in_the_middle_of_compressing_is_made_good(path: Path) -> None:
    """What a killed compression left behind is written anew, or the plain file goes."""
    closed = path.with_name("llm.2026-01-01.0001.jsonl")
    closed.write_bytes(LINE % 0)
    closed.with_name(closed.name + ".gz.tmp").write_bytes(b"half")
    assert compress(str(closed))
    closed.write_bytes(LINE % 0)
    assert compress(str(closed))
    assert [name.name for name in path.parent.iterdir()] == [closed.name + ".gz"]
    assert lines_of(path) == [LINE % 0]


def test_only_the_file_that_was_due_is_moved(path: Path) -> None:
    """Two processes that find the same file due move it once, and never the next one."""
    path.write_bytes(LINE % 0)
    about = path.stat()
    turn(str(path), (about.st_dev, about.st_ino), 1)
    path.write_bytes(LINE % 1)
    turn(str(path), (about.st_dev, about.st_ino), 1)
    about = path.stat()
    turn(str(path), (about.st_dev, about.st_ino), 1)
    names = [Path(name).name for name in closed_files(str(path))]
    assert names == ["llm.1970-01-02.0001.jsonl", "llm.1970-01-02.0002.jsonl"]
    assert lines_of(path) == [LINE % 0, LINE % 1]


@pytest.fixture
def aged(path: Path) -> list[Path]:
    """Five closed files of 100 bytes, 5 to 1 days old, and files that are none of the log's."""
    made = []
    for age in range(5, 0, -1):
        closed = path.with_name(f"llm.2026-01-{10 - age:02}.0001.jsonl.gz")
        closed.write_bytes(b"x" * 100)
        when = time.time() - age * DAY_S + 60
        os.utime(closed, (when, when))
        made.append(closed)
    for other in ("llm.jsonl", "llm.2026.jsonl", "other.2026-01-01.0001.jsonl", "llm.a-b.1.jsonl"):
        (path.parent / other).write_bytes(b"mine")
        os.utime(path.parent / other, (0, 0))
    return made


def test_retention_by_age_and_by_size(path: Path, aged: list[Path]) -> None:
    """Old files go by age, then the oldest while the rest is too large; a dry run tells only."""
    names = [str(name) for name in aged]
    assert purge(path, keep_days=3, dry_run=True) == names[:2]
    assert all(name.exists() for name in aged)
    assert purge(path, keep_days=3) == names[:2]
    assert purge(path, keep_bytes=150) == names[2:4]
    assert purge(path) == []
    assert closed_files(str(path)) == names[4:]
    assert len(list(path.parent.iterdir())) == 5


def test_retention_runs_with_the_log(path: Path, aged: list[Path]) -> None:
    """A logger deletes its own closed files when they are too old."""
    path.unlink()
    sink = FileSink(path, rotation=Rotation(keep_days=2.5))
    sink.write(LINE % 0)
    sink.write(LINE % 1)
    sink.close()
    assert closed_files(str(path)) == [str(name) for name in aged[3:]]


def test_a_file_that_another_process_deleted_is_no_error(
    path: Path, aged: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Retention that races another process's finds what it wanted done."""
    stat, unlink = os.stat, os.unlink

    def gone_at_stat(name: str, **options: bool) -> os.stat_result:
        if str(name) == str(aged[0]):
            raise FileNotFoundError
        return stat(name, **options)

    def gone_at_unlink(name: str) -> None:
        unlink(name)
        raise FileNotFoundError

    monkeypatch.setattr(os, "stat", gone_at_stat)
    monkeypatch.setattr(os, "unlink", gone_at_unlink)
    assert purge(path, keep_days=3) == [str(aged[1])]


def test_what_goes_wrong_in_the_thread_is_counted(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A rotation that fails costs no line, and is counted by its reason."""

    def refusing(*_: object) -> None:
        raise PermissionError

    monkeypatch.setattr(os, "rename", refusing)
    policy = Rotation(max_bytes=1)
    sink = FileSink(path, rotation=policy)
    write_slowly(sink, range(3))
    sink.close()
    assert policy.faults["PermissionError"] >= 1
    assert lines_of(path) == [LINE % number for number in range(3)]


def test_without_a_thread_lines_are_written_all_the_same(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where no thread can be started, rotation waits for the next look."""

    def refusing(*_: object) -> int:
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(rotation, "start_new_thread", refusing)
    sink = FileSink(path, rotation=Rotation(max_bytes=1))
    write_slowly(sink, range(3))
    monkeypatch.undo()
    write_slowly(sink, range(3, 4))
    sink.close()
    assert len(closed_files(str(path))) == 1
    assert lines_of(path) == [LINE % number for number in range(4)]


def test_a_child_does_not_wait_for_its_parents_thread(path: Path) -> None:
    """A fork while the parent rotates leaves the child free to rotate and to close."""
    policy = Rotation(max_bytes=1)
    sink = FileSink(path, rotation=policy)
    policy._busy.acquire()
    child = os.fork()
    if not child:
        policy.wait()
        write_slowly(sink, range(2))
        sink.close()
        os._exit(0)
    assert os.waitpid(child, 0)[1] == 0
    write_slowly(sink, range(2, 4))  # the parent is busy: nothing is begun twice
    policy._busy.release()
    sink.close()
    assert lines_of(path) == [LINE % number for number in range(4)]


@pytest.mark.parametrize("option", ["max_bytes", "keep_days", "keep_bytes"])
def test_limits_that_are_not_positive_are_refused(option: str) -> None:
    """A limit of 0 or less is refused when it is given."""
    nothing: dict[str, Any] = {option: 0}
    with pytest.raises(ConfigError, match=option):
        Rotation(**nothing)


def test_a_folder_that_cannot_be_listed_has_no_closed_files(tmp_path: Path) -> None:
    """Without a folder there is nothing to purge."""
    assert purge(tmp_path / "missing" / "llm.jsonl", keep_days=1) == []


def test_a_child_forked_during_a_move_does_not_keep_the_folder_locked(path: Path) -> None:
    """A worker forked while its parent holds the folder's lock lets go of it at once."""
    path.parent.mkdir(exist_ok=True)
    held = rotation._locked(str(path.parent))
    reading, writing = os.pipe()
    child = os.fork()
    if not child:
        os.close(writing)
        os.read(reading, 1)  # lives until the parent has seen the lock free
        os._exit(0)
    os.close(reading)
    try:
        rotation._unlock(held)
        again = os.open(path.parent, os.O_RDONLY)
        deadline = time.monotonic() + 30
        while True:
            try:
                fcntl.flock(again, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:  # the child is just starting
                assert time.monotonic() < deadline
        os.close(again)
    finally:
        os.close(writing)
        os.waitpid(child, 0)


@pytest.mark.parametrize("kept", [True, False])
def test_what_was_rolled_up_of_a_deleted_log_goes_with_it(tmp_path: Path, *, kept: bool) -> None:
    """A rollup is as old as its log; those of logs that are kept stay."""
    rollups = tmp_path / ".rollups"
    rollups.mkdir()
    old = time.time() - 9 * 86_400
    for path in (tmp_path / "llm.2026-01-01.0001.jsonl", rollups / "gone.rollup"):
        path.write_bytes(b"x")
        os.utime(path, (old, old))
    (rollups / "kept.rollup").write_bytes(b"x")
    log = tmp_path / "llm.jsonl"
    if kept:
        log.write_bytes(b"x")
        os.utime(log, (old + 9, old + 9))
    assert purge(log, keep_days=3, dry_run=True) == purge(log, keep_days=3)
    assert [path.name for path in rollups.iterdir()] == (["kept.rollup"] if kept else [])
