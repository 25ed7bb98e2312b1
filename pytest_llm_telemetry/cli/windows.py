"""A window of time on the command line: the last hours or days, or from one time to another."""

import argparse
from datetime import datetime, timedelta
from typing import NoReturn

from pytest_llm_telemetry.cli.times import moment
from pytest_llm_telemetry.core.errors import ConfigError
from pytest_llm_telemetry.core.traffic import whole_hours
from pytest_llm_telemetry.core.trends import Window

_MOST_DAYS = 3660
_FIRST_YEAR, _LAST_YEAR = 2000, 3000  # of any log


def add_window(parser: argparse.ArgumentParser, hours: int) -> None:
    """Add `--hours`, `--days`, `--since` and `--until`; `hours` is what is meant without them."""
    length = parser.add_mutually_exclusive_group()
    length.add_argument("--hours", type=int, metavar="N", help=f"the last N hours ({hours})")
    length.add_argument("--days", type=int, metavar="N", help="the last N days")
    length.add_argument("--since", metavar="TIME", help="from this time on (2026-11-23T14:00Z)")
    parser.add_argument("--until", metavar="TIME", help="up to this time (now)")
    parser.set_defaults(standard_hours=hours)


def window(arguments: argparse.Namespace, now: datetime) -> Window:
    """The window that was asked for, whole hours of UTC.

    Raises:
        ConfigError: If it is empty, or longer than any log, or a time cannot be read.
    """
    end = _time("--until", arguments.until) if arguments.until else now
    if arguments.since:
        since, until = whole_hours(_time("--since", arguments.since), end)
        return Window(since=since, until=until) if since < until else _refuse()
    if arguments.days is not None:
        length = timedelta(days=_whole(arguments.days, _MOST_DAYS))
    else:
        hours = arguments.standard_hours if arguments.hours is None else arguments.hours
        length = timedelta(hours=_whole(hours, 24 * _MOST_DAYS))
    if arguments.until:
        _, until = whole_hours(end, end)
        return Window(since=until - length, until=until)
    return Window.last(now, length)


def _whole(number: int, most: int) -> int:
    return number if 0 < number <= most else _refuse()


def _refuse() -> NoReturn:
    raise ConfigError(
        "the window holds no time, or more than any log",
        remedy="give such as --hours 24, --days 30, or --since before --until",
    )


def _time(option: str, text: str) -> datetime:
    found = moment(text, option)
    return found if _FIRST_YEAR <= found.year < _LAST_YEAR else _refuse()
