"""One host of a fleet: a service that answers for a while, and its log.

Usage: python host.py NAME [FOLDER]

The model is made up, by the host's name, so the example runs offline and is always the same; what
is logged is what a handler of yours would log.
"""

import random
import sys
from pathlib import Path
from typing import Any

from pytest_llm_telemetry import TelemetryLogger

CALLS = 200
PRICES = {"gpt-4o-mini": {"input": 0.15, "output": 0.60}}  # USD a million tokens


class RateLimitError(Exception):
    """The provider wants fewer calls."""


def complete(chance: random.Random) -> dict[str, Any]:
    """What a provider would answer."""
    if chance.random() < 0.05:  # noqa: PLR2004 - one call in twenty
        raise RateLimitError
    return {
        "object": "chat.completion",
        "model": "gpt-4o-mini",
        "choices": [{"finish_reason": "stop", "message": {"content": "Of course."}}],
        "usage": {
            "prompt_tokens": chance.randrange(50, 400),
            "completion_tokens": chance.randrange(10, 200),
        },
    }


def main() -> None:
    """Write `FOLDER/NAME/llm.jsonl`; the service is the name without its number."""
    name, folder = sys.argv[1], Path(*sys.argv[2:] or ["hosts"])
    log = folder / name / "llm.jsonl"
    telemetry = TelemetryLogger(log, service=name.rpartition("-")[0], prices=PRICES)
    chance = random.Random(name)  # noqa: S311 - a made-up model
    for _ in range(CALLS):
        try:
            with telemetry.observe(f"question {chance.randrange(20)}") as call:
                call.record(complete(chance))
        except RateLimitError:
            continue
    telemetry.close()
    print(f"{name}: {CALLS} calls in {log}")


if __name__ == "__main__":
    main()
