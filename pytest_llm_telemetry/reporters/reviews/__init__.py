"""A review in words and tables: one list of sections, drawn by four sinks."""

from collections.abc import Iterator

from pytest_llm_telemetry.core.reviews import Review
from pytest_llm_telemetry.core.verdict import Check
from pytest_llm_telemetry.reporters import figures
from pytest_llm_telemetry.reporters.reviews.production import label, production
from pytest_llm_telemetry.reporters.reviews.section import Section
from pytest_llm_telemetry.reporters.reviews.upkeep import opening, upkeep

__all__ = ["Section", "headline", "sections"]

_NAMED = 3  # figures that the headline names
_OVER = "a day counts when it is over, in UTC"


def headline(review: Review) -> str:
    """The review in one sentence."""
    days = f"{review.window.since:%Y-%m-%d}"
    if review.period.days > 1:
        days += f" .. {(review.window.until - review.period.step):%Y-%m-%d}"
    lead = f"{review.period.name} review, {days}"
    if not review.calls:
        return f"{lead}: no call was logged, so there is nothing to judge ({_OVER})"
    worse = review.breaches
    if not worse:
        return f"{lead}: nothing got worse"
    named = ", ".join(map(_moved, worse[:_NAMED]))
    more = f" and {len(worse) - _NAMED} more" if len(worse) > _NAMED else ""
    return f"{lead}: {named}{more}"


def _moved(check: Check) -> str:
    before, now = (figures.value(check.metric, side) for side in (check.baseline, check.now))
    return f"{label(check)} {before} -> {now}"


def sections(review: Review, *, ascii_only: bool = False) -> Iterator[Section]:
    """All that it has to say; the verdict of a golden set that was run for it comes first."""
    if review.run_exit is not None:
        yield opening(review)
    if review.calls:
        yield from production(review, ascii_only=ascii_only)
    yield from upkeep(review)
