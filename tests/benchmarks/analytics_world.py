"""Logs of 30 days, made up by a seed, in the very form our logger writes.

    python -m tests.benchmarks.analytics_world FOLDER CALLS

Each call is a start and an end. A day is a file, the current one `llm.jsonl`, whose last hour is not
over. A few per mille of the lines are damaged. Texts come from pools, numbers from a table of draws
that is walked through with another step each hour, so that 20 million lines take minutes.
"""

import os
import random
import sys
from datetime import datetime, timedelta
from pathlib import Path

DAYS = 30
SEED = 7
POOL = 20_000
MODELS = [("openai", "gpt-4o-mini"), ("openai", "gpt-4o"), ("anthropic", "claude-sonnet-4-5")]
SERVICES = ["support-bot", "search", "summaries"]
ROUTES = ["chat", "search", "summarise", "classify", "translate"]
ERRORS = ["RateLimitError", "APITimeoutError", "InternalServerError"]
DAMAGE = [b"junk\n", b'{"schema_version":1,"event":"query_succ\n', b"\n", b"[]\n", b"{]\n"]


class World:
    """Pools to draw from."""

    def __init__(self) -> None:
        self.chance = chance = random.Random(SEED)
        self.ids = [f"{chance.getrandbits(128):032x}" for _ in range(POOL)]
        self.users = [f"{chance.getrandbits(128):032x}" for _ in range(3000)]
        self.queries = [
            (
                f'How do I {word} order {number}? It says \\"wait\\"',
                f"{chance.getrandbits(128):032x}",
            )
            for number, word in enumerate(["return", "track", "pay", "cancel"] * 1000)
        ]
        self.contexts = [self._context() for _ in range(60)]
        self.ends = [self._end() for _ in range(POOL)]

    def _context(self) -> tuple[str, str]:
        chance = self.chance
        service = f',"service":"{chance.choice(SERVICES)}","environment":"production"'
        flag = chance.choice(["true", "false"])
        return f'{service},"service_version":"2.{chance.randrange(3)}.0"', (
            f',"feature_flags":{{"new_prompt":{flag}}},"variant":"{chance.choice("AB")}"'
            f',"tags":["route:{chance.choice(ROUTES)}","eu"]'
        )

    def _end(self) -> tuple[str, str, str]:
        chance = self.chance
        provider, model = chance.choice(MODELS)
        latency = round(chance.lognormvariate(6.6, 0.6), 4)
        head = f',"provider":"{provider}","operation":"chat","model_requested":"{model}"'
        if chance.random() < 0.02:
            kind = chance.choice(ERRORS)
            told = f'"level":"ERROR","message":"query_error {kind} {latency:.0f} ms"'
            return (
                "error",
                told,
                (
                    f'{head},"latency_ms":{latency},"error_type":"{kind}",'
                    "\"error_message\":\"Error code: 429 - {'error': {'code': 'rate_limit'}}\",\"status_code\":429"
                ),
            )
        told = f'"level":"INFO","message":"query_success {model} {latency:.0f} ms"'
        tokens, answer = chance.randrange(50, 4000), chance.randrange(5, 900)
        streamed = (
            f',"ttft_ms":{round(latency / 4, 4)},"streaming":true' if chance.random() < 0.4 else ""
        )
        cost = round(tokens * 1.5e-7 + answer * 6e-7, 10)
        return (
            "success",
            told,
            (
                f'{head},"model":"{model}-2025","latency_ms":{latency}{streamed}'
                f',"input_tokens":{tokens},"output_tokens":{answer},"cost_usd":{cost!r},"cost_source":"user"'
                ',"price_table_version":"a1b2c3d4e5f6","unit_prices":{"input":0.15,"output":0.6}'
                f',"response_length":{answer * 4},"finish_reason":"stop","response_id":"chatcmpl-{chance.getrandbits(64):x}"'
            ),
        )

    def hour(self, at: datetime, calls: int) -> bytes:
        """The lines of the calls of an hour (or a part of it that begins there)."""
        chance = self.chance
        stamp = f"{at:%Y-%m-%dT%H}"
        step, begin = chance.randrange(1, POOL, 2), chance.randrange(POOL)
        found = []
        for number in range(calls):
            draw = (begin + number * step) % POOL
            second = number * 3600 // calls
            time = f"{stamp}:{second // 60:02}:{second % 60:02}.{draw % 1000:03}Z"
            query_id = self.ids[draw][:24] + f"{number:08x}"
            service, labels = self.contexts[draw % 60]
            preview, digest = self.queries[(draw * 31 + number // 997) % 4000]
            who = f',"session_id":"s{draw}","user_hash":"{self.users[int(3000 * (draw / POOL) ** 2)]}"'
            shared = f'"query_id":"{query_id}"{service}{who}{labels}'
            asked = f',"query_hash":"{digest}","query_length":{len(preview)}'
            kind, told, outcome = self.ends[draw]
            found.append(
                f'{{"schema_version":1,"event":"query_start","timestamp":"{time}","level":"INFO",'
                f'"message":"query_start",{shared}{asked}}}\n{{"schema_version":1,"event":"query_{kind}",'
                f'"timestamp":"{time}",{told},{shared},"query_preview":"{preview}"{asked}{outcome}}}\n'
            )
        data = "".join(found).encode()
        return data + DAMAGE[calls % 5] if calls % 7 == 0 else data


def make(folder: Path, calls: int, now: datetime) -> None:
    """Write the logs of the `DAYS` days before `now`, the current hour included."""
    world = World()
    folder.mkdir(parents=True)
    hour = now.replace(minute=0, second=0, microsecond=0)
    each = calls // (DAYS * 24)
    for back in range(DAYS * 24 - 1, -1, -1):
        at = hour - timedelta(hours=back)
        today = at.date() == now.date()
        name = "llm.jsonl" if today else f"llm.{at:%Y-%m-%d}.0001.jsonl"
        many = world.chance.randrange(each * 3 // 4, each * 5 // 4)
        with (folder / name).open("ab") as file:
            file.write(world.hour(at, many))
    for path in folder.iterdir():
        if path.name != "llm.jsonl":
            day = datetime.fromisoformat(path.name[4:14] + "T23:59:59+00:00").timestamp()

            os.utime(path, (day, day))


if __name__ == "__main__":
    from datetime import UTC

    make(Path(sys.argv[1]), int(sys.argv[2]), datetime.now(UTC))
