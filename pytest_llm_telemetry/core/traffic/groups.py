"""Calls told apart: by model, by service, by the query that was asked."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import field
from typing import Any

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

    def add(self, name: str, figures: Figures) -> None:
        """Add figures under a name."""
        self.named.setdefault(name[:_LONGEST], Figures()).merge(figures)

    def merge(self, other: "Groups") -> None:
        """Add other groups; no name is dropped, so the order of merges makes no difference."""
        for name, figures in other.named.items():
            self.add(name, figures)
        self.rest.merge(other.rest)
        self.rest_keys += other.rest_keys
        for name, preview in other.previews.items():
            self.previews[name] = min(preview, self.previews.get(name, preview))

    def largest(self, most: int) -> "Groups":
        """The `most` largest by calls, by errors and by cost, by calls; the others as `rest`."""
        found = Groups(rest=Figures(), rest_keys=self.rest_keys)
        found.rest.merge(self.rest)
        kept = keep(self.named, most)
        for name, figures in self.ranked():
            if name in kept:
                found.named[name] = figures
                if name in self.previews:
                    found.previews[name] = self.previews[name]
            else:
                found.rest.merge(figures)
                found.rest_keys += 1
        return found

    def ranked(self) -> list[tuple[str, Figures]]:
        """Names and figures, the most calls first."""
        return sorted(self.named.items(), key=lambda each: (-each[1].calls_units, each[0]))


def keep(named: Mapping[str, Figures], most: int) -> set[str]:
    """The `most` largest names by calls, by errors and by cost each."""
    if len(named) <= most:
        return set(named)
    kept: set[str] = set()
    for size in (_calls, _errors, _cost):
        ranked = sorted(named.items(), key=lambda each: (-size(each[1]), each[0]))
        kept.update(name for name, figures in ranked[:most] if size(figures))
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
