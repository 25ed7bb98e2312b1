"""A seeded world of calls with all that figures must get right, and what the core makes of it."""

import json
import random
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from pytest_llm_telemetry.storage import runs

Record = dict[str, Any]

SERVICES: Mapping[str, tuple[float | None, ...]] = {  # and the sample rates of their calls
    "whole": (None,),
    "sampled": (0.1,),
    "mixed": (1.0, 0.25, 0.1),
    "unpriced": (None,),
    "failing": (None,),
}
FIGURES = (
    "queries", "error_rate", "avg_latency_ms", "p50_latency_ms", "p95_latency_ms",
    "p99_latency_ms", "avg_ttft_ms", "p95_ttft_ms", "cost_per_query_usd", "total_cost_usd",
    "input_tokens", "output_tokens", "pass_rate", "score",
)  # fmt: skip


class World:
    """Makes calls; nested ones end before the call that they ran in, as in any log."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)
        self._second = 0

    def production(self, size: int) -> Iterator[Record]:
        """Calls of services, nested up to three deep, some of them scored."""
        for number in range(size):
            service = list(SERVICES)[number % len(SERVICES)]
            rate = self.random.choice(SERVICES[service])
            shared = {"service": service, "sample_rate": rate}
            query_id = f"{service}-{number}"
            yield from self._call(query_id, shared, depth=0)
            if self.random.random() < 0.4:
                shared["sample_rate"] = SERVICES[service][0]
                yield from self._scores(query_id, shared)

    def golden(self, suite: str, cases: int, repeats: int) -> Iterator[Record]:
        """Repeats of cases, with calls of judges and a suite of controls."""
        for case in range(cases):
            for attempt in range(1, repeats + 1):
                shared = {"case_id": f"case-{case}", "attempt": attempt, "suite": suite}
                query_id = f"{suite}-{case}-{attempt}"
                yield from self._call(query_id, shared, depth=0)
                yield from self._scores(query_id, shared)
                judge = shared | {"suite": f"{suite}@judge"}
                yield from self._call(f"{query_id}-judge", judge, depth=3)
                control = shared | {"suite": f"{suite}@control"}
                yield from self._call(f"{query_id}-control", control, depth=3)

    def _call(self, query_id: str, shared: Record, depth: int) -> Iterator[Record]:
        yield self._event("query_start", query_id, shared)
        below = self.random.choice((0, 0, 1, 3)) if depth < 3 else 0
        for number in range(below):
            child = shared | {"parent_id": query_id}
            yield from self._call(f"{query_id}.{number}", child, depth + 1)
        failed = self._fails(query_id, shared)
        yield self._event(
            "query_error" if failed else "query_success",
            query_id,
            shared | self._outcome(failed=failed, nested=below, shared=shared),
        )

    def _fails(self, query_id: str, shared: Record) -> bool:
        """Of most calls that make others, the first one answers, so that their cost is known."""
        if shared.get("service") == "failing":
            return self.random.random() < 0.5
        is_first = query_id.endswith((".0", "-judge"))
        return self.random.random() < 0.1 and not is_first

    def _outcome(self, *, failed: bool, nested: int, shared: Record) -> Record:
        told: Record = {"latency_ms": self.random.lognormvariate(6, 1)}
        if self.random.random() < 0.5:
            told["ttft_ms"] = told["latency_ms"] * self.random.random()
        if self.random.random() < 0.1:
            told["cached"] = True
        if failed:
            told["error_type"] = self.random.choice(("RateLimitError", "Timeout"))
        if nested:
            return told | {"nested_calls": nested, "cost_source": "nested"}
        told["model"] = self.random.choice(("large", "small", None))
        told["model_requested"] = "asked"
        if failed and self.random.random() < 0.7:
            return told
        told |= {"input_tokens": self.random.randrange(2000), "output_tokens": 7}
        if shared.get("service") != "unpriced" or self.random.random() < 0.5:
            told["cost_usd"] = self.random.random() / 100
        return told

    def _scores(self, query_id: str, shared: Record) -> Iterator[Record]:
        for name in ("exact", "thumbs")[: self.random.randint(0, 2)]:
            told: Record = {"score_name": name, "score": self.random.random()}
            if self.random.random() < 0.7:
                told["passed"] = told["score"] > 0.5
            yield self._event("query_score", query_id, shared | told)

    def _event(self, event: str, query_id: str, fields: Record) -> Record:
        self._second += 1
        hour, rest = divmod(self._second, 3600)
        at = f"2026-11-{20 + hour // 24}T{hour % 24:02}:{rest // 60:02}:{rest % 60:02}.512Z"
        return {
            "schema_version": 1,
            "event": event,
            "timestamp": at,
            "level": "INFO",
            "message": event,
            "query_id": query_id,
            **{name: value for name, value in fields.items() if value is not None},
        }


def written(path: Path, records: Iterable[Record]) -> Path:
    """A log of the records."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(json.dumps(record) + "\n" for record in records), encoding="utf-8")
    return path


def assert_same(found: Mapping[str, Any], expected: Mapping[str, float | None]) -> None:
    """Quantiles within the sketch's bound, all others to nine digits; unknown is unknown."""
    for name in FIGURES:
        bound = 0.005 if name.startswith("p") and name.endswith("_ms") else 1e-9
        value = expected[name]
        assert found[name] == (None if value is None else pytest.approx(value, rel=bound)), name


def core_figures(place: Path) -> dict[str, dict[str, float | None]]:
    """What the core says of each suite of a run, or each service of a production log."""
    return {
        name: {figure: summary.metrics.get(figure) for figure in FIGURES}
        for name, summary in runs.summaries(place).items()
    }
