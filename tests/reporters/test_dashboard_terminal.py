"""What the dashboard says in a terminal, sentence by sentence."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from pytest_llm_telemetry.core.dashboard import Dashboard, Finding
from pytest_llm_telemetry.reporters import dashboard_terminal
from tests.core.dashboard.conftest import World

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)


@pytest.fixture(scope="module")
def board() -> Dashboard:
    """A day like the day before, with a price that nobody knows."""
    world = World()
    for back in range(48):
        at = world.hour - timedelta(hours=back)
        world.calls(at, 2, cost_usd=0.5, query_hash="h", model="m")
        world.add(at, "score", score_name="thumbs", score=0.5, passed=True)
    for kind in "abcdefg":
        world.add(world.hour, "error", error_type=kind, query_hash="h")
    world.add(world.hour)
    return world.look(by="model")


def told(board: Dashboard, **options: Any) -> str:
    lines = dashboard_terminal.render(board, **options)
    return " ".join(" ".join(line.text for line in lines).split())


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        (
            {"usual": 1000.0, "level": 2100.0},
            "latency P95 of model gpt-4o doubled at 12:00 UTC: 1.00 s -> 2.10 s, and has not come",
        ),
        (
            {"usual": 1000.0, "level": 1500.0, "end": NOON + timedelta(hours=1)},
            "latency P95 of model gpt-4o rose from 12:00 to 13:00 UTC: 1.00 s -> 1.50 s",
        ),
        (
            {"metric": "score", "usual": 0.9, "level": 0.8, "start": NOON - timedelta(days=1)},
            "score of model gpt-4o fell at 2026-11-22 12:00 UTC: 0.900 -> 0.800, and has not come",
        ),
        (
            {"metric": "error_rate", "usual": 0.1, "level": 0.2, "dimension": "", "group": ""},
            "worth a look: error rate rose at 12:00 UTC: 10.0 % -> 20.0 %",
        ),
        (
            {"kind": "silence", "metric": "queries", "usual": 1234.0, "level": 0.0},
            "worth a look: no calls since 12:00 UTC, where 1,234 an hour are usual",
        ),
        (
            {"usual": 1000.0, "level": 2100.0, "held": False},
            "1.00 s -> 2.10 s, and has not come back (no weeks before to hold it against)",
        ),
    ],
)
def test_the_one_thing_is_a_sentence(
    board: Dashboard, changes: dict[str, Any], sentence: str
) -> None:
    """What, of which calls, since when, from what to what, and whether it lasts."""
    shape: dict[str, Any] = {
        "kind": "shift",
        "metric": "p95_latency_ms",
        "dimension": "model",
        "group": "gpt-4o",
        "start": NOON,
        "end": None,
        "p_value": 1e-6,
        "held": None,
    }
    assert sentence in told(replace(board, finding=Finding(**(shape | changes))))


def test_without_one_it_says_so(board: Dashboard) -> None:
    """Nothing that stands out is something to be told as well."""
    assert "nothing stands out" in told(replace(board, finding=None))


def test_what_is_known_in_part_is_marked(board: Dashboard) -> None:
    """A cost with calls of unknown price is a lower bound, without a change."""
    text = told(board)
    assert "(1 call has no known price)" in text
    assert "$25.00+" in text


def test_long_lists_are_cut_and_counted(board: Dashboard) -> None:
    """Five types of errors are named, the rest are one number; quality tells who passed."""
    text = told(board)
    assert "1 a, 1 b, 1 c, 1 d, 1 e, 2 others" in text
    assert "thumbs 0.500 (0.000), 100.0 % (0 pp) passed" in text


def test_a_query_without_preview_is_its_hash(board: Dashboard) -> None:
    """Where the log keeps hashes only, they are what a person can look for."""
    assert "#h 7 " in told(board)


@pytest.mark.parametrize("height", [20, 26, 32])
def test_lists_give_way_on_a_low_terminal(board: Dashboard, height: int) -> None:
    """The last line is the one thing worth a look, whatever had to go."""
    lines = dashboard_terminal.render(board, height=height)
    assert len(lines) <= max(height, 23)
    assert lines[-1].text.startswith("nothing stands out")


def test_the_newest_event_may_be_of_another_time(board: Dashboard) -> None:
    """Of a window of the past the time is told; of days ago, days."""
    later = replace(board, newest=board.until + timedelta(days=2))
    assert "newest event 2026-11-25 14:30" in told(later)
    earlier = replace(board, newest=board.until - timedelta(days=3, hours=4))
    assert "newest event 3d 4h ago" in told(earlier)
