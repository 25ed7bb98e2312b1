"""A service in production whose days differ as days do, written by the real logger in no time."""

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from math import cos, pi
from pathlib import Path
from random import Random

from pytest_llm_telemetry import FileSink, TelemetryLogger
from pytest_llm_telemetry.runtime.calls import ObservedCall

END = datetime(2026, 11, 23, tzinfo=UTC)  # a Monday: the last day is a Sunday
PRICES = {"gpt-4o": {"input": 2.5, "output": 10.0}, "gpt-4o-mini": {"input": 0.15, "output": 0.6}}
_SATURDAY = 5
QUERIES = ("Where is my order?", "How do I return shoes?", "Cancel my contract", "Talk to a person")


class HandClock:
    """Time that is set."""

    def __init__(self, at: datetime) -> None:
        self.at = at
        self.ns = 0

    def wall(self) -> float:
        """Seconds since the epoch."""
        return self.at.timestamp()

    def monotonic_ns(self) -> int:
        """Nanoseconds of a clock that never jumps."""
        return self.ns


@dataclass(frozen=True, slots=True)
class Moment:
    """What a fault may make of a call: factors of its latency and tokens, its chance to fail."""

    slower: float = 1.0
    longer: float = 1.0
    failing: float = 0.01
    liking: float = 0.9


Fault = Callable[[datetime], Moment]


def no_fault(_: datetime) -> Moment:
    """A steady service."""
    return Moment()


class World:
    """A service that is watched by the real logger.

    Args:
        path: Its log.
        seed: Another one is another service.
        queries: What it is asked, the first one most.
        end: When it is looked at.
    """

    def __init__(
        self,
        path: Path,
        *,
        seed: int = 1,
        queries: Sequence[str] = QUERIES,
        end: datetime = END,
    ) -> None:
        self._rng = Random(seed)
        self._queries = queries
        self._end = end
        self._clock = HandClock(end)
        self._telemetry = TelemetryLogger(
            FileSink(path), service="bot", clock=self._clock, prices=PRICES, hash_key="k"
        )

    def live(
        self, days: int = 35, *, calls: int = 6, fault: Fault = no_fault, bursts: bool = True
    ) -> None:
        """Log so many days before the end, about `calls` an hour.

        Each day has a speed of its own, nights and weekends are quiet, and with `bursts` many calls
        of an hour fail on one day in ten.
        """
        start = self._end - timedelta(days=days)
        for day in range(days):
            speed = self._rng.lognormvariate(0, 0.08)
            burst = self._rng.randrange(240)
            for hour in range(24):
                at = start + timedelta(days=day, hours=hour)
                rhythm = 1.0 + 0.3 * cos((hour - 14) / 12 * pi)
                quiet = 0.6 if at.weekday() >= _SATURDAY else 1.0
                count = max(1, round(self._rng.gauss(calls * rhythm * quiet, 1)))
                for place in range(count):
                    self._clock.at = at + timedelta(hours=place / count)
                    moment = fault(self._clock.at)
                    failing = moment.failing + (0.3 if bursts and hour == burst else 0.0)
                    slower = moment.slower * speed * rhythm
                    self._call(replace(moment, failing=failing, slower=slower))
        self._telemetry.close()

    def _call(self, moment: Moment) -> None:
        rng = self._rng
        model = "gpt-4o" if rng.random() < 0.4 else "gpt-4o-mini"
        call = self._telemetry.observe(
            self._queries[min(int(rng.expovariate(1)), len(self._queries) - 1)],
            model=model,
            user_id=f"user {rng.randrange(20)}",
            feature_flags={"new_prompt": rng.random() < 0.5},
        )
        with suppress(TimeoutError), call:
            self._clock.ns += int(rng.lognormvariate(6.3, 0.5) * moment.slower * 1e6)
            self._answer(call, model, moment)
            if rng.random() < 0.5:
                liked = rng.random() < moment.liking
                self._telemetry.score(call.query_id, "thumbs", float(liked))

    def _answer(self, call: ObservedCall, model: str, moment: Moment) -> None:
        if self._rng.random() < moment.failing:
            raise TimeoutError("too slow")
        words = int(self._rng.lognormvariate(5, 0.4) * moment.longer)
        call.record(
            {
                "object": "chat.completion",
                "model": model,
                "choices": [{"message": {"content": "ok"}, "finish_reason": "stop"}],
                "usage": {"prompt_tokens": 200, "completion_tokens": words},
            }
        )
