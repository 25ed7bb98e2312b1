"""Slack at its worst, with the deadlines of the product: `python -m tests.benchmarks.slack_delivery`.

Each case has a server of its own on loopback, and all run side by side. A case is well when the
message was delivered or its failure reported within ten seconds, without a word of the webhook's secret. Only
what was refused for now (429, 5xx) is posted again, so nothing arrives twice.
"""

import os
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple

from pytest_llm_telemetry.core.errors import DeliveryError
from pytest_llm_telemetry.reporters.delivery import post
from tests.reporters import test_delivery_slack as slack
from tests.reporters.test_delivery_slack import OK, Answer, status

DEADLINE_S = 10.0
CASES: dict[str, list[Answer]] = {
    "429, then ok": [status(429, Retry_After="1"), OK],
    "429 for ever, Retry-After an hour": [status(429, Retry_After="3600")],
    "500, then ok": [status(500), OK],
    "500 for ever": [status(500)],
    "reset": [slack.reset],
    "hang": [slack.hang],
    "302 to an internal address": [status(302, Location="http://169.254.169.254/")],
    "400 invalid_blocks": [status(400, "invalid_blocks")],
    "403": [status(403, "action_prohibited")],
    "404": [status(404, "no_service")],
    "410": [status(410, "channel_is_archived")],
    "headers that drip": [slack.drip],
    "truncated body": [slack.truncated],
    "endless body": [slack.endless],
    "ok late": [slack.slow],
}


class Outcome(NamedTuple):
    """How a delivery ended."""

    name: str
    told: str
    posts: int
    took_s: float
    leaks: bool

    @property
    def well(self) -> bool:
        """Whether it ended in time, was told, and told nothing else."""
        return bool(self.told) and not self.leaks and self.took_s < DEADLINE_S + 1


def delivered(name: str, answers: list[Answer]) -> Outcome:
    """Post once to a server that answers so."""
    with slack.serving() as fake:
        fake.says(*answers)
        start = time.monotonic()
        try:
            post(fake.hook(), {"text": "x"})
            told, chain = "delivered", ""
        except DeliveryError as error:
            told = str(error).partition(": ")[2].partition(";")[0]
            chain = "".join(map(repr, (error, error.__cause__, error.__context__)))
        took = time.monotonic() - start
        return Outcome(name, told, len(fake.bodies), took, "SECRET" in told + chain)


def main() -> None:
    """Print the table, and fail where a case is not well."""
    os.environ["NO_PROXY"] = "*"
    with ThreadPoolExecutor(len(CASES)) as pool:
        outcomes = list(pool.map(delivered, CASES, CASES.values()))
    print("| Slack says | outcome | posts | seconds |\n|---|---|---|---|")
    for found in outcomes:
        print(f"| {found.name} | {found.told} | {found.posts} | {found.took_s:.1f} |")
    well = sum(found.well for found in outcomes)
    print(f"\n{well} of {len(outcomes)} delivered or reported within {DEADLINE_S:.0f} s")
    sys.exit(well != len(outcomes))


if __name__ == "__main__":
    main()
