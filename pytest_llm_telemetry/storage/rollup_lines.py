"""Lines of a rollup, read from it each time that they are asked for: few of them ever are."""

import json
from collections.abc import Container, Iterator, Mapping
from dataclasses import field
from pathlib import Path
from typing import Any, BinaryIO

from pytest_llm_telemetry.core.errors import ConfigError
from pytest_llm_telemetry.core.records import dataclass
from pytest_llm_telemetry.core.traffic import Groups
from pytest_llm_telemetry.core.traffic.groups import Size
from pytest_llm_telemetry.core.traffic.hours import ALL
from pytest_llm_telemetry.core.traffic.written import Written, load_groups

Place = tuple[int, int]  # offset and length of a line


@dataclass(frozen=True, slots=True)
class DayLine:
    """What a day is told apart by in one way: a `Part`.

    Attributes:
        path: The rollup.
        what: The day, and what it is told apart by.
        place: Where its line stands.
    """

    path: Path
    what: tuple[str, str]
    place: Place

    @property
    def rest_keys(self) -> int:
        """How many names have no figures of their own."""
        return self._read().rest_keys

    def sizes(self) -> Mapping[str, Size]:
        """What names are ranked by."""
        return self._read().sizes()

    def pick(self, names: Container[str]) -> Groups:
        """The groups of some names, all others as the rest."""
        return self._read().pick(names)

    def _read(self) -> Written:
        ((groups, whole),) = _read(self.path, self.what, [self.place])
        return Written(groups, whole)


@dataclass(frozen=True, slots=True)
class HourLines(Mapping[str, Groups]):
    """All that an hour is told apart by.

    Attributes:
        path: The rollup.
        stamp: The hour.
        places: Where its lines stand, by what they tell.
    """

    path: Path
    stamp: str
    places: Mapping[str, list[Place]] = field(default_factory=dict)

    def __getitem__(self, name: str) -> Groups:
        """The groups of `DIMENSIONS` or "query"."""
        if name not in ALL:
            raise KeyError(name)
        found = Groups()
        for (groups,) in _read(self.path, (self.stamp, name), self.places.get(name, [])):
            found.merge(load_groups(groups))
        return found

    def __iter__(self) -> Iterator[str]:
        """What calls are told apart by."""
        return iter(ALL)

    def __len__(self) -> int:
        """In how many ways that is."""
        return len(ALL)


def line_of(value: object) -> bytes:
    """The line that tells a value."""
    return json.dumps(value, separators=(",", ":")).encode() + b"\n"


def read_line(file: BinaryIO, place: Place) -> Any:
    """The value that a line tells.

    Raises:
        ValueError: If there is no line.
    """
    file.seek(place[0])
    return json.loads(file.read(place[1]))


def _read(path: Path, what: tuple[str, str], places: list[Place]) -> list[list[Any]]:
    """What lines tell, if they still tell of the same."""
    try:
        with path.open("rb") as file:
            lines = [read_line(file, place) for place in places]
            found = [told for stamp, name, *told in lines if (stamp, name) == what]
    except (OSError, ValueError, TypeError):
        found = []
    if len(found) < len(places):
        raise ConfigError(
            "was replaced while it was read", where=path.as_posix(), remedy="try again"
        )
    return found
