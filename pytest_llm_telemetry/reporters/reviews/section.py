"""A review in sections of sentences and tables, which every sink draws in its own way.

Texts may hold what a stranger asked; each sink cleans and escapes what it shows.
"""

from collections.abc import Mapping

from pytest_llm_telemetry.core.records import dataclass
from pytest_llm_telemetry.reporters import figures
from pytest_llm_telemetry.reporters.layout import Rows, Style

_KINDS = 5  # of errors, or reasons to skip a line, that are named


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """A part of a review.

    Attributes:
        title: What it is about.
        told: Sentences, each with its style.
        headers, rows: A table; its first column is text, a stranger's where `foreign`.
        foreign: Whether the first column is what somebody asked.
    """

    title: str
    told: tuple[tuple[str, Style], ...] = ()
    headers: tuple[str, ...] = ()
    rows: Rows = ()
    foreign: bool = False


def counted(counts: Mapping[str, float]) -> str:
    """The most frequent, and the rest in one: 41 RateLimitError, 12 Timeout, 3 others."""
    ranked = sorted(counts.items(), key=lambda each: (-each[1], each[0]))
    told = [f"{figures.value('queries', count)} {what}" for what, count in ranked[:_KINDS]]
    rest = sum(count for _, count in ranked[_KINDS:])
    return ", ".join([*told, *([f"{figures.value('queries', rest)} others"] if rest else [])])
