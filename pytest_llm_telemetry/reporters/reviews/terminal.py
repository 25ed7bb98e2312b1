"""A review in a terminal: the headline, then a section after the other."""

from collections.abc import Mapping

from pytest_llm_telemetry.core.reviews import Review
from pytest_llm_telemetry.reporters.layout import Line, Page, Style
from pytest_llm_telemetry.reporters.reviews import headline, sections

_LINES = 3  # of one sentence
_STYLES: Mapping[str, Style] = {"pass": "good", "fail": "bad"}


def render(review: Review, *, width: int = 80, ascii_only: bool = False) -> list[Line]:
    """The review as lines of at most `width` columns."""
    page = Page(width, ascii_only=ascii_only)
    page.wrap(headline(review), _STYLES.get(review.status, "warn"), most=4)
    for section in sections(review, ascii_only=ascii_only):
        page.gap()
        page.say(section.title, "bold")
        for text, kind in section.told:
            page.wrap(text, kind, most=_LINES)
        if section.rows:
            page.table(section.headers, section.rows)
    return page.lines
