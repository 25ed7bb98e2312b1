"""How long a view of 30 days takes: `python -m tests.benchmarks.analytics [--calls 10000000]`.

Logs of 30 days are made up by a seed (see `analytics_world`; `--logs DIR` for ones that exist). The
view is what a dashboard shows: totals with percentiles, 720 hours, models, the queries that fail
and cost most. Each contestant computes it in a process of its own, in turns; wall time, processor
time and peak memory are those of the whole process, its start included. The peers (`pip install
--group benchmark`) read the raw files, as they would have to; DuckDB and polars are given the
columns, so that they need not guess them. Then the figures are compared.
"""

import argparse
import json
import math
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from tabulate import tabulate

from pytest_llm_telemetry.storage.rolling import FOLDER
from tests.benchmarks.analytics_world import DAYS, make

COLUMNS = {
    "event": "VARCHAR",
    "timestamp": "VARCHAR",
    "model": "VARCHAR",
    "query_hash": "VARCHAR",
    "query_preview": "VARCHAR",
    "latency_ms": "DOUBLE",
    "input_tokens": "BIGINT",
    "output_tokens": "BIGINT",
    "cost_usd": "DOUBLE",
    "error_type": "VARCHAR",
}
QUANTILES = (0.5, 0.95, 0.99)
MOST = 10
View = dict[str, Any]


def ours(folder: Path, now: datetime, *, rollups: bool) -> View:
    """The view by the reader of the logs."""
    from pytest_llm_telemetry.storage.traffic import read_traffic  # noqa: PLC0415 - in its own process

    found = read_traffic([folder], now - timedelta(days=DAYS), now, rollups=rollups)
    total = found.total
    models = found.by("model").named
    queries = found.queries()
    return {
        "calls": total.calls,
        "errors": total.errors,
        "types": dict(total.error_types),
        "latency": [total.avg_latency_ms, *map(total.latencies.quantile, QUANTILES)],
        "tokens": [total.tokens["input"].total, total.tokens["output"].total],
        "cost": total.total_cost_usd,
        "hours": [each.calls for _, each in found.per_hour() if each.calls],
        "models": {name: [each.calls, each.p95_latency_ms] for name, each in models.items()},
        "skipped": dict(found.skipped),
        "lines": found.lines,
        "failing": [query.preview for query in queries.failing(MOST)],
        "costly": [query.preview for query in queries.costly(MOST)],
    }


def duckdb(folder: Path, now: datetime) -> View:
    """The view in SQL over the raw files."""
    import duckdb as engine  # noqa: PLC0415 - in its own process

    start = (now - timedelta(days=DAYS)).strftime("%Y-%m-%dT%H")
    columns = ", ".join(f"{name}: '{kind}'" for name, kind in COLUMNS.items())
    base = engine.connect()
    base.execute("SET enable_progress_bar = false")
    base.execute(
        f"CREATE TEMP TABLE calls AS SELECT * FROM read_json('{folder}/*.jsonl', columns = {{{columns}}},"
        " format = 'newline_delimited', ignore_errors = true)"
        f" WHERE event IN ('query_success', 'query_error') AND timestamp >= '{start}'"
    )

    def ask(sql: str) -> list[Any]:
        rows: list[Any] = base.execute(sql).fetchall()
        return rows

    ok = "FROM calls WHERE event = 'query_success'"
    quantiles = ", ".join(f"quantile_cont(latency_ms, {q})" for q in QUANTILES)
    (calls, errors, tokens_in, tokens_out, cost) = ask(
        "SELECT count(*), count(error_type), sum(input_tokens), sum(output_tokens), sum(cost_usd)"
        " FROM calls"
    )[0]
    by = "SELECT {0}, sum({1}) s FROM calls WHERE {1} > 0 GROUP BY query_hash ORDER BY s DESC LIMIT 10"
    return {
        "calls": calls,
        "errors": errors,
        "types": dict(
            ask("SELECT error_type, count(*) FROM calls WHERE error_type NOT NULL GROUP BY 1")
        ),
        "latency": list(ask(f"SELECT avg(latency_ms), {quantiles} {ok}")[0]),
        "tokens": [int(tokens_in), int(tokens_out)],
        "cost": cost,
        "hours": [
            row[1]
            for row in ask("SELECT timestamp[:13] h, count(*) FROM calls GROUP BY h ORDER BY h")
        ],
        "models": {
            row[0]: [row[1], row[2]]
            for row in ask(
                "SELECT model, count(*), quantile_cont(latency_ms, 0.95) FROM calls"
                " WHERE model NOT NULL GROUP BY model"
            )
        },
        "failing": [
            row[0] for row in ask(by.format("min(query_preview)", "(event = 'query_error')::int"))
        ],
        "costly": [row[0] for row in ask(by.format("min(query_preview)", "cost_usd"))],
    }


