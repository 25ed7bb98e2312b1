"""`llm-telemetry purge --user`: what is held of one person goes, beside whoever writes."""

import gzip
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import zstandard

from pytest_llm_telemetry import FileSink, Rotation, TelemetryLogger
from pytest_llm_telemetry.cli import main
from pytest_llm_telemetry.core.privacy import keyed_hash
from pytest_llm_telemetry.review import erasing
from pytest_llm_telemetry.runtime import context
from pytest_llm_telemetry.runtime.compression import compress
from pytest_llm_telemetry.runtime.rotation import closed_files, turn
from pytest_llm_telemetry.storage import alert_state
from pytest_llm_telemetry.storage import logs as reading
from pytest_llm_telemetry.storage.finding import log_files
from pytest_llm_telemetry.storage.traffic import read_traffic

KEY = "a key of the service"
ANNA, BEN = "anna@example.com", "ben@example.com"


@pytest.fixture(autouse=True)
def key(monkeypatch: pytest.MonkeyPatch) -> None:
    """The environment of the service."""
    monkeypatch.setenv("LLM_TELEMETRY_HASH_KEY", KEY)


@pytest.fixture
def log(tmp_path: Path) -> Path:
    """A log of two people: a compressed file, a closed one, and the one that is written to."""
    path = tmp_path / "logs" / "llm.jsonl"
    for day, after in ((20_000, compress), (20_001, str), (None, str)):
        serve(path)
        if day is not None:
            about = path.stat()
            turn(str(path), (about.st_dev, about.st_ino), day)
            after(closed_files(str(path))[-1])
    return path


def serve(path: Path) -> None:
    """Calls of two people, one inside another, and what one of them thought of it later."""
    telemetry = TelemetryLogger(FileSink(path))  # does not rotate by itself
    for user in (ANNA, BEN):
        with telemetry.observe(f"a question of {user[:3]}", user_id=user) as call:
            with telemetry.observe("inside"):
                pass
            query_id = call.query_id
        telemetry.score(query_id, "thumbs", 1.0, explanation=f"{user[:3]} liked it")
    telemetry.close()


def files_of(log: Path) -> list[Path]:
    return [Path(name) for name in closed_files(str(log))] + [log] * log.exists()


def texts(log: Path) -> list[bytes]:
    """Every line of a log, blanks and damage too."""
    found: list[bytes] = []
    for path in files_of(log):
        data = path.read_bytes()
        found += (gzip.decompress(data) if path.suffix == ".gz" else data).splitlines()
    return found


def held_of(log: Path, user: str) -> int:
    """Lines that tell of a person by hash or by what they wrote."""
    marks = (keyed_hash(user, KEY.encode()).encode(), user[:3].encode())
    return sum(any(mark in line for mark in marks) for line in texts(log))


