"""A review in a terminal: the headline, then a section after the other."""

from pytest_llm_telemetry.core.reviews import Review
from pytest_llm_telemetry.reporters.layout import Line, Page
from pytest_llm_telemetry.reporters.reviews import headline, sections

_LINES = 3  # of one sentence


def render(review: Review, *, width: int = 80, ascii_only: bool = False) -> list[Line]:
    """The review as lines of at most `width` columns."""
    page = Page(width, ascii_only=ascii_only)
    style = {"pass": "good", "fail": "bad"}.get(review.status, "warn")
    page.wrap(
        headline(review), "good" if style == "good" else "bad" if style == "bad" else "warn", most=4
    )
    for section in sections(review, ascii_only=ascii_only):
        page.gap()
        page.say(section.title, "bold")
        for text, kind in section.told:
            page.wrap(text, kind, most=_LINES)
        if section.rows:
            page.table(section.headers, section.rows)
    return page.lines