def polars(folder: Path, now: datetime) -> View:
    """The view by lazy frames over the raw files; a damaged line ends it, `ignore_errors` or not."""
    import polars as pl  # noqa: PLC0415 - in its own process

    kinds = {"VARCHAR": pl.String, "DOUBLE": pl.Float64, "BIGINT": pl.Int64}
    schema = {name: kinds[kind] for name, kind in COLUMNS.items()}
    column = pl.col
    start = (now - timedelta(days=DAYS)).strftime("%Y-%m-%dT%H")
    calls = (
        pl.scan_ndjson(folder / "*.jsonl", schema=schema, ignore_errors=True)
        .filter(column("event").is_in(["query_success", "query_error"]))
        .filter(column("timestamp") >= start)
        .collect(engine="streaming")
    )
    fine = calls.filter(column("event") == "query_success")["latency_ms"]
    hours = calls.group_by(column("timestamp").str.slice(0, 13).alias("h")).len().sort("h")
    models = calls.filter(column("model").is_not_null()).group_by("model")
    asked = calls.group_by("query_hash").agg(
        column("query_preview").min(),
        (column("event") == "query_error").sum().alias("errors"),
        column("cost_usd").sum(),
    )
    failed = calls.filter(column("error_type").is_not_null())
    return {
        "calls": calls.height,
        "errors": failed.height,
        "types": dict(failed.group_by("error_type").len().iter_rows()),
        "latency": [fine.mean(), *[fine.quantile(q, "linear") for q in QUANTILES]],
        "tokens": [calls["input_tokens"].sum(), calls["output_tokens"].sum()],
        "cost": calls["cost_usd"].sum(),
        "hours": hours["len"].to_list(),
        "models": {
            row[0]: list(row[1:])
            for row in models.agg(
                pl.len(), column("latency_ms").quantile(0.95, "linear")
            ).iter_rows()
        },
        "failing": asked.top_k(MOST, by="errors")["query_preview"].to_list(),
        "costly": asked.top_k(MOST, by="cost_usd")["query_preview"].to_list(),
    }


def build(folder: Path, now: datetime) -> View:
    """The rollups of all that is over."""
    from pytest_llm_telemetry.storage.traffic import read_traffic  # noqa: PLC0415 - in its own process

    found = read_traffic([folder], now - timedelta(days=DAYS), now)
    return {"lines": found.lines, "skipped": dict(found.skipped)}


def parse(folder: Path, _now: datetime) -> View:
    """`json.loads` alone, of the lines of one day: what each line would cost at least."""
    lines = 0
    for line in sorted(folder.glob("*.jsonl"))[1].open("rb"):
        with suppress(ValueError):
            json.loads(line)
        lines += 1
    return {"lines": lines, "skipped": {}}


CONTESTANTS: dict[str, Callable[[Path, datetime], View]] = {
    "json.loads, one day": parse,
    "build the rollups": build,
    "ours, rollups": lambda folder, now: ours(folder, now, rollups=True),
    "ours, every line": lambda folder, now: ours(folder, now, rollups=False),
    "DuckDB, raw files": duckdb,
    "polars, raw files": polars,
}


def contest(name: str, folder: Path, now: datetime) -> tuple[View, float, float, float] | None:
    """The view of a contestant, and what its process took: seconds, seconds of processor, MB.

    None of one that fails, as polars does at a damaged line.
    """
    command = [sys.executable, "-m", "tests.benchmarks.analytics", "--run", name]
    begin = time.perf_counter()
    with subprocess.Popen(
        [*command, "--logs", str(folder), "--now", now.isoformat()], stdout=subprocess.PIPE
    ) as child:
        assert child.stdout is not None
        told = child.stdout.read()
        _, status, used = os.wait4(child.pid, 0)
        child.returncode = os.waitstatus_to_exitcode(status)
    took = time.perf_counter() - begin
    if child.returncode:
        return None
    return json.loads(told), took, used.ru_utime + used.ru_stime, used.ru_maxrss / 1024


