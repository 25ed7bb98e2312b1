"""Following logs: what is new, wherever a file went meanwhile, and where to begin in a large one."""

import gzip
import json
import random
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from pytest_llm_telemetry.storage.finding import log_files
from pytest_llm_telemetry.storage.tails import SLACK, Follower

BEGIN = datetime(2026, 11, 16, tzinfo=UTC)
ALL = BEGIN - timedelta(days=1)


def line(number: int, at: datetime) -> str:
    stamp = at.strftime("%Y-%m-%dT%H:%M:%S.000Z")
    event = {"schema_version": 1, "event": "query_success", "timestamp": stamp}
    return json.dumps(event | {"query_id": str(number), "latency_ms": 1.0}, separators=(",", ":"))


def lines(*numbers: int) -> str:
    return "".join(line(n, BEGIN + timedelta(seconds=10 * n)) + "\n" for n in numbers)


def ids(follower: Follower, paths: Sequence[Path], since: datetime = ALL) -> list[str]:
    return [event.query_id for event in follower.events(paths, since)]


@pytest.mark.parametrize("seed", range(5))
def test_a_search_finds_all_that_a_full_scan_finds(tmp_path: Path, seed: int) -> None:
    """Lines of many writers, minutes out of order and partly damaged: none since a time is lost."""
    chance = random.Random(seed)
    log = tmp_path / "llm.jsonl"
    at = BEGIN
    with log.open("w", encoding="utf-8") as file:
        for number in range(5000):
            at += timedelta(seconds=chance.expovariate(0.1))
            late = chance.random() * SLACK.total_seconds()
            text = line(number, at - timedelta(seconds=late))
            if chance.random() < 0.03:
                text = chance.choice(["", "not json", text[:40], "{" * 100, text + text])
            file.write(text + "\n")
    scan = list(Follower({}).events([log], ALL))
    for _ in range(5):
        since = BEGIN + (at - BEGIN) * chance.random()
        found = Follower({})
        told = [event.query_id for event in found.events([log], since)]
        wanted = f"{since:%Y-%m-%dT%H:%M:%S}"
        assert {event.query_id for event in scan if event.timestamp >= wanted} <= set(told)
        assert len(told) == len(set(told))
        assert found.lines < 5000


def test_logs_that_begin_with_the_same_damage_are_told_apart(tmp_path: Path) -> None:
    """A blank line that two logs begin with makes neither of them the other's."""
    paths = [tmp_path / "a.jsonl", tmp_path / "b.jsonl"]
    for number, path in enumerate(paths):
        path.write_text("\n" + lines(number * 3 + 1, number * 3 + 2), encoding="utf-8")
    first = Follower({})
    assert ids(first, paths) == ["1", "2", "4", "5"]
    with paths[1].open("a", encoding="utf-8") as file:
        file.write(lines(6))
    assert ids(Follower(first.tails), paths) == ["6"]


def test_only_what_is_new_is_read(tmp_path: Path) -> None:
    """The next look goes on where the last one ended, and waits for a line that is not whole."""
    log = tmp_path / "llm.jsonl"
    log.write_text(lines(1, 2) + lines(3)[:30], encoding="utf-8")
    first = Follower({})
    assert ids(first, [log]) == ["1", "2"]
    with log.open("a", encoding="utf-8") as file:
        file.write(lines(3)[30:] + lines(4))
    assert ids(Follower(first.tails), [log]) == ["3", "4"]


def test_a_rotated_and_packed_file_is_the_same_file(tmp_path: Path) -> None:
    """Moved aside, added to and compressed between two looks: what is left of it is read once."""
    log = tmp_path / "llm.jsonl"
    log.write_text(lines(1, 2), encoding="utf-8")
    follower = Follower({})
    assert ids(follower, log_files([log])) == ["1", "2"]
    packed = tmp_path / "llm.2026-11-16.jsonl.gz"
    packed.write_bytes(gzip.compress(lines(1, 2, 3).encode()))
    log.write_text(lines(4), encoding="utf-8")
    follower = Follower(follower.tails)
    assert sorted(ids(follower, log_files([log]))) == ["3", "4"]
    assert ids(Follower(follower.tails), log_files([log])) == []


def test_a_torn_archive_is_counted_and_ends_nothing(tmp_path: Path) -> None:
    """Of a gzip file that was cut, the whole lines are read, and the cut counts as one loss."""
    chance = random.Random(1)
    numbers = chance.sample(range(5000), 2000)
    packed = gzip.compress(lines(*numbers).encode())
    torn = tmp_path / "llm.2026-11-16.jsonl.gz"
    torn.write_bytes(packed[: len(packed) // 2])
    follower = Follower({})
    found = ids(follower, [torn])
    assert found == [str(number) for number in numbers[: len(found)]]
    assert 0 < len(found) < 2000
    assert follower.skipped == 1


def test_lines_of_another_version_are_none_of_ours(tmp_path: Path) -> None:
    """A log that a newer logger writes too gives what we understand, and the rest is counted."""
    newer = line(1, BEGIN).replace('"schema_version":1', '"schema_version":2')
    log = tmp_path / "llm.jsonl"
    log.write_text(f"{newer}\n{line(2, BEGIN)}\n", encoding="utf-8")
    follower = Follower({})
    assert ids(follower, [log]) == ["2"]
    assert (follower.lines, follower.skipped) == (2, 1)
