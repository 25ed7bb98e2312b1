"""Logs -> the traffic of a window, from any number of files and hosts."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from pytest_llm_telemetry.core.errors import ConfigError
from pytest_llm_telemetry.core.records import dataclass
from pytest_llm_telemetry.core.traffic import Groups, Hour, Traffic, whole_hours
from pytest_llm_telemetry.core.traffic.hours import ALL, Span
from pytest_llm_telemetry.storage.finding import log_files
from pytest_llm_telemetry.storage.rolling import Counted, Window, by_lines, by_rollup, tidy
from pytest_llm_telemetry.storage.rollups import SUFFIX, Writing, read_rollup

if TYPE_CHECKING:
    from pytest_llm_telemetry.core.traffic.groups import Part

_TRIES = 5  # while files are rotated away under our hands


def read_traffic(
    places: Sequence[Path], since: datetime, until: datetime, *, rollups: bool = True
) -> Traffic:
    """The traffic from `since` to `until`, widened to whole hours of UTC.

    Args:
        places: Log files, with all that were rotated away from them, folders of logs, and rollups
            that other hosts shipped.
        since: Where the window begins, a time with a zone.
        until: Where it ends.
        rollups: Whether rollups may be read and written; the figures are the same without.

    Raises:
        ConfigError: If a place holds no log, or a file cannot be read.
    """
    window = whole_hours(since, until)
    shipped = [place for place in places if place.suffix == SUFFIX]
    found = [_shipped(path, window) for path in shipped]
    logs = [place for place in places if place.suffix != SUFFIX]
    if logs or not shipped:
        found += _logs(logs, window, rollups=rollups)
    return _put_together(window, found)


def write_rollup(path: Path, traffic: Traffic) -> None:
    """Write the hours of some traffic as one rollup, to be read in place of the logs.

    Raises:
        ConfigError: If it cannot be written.
    """
    try:
        writing = Writing(path)
        try:
            for hour in traffic.hours:
                writing.add(hour)
            last = traffic.last_event
            writing.finish(None, f"{last:%Y-%m-%dT%H:%M:%S.%f}Z" if last is not None else "")
        finally:
            writing.give_up()
    except OSError as fault:
        raise _unreadable(path, fault, "written") from None


def _logs(places: Sequence[Path], window: Window, *, rollups: bool) -> list[Counted]:
    """What was read of each log file, with none missed that was rotated away meanwhile."""
    for _ in range(_TRIES):
        files = log_files(places)
        taken: dict[str, set[Path]] = {}
        try:
            found = [_log(path, window, taken if rollups else None) for path in files]
        except FileNotFoundError:
            continue  # it has another name now
        if log_files(places) == files:
            if rollups:
                tidy({path.parent for path in files}, set().union(*taken.values()))
            return [each for each in found if each is not None]
    raise ConfigError(
        "files come and go faster than they can be read",
        where=places[0].as_posix(),
        remedy="rotate by day, or by a larger size",
    )


def _log(path: Path, window: Window, taken: dict[str, set[Path]] | None) -> Counted | None:
    """What was read of a log, line by line where `taken`, the rollups in use, is None; None of one
    that was last written to before the window.
    """
    try:
        if path.stat().st_mtime < window[0].timestamp():
            return None
        if taken is not None:
            return by_rollup(path, window, datetime.now(UTC), taken)
        return by_lines(path, window)
    except FileNotFoundError:
        raise
    except OSError as fault:
        raise _unreadable(path, fault, "read") from None


def _shipped(path: Path, window: Window) -> Counted:
    try:
        found = read_rollup(path, *window)
    except OSError as fault:
        raise _unreadable(path, fault, "read") from None
    if found is None:
        raise ConfigError(
            "is no rollup, is damaged, or is of another version",
            where=path.as_posix(),
            remedy="write it anew: llm-telemetry merge LOG... --out FILE",
        )
    return Counted(hours=found.hours, last=found.last, days=found.days, rolled_up=True)


def _unreadable(path: Path, fault: OSError, what: str) -> ConfigError:
    return ConfigError(
        f"cannot be {what}: {fault.strerror}", where=path.as_posix(), remedy="check the path"
    )


def _put_together(window: Window, found: Sequence[Counted]) -> Traffic:
    parts: dict[datetime, list[Hour]] = {}
    for each in found:
        for hour in each.hours:
            parts.setdefault(hour.start, []).append(hour)
    last = max((each.last for each in found), default="")
    return Traffic(
        since=window[0],
        until=window[1],
        hours=tuple(_joined(some) for _, some in sorted(parts.items())),
        spans=tuple(_spans(found)),
        files=len(found),
        rolled_up=sum(each.rolled_up for each in found),
        last_event=datetime.fromisoformat(last) if last else None,
        notes=tuple(dict.fromkeys(each.note for each in found if each.note)),
    )


def _spans(found: Sequence[Counted]) -> Iterator[Span]:
    """The days that a rollup holds in one, with what other files and the tails of logs add."""
    by: dict[date, list[Mapping[str, Part]]] = {}
    told: set[int] = set()  # the hours that such days stand for
    for day in (day for each in found for day in each.days):
        by.setdefault(day.hours[0].start.date(), []).append(day.by)
        told |= set(map(id, day.hours))
    starts: dict[date, list[datetime]] = {}
    for hour in (hour for each in found for hour in each.hours):
        starts.setdefault(hour.start.date(), []).append(hour.start)
        if hour.start.date() in by and id(hour) not in told:
            by[hour.start.date()].append(hour.by)
    for at, parts in sorted(by.items()):
        yield Span(first=min(starts[at]), last=max(starts[at]), by=tuple(parts))


def _joined(parts: Sequence[Hour]) -> Hour:
    """One hour of several of the same start."""
    if len(parts) == 1:
        return parts[0]
    found = Hour(parts[0].start, by=_Joined([part.by for part in parts]))
    for part in parts:
        found.add_totals(part)
    return found


@dataclass(frozen=True, slots=True)
class _Joined(Mapping[str, Groups]):
    """What an hour is told apart by in several files, put together when it is asked for."""

    parts: Sequence[Mapping[str, Groups]]

    def __getitem__(self, name: str) -> Groups:
        found = Groups()
        for part in self.parts:
            found.merge(part[name])
        return found

    def __iter__(self) -> Iterator[str]:
        return iter(ALL)

    def __len__(self) -> int:
        return len(ALL)
