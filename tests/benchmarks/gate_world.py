"""A simulated service: what a golden set's calls look like from one run to the next."""

from __future__ import annotations

import math
import random
from dataclasses import dataclass, replace

from pytest_llm_telemetry.core.metrics import METRICS, Summary, measure
from pytest_llm_telemetry.core.samples import Attempt, Call, CaseSamples
from pytest_llm_telemetry.core.thresholds import STANDARD_RULES, Rule, Thresholds


@dataclass(frozen=True, kw_only=True)
class World:
    """How a service behaves. Every figure is a choice; docs/gate-accuracy.md lists them.

    `likeness` is the correlation of the repeats of a case (its pass probability is Beta
    distributed): golden-set cases mostly always pass or always fail.
    """

    pass_rate: float = 0.95
    likeness: float = 0.5
    score: float = 0.8
    score_between: float = 0.1
    score_within: float = 0.1
    error_rate: float = 0.01
    burst_chance: float = 0.15
    burst_length: float = 8.0
    burst_density: float = 0.7
    latency_between: float = 0.6
    latency_within: float = 0.25
    slow_share: float = 0.05
    slow_factor: float = 2.0
    drift: float = 0.05
    cost_noise: float = 0.03
    # what a regression changes
    slower: float = 1.0
    dearer: float = 1.0
    extra_slow_share: float = 0.0
    extra_slow_factor: float = 3.0
    score_shift: float = 0.0
    pass_rate_now: float | None = None


@dataclass(frozen=True, kw_only=True)
class Nature:
    """What stays the same of a case from run to run."""

    latency: float
    luck: float
    score: float
    tokens: int
    output: float


def natures(world: World, cases: int, rng: random.Random) -> list[Nature]:
    """The cases of a golden set."""
    return [
        Nature(
            latency=math.log(900.0) + rng.gauss(0.0, world.latency_between),
            luck=rng.random(),
            score=rng.gauss(world.score, world.score_between),
            tokens=rng.randint(100, 2000),
            output=rng.uniform(50, 500),
        )
        for _ in range(cases)
    ]


_GRID = 400
_TABLES: dict[tuple[float, float], list[float]] = {}


def chance_of(world: World, mean: float, luck: float) -> float:
    """The `luck` quantile of the Beta distribution of pass probabilities: the same cases stay the
    hard ones when the mean moves.
    """
    key = (round(mean, 4), world.likeness)
    if key not in _TABLES:
        size = 1.0 / world.likeness - 1.0
        draws = random.Random(7)
        sample = [draws.betavariate(mean * size, (1 - mean) * size) for _ in range(_GRID * 50)]
        _TABLES[key] = sorted(sample)[::50]
    return _TABLES[key][min(_GRID - 1, int(luck * _GRID))]


def run(
    world: World, golden: list[Nature], repeats: int, rng: random.Random, drift: float | None = None
) -> list[CaseSamples]:
    """One run of the golden set: attempt by attempt, all cases in each."""
    day = rng.gauss(0.0, world.drift) if drift is None else drift
    total = len(golden) * repeats
    failing = _failures(world, total, rng)
    calls: list[list[Call]] = [[] for _ in golden]
    attempts: list[list[Attempt]] = [[] for _ in golden]
    mean = world.pass_rate if world.pass_rate_now is None else world.pass_rate_now
    order = 0
    for attempt in range(1, repeats + 1):
        for place, nature in enumerate(golden):
            calls[place].append(
                _call(
                    world, nature, rng, order=order, attempt=attempt, failed=failing[order], day=day
                )
            )
            if not failing[order]:
                passed = rng.random() < chance_of(world, mean, nature.luck)
                score = nature.score + world.score_shift + rng.gauss(0.0, world.score_within)
                attempts[place].append(
                    Attempt(number=attempt, passed=passed, score=min(1.0, max(0.0, score)))
                )
            order += 1
    return [
        CaseSamples(case_id=f"case-{n:05}", calls=tuple(c), attempts=tuple(a))
        for n, (c, a) in enumerate(zip(calls, attempts, strict=True))
    ]


def _failures(world: World, total: int, rng: random.Random) -> list[bool]:
    failing = [rng.random() < world.error_rate for _ in range(total)]
    if rng.random() < world.burst_chance:
        start = rng.randrange(total)
        length = 1 + int(rng.expovariate(1.0 / world.burst_length))
        for place in range(start, min(total, start + length)):
            failing[place] = failing[place] or rng.random() < world.burst_density
    return failing


def _call(
    world: World,
    nature: Nature,
    rng: random.Random,
    *,
    order: int,
    attempt: int,
    failed: bool,
    day: float,
) -> Call:
    if failed:
        return Call(order=order, attempt=attempt, latency_ms=50.0, error_type="RateLimitError")
    log_ms = nature.latency + day + rng.gauss(0.0, world.latency_within) + math.log(world.slower)
    if rng.random() < world.slow_share:
        log_ms += math.log(world.slow_factor) + abs(rng.gauss(0.0, 0.4))
    if rng.random() < world.extra_slow_share:
        log_ms += math.log(world.extra_slow_factor)
    output = round(nature.output * math.exp(rng.gauss(0.0, world.cost_noise)) * world.dearer)
    tokens = round(nature.tokens * world.dearer)
    return Call(
        order=order,
        attempt=attempt,
        latency_ms=math.exp(log_ms),
        cost_usd=tokens * 0.15e-6 + output * 0.6e-6,
        input_tokens=tokens,
        output_tokens=output,
    )


def replay(
    world: World, golden: list[Nature], repeats: int, rng: random.Random, *, size: int, drift: float
) -> list[CaseSamples]:
    """Controls: a sample of the baseline's cases, unchanged version, same day."""
    quiet = replace(world, slower=1.0, extra_slow_share=0.0)
    step = max(1, len(golden) // size)
    kept = list(range(0, len(golden), step))[:size]
    cases = run(quiet, [golden[n] for n in kept], repeats, rng, drift)
    return [replace(case, case_id=f"case-{n:05}") for n, case in zip(kept, cases, strict=True)]


def summary(cases: list[CaseSamples], repeats: int) -> Summary:
    """A finished run of the cases."""
    metrics, unknown = measure(cases)
    return Summary(
        suite="sim",
        run_id="now",
        cases=tuple(cases),
        metrics=metrics,
        unknown=unknown,
        repeats=repeats,
    )


def standard() -> Thresholds:
    """What is judged when nobody says otherwise."""
    return Thresholds(
        rules=tuple(
            Rule(metric=name, min_effect=METRICS[name].min_effect, allowed=METRICS[name].allowed)
            for name in STANDARD_RULES
        )
    )
