"""`FileSink`: lines reach the file that the path names, whatever happens to it."""

import errno
import fcntl
import os
import resource
import signal
import stat
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from pytest_llm_telemetry import FileSink
from pytest_llm_telemetry.runtime import opening


def numbered(number: int) -> bytes:
    return b'{"n":%d}\n' % number


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Where the log is."""
    return tmp_path / "logs" / "llm.jsonl"


@pytest.fixture(params=[False, True], ids=["releasing", "holding"])
def sink(path: Path, request: pytest.FixtureRequest) -> Iterator[FileSink]:
    """A sink of that file, with its first line written."""
    sink = FileSink(path, hold_gil=request.param)
    sink.write(numbered(0))
    yield sink
    sink.close()


def test_only_the_owner_may_read_it(sink: FileSink, path: Path) -> None:
    """The file is 0600, the folder made for it 0700."""
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700


def test_a_process_that_goes_elsewhere_writes_on_where_it_began(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A relative path begins where the sink was made, also where nothing stands any more."""
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    sink = FileSink("llm.jsonl")
    sink.write(numbered(0))
    monkeypatch.chdir(tmp_path)
    sink.close()
    sink.write(numbered(1))
    sink.close()
    assert (tmp_path / "here" / "llm.jsonl").read_bytes() == numbered(0) + numbered(1)
    (tmp_path / "gone").mkdir()
    monkeypatch.chdir(tmp_path / "gone")
    (tmp_path / "gone").rmdir()
    assert FileSink("llm.jsonl").path == "llm.jsonl"


def test_every_folder_made_for_it_is_the_owners(tmp_path: Path) -> None:
    """Folders above its own are 0700 too where they were missing, whatever the umask."""
    mask = os.umask(0)
    try:
        FileSink(tmp_path / "a" / "b" / "llm.jsonl").write(numbered(0))
    finally:
        os.umask(mask)
    made = [tmp_path / "a", tmp_path / "a" / "b"]
    assert [stat.S_IMODE(folder.stat().st_mode) for folder in made] == [0o700, 0o700]


def test_reopening_follows_a_moved_file_alone(sink: FileSink, path: Path) -> None:
    """A file that still has its name is kept; after a move the next line is in a new one."""
    before = sink.identity
    sink.reopen()
    assert sink.identity == before
    path.rename(path.with_suffix(".1"))
    sink.reopen()
    sink.write(numbered(1))
    assert path.read_bytes() == numbered(1)


def test_a_planted_symlink_is_not_followed(tmp_path: Path) -> None:
    """A link in the place of the file is refused, and what it points to stays as it is."""
    victim = tmp_path / "victim"
    victim.write_bytes(b"mine")
    (tmp_path / "llm.jsonl").symlink_to(victim)
    with pytest.raises(OSError, match="symbolic links"):
        FileSink(tmp_path / "llm.jsonl").write(numbered(0))
    assert victim.read_bytes() == b"mine"


def test_a_symlink_put_in_its_place_later_is_not_followed(sink: FileSink, path: Path) -> None:
    """A file that is swapped for a link is written to no longer, and neither is the link's target."""
    victim = path.with_name("victim")
    victim.write_bytes(b"mine")
    path.unlink()
    path.symlink_to(victim)
    with pytest.raises(OSError, match="symbolic links"):
        sink.write(numbered(1))
    assert victim.read_bytes() == b"mine"


def test_a_torn_last_line_is_closed_first(path: Path) -> None:
    """After a crash in mid-line the next line starts on a line of its own."""
    path.parent.mkdir()
    path.write_bytes(numbered(0) + b'{"n":')
    sink = FileSink(path)
    sink.write(numbered(1))
    sink.write(numbered(2))
    sink.close()
    assert path.read_bytes() == numbered(0) + b'{"n":\n' + numbered(1) + numbered(2)


def test_a_folder_that_is_a_link_to_nowhere_is_written_to_once_it_leads_somewhere(
    path: Path, tmp_path: Path
) -> None:
    """What stands in the folder's place is left alone: the line is refused, the next one written."""
    path.parent.symlink_to(tmp_path / "mounted")
    sink = FileSink(path)
    with pytest.raises(FileNotFoundError):
        sink.write(numbered(0))
    (tmp_path / "mounted").mkdir()
    sink.write(numbered(1))
    sink.close()
    assert path.read_bytes() == numbered(1)


def test_a_line_that_another_process_is_just_writing_is_not_torn(path: Path) -> None:
    """What looks torn but still grows is waited for."""
    path.parent.mkdir()
    path.write_bytes(b'{"n":')

    def finish() -> None:
        with path.open("ab") as other:
            other.write(b"0}\n")

    rest = threading.Timer(0.001, finish)
    real, opening._SETTLE_S = opening._SETTLE_S, 0.3
    try:
        rest.start()
        sink = FileSink(path)
        sink.write(numbered(1))
        sink.close()
    finally:
        opening._SETTLE_S = real
        rest.join()
    assert path.read_bytes() == numbered(0) + numbered(1)


