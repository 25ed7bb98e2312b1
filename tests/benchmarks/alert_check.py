"""What a check of a large log costs: `python -m tests.benchmarks.alert_check [--gigabytes 3]`.

One active log of 30 days, made up by a seed. The first check searches it by bisection for the hour
that the rules look at; the second goes on at the offset that the first one left, with a thousand new
lines. Both are whole processes of `llm-telemetry alert`. The floors are the same command with
nothing to read, and a bare interpreter. Then the figures of the first check are compared with those
of a scan of every line. Processor time counts: it is what the check adds to a busy host.
"""

import argparse
import os
import subprocess
import sys
import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import median
from typing import Any

from tabulate import tabulate

from pytest_llm_telemetry.core.alerts import Minutes, minute
from pytest_llm_telemetry.storage import logs
from pytest_llm_telemetry.storage.tails import Follower
from tests.benchmarks.analytics_world import World

ROUNDS = 3
BYTES = 1440  # of a call, both lines


def write(log: Path, size: float, now: datetime) -> None:
    """A log of about so many bytes, of the 30 days before `now`."""
    world = World()
    hours = 30 * 24
    with log.open("wb") as file:
        for back in range(hours, 0, -1):
            file.write(world.hour(now - timedelta(hours=back), int(size / BYTES / hours)))


def timed_once(command: list[str]) -> float:
    """Milliseconds of processor that a process takes; its last words go to stderr."""
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as child:
        assert child.stdout is not None
        told = child.stdout.read().splitlines()
        _, _, used = os.wait4(child.pid, 0)
        child.returncode = 0
    print(*told[-1:], file=sys.stderr)
    return (used.ru_utime + used.ru_stime) * 1000


def timed(command: list[str]) -> float:
    """Milliseconds of processor that a process takes; the median of some rounds."""
    return median(timed_once(command) for _ in range(ROUNDS))


def check(log: Path, state: Path) -> list[str]:
    """The command of a check."""
    return [
        sys.executable, "-m", "pytest_llm_telemetry", "alert", str(log), "--state", str(state),
        "--root", str(state.parent),
    ]  # fmt: skip


def is_same(log: Path, now: datetime) -> bool:
    """Whether a search finds the figures that a scan of every line does."""
    since, until = minute(int(now.timestamp()) - 3600), minute(int(now.timestamp()) + 3600)
    found, scanned = Minutes(percentiles=True), Minutes(percentiles=True)
    for event in Follower({}).events([log], now - timedelta(hours=1)):
        found.add(event, since, until)
    for event in logs.scan([log], logs.Tally()):
        scanned.add(event, since, until)
    return found.dump() == scanned.dump() != {}


def main() -> None:
    """Make the log, time the checks, and print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--gigabytes", type=float, default=3.0)
    parser.add_argument("--scan", action="store_true", help="compare with a scan of every line")
    arguments = parser.parse_args()
    now = datetime.now(UTC)
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made)
        log, empty = folder / "llm.jsonl", folder / "empty.jsonl"
        write(log, arguments.gigabytes * 1e9, now)
        empty.touch()
        rows: list[list[Any]] = [["a bare interpreter", timed([sys.executable, "-c", "pass"])]]
        rows.append(["an empty log", timed(check(empty, folder / "empty.json"))])
        first, state = [], folder / "state.json"
        for _ in range(ROUNDS):
            state.unlink(missing_ok=True)
            first.append(timed_once(check(log, state)))
        rows.append(["first check, by bisection", median(first)])
        later = []
        for _ in range(ROUNDS):
            with log.open("ab") as file:
                file.write(World().hour(now, 500))
            later.append(timed_once(check(log, state)))
        rows.append(["later check, 1,000 new lines", median(later)])
        for row in rows:
            row.append(row[1] - rows[1][1])
        print(f"{log.stat().st_size / 1e9:.2f} GB, load {os.getloadavg()[0]:.1f}")
        print(tabulate(rows, headers=["", "processor ms", "over an empty log"], floatfmt=".0f"))
        if arguments.scan:
            print(f"figures as of a full scan: {is_same(log, now)}")


if __name__ == "__main__":
    main()