def test_all_that_is_held_of_a_person_goes_and_nothing_else(
    log: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Calls, calls inside them and later scores go from the log, closed and compressed files."""
    before = texts(log)
    modified = [path.stat().st_mtime_ns for path in files_of(log)]
    assert held_of(log, BEN) == 9
    assert main(["purge", str(log), "--user", ANNA]) == 0
    assert "deleted 15 lines of 3 files, 3 files read" in capsys.readouterr().out
    assert held_of(log, ANNA) == 0
    kept = texts(log)
    assert len(kept) == 15
    assert kept == [line for line in before if line in set(kept)]
    assert held_of(log, BEN) == 9
    assert [path.stat().st_mtime_ns for path in files_of(log)] == modified
    assert all(path.stat().st_mode & 0o777 == 0o600 for path in files_of(log))
    assert not list(log.parent.glob("*.tmp"))
    assert main(["purge", str(log), "--user", ANNA]) == 0
    assert "deleted 0 lines of 0 files" in capsys.readouterr().out


def test_a_folder_is_erased_as_far_as_it_is_read(log: Path, tmp_path: Path) -> None:
    """Hosts' folders below it, and logs that somebody moved aside and compressed whole, as well."""
    host = log.parent / "host-b" / "llm.jsonl"
    serve(host)
    serve(tmp_path / "old.jsonl")
    old = log.parent / "old.jsonl.gz"
    old.write_bytes(gzip.compress((tmp_path / "old.jsonl").read_bytes()))
    serve(tmp_path / "dated.jsonl")
    dated = log.parent / "llm.2026-10-01.jsonl.zst"
    dated.write_bytes(zstandard.compress((tmp_path / "dated.jsonl").read_bytes()))
    person = keyed_hash(ANNA, KEY.encode())
    assert main(["purge", str(log.parent), "--user", ANNA]) == 0
    left = reading.read(log_files([log.parent]))
    assert len(left.events) == 30
    assert person not in {getattr(event, "user_hash", None) for event in left.events}


def test_a_rotated_file_stands_for_its_log(log: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Somebody who names a closed file means the log: the file keeps its name, and no line stays."""
    closed = closed_files(str(log))[0]
    assert main(["purge", closed, "--user", ANNA]) == 0
    assert "deleted 15 lines of 3 files" in capsys.readouterr().out
    assert Path(closed).is_file()
    assert held_of(log, ANNA) == 0


def test_a_dry_run_counts_and_changes_nothing(
    log: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """What would go is told, by the hash as well, for the folder as for the file; nothing goes."""
    before = {path: path.read_bytes() for path in log.parent.iterdir()}
    person = keyed_hash(ANNA, KEY.encode())
    root = ["--root", str(log.parent.parent)]
    for how in ([str(log), "--user", ANNA], [str(log.parent), "--user-hash", person.upper()], root):
        options = how if how is not root else [*root, "--user", ANNA]
        assert main(["purge", *options, "--dry-run"]) == 0
        assert f"user {person}: would delete 15 lines of 3 files" in capsys.readouterr().out
    assert {path: path.read_bytes() for path in log.parent.iterdir()} == before


def test_figures_that_name_the_person_go_as_well(log: Path) -> None:
    """A dashboard keeps rollups beside the logs, with hashes of users and previews."""
    now = datetime.now(UTC)
    read_traffic([log], now - timedelta(days=9), now)
    held = log.parent / ".rollups"
    assert list(held.iterdir())
    assert main(["purge", "--user", ANNA, "--dry-run", str(log)]) == 0
    assert list(held.iterdir())
    assert main(["purge", "--user", ANNA, str(log)]) == 0
    assert not list(held.iterdir())


def test_lines_that_are_damaged_go_too(log: Path) -> None:
    """Half a line with the person's hash is no event, and still tells of them."""
    person = keyed_hash(ANNA, KEY.encode()).encode()
    with log.open("ab") as file:
        file.write(b'{"torn, "user_hash":"' + person + b'","query_preview":"hal\n\xff\0\n')
    assert main(["purge", str(log), "--user", ANNA]) == 0
    assert held_of(log, ANNA) == 0
    assert texts(log)[-1] == b"\xff\0"


def test_a_process_that_idles_with_the_file_open_keeps_what_it_writes_next(log: Path) -> None:
    """Its file is not replaced under it: lines are blanked in place, and the next ones are kept."""
    telemetry = TelemetryLogger(log)
    with telemetry.observe("anna again", user_id=ANNA):
        pass
    before = texts(log)
    assert main(["purge", str(log), "--user", ANNA]) == 0
    assert held_of(log, ANNA) == 0
    with telemetry.observe("after", user_id=BEN):
        pass
    telemetry.close()
    assert telemetry.stats()["dropped"] == {}
    after = texts(log)
    blanked = reading.read(files_of(log)).skipped
    assert blanked == {"blank": 7}
    assert len([line for line in after if line.strip()]) == 15 + 2
    assert len(before) == 15 + 17
    assert [line for line in before if line in set(after)] == [
        line for line in after[:-2] if line.strip()
    ]


WRITER = """
import os, sys, time
from pytest_llm_telemetry import Rotation, TelemetryLogger, FileSink
path, name = sys.argv[1:]
telemetry = TelemetryLogger(FileSink(path, rotation=Rotation(max_bytes=60_000)))
print("ready", flush=True)
number = 0
while not os.path.exists(path + ".stop"):
    user = "anna" if number % 3 == 0 else "ben"
    with telemetry.observe(user_id=user, session_id=f"{name}-{number}"):
        pass
    number += 1
    time.sleep(0.0005)
telemetry.close()
assert telemetry.stats()["dropped"] == {}, telemetry.stats()
print(number)
"""


@pytest.fixture
def writers(tmp_path: Path) -> Iterator[list[subprocess.Popen[str]]]:
    """Three processes that share a log which rotates every few hundred lines."""
    path = str(tmp_path / "llm.jsonl")
    found = [
        subprocess.Popen(
            [sys.executable, "-c", WRITER, path, name], stdout=subprocess.PIPE, text=True
        )
        for name in "abc"
    ]
    yield found
    for process in found:
        process.kill()
        process.wait()
        assert process.stdout is not None
        process.stdout.close()


def test_writers_that_rotate_meanwhile_lose_no_line(
    tmp_path: Path, writers: list[subprocess.Popen[str]]
) -> None:
    """While three processes write, rotate and compress, only one person's lines go, none comes back."""
    log = tmp_path / "llm.jsonl"
    for process in writers:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
    end = time.monotonic() + 2.0
    while time.monotonic() < end:
        main(["purge", str(log), "--user", "anna"])
    (tmp_path / "llm.jsonl.stop").touch()
    told = [process.communicate()[0] for process in writers]
    assert main(["purge", str(log), "--user", "anna"]) == 0
    events = reading.read(files_of(log))
    assert set(events.skipped) <= {"blank"}
    sessions = Counter(event.session_id for event in events.events)
    wanted = {
        f"{name}-{number}"
        for name, count in zip("abc", map(int, told), strict=True)
        for number in range(count)
        if number % 3
    }
    assert sessions == dict.fromkeys(wanted, 2)


def test_what_somebody_compressed_by_zstandard_is_read_and_written_anew(
    log: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A `.zst` beside the log is erased and exported as well; another log's file is not touched."""
    closed = files_of(log)[1]
    packed = closed.with_name(closed.name + ".zst")
    packed.write_bytes(zstandard.compress(closed.read_bytes()))
    closed.unlink()
    other = packed.with_name("other.2026-11-01.0001.jsonl.zst")
    other.write_bytes(packed.read_bytes())
    before = other.read_bytes()
    assert main(["export", str(log), "--user", ANNA, "--to", str(tmp_path / "out")]) == 0
    assert "15 events" in capsys.readouterr().out
    assert main(["purge", str(log), "--user", ANNA]) == 0
    assert "deleted 15 lines of 3 files" in capsys.readouterr().out
    kept = zstandard.ZstdDecompressor().stream_reader(packed.read_bytes()).read().splitlines()
    assert len(kept) == 5
    assert not any(keyed_hash(ANNA, KEY.encode()).encode() in line for line in kept)
    assert other.read_bytes() == before


def test_a_damaged_compressed_file_is_named_and_the_others_are_done(
    log: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Nobody knows what the rest of a broken file holds: the erasure is not called done."""
    packed = files_of(log)[0]
    packed.write_bytes(packed.read_bytes()[:-20])
    assert main(["purge", str(log), "--user", ANNA]) == 4
    captured = capsys.readouterr()
    assert "deleted 10 lines of 2 files" in captured.out
    assert packed.name in captured.err
    assert packed.exists()


def test_an_alert_check_goes_on_where_it_was(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Lines that it had read are not read again, whatever stands first in the file now."""
    log = tmp_path / "logs" / "llm.jsonl"
    serve(log)
    check = ["alert", "--root", str(tmp_path)]
    main(check)
    assert "10 new lines read" in capsys.readouterr().out
    assert main(["purge", "--root", str(tmp_path), "--user", ANNA]) == 0
    with TelemetryLogger(FileSink(log)).observe("later", user_id=BEN):
        pass
    capsys.readouterr()
    main(check)
    assert "2 new lines read" in capsys.readouterr().out
    assert main(["purge", "--root", str(tmp_path), "--user", BEN]) == 0
    assert not b"".join(texts(log)).strip()
    main(check)
    assert "0 new lines read" in capsys.readouterr().out


def test_an_alert_check_that_is_under_way_is_not_waited_for_long(
    log: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Lines go in any case; the check keeps its state."""
    root = log.parent.parent
    main(["alert", "--root", str(root)])
    state = root / ".llm-telemetry" / alert_state.STATE
    before = state.read_bytes()
    monkeypatch.setattr(erasing, "sleep", lambda _: None)
    with alert_state.locked(state) as ours:
        assert ours
        assert main(["purge", "--root", str(root), "--user", ANNA]) == 0
    assert held_of(log, ANNA) == 0
    assert state.read_bytes() == before


def test_a_kill_in_the_middle_leaves_the_old_file_or_the_new_one(tmp_path: Path) -> None:
    """SIGKILL while a large file is written anew: every line is still there, and the next run is done."""
    log, closed = tmp_path / "llm.jsonl", tmp_path / "llm.2026-11-01.0001.jsonl"
    serve(log)
    lines = log.read_bytes() * 4_000
    log.unlink()
    closed.write_bytes(lines)
    person = keyed_hash(ANNA, KEY.encode())
    command = ["-m", "pytest_llm_telemetry", "purge", str(log), "--user-hash", person]
    process = subprocess.Popen([sys.executable, *command], stdout=subprocess.DEVNULL)
    beside = closed.with_name(closed.name + ".tmp")
    while process.poll() is None and not beside.exists():
        time.sleep(0.001)
    process.kill()
    process.wait()
    assert process.returncode == -signal.SIGKILL
    assert closed.read_bytes() == lines
    assert main(["purge", str(log), "--user-hash", person]) == 0
    assert len(texts(log)) == 5 * 4_000
    assert list(tmp_path.iterdir()) == [closed]


def test_a_full_disk_loses_no_line_and_no_space(
    log: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """What cannot be written anew stays whole and is named; half a copy does not stay."""
    resource = pytest.importorskip("resource")
    for _ in range(40):
        serve(log)
    before = sorted(texts(log))
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (6000, hard))
    try:
        assert main(["purge", str(log), "--user", ANNA]) == 4
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert "cannot be read or written" in capsys.readouterr().err
    assert not list(log.parent.glob("*.tmp"))
    assert len(texts(log)) == len(before) - 10  # of the two small files
    assert main(["purge", str(log), "--user", ANNA]) == 0
    assert held_of(log, ANNA) == 0


def test_an_erasure_that_was_killed_is_made_good(log: Path) -> None:
    """What it left half done is written anew; the file itself was whole all the time."""
    for path in files_of(log)[:2]:
        path.with_name(path.name + ".tmp").write_bytes(b"half a line")
    assert main(["purge", str(log), "--user", ANNA]) == 0
    assert held_of(log, ANNA) == 0
    assert not list(log.parent.glob("*.tmp"))


def test_half_a_compressed_file_of_a_killed_process_goes_with_the_lines(tmp_path: Path) -> None:
    """A compression that was killed left a copy of the lines beside their file."""
    log = tmp_path / "llm.jsonl"
    serve(log)
    about = log.stat()
    turn(str(log), (about.st_dev, about.st_ino), 20_000)
    (closed,) = files_of(log)
    closed.with_name(closed.name + ".gz.tmp").write_bytes(b"\x1f\x8b")
    assert main(["purge", str(log), "--user", ANNA]) == 0
    assert list(tmp_path.iterdir()) == [closed]


def test_a_file_that_is_another_persons_link_is_not_followed(log: Path, tmp_path: Path) -> None:
    """A symlink in the place of a closed file is refused, and its target stays as it is."""
    target = tmp_path / "target"
    target.write_bytes(files_of(log)[1].read_bytes())
    files_of(log)[1].unlink()
    (log.parent / "llm.2024-10-05.0009.jsonl").symlink_to(target)
    before = target.read_bytes()
    assert main(["purge", str(log), "--user", ANNA]) == 4
    assert target.read_bytes() == before


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--older-than", "30d", "--user", ANNA], "at any age"),
        (["--user-hash", "anna"], "no user_"),
    ],
)
def test_who_is_not_clear_loses_nothing(
    log: Path, capsys: pytest.CaptureFixture[str], options: list[str], said: str
) -> None:
    """A wrong hash, or a person and an age, is said, and nothing is deleted."""
    before = texts(log)
    assert main(["purge", str(log), *options]) == 4
    assert said in capsys.readouterr().err
    assert texts(log) == before


def test_without_the_key_of_the_service_nobody_is_found(
    log: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """An id cannot be hashed without the key: said, rather than "nothing is held of them"."""
    monkeypatch.delenv("LLM_TELEMETRY_HASH_KEY")
    assert main(["purge", str(log), "--user", ANNA]) == 4
    assert "set LLM_TELEMETRY_HASH_KEY" in capsys.readouterr().err
    assert main(["purge", str(log.parent / "none.jsonl"), "--user-hash", "0" * 32]) == 4
    assert "holds no log" in capsys.readouterr().err


def test_by_age_a_folder_does_as_well_as_its_logs(
    log: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """`purge --older-than 30d` without a log looks into the project's logs."""
    for path in files_of(log)[:2]:
        os.utime(path, (0, 0))
    root = ["purge", "--root", str(log.parent.parent), "--older-than", "30d"]
    assert main([*root, "--dry-run"]) == 0
    assert "would delete 2 files" in capsys.readouterr().out
    assert main(root) == 0
    assert files_of(log) == [log]


def test_what_is_bound_for_a_request_is_found_as_well(tmp_path: Path) -> None:
    """A user bound around many calls stands on each of them."""
    log = tmp_path / "llm.jsonl"
    telemetry = TelemetryLogger(FileSink(log, rotation=Rotation()))
    with context.bind(user_id=ANNA), telemetry.observe("one"), telemetry.observe("two"):
        pass
    telemetry.close()
    assert main(["purge", str(log), "--user", ANNA]) == 0
    assert [path.read_bytes() for path in files_of(log)] == [b""]