def test_a_file_that_may_be_written_but_not_read_is_written(path: Path) -> None:
    """Without the right to read, the end cannot be looked at, and the line is appended."""
    if os.geteuid() == 0:
        pytest.skip("root may read everything")
    path.parent.mkdir()
    path.write_bytes(b"torn")
    path.chmod(0o200)
    sink = FileSink(path)
    sink.write(numbered(1))
    sink.close()
    path.chmod(0o600)
    assert path.read_bytes() == b"torn" + numbered(1)


def test_a_write_only_descriptor_is_taken_as_it_is(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where reading is not permitted at all, lines are appended unlooked."""
    path.parent.mkdir()
    path.write_bytes(b"torn")
    opened = os.open

    def refusing(name: str, flags: int, mode: int = 0o777) -> int:
        if flags & os.O_RDWR:
            raise PermissionError
        return opened(name, flags, mode)

    monkeypatch.setattr(os, "open", refusing)
    sink = FileSink(path)
    sink.write(numbered(1))
    sink.close()
    assert path.read_bytes() == b"torn" + numbered(1)


def test_a_deleted_folder_is_made_again(sink: FileSink, path: Path) -> None:
    """Deleting the folder costs the lines that were in it, and not one that is written later."""
    path.unlink()
    path.parent.rmdir()
    sink.write(numbered(1))
    assert path.read_bytes() == numbered(1)


def test_a_deleted_file_is_made_again_at_once(sink: FileSink, path: Path) -> None:
    """The line after a deletion is in the new file, however soon it comes."""
    for number in range(1, 100):
        path.unlink()
        sink.write(numbered(number))
        assert path.read_bytes() == numbered(number)


def test_a_moved_file_is_let_go_and_no_line_is_lost(sink: FileSink, path: Path) -> None:
    """After logrotate's move, lines go to the moved file for 10 ms at most, then to a new one."""
    moved = path.with_suffix(".1")
    sink.write(numbered(1))
    path.rename(moved)
    time.sleep(0.02)
    sink.write(numbered(2))
    assert path.read_bytes() == numbered(2)
    assert moved.read_bytes() + path.read_bytes() == b"".join(map(numbered, range(3)))


def test_copytruncate_loses_nothing_that_comes_later(sink: FileSink, path: Path) -> None:
    """A file that is cut to nothing in place is written from its start."""
    path.write_bytes(b"")
    sink.write(numbered(1))
    assert path.read_bytes() == numbered(1)


def test_a_moved_file_is_used_while_no_other_can_be_had(sink: FileSink, path: Path) -> None:
    """Without a free descriptor for the new file, the moved one still takes the line."""
    moved = path.with_suffix(".1")
    path.rename(moved)
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (3, hard))
    try:
        sink.write(numbered(1))
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    assert moved.read_bytes() == numbered(0) + numbered(1)
    time.sleep(0.02)
    sink.write(numbered(2))
    assert path.read_bytes() == numbered(2)


def test_a_deleted_file_is_not_used_when_no_other_can_be_had(sink: FileSink, path: Path) -> None:
    """A line is refused, not written where nobody can read it."""
    path.unlink()
    path.parent.rmdir()
    path.parent.write_text("a file in the folder's place")
    with pytest.raises(OSError, match=r"exists|directory"):
        sink.write(numbered(1))
    path.parent.unlink()


def test_a_descriptor_that_a_stranger_closed_is_opened_again(sink: FileSink, path: Path) -> None:
    """A daemon that closes all descriptors costs no line."""
    os.close(sink._descriptor)
    sink.write(numbered(1))
    assert path.read_bytes() == numbered(0) + numbered(1)


def test_a_descriptor_that_a_stranger_took_is_left_alone(
    sink: FileSink, path: Path, tmp_path: Path
) -> None:
    """A number that now is somebody else's file gets no line of ours, and is not closed."""
    other = os.open(tmp_path / "other", os.O_RDWR | os.O_CREAT)
    os.dup2(other, sink._descriptor)
    taken = sink._descriptor
    sink.write(numbered(1))
    assert os.fstat(taken).st_size == 0
    assert path.read_bytes() == numbered(0) + numbered(1)
    os.close(taken)
    os.close(other)


