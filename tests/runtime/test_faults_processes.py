"""Faults of whole processes: each in fresh ones, judged by the file that is left behind."""

import gzip
import json
import signal
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

START = f"""
import os, signal, sys
sys.path[:0] = {[path for path in sys.path if "site-packages" not in path]!r}
from pytest_llm_telemetry import FileSink, QueueSink, Rotation, TelemetryLogger
path = sys.argv[1]
def log(telemetry, name):
    with telemetry.observe(name, session_id=name):
        pass
    return name
def acknowledge(name):
    os.write(1, (name + "\\n").encode())
"""
HOLDING = "FileSink.__init__.__kwdefaults__['hold_gil'] = True\n"  # for every sink of a process
WRITER = "for n in range(int(sys.argv[3])): acknowledge(log(t, f'{sys.argv[2]}-{n}'))"


@pytest.fixture(autouse=True, params=["", HOLDING], ids=["releasing", "holding"])
def _both_ways_to_write(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every scenario, with the interpreter lock given away at a write and with it held."""
    monkeypatch.setitem(globals(), "START", START + request.param)


def begin(script: str, path: Path, *arguments: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-I", "-S", "-c", START + script, str(path), *arguments]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def run(script: str, path: Path, *arguments: str, status: int = 0) -> list[str]:
    """The names that the process says were logged."""
    process = begin(script, path, *arguments)
    told, wrong = process.communicate(timeout=60)
    assert (process.returncode, wrong) == (status, "")
    return told.split()


def left(path: Path) -> Counter[tuple[str, str]]:
    """How often each event stands in the log and what was rotated away from it."""
    found: Counter[tuple[str, str]] = Counter()
    for part in sorted(path.parent.glob(f"{path.stem}*.jsonl*")):
        if part.suffix == ".tmp" or part.with_name(part.name + ".gz").exists():
            continue  # a process ended while it compressed: the whole file stands beside it
        data = gzip.decompress(part.read_bytes()) if part.suffix == ".gz" else part.read_bytes()
        assert data == b"" or data.endswith(b"\n")
        for line in data.splitlines():
            event = json.loads(line)
            found[event.get("session_id", "nameless"), event["event"]] += 1
    return found


def stands_once(path: Path, names: list[str]) -> None:
    """Both events of each acknowledged call stand once, and no event twice."""
    found = left(path)
    assert names
    for name in names:
        assert (found[name, "query_start"], found[name, "query_success"]) == (1, 1), name
    assert set(found.values()) == {1}


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "logs" / "llm.jsonl"


def test_a_kill_in_mid_stream_loses_nothing_that_was_acknowledged(path: Path) -> None:
    """SIGKILL at any moment: both events of every call that returned are in the file."""
    with begin("t = TelemetryLogger(path)\n" + WRITER, path, "a", "1000000") as process:
        assert process.stdout is not None
        names = [process.stdout.readline().strip() for _ in range(200)]
        process.kill()
        rest = process.stdout.read()
    whole = rest[: rest.rfind("\n") + 1]
    stands_once(path, names + whole.split())


def test_a_restart_after_a_torn_line_starts_on_a_fresh_one(path: Path) -> None:
    """What a crash left of a line harms itself only."""
    path.parent.mkdir()
    path.write_bytes(b'{"schema_version":1,"ev')
    names = run("t = TelemetryLogger(path)\n" + WRITER, path, "a", "3")
    torn, *lines = path.read_bytes().splitlines()
    assert torn == b'{"schema_version":1,"ev'
    assert [json.loads(line)["session_id"] for line in lines[::2]] == names


END = {
    "return": ("pass", 0),
    "sys.exit": ("sys.exit(3)", 3),
    "os._exit": ("os._exit(4)", 4),
    "SIGTERM": ("os.kill(os.getpid(), signal.SIGTERM)", -signal.SIGTERM),
    "abort": ("os.abort()", -signal.SIGABRT),
}


@pytest.mark.parametrize("end", END)
def test_any_end_without_close_loses_nothing(path: Path, end: str) -> None:
    """Nobody needs to close the logger, however the process ends."""
    statement, status = END[end]
    script = f"t = TelemetryLogger(path)\n{WRITER}\n{statement}"
    stands_once(path, run(script, path, "a", "20", status=status))


def test_a_queue_hands_everything_on_at_a_normal_end(path: Path) -> None:
    """A queued logger that nobody closes writes what waits when the program returns."""
    script = "t = TelemetryLogger(QueueSink(FileSink(path)))\n" + WRITER
    stands_once(path, run(script, path, "a", "300"))


def test_a_queue_takes_what_is_logged_behind_its_own_end(path: Path) -> None:
    """Handlers of the exit that run after ours, and finalisers, lose no line either."""
    script = """
t = TelemetryLogger(QueueSink(path))
class Late:
    def __del__(self):
        for n in range(300): log(t, f"late-{n}")
sys.modules["late"] = Late()
acknowledge(log(t, "before"))
"""
    run(script, path)
    assert len(left(path)) == 602


def test_a_logger_that_is_made_without_a_free_descriptor_comes_to_itself(path: Path) -> None:
    """Nothing can be opened, not even our own modules: nobody is told, and later lines stand."""
    script = """
import resource
sink = FileSink(path)
resource.setrlimit(resource.RLIMIT_NOFILE, (40, resource.getrlimit(resource.RLIMIT_NOFILE)[1]))
taken = []
try:
    while True: taken.append(open("/dev/null"))
except OSError:
    pass
t = TelemetryLogger(sink)
log(t, "ada@example.com")
assert sum(t.stats()["dropped"].values()) >= 2
del taken[:]
acknowledge(log(t, "bo@example.com"))
"""
    run(script, path)
    assert set(left(path)) == {("<EMAIL>", "query_start"), ("<EMAIL>", "query_success")}


def test_logging_while_the_interpreter_shuts_down(path: Path) -> None:
    """`atexit`, a finaliser and a module's end may log; nothing is raised, what is told stands."""
    script = """
import atexit
t = TelemetryLogger(path)
class Late:
    def __del__(self):
        log(t, "finaliser")
late = Late()
sys.modules["late"] = late
atexit.register(log, t, "atexit")
acknowledge(log(t, "before"))
"""
    run(script, path)
    found = left(path)
    assert found["before", "query_success"] == found["atexit", "query_success"] == 1
    assert set(found.values()) == {1}


def test_sixteen_processes_share_one_file_while_it_rotates(path: Path) -> None:
    """Sixteen writers over one file that is moved again and again lose and double no line."""
    script = """
sink = FileSink(path, rotation=Rotation(max_bytes=20_000))
t = TelemetryLogger(sink)
"""
    writers = [begin(script + WRITER + "\nt.close()", path, f"w{n}", "60") for n in range(16)]
    names: list[str] = []
    for writer in writers:
        told, wrong = writer.communicate(timeout=120)
        assert (writer.returncode, wrong) == (0, "")
        names += told.split()
    assert len(names) == 16 * 60
    stands_once(path, names)


def test_a_fork_while_threads_log_deadlocks_nobody(path: Path) -> None:
    """Children forked while eight threads log (gunicorn's prefork) log their own lines at once."""
    script = """
import threading
t = TelemetryLogger(FileSink(path, rotation=Rotation(max_bytes=50_000)))
stop = False
def chatter(name):
    n = 0
    while not stop:
        acknowledge(log(t, f"{name}-{n}"))
        n += 1
threads = [threading.Thread(target=chatter, args=(f"t{n}",)) for n in range(8)]
for thread in threads: thread.start()
children = []
for child in range(6):
    pid = os.fork()
    if not pid:
        for n in range(20): acknowledge(log(t, f"c{child}-{n}"))
        os._exit(0)
    children.append(pid)
assert all(os.waitpid(pid, 0)[1] == 0 for pid in children)
stop = True
for thread in threads: thread.join()
t.close()
"""
    names = run(script, path)
    assert {f"c{child}-19" for child in range(6)} <= set(names)
    stands_once(path, names)


@pytest.mark.parametrize("method", ["fork", "spawn", "forkserver"])
def test_multiprocessing_of_every_kind(path: Path, tmp_path: Path, method: str) -> None:
    """A logger made before a pool of processes works in each of them, whatever starts them."""
    script = tmp_path / "pool.py"
    body = f"""
import multiprocessing
t = TelemetryLogger(path)
def work(n): return log(t, f"p{{n}}")
if __name__ == "__main__":
    log(t, "parent")
    with multiprocessing.get_context({method!r}).Pool(2) as pool:
        for name in pool.map(work, range(20)): acknowledge(name)
    acknowledge("parent")
"""
    script.write_text(START + body)
    told = subprocess.run(
        [sys.executable, str(script), str(path)],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (told.returncode, told.stderr) == (0, "")
    stands_once(path, told.stdout.split())


def test_thirty_two_threads(path: Path) -> None:
    """Thirty-two threads write whole lines, each once."""
    script = """
import threading
t = TelemetryLogger(path)
def work(name):
    for n in range(30): acknowledge(log(t, f"{name}-{n}"))
threads = [threading.Thread(target=work, args=(f"t{n}",)) for n in range(32)]
for thread in threads: thread.start()
for thread in threads: thread.join()
"""
    names = run(script, path)
    assert len(names) == 32 * 30
    stands_once(path, names)


def test_a_signal_handler_that_logs_and_system_calls_that_are_interrupted(path: Path) -> None:
    """A timer's handler logs inside our own writes (EINTR included): every line is there, whole."""
    script = """
t = TelemetryLogger(path)
fired = 0
def handler(*_):
    global fired
    fired += 1
    acknowledge(log(t, f"h{fired}"))
signal.signal(signal.SIGALRM, handler)
signal.setitimer(signal.ITIMER_REAL, 0.0005, 0.0005)
n = 0
while fired < 20:
    acknowledge(log(t, f"m{n}"))
    n += 1
signal.setitimer(signal.ITIMER_REAL, 0)
"""
    names = run(script, path)
    assert {f"h{n}" for n in range(1, 21)} <= set(names)
    stands_once(path, names)


def test_killed_in_the_middle_of_compressing(path: Path) -> None:
    """A process killed while it compresses leaves files from which the next makes the same log."""
    script = """
import gzip
written = gzip.GzipFile.write
def write(self, data):
    written(self, data[: len(data) // 2])
    os.kill(os.getpid(), signal.SIGKILL)
gzip.GzipFile.write = write
t = TelemetryLogger(FileSink(path, rotation=Rotation(max_bytes=4000)))
t._emitter.sinks[0]._rotation._house_at = 0.0
n = 0
while True:
    acknowledge(log(t, f"k{n}"))
    n += 1
"""
    first = run(script, path, status=-signal.SIGKILL)
    again = "t = TelemetryLogger(FileSink(path, rotation=Rotation(max_bytes=4000)))\n" + WRITER
    second = run(again + "\nt.close()\nlog(t, 'last')\nt.close()", path, "s", "40")
    stands_once(path, first + second)


def test_retention_that_races_a_writer_deletes_closed_files_only(path: Path) -> None:
    """While old files are deleted beside it, a writer keeps every line of the current file."""
    script = """
from pytest_llm_telemetry.runtime.rotation import purge
import threading
t = TelemetryLogger(path)
done = False
def retention():
    while not done: purge(path, keep_bytes=1)
thread = threading.Thread(target=retention)
thread.start()
for n in range(300): acknowledge(log(t, f"r{n}"))
done = True
thread.join()
"""
    path.parent.mkdir()
    old = path.parent / "llm.2020-01-01.0001.jsonl"
    old.write_text("{}\n")
    names = run(script, path)
    assert not old.exists()
    stands_once(path, names)


def test_rotation_knows_no_daylight_saving(path: Path) -> None:
    """In a zone whose clocks change, a file still belongs to its UTC day, and none is doubled."""
    script = """
import time
os.environ["TZ"] = "Europe/Berlin"
time.tzset()
now = 1_792_882_800 - 1800  # half an hour before the 25th of October 2026 begins in UTC
time.time = lambda: now
sink = FileSink(path, rotation=Rotation(compress=False, keep_days=None))
t = TelemetryLogger(sink)
acknowledge(log(t, "a"))
os.utime(path, (now, now))
for now, name in ((now + 3600, "b"), (now + 2 * 3600, "c"), (now + 5400 + 3600, "d"), (now - 7200, "e")):
    sink._look_at = 0.0
    acknowledge(log(t, name))
    t.close()
    acknowledge(log(t, name + "2"))
"""
    names = run(script, path)
    stands_once(path, names)
    closed = [file.name for file in path.parent.iterdir() if file != path]
    assert all(name.startswith(("llm.2026-10-2",)) for name in closed)
    assert path.stat().st_size
