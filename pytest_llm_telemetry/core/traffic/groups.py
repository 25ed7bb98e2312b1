"""Calls told apart: by model, by service, by the query that was asked."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from pytest_llm_telemetry.core.events import Event
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
ROUTE = "route:"  # what a tag that names a route begins with
_LONGEST = 200  # characters of a name


@dataclass(slots=True)
class Groups:
    """Figures by name, such as those of each model.

    Attributes:
        named: The figures of each name.
        rest: Those of all names beyond the largest ones.
        rest_keys: How many names `rest` holds; at most, as two hours may hold the same one.
    """

    named: dict[str, Figures] = field(default_factory=dict)
    rest: Figures = field(default_factory=Figures)
    rest_keys: int = 0

    def add(self, name: str, event: Event, *, leaf: bool = False) -> None:
        """Count an event under a name."""
        self.named.setdefault(name[:_LONGEST], Figures()).add(event, leaf=leaf)

    def merge(self, other: "Groups") -> None:
        """Add other groups; no name is dropped, so the order of merges makes no difference."""
        for name, figures in other.named.items():
            self.named.setdefault(name, Figures()).merge(figures)
        self.rest.merge(other.rest)
        self.rest_keys += other.rest_keys

    def largest(self, most: int) -> "Groups":
        """The `most` largest by calls, by errors and by cost, by calls; the others as `rest`."""
        found = Groups(rest=Figures(), rest_keys=self.rest_keys)
        found.rest.merge(self.rest)
        kept = keep(self.named, most)
        for name, figures in self.ranked():
            if name in kept:
                found.named[name] = figures
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


def names(event: Event) -> Iterator[tuple[str, str]]:
    """The dimensions of an event, each with the event's name in it; tags and flags are several.

    A flag is named `new_prompt=true`.
    """
    model = getattr(event, "model", None) or getattr(event, "model_requested", None)
    single = {
        "model": model,
        "service": event.service,
        "environment": event.environment,
        "variant": event.variant,
        "user": event.user_hash,
    }
    for dimension, name in single.items():
        if name is not None:
            yield dimension, name
    yield from _tags(event.tags or ())
    for flag, value in (event.feature_flags or {}).items():
        told = str(value).lower() if isinstance(value, bool) else value
        yield "feature", f"{flag}={told}"


def _tags(tags: Iterable[object]) -> Iterator[tuple[str, str]]:
    for tag in dict.fromkeys(str(each) for each in tags):
        yield "tag", tag
        if tag.startswith(ROUTE):
            yield "route", tag.removeprefix(ROUTE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Query:
    """One text that was asked, again and again: its hash, how it reads, and what came of it."""

    query_hash: str
    preview: str | None
    figures: Figures


@dataclass(slots=True)
class Queries:
    """Figures by query.

    Attributes:
        groups: By the query's hash.
        previews: How queries read, redacted; without those that were kept as hashes only.
    """

    groups: Groups = field(default_factory=Groups)
    previews: dict[str, str] = field(default_factory=dict)

    def merge(self, other: "Queries") -> None:
        """Add other queries."""
        self.groups.merge(other.groups)
        for key, preview in other.previews.items():
            self.previews[key] = min(preview, self.previews.get(key, preview))

    def failing(self, most: int = 10) -> list[Query]:
        """The queries that fail most, the worst first."""
        ranked = sorted(
            self.groups.named.items(), key=lambda each: (-each[1].errors_units, each[0])
        )
        return [self._query(*each) for each in ranked[:most] if each[1].errors_units]

    def costly(self, most: int = 10) -> list[Query]:
        """The queries that cost most in all, the dearest first."""
        ranked = sorted(
            self.groups.named.items(), key=lambda each: (-each[1].cost_usd.units, each[0])
        )
        return [self._query(*each) for each in ranked[:most] if each[1].cost_usd.units]

    def largest(self, most: int) -> "Queries":
        """The `most` largest by calls, by errors and by cost; the others as the groups' `rest`."""
        groups = self.groups.largest(most)
        previews = {key: text for key, text in self.previews.items() if key in groups.named}
        return Queries(groups, previews)

    def _query(self, key: str, figures: Figures) -> Query:
        return Query(query_hash=key, preview=self.previews.get(key), figures=figures)
