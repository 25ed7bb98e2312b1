"""Where a page begins: what a reader has by then, made by hidden code before its first block."""

import atexit
import os
import random
import shutil
import subprocess
import sys
from collections.abc import Mapping
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

from pytest_llm_telemetry import MemorySink, TelemetryLogger
from pytest_llm_telemetry.loopback import LoopbackServer
from tests.production_world import World

UNASKED = [f"-pno:{name}" for name in ("randomly", "asyncio", "anyio", "hypothesispytest")]
GOLDEN = """\
{"id": "refund-eu-014", "input": "How long can I return an order?", "contains": "14 days", "tags": ["refund"]}
{"id": "shipping", "input": "When will my parcel arrive?", "contains": "4 working days", "tags": ["shipping"]}
{"id": "hello", "input": "Hello!", "contains": "help", "tags": ["small-talk"]}
"""
ANSWERS = {
    "How long can I return an order?": "Within 14 days.",
    "When will my parcel arrive?": "In 2 to 4 working days.",
    "Hello!": "How can I help you?",
}
RECORDED = f"""\
from pytest_llm_telemetry import TelemetryLogger

telemetry = TelemetryLogger("logs/llm.jsonl", service="bot")
ANSWERS = {ANSWERS!r}

def answer(question):
    with telemetry.observe(question) as call:
        message = {{"content": ANSWERS[question]}}
        response = {{"model": "gpt-4o-mini", "choices": [{{"message": message}}]}}
        call.record(response | {{"object": "chat.completion"}})
    return ANSWERS[question]
"""
TEST = """\
import pytest
from bot import answer

@pytest.mark.golden_set("golden/support.jsonl", repeats=3)
def test_support(golden_case, llm_telemetry):
    golden_case.check(llm_telemetry.wrap(answer)(golden_case.input))
"""


def write(path: str, text: str) -> None:
    """Save a file of the project."""
    place = Path(path)
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_text(text, encoding="utf-8")


def model(answers: Mapping[str, str] = ANSWERS) -> LoopbackServer:
    """A provider on loopback; OpenAI's and Anthropic's SDK find it by the environment."""
    server = LoopbackServer(dict(answers)).start()
    atexit.register(server.stop)
    os.environ["OPENAI_BASE_URL"] = server.base_url
    os.environ["ANTHROPIC_BASE_URL"] = server.root_url
    os.environ["OPENAI_API_KEY"] = os.environ["ANTHROPIC_API_KEY"] = "any"
    return server


def project() -> None:
    """A bot, its golden set, a test, thresholds, in git; what was in the folder is gone."""
    for found in Path.cwd().iterdir():
        shutil.rmtree(found) if found.is_dir() else found.unlink()
    write("golden/support.jsonl", GOLDEN)
    write(
        "bot.py", f"ANSWERS = {ANSWERS!r}\n\ndef answer(question):\n    return ANSWERS[question]\n"
    )
    write("test_support.py", TEST)
    write("llm-telemetry.toml", "schema_version = 1\n")
    write(".gitignore", ".llm-telemetry/\n__pycache__/\n")
    git("init", "-q", "-b", "main")
    git("add", "-A")
    git("commit", "-qm", "A bot")


def git(*arguments: str) -> None:
    """Run git as somebody."""
    who = ["-c", "user.name=A", "-c", "user.email=a@example.com"]
    subprocess.run(["git", *who, *arguments], check=True, capture_output=True)


def run(name: str, *arguments: str) -> None:
    """A stored run of the project's golden set whose id ends with this name."""
    before = set(Path(".llm-telemetry/runs").glob("*"))
    command = [sys.executable, "-m", "pytest", "-q", "--llm-telemetry", *UNASKED]
    done = subprocess.run([*command, *arguments], check=False, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    (made,) = set(Path(".llm-telemetry/runs").glob("*")) - before
    named = made.with_name(f"{made.name.rpartition('-')[0]}-{name}")
    for path in made.iterdir():
        if path.is_file():
            text = path.read_text(encoding="utf-8")
            path.write_text(text.replace(made.name, named.name), encoding="utf-8")
    made.rename(named)


def shards(*names: str) -> None:
    """The project's golden set, run in parts on several machines."""
    cases = ("refund", "shipping", "small-talk")
    for name, tag in zip(names, cases, strict=True):
        run(name, "-k", f"test_support and {tag}")


def log(path: str, calls: int = 200, *, service: str = "support") -> None:
    """A production log: some hundred calls, a few of which failed."""
    chance = random.Random(7)
    Path(path).parent.mkdir(parents=True, exist_ok=True)
    telemetry = TelemetryLogger(path, service=service)
    for number in range(calls):
        with suppress(TimeoutError), telemetry.observe(f"question {number % 20}") as call:
            if chance.random() < 0.02:
                raise TimeoutError
            call.record(reply(f"answer {number}"))
    telemetry.close()


def weeks(path: str, days: int = 16) -> None:
    """A production log of some weeks, up to now."""
    Path(path).parent.mkdir(parents=True, exist_ok=True)
    World(Path(path), end=datetime.now(UTC)).live(days, calls=4)


def reply(text: str) -> dict[str, object]:
    """What OpenAI's chat API answers, as a dict."""
    message = {"role": "assistant", "content": text}
    return {
        "object": "chat.completion",
        "model": "gpt-4o-mini",
        "choices": [{"index": 0, "finish_reason": "stop", "message": message}],
        "usage": {"prompt_tokens": 40, "completion_tokens": 10, "total_tokens": 50},
    }


def quiet() -> TelemetryLogger:
    """A logger that keeps its lines in memory."""
    return TelemetryLogger(MemorySink())
