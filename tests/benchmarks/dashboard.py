"""How often the dashboard finds something in a day in which nothing happened, and in one that was bad.

Run as `python -m tests.benchmarks.dashboard [DAYS [FIRST_SEED]]`. Every world is seeded: two days of 80 calls an
hour, three models, two variants. The floor is the promise: one false finding in a thousand days.
"""

import math
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

from pytest_llm_telemetry.core.dashboard import Finding
from pytest_llm_telemetry.core.dashboard.finding import find
from pytest_llm_telemetry.core.events import Event, QueryError, QueryScore, QuerySuccess
from pytest_llm_telemetry.core.traffic.counting import Counting
from pytest_llm_telemetry.core.traffic.rows import row_of
from pytest_llm_telemetry.core.trends import Window

HOUR = timedelta(hours=1)
NOW = datetime(2026, 11, 23, 14, 59, tzinfo=UTC)
WINDOW = Window.last(NOW, 24 * HOUR)
BAD_FROM = WINDOW.until - 4 * HOUR
PROMISED = 0.001


@dataclass
class State:
    """How a world is in one hour; `slow` is what times of model "a" are multiplied by."""

    calls: int = 80
    level: float = 1.0
    fail: float = 0.01
    sigma: float = 0.6
    slow: float = 1.0


@dataclass
class World:
    """What a seeded world does, hour by hour."""

    rng: Random
    wander: float = field(default=0.0)

    def steady(self, _: datetime) -> State:
        """Every hour like the other."""
        return State()

    def heavy(self, _: datetime) -> State:
        """Times with a long tail."""
        return State(sigma=1.0)

    def cycle(self, at: datetime) -> State:
        """Night and day: 24 to 136 calls an hour, slower by day."""
        wave = math.sin((at.hour - 9) / 24 * 2 * math.pi)
        return State(calls=int(80 * (1 + 0.7 * wave)), level=1 + 0.25 * wave)

    def bursty(self, _: datetime) -> State:
        """One hour in ten has eight times the errors."""
        return State(fail=0.01 if self.rng.random() > 0.1 else 0.08)

    def wandering(self, _: datetime) -> State:
        """A provider whose times wander by a tenth and stay off for hours."""
        self.wander = 0.7 * self.wander + self.rng.gauss(0, 0.08)
        return State(level=math.exp(self.wander))

    def slow_model(self, at: datetime) -> State:
        """One of three models takes twice as long for the last four hours."""
        return State(slow=2.0 if at >= BAD_FROM else 1.0)

    def failing(self, at: datetime) -> State:
        """Every eighth call fails for the last four hours."""
        return State(fail=0.125 if at >= BAD_FROM else 0.01)


def calls(rng: Random, state: State, at: datetime) -> list[Event]:
    """The events of one hour."""
    found: list[Event] = []
    base: dict[str, Any] = {"query_id": "q", "timestamp": at.strftime("%Y-%m-%dT%H:%M:%S.000Z")}
    for _ in range(state.calls):
        model = rng.choice("abc")
        level = state.level * (state.slow if model == "a" else 1.0)
        latency = level * rng.lognormvariate(6.5, state.sigma)
        fields: dict[str, Any] = {
            "model": model,
            "variant": rng.choice("AB"),
            "latency_ms": latency,
        }
        if rng.random() < state.fail:
            found.append(QueryError(error_type="Timeout", **base, **fields))
        else:
            ttft, cost = level * rng.lognormvariate(5, 0.5), rng.lognormvariate(-6, 0.7)
            found.append(QuerySuccess(ttft_ms=ttft, cost_usd=cost, **base, **fields))
        if rng.random() < 0.3:
            score = float(rng.random() < 0.9)
            found.append(QueryScore(score_name="thumbs", score=score, **base))
    return found


def look(state: Callable[[World, datetime], State], seed: int) -> tuple[Finding | None, float]:
    """What is found in one world, and the processor time of finding it, in seconds."""
    world, counting = World(Random(seed)), Counting()
    at = WINDOW.before.since
    while at < WINDOW.until:
        events = calls(world.rng, state(world, at), at)
        counting.add([row_of(event) for event in events])
        at += HOUR
    counting.flush()
    hours = sorted(counting.hours.values(), key=lambda hour: hour.start)
    start = time.process_time()
    found = find(hours, WINDOW, NOW, NOW)
    return found, time.process_time() - start


def main(days: int, first: int) -> None:
    """Print both tables."""
    seeds = range(first, first + days)
    print(f"| nothing happens, {days} days each | found | a day | promised |\n|---|---|---|---|")
    for state in (World.steady, World.heavy, World.cycle, World.bursty, World.wandering):
        hits = sum(look(state, seed)[0] is not None for seed in seeds)
        print(f"| {state.__doc__} | {hits} | {hits / days:.3f} | {PROMISED} |", flush=True)
    print(
        "\n| the last four hours are bad | found | its hour or the next | ms |\n|---|---|---|---|"
    )
    for state in (World.slow_model, World.failing):
        looks = [look(state, seed) for seed in seeds]
        found = [each for each, _ in looks if each is not None]
        right = sum(timedelta(0) <= each.start - BAD_FROM <= HOUR for each in found)
        spent = 1000 * sum(each for _, each in looks) / days
        told = f"{len(found)} of {days} | {right} | {spent:.0f}"
        print(f"| {state.__doc__} | {told} |", flush=True)


if __name__ == "__main__":
    main(*map(int, [*sys.argv[1:], *("200", "0")[len(sys.argv) - 1 :]]))
