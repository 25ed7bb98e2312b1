"""How often the dashboard finds something in a day in which nothing happened, and in one that was bad.

Run as `python -m tests.benchmarks.dashboard [DAYS [FIRST_SEED [WORLD]]]`. Every world is seeded: two days of 80
calls an hour, three models, two variants, and four weeks before. The floor is the promise: one false finding in a
thousand days; beside it what is found where nothing is known of the weeks before.
"""

import math
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

from pytest_llm_telemetry.core.dashboard import PAST, Finding
from pytest_llm_telemetry.core.dashboard.finding import find
from pytest_llm_telemetry.core.events import Event, QueryError, QueryScore, QuerySuccess
from pytest_llm_telemetry.core.traffic import Hour
from pytest_llm_telemetry.core.traffic.counting import Counting
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


def hours(seed: int, states: Sequence[State], since: datetime) -> Sequence[Hour]:
    """Hours in those states from that time on."""
    rng, counting = Random(seed), Counting()
    for number, state in enumerate(states):
        counting.add_events(*calls(rng, state, since + number * HOUR))
    counting.flush()
    return sorted(counting.hours.values(), key=lambda hour: hour.start)


@dataclass
class Look:
    """What is found in a world: by two days alone, with the weeks before, and in what processor time in s."""

    alone: Finding | None
    found: Finding | None
    spent: float


def look(state: Callable[[World, datetime], State], seed: int) -> Look:
    """Look at one world. The weeks before are drawn only where somebody asks for them."""
    world, past = World(Random(f"states {seed}")), PAST // HOUR
    first = WINDOW.before.since - PAST
    count = (WINDOW.until - first) // HOUR
    states = [state(world, first + number * HOUR) for number in range(count)]
    both = hours(seed, states[past:], WINDOW.before.since)
    start = time.process_time()
    alone = find(both, WINDOW, NOW, NOW)
    spent = time.process_time() - start
    weeks = hours(-1 - seed, states[:past], first) if alone else ()
    return Look(alone, find(both, WINDOW, NOW, NOW, lambda: weeks), spent)


def main(days: int, first: int, world: str) -> None:
    """Print both tables, of one world alone where it is named."""
    seeds = range(first, first + days)
    print(f"| nothing happens, {days} days each | found | without weeks before | promised |")
    print("|---|--:|--:|--:|")
    for state in (World.steady, World.heavy, World.cycle, World.bursty, World.wandering):
        if world in state.__name__:
            looks = [look(state, seed) for seed in seeds]
            found = sum(each.found is not None for each in looks)
            alone = sum(each.alone is not None for each in looks)
            print(f"| {state.__doc__} | {found} | {alone} | {days * PROMISED:g} |", flush=True)
    print(
        "\n| the last four hours are bad | found | its hour or the next | ms |\n|---|---|---|---|"
    )
    for state in (World.slow_model, World.failing):
        if world in state.__name__:
            looks = [look(state, seed) for seed in seeds]
            starts = [each.found.start for each in looks if each.found is not None]
            right = sum(timedelta(0) <= start - BAD_FROM <= HOUR for start in starts)
            spent = 1000 * sum(each.spent for each in looks) / days
            told = f"{len(starts)} of {days} | {right} | {spent:.0f}"
            print(f"| {state.__doc__} | {told} |", flush=True)


if __name__ == "__main__":
    asked = [*sys.argv[1:], *("200", "0", "")[len(sys.argv) - 1 :]]
    main(int(asked[0]), int(asked[1]), asked[2])
