"""The budget of a run, shared by its processes."""

import multiprocessing
from pathlib import Path

import pytest

from pytest_llm_telemetry.storage import stops
from pytest_llm_telemetry.storage.ledger import Ledger


def spend(folder: str, count: int) -> None:
    """Make as many calls as there is room for."""
    ledger = Ledger(Path(folder), 1.0)
    for _ in range(count):
        amount = ledger.reserve()
        if amount is not None:
            ledger.settle(amount, 0.01)


def test_processes_never_spend_the_same_dollar(tmp_path: Path) -> None:
    """What four processes settled together is within one call each of the budget."""
    context = multiprocessing.get_context("spawn")
    workers = [context.Process(target=spend, args=(str(tmp_path), 60)) for _ in range(4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    state = Ledger(tmp_path, 1.0).read()
    assert state.stopped.startswith("budget: ")
    assert 0.96 <= state.settled_usd <= 1.04
    assert state.reserved_usd == pytest.approx(0.0)


def test_release_frees_the_room(tmp_path: Path) -> None:
    """After a release the same room can be reserved again."""
    ledger = Ledger(tmp_path, 0.06)
    ledger.settle(ledger.reserve() or 0.0, 0.02)
    held = ledger.reserve()
    assert held == 0.02
    ledger.release(held)
    assert ledger.read().reserved_usd == pytest.approx(0.0)
    assert ledger.read().calls == 1
    ledger.stop("first")
    ledger.stop("second")
    assert ledger.read().stopped == "first"
    assert ledger.reserve() is None


def test_the_first_decision_to_stop_stands(tmp_path: Path) -> None:
    """Two workers that decide at once agree on the first decision; a torn one is no decision."""
    first = stops.write(tmp_path, stops.Stop(suite="a", repeats=1, why="no change"))
    second = stops.write(tmp_path, stops.Stop(suite="a", repeats=2, why="worse"))
    assert first == second == stops.read(tmp_path, "a")
    assert stops.read(tmp_path, "../b") is None
    for path in tmp_path.iterdir():
        path.write_text("{", encoding="utf-8")
    assert stops.read(tmp_path, "a") is None


DAMAGED = ["[]", '{"x": 1}', "[" * 100_000, "{", '{"repeats": NaN, "why": ""}', "7"]


@pytest.mark.parametrize("text", DAMAGED)
def test_a_damaged_stop_stops_nothing(tmp_path: Path, text: str) -> None:
    """All repeats run where nobody can read why they should not."""
    stops.write(tmp_path, stops.Stop(suite="bot", repeats=2, why="decided"))
    (file,) = tmp_path.iterdir()
    file.write_text(text, encoding="utf-8")
    assert stops.read(tmp_path, "bot") is None


@pytest.mark.parametrize(
    "text",
    [
        *DAMAGED,
        '{"limit_usd": NaN}',
        '{"limit_usd": "1"}',
        '{"limit_usd": 1, "limit_usd": 9}',
        '{"limit_usd": 1' + "0" * 400 + "}",
    ],
)
def test_a_damaged_ledger_spends_nothing_more(tmp_path: Path, text: str) -> None:
    """Nobody knows what is left of the budget, so no further call is made."""
    ledger = Ledger(tmp_path, 1.0)
    ledger.settle(ledger.reserve() or 0.0, 0.01)
    (tmp_path / "budget.json").write_text(text, encoding="utf-8")
    assert ledger.reserve() is None
    assert "is damaged" in ledger.read().stopped
