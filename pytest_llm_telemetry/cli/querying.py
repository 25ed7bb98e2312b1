"""`llm-telemetry query`: ask logs in SQL, or hand them on as Parquet."""

import argparse
import csv
import json
import socket
import sys
from collections.abc import Callable
from datetime import datetime
from decimal import Decimal
from itertools import islice
from math import isfinite
from pathlib import Path
from typing import Any

from tabulate import tabulate

from pytest_llm_telemetry.cli.project import Project, complain, say
from pytest_llm_telemetry.core.errors import ConfigError
from pytest_llm_telemetry.core.text import clean, fit
from pytest_llm_telemetry.storage.finding import log_files
from pytest_llm_telemetry.storage.warehouse import open_warehouse
from pytest_llm_telemetry.storage.warehouse.answer import Answer

_MOST_ROWS = 1000  # of a table, which is for people
_WIDEST = 60
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")  # what a spreadsheet would run


def declare(commands: Any, shared: argparse.ArgumentParser) -> None:
    """Add the command to the parser."""
    parser = commands.add_parser(
        "query",
        parents=[shared],
        help="ask logs in SQL, or export them",
        description=f"{__doc__} Views: events, starts, calls, errors, scores, queries (nested calls"
        " folded), hourly, daily; docs/fleet.md has examples. Needs the extra warehouse.",
    )
    parser.add_argument("sql", nargs="?", help="one SELECT")
    parser.add_argument(
        "--logs", nargs="+", type=Path, metavar="PATH", help="log files or folders (logs)"
    )
    parser.add_argument(
        "--lake", type=Path, metavar="DIR", help="read what --parquet wrote instead"
    )
    parser.add_argument(
        "--format", choices=("table", "json", "csv"), default="table", help="(table)"
    )
    parser.add_argument("--parquet", type=Path, metavar="DIR", help="export, by day and service")
    parser.add_argument("--host", help="begins the names of exported files (this host's name)")
    parser.set_defaults(command=query)


def query(arguments: argparse.Namespace) -> int:
    """Read the logs, and print or export what was asked for; damage is told on stderr."""
    if (arguments.sql is None) == (arguments.parquet is None) or (
        arguments.lake and (arguments.logs or arguments.parquet)
    ):
        raise ConfigError(
            "what to do is not clear",
            remedy="give a SELECT or --parquet DIR, and --logs or --lake DIR",
        )
    with open_warehouse() as warehouse:
        if arguments.lake:
            warehouse.attach(arguments.lake)
        else:
            places = Project.of(arguments).logs(arguments.logs or ())
            _tell(warehouse.load(log_files(places)))
        if arguments.parquet:
            host = arguments.host or socket.gethostname()
            count = warehouse.export(arguments.parquet, host)
            say(f"{count} files in {clean(str(arguments.parquet))}")
        else:
            _print(warehouse.ask(arguments.sql), arguments.format)
    return 0


def _tell(tally: Any) -> None:
    skipped = ", ".join(f"{count:,} {reason}" for reason, count in sorted(tally.skipped.items()))
    if skipped:
        complain(f"{tally.lines:,} lines read, unreadable: {skipped}")  # stdout is the answer's


def _print(answer: Answer, kind: str) -> None:
    try:
        _PRINTERS[kind](answer)
        sys.stdout.flush()
    except BrokenPipeError:  # `| head`
        sys.stderr.close()


def _table(answer: Answer) -> None:
    shown = [[_cell(value) for value in row] for row in islice(answer.rows, _MOST_ROWS)]
    say(tabulate(shown, [clean(name) for name in answer.columns], disable_numparse=True))
    if next(answer.rows, None) is not None:
        say(f"(the first {_MOST_ROWS:,} rows; --format csv or json gives all)")


def _cell(value: Any) -> str:
    if value is None:
        return "-"
    return fit(f"{value:,.6g}" if isinstance(value, float) else str(_plain(value)), _WIDEST)


def _json(answer: Answer) -> None:
    opening = "[\n"
    for row in answer.rows:
        record = dict(zip(answer.columns, map(_plain, row), strict=True))
        sys.stdout.write(opening + json.dumps(record))
        opening = ",\n"
    sys.stdout.write("[]\n" if opening == "[\n" else "\n]\n")


def _csv(answer: Answer) -> None:
    writer = csv.writer(_Rows())
    writer.writerow(map(_harmless, answer.columns))
    writer.writerows([_harmless(_plain(value)) for value in row] for row in answer.rows)


class _Rows:
    r"""Ends rows with `\n`, as a shell expects: told to do so, Python 3.11 leaves `\r` unquoted."""

    def write(self, row: str) -> None:
        row = row.removesuffix("\r\n")
        sys.stdout.write((clean(row) if sys.stdout.isatty() else row) + "\n")


def _plain(value: Any) -> Any:
    """A value of DuckDB as JSON knows it; what is not finite is unknown."""
    if value is None or isinstance(value, bool | int | str):
        return value
    for kind, told in _TOLD.items():
        if isinstance(value, kind):
            return told(value)
    return str(value)


_TOLD: dict[type, Callable[[Any], Any]] = {
    float: lambda number: number if isfinite(number) else None,
    Decimal: lambda number: _plain(float(number)),
    datetime: lambda time: time.isoformat() + ("" if time.tzinfo else "Z"),
    list: lambda values: [_plain(value) for value in values],
    tuple: lambda values: [_plain(value) for value in values],
    dict: lambda values: {str(key): _plain(value) for key, value in values.items()},
}


def _harmless(value: Any) -> Any:
    """Text that no spreadsheet takes for a formula."""
    return f"'{value}" if isinstance(value, str) and value.startswith(_FORMULA) else value


_PRINTERS = {"table": _table, "json": _json, "csv": _csv}
