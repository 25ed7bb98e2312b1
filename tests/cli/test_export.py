"""`llm-telemetry export`: what the logs hold of a person or a window, for an auditor."""

import gzip
import hashlib
import json
from pathlib import Path
from typing import Any

import pytest

from pytest_llm_telemetry import FileSink, TelemetryLogger
from pytest_llm_telemetry.cli import main
from pytest_llm_telemetry.core.events import FIELDS
from pytest_llm_telemetry.core.privacy import keyed_hash
from pytest_llm_telemetry.storage import schemas

KEY = "a key of the service"
ANNA, BEN = "anna@example.com", "ben@example.com"


@pytest.fixture
def logs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a compressed file, a damaged one, and the log that is written to."""
    monkeypatch.setenv("LLM_TELEMETRY_HASH_KEY", KEY)
    folder = tmp_path / "logs"
    telemetry = TelemetryLogger(
        FileSink(folder / "llm.jsonl"), ids=iter(map(str, range(99))).__next__
    )
    for number, user in enumerate([ANNA, BEN] * 3):
        with telemetry.observe(f"question {number}", user_id=user) as call:
            pass
        telemetry.score(call.query_id, "thumbs", 1.0)
        if number in {1, 3}:
            telemetry.close()
            (folder / "llm.jsonl").rename(folder / f"llm.2026-11-2{number}.0001.jsonl")
    telemetry.close()
    first, second = sorted(folder.glob("llm.2026*"))
    (folder / (first.name + ".gz")).write_bytes(gzip.compress(first.read_bytes(), mtime=0))
    person = keyed_hash(ANNA, KEY.encode())
    with second.open("a") as file:
        file.write(f'\n[1]\n{{"torn, "user_hash":"{person}"\n')
    return folder


def manifest(folder: Path) -> dict[str, Any]:
    """The manifest of an export, held against its schema and its files."""
    found: dict[str, Any] = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    schemas.validate(found, "export")
    for file in found["files"]:
        data = (folder / file["name"]).read_bytes()
        assert (len(data), hashlib.sha256(data).hexdigest()) == (file["bytes"], file["sha256"])
    return found


def test_all_that_is_held_of_a_person_is_copied_and_accounted_for(
    logs: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Events as they stand, scores without the hash too, damage counted, checksums of all that was read."""
    target = tmp_path / "for the auditor"
    assert main(["export", str(logs), "--user", ANNA, "--to", str(target)]) == 0
    assert "9 events; 21 lines of 3 files read, 3 of them unreadable" in capsys.readouterr().out
    events = (target / "events.jsonl").read_bytes().splitlines()
    held = [
        line for path in sorted(logs.glob("*.jsonl")) for line in path.read_bytes().splitlines()
    ]
    assert [line for line in held if line in events] == events
    assert {json.loads(line)["query_id"] for line in events} == {"0", "2", "4"}
    found = manifest(target)
    assert found["events"] == 9
    assert found["asked"]["user_hash"] == keyed_hash(ANNA, KEY.encode())
    packed, damaged, active = found["sources"]
    assert packed["name"].endswith(".gz")
    assert packed["sha256"] == hashlib.sha256(Path(packed["name"]).read_bytes()).hexdigest()
    assert (packed["lines"], packed["taken"], packed["skipped"]) == (6, 3, {})
    assert damaged["skipped"] == {"array": 1, "blank": 1, "torn": 1}
    assert damaged["skipped_wanted"] == 1
    assert active["name"].endswith("llm.jsonl")
    assert list(found["fields"]) == list(FIELDS)
    assert all(about["description"] for about in found["fields"].values())
    assert found["retention"]["keep_days"] == 30
    assert (target / "event.schema.json").is_file()
    assert (target / "events.jsonl").stat().st_mode & 0o777 == 0o600


def test_the_same_logs_give_the_same_bytes(logs: Path, tmp_path: Path) -> None:
    """Two exports differ in nothing."""
    for name in "ab":
        options = ["--since", "2020-01-01", "--to", str(tmp_path / name)]
        assert main(["export", str(logs), *options]) == 0
    a, b = ({path.name: path.read_bytes() for path in (tmp_path / name).iterdir()} for name in "ab")
    assert a == b
    assert set(a) == {"events.jsonl", "event.schema.json", "manifest.json"}


def test_a_window_ends_before_its_end(tmp_path: Path) -> None:
    """Times with and without a zone, and dates; an event without a time is in no window."""
    log = tmp_path / "llm.jsonl"
    stamps = [
        "2026-11-22T23:59:59.999Z",
        "2026-11-23T00:00:00.000Z",
        "2026-11-24T00:00:00.000Z",
        "x",
    ]
    event = {"schema_version": 1, "event": "query_success", "query_id": "q"}
    log.write_text("".join(json.dumps(event | {"timestamp": at}) + "\n" for at in stamps))
    window = ["--since", "2026-11-23", "--until", "2026-11-24T01:00:00+01:00"]
    assert main(["export", str(log), *window, "--to", str(tmp_path / "out")]) == 0
    found = manifest(tmp_path / "out")
    assert found["asked"]["until"] == "2026-11-24T00:00:00.000Z"
    assert (found["events"], found["first"], found["last"]) == (1, stamps[1], stamps[1])
    assert found["held_since"] == stamps[0]


def test_a_log_that_grows_is_read_as_far_as_its_checksum_goes(
    logs: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is written while it is read is in neither."""
    target = tmp_path / "out"
    real = hashlib.sha256

    def growing() -> Any:
        with (logs / "llm.jsonl").open("ab") as file:
            file.write(b'{"half a line')
        return real()

    monkeypatch.setattr(hashlib, "sha256", growing)
    assert main(["export", str(logs), "--since", "2020-01-01", "--to", str(target)]) == 0
    monkeypatch.undo()
    active = manifest(target)["sources"][-1]
    data = (logs / "llm.jsonl").read_bytes()[: active["bytes"]]
    assert active["sha256"] == hashlib.sha256(data).hexdigest()
    assert active["lines"] == len(data.splitlines())


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ([], "nothing says what to export"),
        (["--since", "yesterday"], "--since 'yesterday' is no time"),
        (["--user-hash", "a" * 31], "--user-hash is no user_hash"),
        (["--since", "2026-11-23", "--root", "/nowhere"], "holds no log"),
    ],
)
def test_what_is_not_clear_exports_nothing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], options: list[str], said: str
) -> None:
    """A missing or wrong wish is one line, and no folder is made."""
    assert main(["export", *options, "--to", str(tmp_path / "out")]) == 4
    assert said in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


def test_an_export_is_never_overwritten_or_half_sealed(
    logs: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A folder that holds one is refused, and one that cannot be made is said."""
    wish = ["export", str(logs), "--since", "2020-01-01", "--to"]
    (tmp_path / "file").touch()
    assert main([*wish, str(tmp_path / "file")]) == 4
    assert main([*wish, str(tmp_path / "file" / "out")]) == 4
    assert "cannot be written" in capsys.readouterr().err
    assert main([*wish, str(tmp_path / "out")]) == 0
    assert main([*wish, str(tmp_path / "out")]) == 4
    assert "holds an export" in capsys.readouterr().err
