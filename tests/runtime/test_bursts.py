"""`FileSink` in a burst: it looks at its file less often, and loses nothing by that."""

import errno
import os
import resource
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from pytest_llm_telemetry import FileSink, TelemetryLogger
from pytest_llm_telemetry.runtime import files


def numbered(number: int) -> bytes:
    return b'{"n":%d}\n' % number


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Where the log is."""
    return tmp_path / "logs" / "llm.jsonl"


@pytest.fixture
def sink(path: Path) -> Iterator[FileSink]:
    """A sink in the middle of a burst: it wrote two lines, and trusts its last look for long."""
    sink = FileSink(path)
    sink.write(numbered(0))
    sink.write(numbered(1))
    sink._sure_until = float("inf")
    yield sink
    sink.close()


def test_a_burst_looks_now_and_then(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The first 50 lines look at the file each; the next that do lie a fifth of a millisecond apart."""
    now, looks = 0.0, 0
    real = os.fstat

    def look(descriptor: int) -> os.stat_result:
        nonlocal looks
        looks += 1
        return real(descriptor)

    sink = FileSink(path)
    sink.write(numbered(0))
    sink._fstat = look
    monkeypatch.setattr(files, "monotonic", lambda: now)
    for number in range(1, 151):
        now += 1e-5
        sink.write(numbered(number))
    assert 50 <= looks <= 50 + 100 / 20 + 2
    sink.close()
    assert path.read_bytes() == b"".join(map(numbered, range(151)))


def test_a_look_may_be_trusted_for_longer(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Then lines that went with a deleted file are written anew by the first look after that."""
    now = 0.0
    monkeypatch.setattr(files, "monotonic", lambda: now)
    sink = FileSink(path, trust_s=0.5)
    sink.write(numbered(0))
    now = 1.0
    sink.write(numbered(1))
    path.unlink()
    now = 1.4
    sink.write(numbered(2))
    assert not path.exists()
    now = 1.6
    sink.write(numbered(3))
    assert path.read_bytes() == b"".join(map(numbered, (1, 2, 3)))
    sink.close()


@pytest.mark.parametrize("end", [FileSink.flush, FileSink.close, lambda sink: sink.write(b"")])
def test_lines_that_went_with_a_deleted_file_are_written_anew(
    sink: FileSink, path: Path, end: Callable[[FileSink], Any]
) -> None:
    """Lines written since the last look stand in the new file, by the next look at the latest."""
    path.unlink()
    sink.write(numbered(2))
    assert not path.exists()
    sink._sure_until = 0.0
    end(sink)
    assert path.read_bytes().endswith(numbered(2))
    assert path.read_bytes().count(numbered(2)) == 1


def test_a_file_that_was_moved_keeps_its_lines(sink: FileSink, path: Path) -> None:
    """Lines that went into a moved file are in it, and nowhere twice."""
    path.rename(path.with_suffix(".1"))
    sink.write(numbered(2))
    sink.flush()
    sink._sure_until = 0.0
    sink._look_at = 0.0
    sink.write(numbered(3))
    assert path.with_suffix(".1").read_bytes() == b"".join(map(numbered, range(3)))
    assert path.read_bytes() == numbered(3)


def test_a_descriptor_that_a_stranger_closed_is_opened_again(sink: FileSink, path: Path) -> None:
    """The line that finds the descriptor closed is written, once."""
    os.close(sink._descriptor)
    sink.write(numbered(2))
    assert path.read_bytes() == b"".join(map(numbered, range(3)))


def test_a_line_that_went_to_a_stranger_is_written_where_it_belongs(
    sink: FileSink, path: Path, tmp_path: Path
) -> None:
    """Where a stranger's file took our descriptor over, the lines it got stand in ours too, once."""
    stranger = os.open(tmp_path / "other", os.O_CREAT | os.O_WRONLY)
    os.dup2(stranger, sink._descriptor)
    sink.write(numbered(2))
    sink._sure_until = 0.0
    sink.write(numbered(3))
    assert path.read_bytes() == b"".join(map(numbered, range(4)))


def test_lines_of_a_file_that_cannot_be_read_are_written_anew(
    sink: FileSink, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Rather twice than not at all, where the file may be written only."""

    def refuse(*_: object) -> bytes:
        raise OSError(errno.EBADF, "written only")

    path.unlink()
    sink.write(numbered(2))
    monkeypatch.setattr(os, "pread", refuse)
    sink._sure_until = 0.0
    sink.write(numbered(3))
    assert path.read_bytes() == b"".join(map(numbered, (1, 2, 3)))


def test_a_line_that_a_full_disk_refuses_is_not_written_anew(sink: FileSink, path: Path) -> None:
    """A refused or cut line was never acknowledged; the next look finds the file as it is."""
    size = path.stat().st_size
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, limits[1]))
    try:
        with pytest.raises(OSError, match=os.strerror(errno.EFBIG)):
            sink.write(numbered(2))
        sink._sure_until = float("inf")
        resource.setrlimit(resource.RLIMIT_FSIZE, (size + 3, limits[1]))
        with pytest.raises(OSError, match="cut"):
            sink.write(numbered(3))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    path.unlink()
    sink.write(numbered(4))
    assert path.read_bytes() == b"".join(map(numbered, (1, 4)))


def test_an_exit_without_close_writes_them_too(path: Path) -> None:
    """A process that deletes its log, logs and ends leaves the lines that it logged."""
    child = os.fork()
    if not child:
        telemetry = TelemetryLogger(FileSink(path))
        for _ in range(60):
            telemetry.score("a", "thumbs", 1)
        path.unlink()
        telemetry.score("b", "thumbs", 1)
        files._at_exit()  # what `atexit` runs, and `os._exit` does not
        os._exit(0)
    assert os.waitpid(child, 0)[1] == 0
    assert path.read_bytes().count(b'"query_id":"b"') == 1


def test_an_exit_that_cannot_write_them_is_quiet(sink: FileSink, path: Path) -> None:
    """Where nothing can be written any more, the process ends as it would without us."""
    path.unlink()
    sink.write(numbered(2))
    path.parent.rmdir()
    path.parent.write_bytes(b"a file in the folder's place")
    files._at_exit()
    path.parent.unlink()
    sink.write(numbered(3))
    assert path.read_bytes() == b"".join(map(numbered, (1, 2, 3)))
