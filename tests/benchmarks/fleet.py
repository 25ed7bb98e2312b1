"""What a fleet's telemetry weighs and what reading it takes: `python -m tests.benchmarks.fleet`.

A day of made-up calls of three services, always the same ones, is written as lines, packed, rolled
up, exported and asked, in one process each. DuckDB on the raw lines stands beside it: it is what
one would use without us, as long as no line is damaged. CPU seconds, so that a busy machine counts
for little.
"""

import argparse
import gzip
import json
import os
import random
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
from tabulate import tabulate

from pytest_llm_telemetry.storage import logs
from pytest_llm_telemetry.storage.traffic import read_traffic
from pytest_llm_telemetry.storage.warehouse import open_warehouse

DAY = datetime(2026, 11, 23, tzinfo=UTC)
SERVICES = ("support", "search", "summary")
MODELS = ("gpt-4o", "gpt-4o-mini", "claude-sonnet")
RAW_SQL = """
SELECT service, count(*), avg(latency_ms), quantile_cont(latency_ms, [0.5, 0.95, 0.99]),
       sum(cost_usd), avg((event = 'query_error')::INT)
FROM read_json('{log}', format = 'newline_delimited', ignore_errors = true)
WHERE event IN ('query_success', 'query_error') GROUP BY 1
"""
OUR_SQL = "SELECT * FROM daily ORDER BY service"
A_BILLION = 1_000_000_000


def lines(calls: int, seed: int) -> Iterator[str]:
    """Both events of each call, in the order of a day."""
    chance = random.Random(seed)
    for number in range(calls):
        at = DAY + timedelta(days=1) * number / calls
        model = chance.choice(MODELS)
        shared: dict[str, Any] = {
            "schema_version": 1,
            "event": "query_start",
            "timestamp": f"{at:%Y-%m-%dT%H:%M:%S}.{at.microsecond // 1000:03}Z",
            "level": "INFO",
            "message": "query_start",
            "query_id": f"{chance.getrandbits(128):032x}",
            "service": chance.choice(SERVICES),
            "environment": "production",
            "user_hash": f"{chance.randrange(calls // 10 + 1):016x}",
            "query_preview": f"How do I reset item {chance.randrange(5000)} of my account?",
            "query_hash": f"{chance.randrange(5000):016x}",
            "query_length": 44,
        }
        yield json.dumps(shared, separators=(",", ":"))
        failed = chance.random() < 0.01
        shared |= {
            "event": "query_error" if failed else "query_success",
            "level": "ERROR" if failed else "INFO",
            "message": f"query_success {model}",
            "provider": "openai",
            "model": model,
            "latency_ms": round(chance.lognormvariate(6.5, 0.6), 3),
        }
        if failed:
            shared |= {"error_type": "RateLimitError", "status_code": 429}
        else:
            tokens = chance.randrange(50, 3000), chance.randrange(10, 600)
            shared |= {"input_tokens": tokens[0], "output_tokens": tokens[1]}
            shared |= {"cost_usd": (tokens[0] * 0.15 + tokens[1] * 0.6) / 1e6}
            shared |= {"price_table_version": "4f1c2a", "finish_reason": "stop"}
        yield json.dumps(shared, separators=(",", ":"))


def timed(work: Callable[[], Any]) -> tuple[float, Any]:
    """CPU seconds of all threads, and what came of it."""
    began = time.process_time()
    found = work()
    return time.process_time() - began, found


def main() -> None:
    """Print two tables: bytes a call, and seconds."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--calls", type=int, default=100_000)
    parser.add_argument("--seed", type=int, default=11)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        measure(Path(folder), arguments.calls, arguments.seed)


def measure(folder: Path, calls: int, seed: int) -> None:
    """Write the day in a folder, and measure."""
    log, lake = folder / "logs" / "llm.jsonl", folder / "lake"
    log.parent.mkdir()
    with log.open("w", encoding="utf-8") as file:
        file.writelines(f"{line}\n" for line in lines(calls, seed))
    old = time.time() - 86_400 * 2
    os.utime(log, (old, old))
    text = log.read_bytes()
    seconds: dict[str, tuple[float, int]] = {}
    spent, _ = timed(lambda: sum(1 for _ in logs.scan([log], logs.Tally())))
    seconds["read lines, as the gate does"] = (spent, 2 * calls)
    window = (DAY, DAY + timedelta(days=1))
    spent, traffic = timed(lambda: read_traffic([log.parent], *window))
    seconds["roll up (dashboard, first look)"] = (spent, 2 * calls)
    spent, _ = timed(lambda: read_traffic([log.parent], *window))
    seconds["dashboard, from rollups"] = (spent, 0)
    with open_warehouse() as warehouse:
        seconds["load into DuckDB"] = (timed(lambda: warehouse.load([log]))[0], 2 * calls)
        seconds["export to Parquet"] = (timed(lambda: warehouse.export(lake, "host"))[0], 2 * calls)
        seconds["query daily, loaded"] = (timed(lambda: list(warehouse.ask(OUR_SQL).rows))[0], 0)
    with open_warehouse() as warehouse:
        warehouse.attach(lake)
        spent, rows = timed(lambda: list(warehouse.ask(OUR_SQL).rows))
        seconds["query daily, lake"] = (spent, 0)
    raw = duckdb.connect()
    spent, _ = timed(lambda: raw.execute(RAW_SQL.format(log=log)).fetchall())
    seconds["DuckDB alone, on the lines"] = (spent, 2 * calls)
    assert sum(row[2] for row in rows) == calls == sum(hour.total.calls for hour in traffic.hours)
    sizes = {
        "lines": len(text),
        "lines, gzip": len(gzip.compress(text, 6)),
        "lines, zstd": len(pa.compress(text, codec="zstd", asbytes=True)),
        "Parquet (zstd)": size(lake),
        "rollup": size(log.parent) - len(text),
    }
    report(calls, sizes, seconds)


def size(folder: Path) -> int:
    """Bytes of all files in a folder."""
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


def report(calls: int, sizes: dict[str, int], seconds: dict[str, tuple[float, int]]) -> None:
    """Print the tables."""
    shown = [
        (
            name,
            f"{count / calls:,.2f}",
            f"{sizes['lines'] / count:,.1f}x",
            f"{count / calls * A_BILLION / 1e9:,.2f} GB",
        )
        for name, count in sizes.items()
        if count
    ]
    print(f"{calls:,} calls\n")
    print(
        tabulate(
            shown, ["stored as", "bytes a call", "smaller", "1e9 calls"], disable_numparse=True
        )
    )
    print()
    spent = [
        (
            name,
            f"{spent:.2f}",
            f"{count / spent:,.0f}" if count else "-",
            f"{spent / calls * A_BILLION / 3600:,.1f} h" if count else "-",
        )
        for name, (spent, count) in seconds.items()
    ]
    print(tabulate(spent, ["step", "CPU s", "lines a CPU s", "1e9 calls"], disable_numparse=True))


if __name__ == "__main__":
    main()
