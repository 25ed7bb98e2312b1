"""`llm-telemetry dashboard` over logs that the logger itself wrote."""

import fcntl
import os
import pty
import re
import select
import signal
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from pytest_llm_telemetry.cli import main
from tests.cli.service import HOSTILE, START, WINDOW, Service, two_days


@pytest.fixture
def log(tmp_path: Path) -> Path:
    """Two days, the second one slow from 18:00 on."""
    return two_days(tmp_path / "logs" / "llm.jsonl")


@pytest.fixture
def shown(
    log: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> Callable[..., str]:
    """What the command prints for the second day."""

    def show(*options: str, columns: int = 80) -> str:
        monkeypatch.setenv("COLUMNS", str(columns))
        assert main(["dashboard", str(log), *WINDOW, *options]) == 0
        return capsys.readouterr().out

    return show


def test_it_says_how_the_day_was_against_the_day_before(shown: Callable[..., str]) -> None:
    """Window, five figures with change and sparkline, failures, costs, the thing worth a look."""
    text = shown()
    lines = text.splitlines()
    assert lines[0].startswith("2026-11-22 00:00 to 2026-11-23 00:00 UTC, newest event")
    assert "changes are against the 24 hours before" in lines[1]
    assert re.search(r"queries +604 +604 +0 % +[▁-█]{24}", text)
    assert re.search(r"latency P95 .* \+\d+ % +[▁-█]{24}", text)
    assert "4 TimeoutError" in text
    assert re.search(r"Where is my order\? +4 +600 +TimeoutError", text)
    assert re.search(r"Where is my order\? +\$0.45", text)
    assert "worth a look: latency" in text
    assert "tripled at 2026-11-22 18:00 UTC" in text


@pytest.mark.parametrize("columns", [20, 40, 60, 80, 300])
def test_no_line_is_wider_than_the_terminal(shown: Callable[..., str], columns: int) -> None:
    """From a phone to a wall; in a pipe there are no colours."""
    text = shown("--by", "model", columns=columns)
    assert max(map(len, text.splitlines())) <= min(columns, 100)
    assert "\x1b" not in text


def test_the_calls_are_told_apart(shown: Callable[..., str]) -> None:
    """By any dimension; one that no call names is said so."""
    assert re.search(r"by route +queries .*\nchat +604 ", shown("--by", "route"))
    assert "no call names a variant" in shown("--by", "variant")


def test_an_empty_window_is_a_sentence(log: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """It says when the newest event was; nothing else is printed."""
    assert main(["dashboard", str(log), "--since", "2025-01-01", "--until", "2025-01-03"]) == 0
    told = " ".join(capsys.readouterr().out.split())
    assert told == (
        "no calls from 2025-01-01 00:00 to 2025-01-03 00:00 UTC: the newest event is of "
        "2026-11-22 23:57 UTC (--days looks further back)"
    )


def test_what_cannot_be_a_window_is_refused(log: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Exit 4, with what to write instead; a log that is not there as well."""
    for wrong in (
        ["--hours", "0"],
        ["--days", "99999999999"],
        ["--since", "yesterday"],
        ["--since", "0001-01-01"],
        ["--since", "2026-11-23", "--until", "2026-11-22"],
        ["--until", "9999-12-31T23:59:59"],
    ):
        assert main(["dashboard", str(log), *wrong]) == 4
        assert "llm-telemetry: " in capsys.readouterr().err
    assert main(["dashboard", str(log.with_name("none.jsonl"))]) == 4


def test_damage_is_counted_by_reason(log: Path, shown: Callable[..., str]) -> None:
    """Lines that are no events are no figures either."""
    with log.open("ab") as file:
        file.write(b"\x00\x00\n{'no': json}\n\n")
    assert re.search(r"note: 3 of [\d,]+ lines are no events: 1 blank, 1 junk, 1 nul", shown())


def test_hostile_text_stays_dead(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """No control character of a query, model or error reaches the terminal, and no line break."""
    path = tmp_path / "llm.jsonl"
    service = Service(path, START + timedelta(days=1))
    with pytest.raises(TimeoutError):
        service.call(HOSTILE, fails=True, model=HOSTILE)
    assert main(["dashboard", str(path), *WINDOW, "--by", "model"]) == 0
    text = capsys.readouterr().out
    assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f\u202e]", text)
    assert not any(line.startswith("forged") for line in text.splitlines())


def test_without_a_window_it_is_the_last_day(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The project's own logs, up to now, without a word on the command line."""
    service = Service(tmp_path / "logs" / "llm.jsonl", datetime.now(UTC) - timedelta(seconds=5))
    service.call("Where is my order?")
    monkeypatch.chdir(tmp_path)
    assert main(["dashboard"]) == 0
    assert re.search(r"UTC, newest event \d+(\.\d+)? s ago", capsys.readouterr().out)
    assert main(["dashboard", "--days", "30"]) == 0
    assert "against the 30 days before" in capsys.readouterr().out


LINES = 24


def terminal(command: list[str], enough: Callable[[str], bool], **environment: str) -> str:
    """What a command draws on a real terminal until it is enough; then Ctrl-C, and it ends with 0."""
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", LINES, 80, 0, 0))
    known = {
        name: value for name, value in os.environ.items() if name not in {"NO_COLOR", "COLUMNS"}
    }
    child = subprocess.Popen(
        command, stdout=theirs, stderr=theirs, env=known | {"TERM": "xterm"} | environment
    )
    os.close(theirs)
    seen, until = b"", time.monotonic() + 60
    while not enough(seen.decode(errors="replace")) and time.monotonic() < until:
        if select.select([ours], [], [], 0.2)[0]:
            seen += os.read(ours, 65536)
    child.send_signal(signal.SIGINT)
    try:
        while select.select([ours], [], [], 5)[0] and time.monotonic() < until + 30:
            seen += os.read(ours, 65536)
    except OSError:  # the child has closed its end
        pass
    assert child.wait(30) == 0
    os.close(ours)
    return seen.decode()


def test_watching_redraws_in_place_and_gives_the_screen_back(log: Path) -> None:
    """Each picture begins at the top left and fits; after Ctrl-C the screen is as it was."""
    command = [sys.executable, "-m", "pytest_llm_telemetry", "dashboard", str(log), *WINDOW]
    seen = terminal([*command, "--watch", "0.1"], lambda text: text.count("worth a look") > 2)
    assert seen.startswith("\x1b[?1049h")
    assert seen.count("\x1b[H") > 2
    assert "\x1b[1m2026-11-22" in seen
    assert seen.endswith("\x1b[?25h\x1b[?1049l")
    picture = seen.split("\x1b[H")[1]
    assert picture.count("\n") < LINES
    assert "worth a look" in picture


def test_a_terminal_without_colour_gets_none(log: Path) -> None:
    """NO_COLOR is respected, and what is redrawn is plain text between cursor moves."""
    command = [sys.executable, "-m", "pytest_llm_telemetry", "dashboard", str(log), *WINDOW]
    seen = terminal([*command, "--watch"], lambda text: "worth a look" in text, NO_COLOR="1")
    assert "\x1b[1m" not in seen
    assert "\x1b[33m" not in seen


def test_watching_ends_where_nobody_reads_any_more(log: Path) -> None:
    """`--watch | head -3` comes to its end, without a traceback."""
    command = [sys.executable, "-m", "pytest_llm_telemetry", "dashboard", str(log), *WINDOW]
    with subprocess.Popen(
        [*command, "--watch", "0.1"], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as child:
        assert child.stdout is not None
        assert child.stderr is not None
        assert child.stdout.readline().startswith(b"2026-11-22 00:00 to")
        child.stdout.close()
        child.wait(60)
        assert child.stderr.read() == b""
