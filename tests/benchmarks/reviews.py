"""How often a review cries wolf, and how often it hears one: `python -m tests.benchmarks.reviews`.

Steady services are logged by the real logger for most of a year and reviewed as of each day; then
the days of each window are put in the place of the same days of a service that got worse. Beside it
the usual fixed limits: mean > 10 %, P95 > 20 %, cost > 10 %, errors > 2 points, score < 0.02.
An hour in which a third of the calls fail, as steady services have on one day in ten, is worse: `--calm`
leaves such hours out.
"""

import argparse
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from math import sqrt
from pathlib import Path

from pytest_llm_telemetry.core.reviews import PERIODS, Material, Period, Review, compose
from pytest_llm_telemetry.core.thresholds import Thresholds
from pytest_llm_telemetry.core.traffic import Hour, Traffic
from pytest_llm_telemetry.storage.traffic import read_traffic
from tests.production_world import END, Moment, World

_DAY = timedelta(days=1)
LIMITS: Mapping[str, float] = {
    "avg_latency_ms": 0.10,
    "p95_latency_ms": 0.20,
    "cost_per_query_usd": 0.10,
    "error_rate": 0.02,
    "score": -0.02,
}
FAULTS: Mapping[str, tuple[Moment, str]] = {
    "latency x 1.3": (Moment(slower=1.3), "avg_latency_ms"),
    "latency x 1.6": (Moment(slower=1.6), "avg_latency_ms"),
    "errors 1 % -> 4 %": (Moment(failing=0.04), "error_rate"),
    "errors 1 % -> 10 %": (Moment(failing=0.10), "error_rate"),
    "answers x 1.25": (Moment(longer=1.25), "cost_per_query_usd"),
    "liked 90 % -> 80 %": (Moment(liking=0.80), "score"),
}


def hours(asked: argparse.Namespace, seed: int, always: Moment) -> Sequence[Hour]:
    """A service's hours, as its log tells them."""
    days = asked.days
    with tempfile.TemporaryDirectory() as folder:
        log = Path(folder) / "llm.jsonl"
        world = World(log, seed=seed)
        world.live(days, calls=asked.calls, fault=lambda _: always, bursts=not asked.calm)
        return read_traffic([log], END - days * _DAY, END, rollups=False).hours


def review(period: Period, end: datetime, found: Sequence[Hour]) -> Review:
    """The review as of a day."""
    window = period.window(end)
    since = period.known_since(window)
    inside = tuple(hour for hour in found if since <= hour.start < end)
    traffic = Traffic(since=since, until=end, hours=inside)
    return compose(period, window, Material(traffic=traffic, thresholds=Thresholds()))


def is_over(found: Review, metrics: Mapping[str, float] = LIMITS) -> bool:
    """Whether a fixed limit is broken."""
    for metric, limit in metrics.items():
        trend = found.trends.get(metric)
        change = trend.change if trend else None
        if change is not None and (change > limit if limit > 0 else change < limit):
            return True
    return False


def ends(period: Period, days: int, most: int) -> Sequence[datetime]:
    """Days to look at, as far apart as fits."""
    first = period.history + period.days
    stride = max(1, (days - first) // most)
    return [END - n * _DAY for n in range(0, days - first + 1, stride)][:most]


def share(count: int, size: int) -> str:
    """A count of reviews and its share, with Wilson's 95 % interval as if they were strangers."""
    z = 1.96
    rate, room = count / size, z * z / size
    reach = z * sqrt(rate * (1 - rate) / size + room / (4 * size))
    low, high = ((rate + room / 2 + side * reach) / (1 + room) for side in (-1, 1))
    return f"{count}, {rate:.2%} ({low:.1%} to {high:.1%})"


def nothing_changed(asked: argparse.Namespace, services: Iterable[Sequence[Hour]]) -> None:
    """Print how often reviews of steady services find something."""
    found: dict[Period, list[tuple[bool, bool, bool]]] = {
        period: [] for period in PERIODS.values() if period.name in asked.periods
    }
    for steady in services:
        for period, looks in found.items():
            for end in ends(period, asked.days, 200):
                look = review(period, end, steady)
                looks.append((look.status == "fail", bool(look.turns), is_over(look)))
    print("| nothing changed | reviews | WORSE | a turn | fixed limits |\n|---|--:|--:|--:|--:|")
    for period, looks in found.items():
        shares = [share(sum(column), len(looks)) for column in zip(*looks, strict=True)]
        print(f"| {period.name} | {len(looks)} | {' | '.join(shares)} |", flush=True)


def got_worse(asked: argparse.Namespace, steady: Sequence[Hour]) -> None:
    """Print how often what got worse is found, and dated."""
    print("\n| got worse | period | found | dated | fixed limit |\n|---|---|--:|--:|--:|")
    for name, (moment, metric) in FAULTS.items():
        bad = {hour.start: hour for hour in hours(asked, asked.seed, moment)}
        for period in (PERIODS["daily"], PERIODS["weekly"]):
            looks = []
            for end in ends(period, asked.days, asked.draws):
                since = period.window(end).since
                mixed = [bad.get(h.start, h) if h.start >= since else h for h in steady]
                looks.append(review(period, end, mixed))
            found = sum(
                any(c.metric == metric and not c.scope for c in look.breaches) for look in looks
            )
            dated = sum(any(turn.metric == metric for turn in look.turns) for look in looks)
            over = sum(is_over(look, {metric: LIMITS[metric]}) for look in looks)
            size = len(looks)
            shares = " | ".join(f"{count / size:.2f}" for count in (found, dated, over))
            print(f"| {name} | {period.name} | {shares} |", flush=True)


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--days", type=int, default=240)
    parser.add_argument("--calls", type=int, default=10, help="an hour")
    parser.add_argument("--draws", type=int, default=24, help="windows of each kind that got worse")
    parser.add_argument("--services", type=int, default=3, help="steady ones, each with its seed")
    parser.add_argument("--seed", type=int, default=1, help="of the first service")
    parser.add_argument("--periods", nargs="+", choices=PERIODS, default=list(PERIODS))
    parser.add_argument("--calm", action="store_true", help="services without bad hours")
    asked = parser.parse_args()
    seeds = range(asked.seed, asked.seed + asked.services)
    nothing_changed(asked, (hours(asked, seed, Moment()) for seed in seeds))
    if asked.draws:
        got_worse(asked, hours(asked, asked.seed, Moment()))


if __name__ == "__main__":
    main()
