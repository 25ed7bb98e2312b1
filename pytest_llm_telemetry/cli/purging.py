"""`llm-telemetry purge`: delete old log files by hand, as the logger does it by itself."""

import argparse
from pathlib import Path
from typing import Any

from pytest_llm_telemetry.cli.project import say
from pytest_llm_telemetry.core.errors import ConfigError
from pytest_llm_telemetry.core.text import clean
from pytest_llm_telemetry.runtime.rotation import purge as purge_log

_DAYS = {"h": 1 / 24, "d": 1.0, "w": 7.0}
_BYTES = {"": 1.0, "k": 1e3, "M": 1e6, "G": 1e9, "T": 1e12}


def declare(commands: Any, shared: argparse.ArgumentParser) -> None:
    """Add the command to the parser; it needs none of the shared options."""
    del shared
    parser = commands.add_parser(
        "purge",
        help="delete old log files",
        description=f"{__doc__} Rotated files only (llm.2026-11-23.0001.jsonl.gz beside llm.jsonl);"
        " the log itself is never touched.",
    )
    parser.add_argument("log", nargs="+", type=Path, help="a log, such as logs/llm.jsonl")
    parser.add_argument("--older-than", metavar="AGE", help="delete files older than 30d, 12h, 4w")
    parser.add_argument("--max-bytes", metavar="SIZE", help="then the oldest above 500M, 2G in all")
    parser.add_argument("--dry-run", action="store_true", help="say what would go, delete nothing")
    parser.set_defaults(command=purge)


def purge(arguments: argparse.Namespace) -> int:
    """Delete what is too old or too much, and name it."""
    age, size = arguments.older_than, arguments.max_bytes
    if age is None and size is None:
        raise ConfigError("nothing says what may go", remedy="give --older-than or --max-bytes")
    days = None if age is None else _amount(age, _DAYS, "--older-than")
    most = None if size is None else int(_amount(size, _BYTES, "--max-bytes"))
    verb = "would delete" if arguments.dry_run else "deleted"
    for log in arguments.log:
        try:
            gone = purge_log(log, keep_days=days, keep_bytes=most, dry_run=arguments.dry_run)
        except OSError as error:
            raise ConfigError(
                f"a file cannot be deleted: {error.strerror}",
                where=str(error.filename),
                remedy="run it as the files' owner",
            ) from None
        say(*(f"{verb} {clean(name)}" for name in gone))
        say(f"{clean(str(log))}: {verb} {len(gone)} files")
    return 0


def _amount(text: str, units: dict[str, float], option: str) -> float:
    """A number with a unit, such as 30d; it is not negative."""
    unit = text[-1:] if text[-1:] in units else ""
    number = text.removesuffix(unit) if unit else text
    if unit in units and number.isascii() and number.replace(".", "", 1).isdigit():
        return float(number) * units[unit]
    known = ", ".join(f"30{name}" for name in units)
    raise ConfigError(f"{option} is {text!r}", remedy=f"give a number with a unit, such as {known}")
