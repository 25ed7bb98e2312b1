"""Calls told apart: by model, by service, by the query that was asked."""

from collections.abc import Callable, Container, Iterator, Mapping, Sequence
from dataclasses import field
from typing import Any, Protocol

from pytest_llm_telemetry.core.records import dataclass
from pytest_llm_telemetry.core.traffic.figures import Figures

DIMENSIONS = (
    "model",
    "service",
    "environment",
    "variant",
    "tag",
    "route",
    "feature",
    "user",
)
QUERY = "query"  # told apart by what was asked, beside the dimensions
ROUTE = "route:"  # what a tag that names a route begins with
_LONGEST = 200  # characters of a name

Size = tuple[int, int, int]  # calls, errors and cost, in units


class Part(Protocol):
    """Groups of some hours, of which no more need be read than what is asked for."""

    @property
    def rest_keys(self) -> int:
        """How many names have no figures of their own."""

    def sizes(self) -> Mapping[str, Size]:
        """What names are ranked by."""

    def pick(self, names: Container[str]) -> "Groups":
        """The groups of some names, all others as the rest; `rest_keys` is what it was."""


@dataclass(slots=True)
class Groups:
    """Figures by name, such as those of each model.

    Attributes:
        named: The figures of each name.
        rest: Those of all names beyond the largest ones.
        rest_keys: How many names `rest` holds; at most, as two hours may hold the same one.
        previews: How the queries read, redacted, where the names are their hashes.
    """

    named: dict[str, Figures] = field(default_factory=dict)
    rest: Figures = field(default_factory=Figures)
    rest_keys: int = 0
    previews: dict[str, str] = field(default_factory=dict)

    def of(self, name: str) -> Figures:
        """The figures of a name, to be added to."""
        name = name[:_LONGEST]
        if name not in self.named:
            self.named[name] = Figures()
        return self.named[name]

    def merge(self, other: "Groups") -> None:
        """Add other groups; no name is dropped, so the order of merges makes no difference."""
        for name, figures in other.named.items():
            self.of(name).merge(figures)
        self.rest.merge(other.rest)
        self.rest_keys += other.rest_keys
        for name, preview in other.previews.items():
            self.previews[name] = min(preview, self.previews.get(name, preview))

    def sizes(self) -> dict[str, Size]:
        """What names are ranked by."""
        return {
            name: (each.calls_units, each.errors_units, each.cost_usd.units)
            for name, each in self.named.items()
        }

    def pick(self, names: Container[str]) -> "Groups":
        """The groups of some names, all others as the rest; `rest_keys` is what it was."""
        found = Groups(rest_keys=self.rest_keys)
        found.rest.merge(self.rest)
        for name, figures in self.named.items():
            if name in names:
                found.named[name] = figures
            else:
                found.rest.merge(figures)
        found.previews = {name: told for name, told in self.previews.items() if name in names}
        return found

    def largest(self, most: int) -> "Groups":
        """The `most` largest by calls, by errors and by cost, by calls; the others as `rest`."""
        kept = keep(self.sizes(), most)
        found = self.pick(kept)
        found.rest_keys += len(self.named) - len(kept)
        found.named = dict(found.ranked())
        return found

    def ranked(self) -> list[tuple[str, Figures]]:
        """Names and figures, the most calls first."""
        return sorted(self.named.items(), key=lambda each: (-each[1].calls_units, each[0]))


def largest(parts: Sequence[Part], most: int) -> Groups:
    """The `most` largest names of all parts together; see `Groups.largest`."""
    sizes: dict[str, Size] = {}
    for part in parts:
        for name, (calls, errors, cost) in part.sizes().items():
            known = sizes.get(name, (0, 0, 0))
            sizes[name] = known[0] + calls, known[1] + errors, known[2] + cost
    kept = keep(sizes, most)
    found = Groups(rest_keys=len(sizes) - len(kept))
    for part in parts:
        found.merge(part.pick(kept))
    found.named = dict(found.ranked())
    return found


def keep(sizes: Mapping[str, Size], most: int) -> set[str]:
    """The `most` largest names by calls, by errors and by cost each."""
    if len(sizes) <= most:
        return set(sizes)
    kept: set[str] = set()
    for at in range(3):
        ranked = sorted(sizes.items(), key=lambda each: (-each[1][at], each[0]))
        kept.update(name for name, size in ranked[:most] if size[at])
    return kept


def _calls(figures: Figures) -> int:
    return figures.calls_units


def _errors(figures: Figures) -> int:
    return figures.errors_units


def _cost(figures: Figures) -> int:
    return figures.cost_usd.units


def names(members: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """The dimensions of an event's fields, each with its name there; tags and flags are several.

    A flag is named `new_prompt=true`.
    """
    for field_name in ("service", "environment", "variant"):
        if field_name in members:
            yield field_name, members[field_name]
    model = members.get("model") or members.get("model_requested")
    if model is not None:
        yield "model", model
    for tag in dict.fromkeys(map(str, members.get("tags", ()))):
        yield "tag", tag
        if tag.startswith(ROUTE):
            yield "route", tag.removeprefix(ROUTE)
    for flag, value in members.get("feature_flags", {}).items():
        told = str(value).lower() if isinstance(value, bool) else value
        yield "feature", f"{flag}={told}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Query:
    """One text that was asked, again and again: its hash, how it reads, and what came of it."""

    query_hash: str
    preview: str | None
    figures: Figures


@dataclass(frozen=True, slots=True)
class Queries:
    """Figures by query: `groups` are named by the queries' hashes."""

    groups: Groups

    def failing(self, most: int = 10) -> list[Query]:
        """The queries that fail most, the worst first."""
        return self._first(_errors, most)

    def costly(self, most: int = 10) -> list[Query]:
        """The queries that cost most in all, the dearest first."""
        return self._first(_cost, most)

    def frequent(self, most: int = 10) -> list[Query]:
        """The queries that are asked most, the most frequent first."""
        return self._first(_calls, most)

    def _first(self, size: Callable[[Figures], int], most: int) -> list[Query]:
        named = self.groups.named.items()
        ranked = sorted(named, key=lambda each: (-size(each[1]), each[0]))
        return [
            Query(query_hash=key, preview=self.groups.previews.get(key), figures=figures)
            for key, figures in ranked[:most]
            if size(figures)
        ]