def difference(mine: View, other: View) -> tuple[float, float, list[str]]:
    """The largest relative difference of sums and of quantiles, and what else differs."""
    exact = [(mine[name], other[name]) for name in ("calls", "errors", "cost")]
    exact += list(zip(mine["tokens"], other["tokens"], strict=True))
    exact += list(zip(mine["hours"], other["hours"], strict=True))
    exact += [(mine["types"][name], other["types"][name]) for name in other["types"]]
    exact += [(mine["latency"][0], other["latency"][0])]
    exact += [(mine["models"][name][0], other["models"][name][0]) for name in other["models"]]
    quantiles = list(zip(mine["latency"][1:], other["latency"][1:], strict=True))
    quantiles += [(mine["models"][name][1], other["models"][name][1]) for name in other["models"]]
    ranks = [name for name in ("failing", "costly") if set(mine[name]) != set(other[name])]
    return _most(exact), _most(quantiles), ranks


def _most(pairs: list[tuple[float, float]]) -> float:
    return max(abs(a - b) / abs(b) if b else math.inf * (a != b) for a, b in pairs)


def main() -> None:
    """Make logs, let each contestant read them, and print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--calls", type=int, default=10_000_000)
    parser.add_argument("--logs", type=Path)
    parser.add_argument("--now", type=datetime.fromisoformat, default=datetime.now(UTC))
    parser.add_argument("--run", choices=CONTESTANTS)
    parser.add_argument("--rounds", type=int, default=3, help="of the view by rollups")
    parser.add_argument("--skip", nargs="*", default=[], choices=CONTESTANTS)
    arguments = parser.parse_args()
    if arguments.run:
        print(json.dumps(CONTESTANTS[arguments.run](arguments.logs, arguments.now)))
        return
    with tempfile.TemporaryDirectory() as made:
        folder = arguments.logs or Path(made) / "logs"
        if arguments.logs is None:
            make(folder, arguments.calls, arguments.now)
        if "build the rollups" not in arguments.skip:
            shutil.rmtree(folder / FOLDER, ignore_errors=True)
        report(folder, arguments)


def report(folder: Path, arguments: argparse.Namespace) -> None:
    """Run the contestants and print what they took."""
    size = sum(path.stat().st_size for path in folder.glob("*.jsonl"))
    print(f"{folder}: {size / 1e9:.2f} GB, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}")
    found: dict[str, tuple[View, float, float]] = {}
    rows: list[list[Any]] = []
    for name in CONTESTANTS:
        if name in arguments.skip:
            continue
        rounds = arguments.rounds if name == "ours, rollups" else 1
        tries = [contest(name, folder, arguments.now) for _ in range(rounds)]
        runs = [run for run in tries if run is not None]
        if not runs:
            print(f"{name}: refuses the files", flush=True)
            continue
        view, took, cpu, memory = min(runs, key=lambda run: run[1])
        found[name] = view, took, cpu
        lines = f"{view['lines'] / cpu:,.0f}" if "calls" not in view else ""
        rows.append([name, took, cpu, memory, lines])
        print(
            f"{name}: {took:.2f} s, {cpu:.2f} s of processor, {memory:.0f} MB {lines}", flush=True
        )
    mine, took, cpu = found["ours, rollups"]
    for row in rows:
        other = found[row[0]]
        row += [other[1] / took, other[2] / cpu]
        if "calls" in other[0]:
            row += [f"{each:.1e}" for each in difference(mine, other[0])[:2]]
    heads = [
        "",
        "s",
        "processor s",
        "MB",
        "lines/s",
        "x",
        "x processor",
        "sums differ",
        "quantiles",
    ]
    print(tabulate(rows, headers=heads, floatfmt=("", ".2f", ".2f", ".0f", "", ".1f", ".1f")))
    rollups = sum(path.stat().st_size for path in (folder / FOLDER).iterdir())
    print(f"rollups: {rollups / 1e6:.1f} MB, {rollups / size:.2%} of the logs")
    print(f"lines: {mine['lines']:,}, skipped: {mine['skipped']}")
    for name, other in found.items():
        if "calls" in other[0] and (ranks := difference(mine, other[0])[2]):
            print(f"{name}: other queries are {', '.join(ranks)}")


if __name__ == "__main__":
    main()
