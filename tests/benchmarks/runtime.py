"""What both events of one call cost beside other loggers: `python -m tests.benchmarks.runtime`.

The same work for all: a start and an end of about 320 bytes each, a new query and a new user every
time, in a file. Peers are optional (`pip install --group benchmark`); one that is missing is left
out. `floor` is two bare `os.write` of such lines. Each peer runs in rounds that take turns with
the others', so that a busy machine is busy for all.
"""

import argparse
import asyncio
import hashlib
import hmac
import importlib
import importlib.util
import json
import logging
import os
import subprocess
import sys
import tempfile
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from statistics import median
from timeit import timeit
from typing import Any

from tabulate import tabulate

from pytest_llm_telemetry import FileSink, Rotation, TelemetryLogger

Call = Callable[[int], None]
LINE = b'{"' + b"x" * 316 + b"}\n"
ANSWER = {"input_tokens": 120, "output_tokens": 45, "cost_usd": 0.0012, "finish_reason": "stop"}
STANDING = {"service": "bench", "environment": "prod", "model_requested": "gpt-4o-mini"}
THREADS, TASKS, ROUNDS = 8, 100, 5
KEY = b"k" * 32


SYLLABLES = [a + b for a in "bdfgklmnprst" for b in "aeiou"]


def query(number: int) -> str:
    """Sixty characters that no cache has seen, of words as most prompts are."""
    word = "".join(SYLLABLES[number // 60**place % 60] for place in (3, 2, 1, 0))
    return f"How do I reset the settings of my account in {word}, please?"


def with_digits(number: int) -> str:
    """The same with a number of seven digits, which could be somebody's."""
    return f"How do I reset the settings of my account with order {number:07}?"


def opened(path: Path) -> int:
    return os.open(path, os.O_CREAT | os.O_APPEND | os.O_WRONLY, 0o600)


def floor(folder: Path) -> Call:
    descriptor = opened(folder / "floor")

    def call(_: int) -> None:
        os.write(descriptor, LINE)
        os.write(descriptor, LINE)

    return call


QUERIES = [query(number) for number in range(2**16)]
DIGITS = [with_digits(number) for number in range(2**16)]


def ours(folder: Path, capture: str, asked: list[str] = QUERIES, *, hold_gil: bool = False) -> Call:
    path = folder / f"ours-{uuid.uuid4().hex}.jsonl"
    sink = FileSink(path, rotation=Rotation(), hold_gil=hold_gil)
    telemetry = TelemetryLogger(sink, service="bench", environment="prod", capture=capture)

    def call(number: int) -> None:
        query = asked[number % 2**16]
        with telemetry.observe(query, user_id=f"u{number}", model="gpt-4o-mini") as watched:
            watched.take(dict(ANSWER))

    return call


def our_sink(folder: Path) -> Call:
    sink = FileSink(folder / "sink.jsonl")

    def call(_: int) -> None:
        sink.write(LINE)
        sink.write(LINE)

    return call


def fields(number: int) -> tuple[dict[str, Any], dict[str, Any]]:
    """The two events as the other loggers are given them: the same fields, and nothing redacted."""
    query = QUERIES[number % 2**16]
    asked = {
        **STANDING,
        "schema_version": 1,
        "query_id": uuid.uuid4().hex,
        "user_hash": hmac.digest(KEY, f"u{number}".encode(), "sha256").hex()[:32],
        "query_hash": hashlib.blake2b(query.encode(), digest_size=16).hexdigest(),
        "query_length": 60,
    }
    preview = query[:100]
    return asked, {**asked, "query_preview": preview, **ANSWER, "latency_ms": 0.01}


def orjson_write(folder: Path) -> Call:
    orjson = peer("orjson")

    descriptor = opened(folder / "orjson")

    def call(number: int) -> None:
        for event, found in zip(("query_start", "query_success"), fields(number), strict=True):
            told = {"event": event, "timestamp": time.time(), "level": "INFO", **found}
            os.write(descriptor, orjson.dumps(told, option=orjson.OPT_APPEND_NEWLINE))

    return call


class Json(logging.Formatter):
    """A dict of the record, through json.dumps."""

    def format(self, record: logging.LogRecord) -> str:
        """One line of JSON."""
        told = {"timestamp": self.formatTime(record), "level": record.levelname}
        return json.dumps({**told, "event": record.getMessage(), **getattr(record, "extra", {})})


def stdlib_logger(name: str, formatter: logging.Formatter, *handlers: logging.Handler) -> Any:
    logger = logging.getLogger(f"benchmark.{name}")
    logger.propagate = False
    logger.setLevel(logging.INFO)
    logger.handlers = list(handlers)
    for handler in handlers:
        handler.setFormatter(formatter)
    return logger


def stdlib_file(folder: Path) -> Call:
    logger = stdlib_logger("file", Json(), logging.FileHandler(folder / "stdlib.log"))

    def call(number: int) -> None:
        asked, answered = fields(number)
        logger.info("query_start", extra={"extra": asked})
        logger.info("query_success", extra={"extra": answered})

    return call


def classic(folder: Path) -> Call:
    """What the guides show: json.dumps behind a prefix of text, to a file and to the console."""
    logger = stdlib_logger(
        "classic",
        logging.Formatter("%(asctime)s - %(name)s - %(levelname)s - %(message)s"),
        logging.FileHandler(folder / "classic.log"),
        logging.StreamHandler(Path(os.devnull).open("w", encoding="utf-8")),  # noqa: SIM115 - as long as the handler
    )

    def call(number: int) -> None:
        for event, found in zip(("query_start", "query_success"), fields(number), strict=True):
            told = {"event": event, "timestamp": datetime.now(UTC).isoformat(), **found}
            logger.info(json.dumps(told))

    return call


def structlog_orjson(folder: Path) -> Call:
    orjson = peer("orjson")
    structlog = peer("structlog")

    processors: Any = [
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.JSONRenderer(serializer=orjson.dumps),
    ]
    logger = structlog.wrap_logger(
        structlog.BytesLogger((folder / "structlog").open("ab")),
        processors=processors,
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        cache_logger_on_first_use=True,
    ).bind()

    def call(number: int) -> None:
        asked, answered = fields(number)
        logger.info("query_start", **asked)
        logger.info("query_success", **answered)

    return call


def loguru(folder: Path) -> Call:
    logger = peer("loguru").logger
    logger.remove()
    logger.add(folder / "loguru", serialize=True)

    def call(number: int) -> None:
        asked, answered = fields(number)
        logger.bind(**asked).info("query_start")
        logger.bind(**answered).info("query_success")

    return call


def otel(folder: Path) -> Call:
    sdk = peer("opentelemetry.sdk.trace")
    export = peer("opentelemetry.sdk.trace.export")
    provider = sdk.TracerProvider()
    exporter = export.ConsoleSpanExporter(out=(folder / "otel").open("a"))
    provider.add_span_processor(export.BatchSpanProcessor(exporter))
    tracer = provider.get_tracer("benchmark")

    def call(number: int) -> None:
        asked, answered = fields(number)
        with tracer.start_as_current_span("query", attributes=asked) as span:
            span.set_attributes(answered)

    return call


PEERS: dict[str, tuple[str | None, Callable[[Path], Call]]] = {
    "floor: two os.write": (None, floor),
    "ours, our sink with a line at hand": (None, our_sink),
    "ours, capture=none": (None, lambda folder: ours(folder, "none")),
    "ours, capture=hash": (None, lambda folder: ours(folder, "hash")),
    "ours, capture=redacted (default)": (None, lambda folder: ours(folder, "redacted")),
    "the same, a 7-digit number": (None, lambda folder: ours(folder, "redacted", DIGITS)),
    "ours (default), hold_gil": (None, lambda folder: ours(folder, "redacted", hold_gil=True)),
    "orjson + os.write": ("orjson", orjson_write),
    "structlog + orjson": ("structlog", structlog_orjson),
    "OpenTelemetry span, batch": ("opentelemetry.sdk", otel),
    "stdlib logging, JSON in a file": (None, stdlib_file),
    "stdlib logging, classic guide": (None, classic),
    "loguru": ("loguru", loguru),
}


def peer(module: str) -> Any:
    """A peer that may not be installed where types are checked."""
    return importlib.import_module(module)


def present(module: str | None) -> bool:
    try:
        return module is None or importlib.util.find_spec(module) is not None
    except ModuleNotFoundError:
        return False


def timed(call: Call, numbers: range) -> list[float]:
    """Microseconds of each call."""
    clock, found = time.perf_counter_ns, []
    for number in numbers:
        began = clock()
        call(number)
        found.append((clock() - began) / 1000)
    return found


def burst(call: Call, numbers: range) -> list[float]:
    return timed(call, numbers)


def threads(call: Call, numbers: range) -> list[float]:
    share = len(numbers) // THREADS
    parts = [range(numbers.start + n * share, numbers.start + (n + 1) * share) for n in range(8)]
    with ThreadPoolExecutor(THREADS) as pool:
        return [one for part in pool.map(lambda part: timed(call, part), parts) for one in part]


def tasks(call: Call, numbers: range) -> list[float]:
    found: list[float] = []

    async def task(first: int) -> None:
        for number in range(first, first + len(numbers) // TASKS):
            found.extend(timed(call, range(number, number + 1)))
            await asyncio.sleep(0)

    async def all_tasks() -> None:
        await asyncio.gather(*(task(numbers.start + n * 1000) for n in range(TASKS)))

    asyncio.run(all_tasks())
    return found


@contextmanager
def computing() -> Iterator[None]:
    """A thread that wants the interpreter lock all the time."""
    stop = threading.Event()

    def compute() -> None:
        while not stop.is_set():
            sum(range(1000))

    neighbour = threading.Thread(target=compute)
    neighbour.start()
    try:
        yield
    finally:
        stop.set()
        neighbour.join()


def burst_beside(call: Call, numbers: range) -> list[float]:
    """Beside a thread that computes, one call after the other, for a second at most."""
    found: list[float] = []
    until = time.perf_counter() + 1
    with computing():
        for start in range(numbers.start, numbers.stop, 100):
            found += timed(call, range(start, start + 100))
            if time.perf_counter() > until:
                break
    return found


def apart_beside(call: Call, numbers: range) -> list[float]:
    """The same 0.5 ms apart: each call begins with the lock in hand, and on cold caches."""
    found = []
    with computing():
        for number in range(numbers.start, numbers.start + min(len(numbers), 300)):
            time.sleep(0.0005)
            found += timed(call, range(number, number + 1))
    return found


def apart(call: Call, numbers: range) -> list[float]:
    """As far apart as a service's calls: on cold caches, and nothing runs beside them."""
    found = []
    for number in range(numbers.start, numbers.start + min(len(numbers), 200)):
        time.sleep(0.005)
        found += timed(call, range(number, number + 1))
    return found


WORKLOADS = {
    "burst": burst,
    "8 threads": threads,
    "100 tasks": tasks,
    "burst beside CPU": burst_beside,
    "0.5 ms apart beside CPU": apart_beside,
    "5 ms apart": apart,
}


def quantile(found: list[float], share: float) -> float:
    return sorted(found)[min(int(share * len(found)), len(found) - 1)]


def table(folder: Path, count: int) -> str:
    """The best round's median of a burst, and the median of the rounds' 99th percentiles."""
    calls = {name: make(folder) for name, (module, make) in PEERS.items() if present(module)}
    rounds: dict[tuple[str, str], list[list[float]]] = {}
    for turn in range(ROUNDS):
        for name, call in calls.items():
            for workload, run in WORKLOADS.items():
                numbers = range(turn * count, (turn + 1) * count)
                rounds.setdefault((name, workload), []).append(run(call, numbers))
    at = {name: min(quantile(found, 0.5) for found in rounds[name, "burst"]) for name in calls}
    tail = {key: median(quantile(found, 0.99) for found in of) for key, of in rounds.items()}
    others = [other for other in _MEASURES if other in at]
    rows = [
        [name, at[name], *(at[name] / at[other] for other in others)]
        + [tail[name, workload] for workload in WORKLOADS]
        for name in calls
    ]
    heads = ["", "burst p50 us", *(f"x {other.split(',')[0]}" for other in others)]
    heads += [f"{workload} p99 us" for workload in WORKLOADS]
    return str(tabulate(rows, heads, tablefmt="github", floatfmt=".2f"))


_MEASURES = ("floor: two os.write", "stdlib logging, classic guide", "structlog + orjson")


def parts(folder: Path) -> str:
    """Microseconds of what both events are made of, each by itself."""
    from pytest_llm_telemetry.core import privacy  # noqa: PLC0415 - beside what it measures
    from pytest_llm_telemetry.core.lines import Members  # noqa: PLC0415 - see above

    sink = FileSink(folder / "parts.jsonl")
    descriptor = opened(folder / "parts")
    text, found = query(7), {**ANSWER, "latency_ms": 0.017, "model_requested": "gpt-4o-mini"}
    wording, told = TelemetryLogger(capture="none")._emitter._wording, Members(tuple(found))
    hash_user, hash_text = privacy.user_hasher(b"k" * 32), privacy.text_hasher()

    def twice() -> None:
        sink.write(LINE)
        sink.write(LINE)

    work: dict[str, Callable[[], object]] = {
        "two os.write": lambda: (os.write(descriptor, LINE), os.write(descriptor, LINE)),
        "two writes of the sink (file still there?)": twice,
        "redacting 60 characters with a digit": lambda: privacy.preview(text),
        "redacting 60 characters of letters": lambda: privacy.preview(text.replace("0", "o")),
        "HMAC of the user": lambda: hash_user("u7"),
        "hash of the query": lambda: hash_text(text),
        "telling six fields": lambda: wording.members(found, told),
    }
    rows = [
        [name, min(timeit(do, number=5000) for _ in range(ROUNDS)) / 5000 * 1e6]
        for name, do in work.items()
    ]
    return str(tabulate(rows, ["part", "us"], tablefmt="github", floatfmt=".2f"))


def resident_mb() -> float:
    """What the process holds now, MB."""
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20


def memory_mb(folder: Path, events: int) -> float:
    """How far the process has grown after so many events, MB."""
    call = ours(folder, "redacted")
    for number in range(1000):
        call(number)
    before = resident_mb()
    for number in range(1000, 1000 + events // 2):
        call(number)
    return resident_mb() - before


def start_ms(statement: str) -> float:
    """The best of twenty starts of an interpreter, ms."""
    root = str(Path(__file__).parents[2])
    code = f"import sys; sys.path.insert(0, {root!r}); {statement}"
    found = []
    for _ in range(20):
        began = time.perf_counter()
        subprocess.run([sys.executable, "-I", "-S", "-c", code], check=True)
        found.append((time.perf_counter() - began) * 1000)
    return min(found)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--calls", type=int, default=4000, help="a round, a peer, a workload")
    parser.add_argument("--events", type=int, default=1_000_000, help="for the memory figure")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        print(f"growth over {options.events} events: {memory_mb(folder, options.events):.1f} MB\n")
        bare, package = start_ms("pass"), start_ms("import pytest_llm_telemetry")
        logger = start_ms("from pytest_llm_telemetry import TelemetryLogger")
        print(f"start: bare {bare:.1f} ms, package x{package / bare:.2f}, logger {logger:.1f} ms\n")
        print(parts(folder), "\n")
        print(table(folder, options.calls))


if __name__ == "__main__":
    main()
