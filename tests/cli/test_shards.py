"""`llm-telemetry merge`: shards of a run as one run."""

import gzip
import subprocess
import sys
from pathlib import Path

import pytest

from pytest_llm_telemetry.cli import main
from pytest_llm_telemetry.core.samples import CasePlan
from pytest_llm_telemetry.storage import runs

pytestmark = pytest.mark.usefixtures("alone")


def run(root: Path, *arguments: str) -> str:
    """Run a part of the golden set, and name the run."""
    command = [sys.executable, "-m", "pytest", "-q", "--llm-telemetry", *arguments]
    folder = root / ".llm-telemetry/runs"
    before = set(folder.glob("*"))
    subprocess.run(command, cwd=root, check=True, capture_output=True)
    (made,) = set(folder.glob("*")) - before
    return made.name


@pytest.fixture(scope="module")
def sharded(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[str]]:
    """A project, a whole run, and two shards of another."""
    root = tmp_path_factory.mktemp("sharded")
    main(["init", "--root", str(root)])
    cases = [case.case_id for case in _plan(root, run(root))]
    first = run(root, "-k", " or ".join(cases[:2]))
    second = run(root, "-k", "not (" + " or ".join(cases[:2]) + ")")
    return root, [first, second]


def _plan(root: Path, name: str) -> tuple[CasePlan, ...]:
    manifest = runs.read_manifest(root / ".llm-telemetry/runs" / name)
    return next(iter(manifest.suites.values())).cases


def test_shards_make_a_whole_run(
    sharded: tuple[Path, list[str]], capsys: pytest.CaptureFixture[str]
) -> None:
    """The joined run has every case once, counts as whole, and can be accepted."""
    root, shards = sharded
    assert main(["merge", *shards, "--root", str(root)]) == 0
    assert "merged 2 runs, 5 cases" in capsys.readouterr().out
    joined = runs.read_manifest(runs.find_run(root / ".llm-telemetry/runs", "latest"))
    assert not joined.selected
    assert joined.complete
    assert main(["gate", "--root", str(root)]) == 0
    assert main(["baseline", "accept", "--why", "shards", "--root", str(root)]) == 0


def test_a_packed_shard_is_unpacked_within_bounds(
    sharded: tuple[Path, list[str]], capsys: pytest.CaptureFixture[str]
) -> None:
    """A compressed log joins like a plain one; a bomb is refused, and leaves no half of a run."""
    root, shards = sharded
    log = root / ".llm-telemetry/runs" / shards[0] / "events.jsonl"
    packed = log.with_name("events.jsonl.gz")
    plain = log.read_bytes()
    known = len(list((root / ".llm-telemetry/runs").iterdir()))
    log.unlink()
    try:
        packed.write_bytes(gzip.compress(b" " * 200_000_000))
        assert main(["merge", *shards, "--root", str(root)]) == 4
        assert "unpacks to more than any log would" in capsys.readouterr().err
        assert len(list((root / ".llm-telemetry/runs").iterdir())) == known
        packed.write_bytes(gzip.compress(plain))
        assert main(["merge", *shards, "--root", str(root)]) == 0
    finally:
        packed.unlink()
        log.write_bytes(plain)
    joined = runs.find_run(root / ".llm-telemetry/runs", "latest")
    assert (joined / "events.jsonl").read_bytes().startswith(plain)


def test_what_is_no_shard_is_refused(
    sharded: tuple[Path, list[str]], capsys: pytest.CaptureFixture[str]
) -> None:
    """One run alone, the same run twice, or another golden set: nothing is written."""
    root, shards = sharded
    before = len(list((root / ".llm-telemetry/runs").iterdir()))
    assert main(["merge", shards[0], "--root", str(root)]) == 4
    assert main(["merge", shards[0], shards[0], "--root", str(root)]) == 4
    assert "was run by two of the runs" in capsys.readouterr().err
    golden = root / "golden/support.jsonl"
    golden.write_text(golden.read_text("utf-8") + "\n", encoding="utf-8")
    other = run(root, "--llm-repeats", "4")
    assert main(["merge", shards[0], other, "--root", str(root)]) == 4
    assert "the runs differ in" in capsys.readouterr().err
    assert len(list((root / ".llm-telemetry/runs").iterdir())) == before + 1
