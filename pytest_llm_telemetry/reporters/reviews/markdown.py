"""A review in Markdown, for an issue, a step summary or a wiki. Nothing in it is live."""

from collections.abc import Iterator, Sequence

from pytest_llm_telemetry.core.reviews import Review
from pytest_llm_telemetry.reporters.markdown import ICONS, code, escape
from pytest_llm_telemetry.reporters.reviews import Section, headline, sections


def render(review: Review) -> str:
    """The review as one Markdown document."""
    lines = [f"## {ICONS[review.status]} {escape(headline(review))}", ""]
    for section in sections(review):
        lines += [f"### {escape(section.title)}", "", *_told(section), *_table(section)]
    return "\n".join(lines).rstrip("\n") + "\n"


def _told(section: Section) -> list[str]:
    told = [f"- {escape(text)}" for text, _ in section.told]
    return [*told, ""] if told else []


def _table(section: Section) -> Iterator[str]:
    if not section.rows:
        return
    yield _row([escape(header) for header in section.headers])
    yield _row([":--", *["--:"] * (len(section.headers) - 1)])
    for cells, style in section.rows:
        first, *others = cells
        lead = code(first) if section.foreign else escape(first)
        shown = [lead, *map(escape, others)]
        yield _row([f"**{cell}**" if style == "bad" and cell else cell for cell in shown])
    yield ""


def _row(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"