def test_a_line_that_a_full_disk_cut_is_finished_when_there_is_space(
    sink: FileSink, path: Path
) -> None:
    """A cut line is refused, then finished before the next one: no line is torn."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    ignored = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (len(numbered(0)) + 4, hard))
    try:
        with pytest.raises(OSError, match="cut"):
            sink.write(numbered(1))
        with pytest.raises(OSError, match="too large"):
            sink.write(numbered(2))
        resource.setrlimit(resource.RLIMIT_FSIZE, (len(numbered(0)) + 6, hard))
        with pytest.raises(OSError, match="cut"):
            sink.write(numbered(3))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        signal.signal(signal.SIGXFSZ, ignored)
    sink.write(numbered(4))
    sink.write(numbered(5))
    assert path.read_bytes() == b"".join(map(numbered, (0, 1, 3, 4, 5)))
    assert sink.recovered >= 1


def test_a_cut_line_that_another_process_wrote_behind_gets_its_newline(
    sink: FileSink, path: Path
) -> None:
    """Where the rest would end up in the wrong place, the torn line is closed instead."""
    with pytest.raises(OSError, match="cut"):
        sink._cut(b"1}\n")
    with path.open("ab") as other:
        other.write(b"x")
    sink.write(numbered(2))
    assert path.read_bytes() == numbered(0) + b"x\n" + numbered(2)
    assert sink.recovered == 0


def test_a_full_device_refuses_each_line() -> None:
    """/dev/full is refused with the reason; nothing is held back."""
    sink = FileSink("/dev/full")
    for _ in range(2):
        with pytest.raises(OSError, match="No space") as refused:
            sink.write(numbered(0))
        assert refused.value.errno == errno.ENOSPC
    sink.close()


def test_a_folder_in_its_place_is_refused(tmp_path: Path) -> None:
    """A path that is a folder is refused."""
    with pytest.raises(IsADirectoryError):
        FileSink(tmp_path).write(numbered(0))


def test_a_file_without_folder_goes_to_the_current_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A bare name is a file in the current folder."""
    monkeypatch.chdir(tmp_path)
    sink = FileSink("llm.jsonl")
    sink.write(numbered(0))
    sink.close()
    sink.close()
    sink.write(numbered(1))
    sink.close()
    assert Path("llm.jsonl").read_bytes() == numbered(0) + numbered(1)


def test_a_file_that_is_being_compressed_is_waited_for(path: Path) -> None:
    """A file under an exclusive lock is about to go; it is not written to, and not for ever."""
    path.parent.mkdir()
    path.touch()
    with path.open("rb") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        with pytest.raises(OSError, match="moved faster"):
            FileSink(path).write(numbered(0))
    sink = FileSink(path)
    sink.write(numbered(1))
    sink.close()
    assert path.read_bytes() == numbered(1)


def test_a_file_that_moves_while_it_is_opened_is_opened_again(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Opening and being moved at once ends in the new file."""
    path.parent.mkdir()
    moves = iter([True, False])
    held = opening.held

    def moving(descriptor: int) -> bool:
        if next(moves, False):
            path.rename(path.with_suffix(".1"))
        return held(descriptor)

    monkeypatch.setattr(opening, "held", moving)
    sink = FileSink(path)
    sink.write(numbered(1))
    sink.close()
    assert path.read_bytes() == numbered(1)


def test_a_file_system_without_locks_is_written_all_the_same(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where `flock` is not to be had, lines are written; only compression does without."""

    def refusing(descriptor: int, operation: int) -> None:
        raise OSError(errno.ENOTSUP, "no locks")

    for flock in (refusing, None):
        monkeypatch.setattr(opening, "flock", flock)
        sink = FileSink(path)
        sink.write(numbered(1))
        sink.close()
    assert path.read_bytes() == numbered(1) * 2


def test_a_signal_handler_that_logs_while_we_log_loses_nothing(sink: FileSink, path: Path) -> None:
    """Lines logged by a handler that interrupts a write are there, each whole."""
    numbers = iter(range(10_000, 20_000))
    before = signal.signal(signal.SIGALRM, lambda *_: sink.write(numbered(next(numbers))))
    signal.setitimer(signal.ITIMER_REAL, 0.0005, 0.0005)
    try:
        for number in range(1, 1500):
            if number % 100 == 0:
                path.unlink(missing_ok=True)  # in a burst the file is not made again at once
            sink.write(numbered(number))
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
    sink.flush()
    lines = path.read_bytes().splitlines(keepends=True)
    assert {numbered(number) for number in range(1400, 1500)} <= set(lines)
    assert len(lines) == len(set(lines))
    assert all(line.endswith(b"}\n") and line.startswith(b'{"n":') for line in lines)
    assert next(numbers) > 10_000


def test_a_signal_handler_that_finds_the_file_gone_saves_the_lines_before_it(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A handler that logs in the midst of a look, and makes the file anew, saves what went."""
    sink = FileSink(path, trust_s=0.05)
    sink.write(numbered(0))
    sink.write(numbered(0))
    path.unlink()
    sink.write(numbered(1))  # the last look is trusted still
    look, arrives = sink._fstat, iter([True])

    def interrupted(descriptor: int) -> object:
        if next(arrives, False):
            sink.write(numbered(2))
        return look(descriptor)

    monkeypatch.setattr(sink, "_fstat", interrupted)
    time.sleep(0.06)
    sink.write(numbered(3))
    assert path.read_bytes() == b"".join(map(numbered, (0, 1, 2, 3)))
    sink.close()


def test_a_forked_child_opens_the_file_for_itself(sink: FileSink, path: Path) -> None:
    """A child shares neither descriptor nor lock with its parent, and both write all lines."""
    sink._lock.acquire()  # as another thread might hold it at the fork
    child = os.fork()
    if not child:
        inherited = sink._descriptor
        sink.write(numbered(1))
        os._exit(inherited != -1)
    _, status = os.waitpid(child, 0)
    sink._lock.release()
    assert status == 0
    sink.write(numbered(2))
    assert path.read_bytes() == b"".join(map(numbered, range(3)))
    FileSink(path.parent).forked()  # one that never wrote has nothing to leave
