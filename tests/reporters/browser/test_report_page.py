"""The report's page in a real Chromium: nothing leaves it, it sorts and filters, axe finds nothing."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from pytest_llm_telemetry.core.report import Report
from pytest_llm_telemetry.reporters.html.page import render
from tests.reporters.browser.conftest import Opened, serious

Make = Callable[..., Report]


def with_answers(report: Report) -> Report:
    """The report with ten cases, each of which answered otherwise than accepted."""
    suite = report.suites[0]
    cases = tuple(
        replace(case, attempts=tuple(replace(a, answer="in 30 days") for a in case.attempts))
        for case in suite.summary.cases[:10]
    )
    answers = {case.case_id: "in 14 days" for case in cases}
    summary = replace(suite.summary, cases=cases)
    return replace(report, suites=(replace(suite, summary=summary, answers=answers),))


def test_cases_are_searched_and_sorted(opened: Opened, make: Make) -> None:
    """The search narrows the table, a click on a heading sorts it, a second one the other way."""
    with opened(render(make())) as page:
        page.get_by_label("Search").fill("case-01 refund")
        visible = page.locator("tbody tr:visible")
        assert visible.count() == 5
        assert page.locator("[role=status]").inner_text() == "5 of 120 cases"
        page.get_by_label("Search").fill("")
        button = page.get_by_role("button", name="latency")
        button.click()
        assert page.locator("tbody tr code").first.inner_text() == "case-000"
        button.press("Enter")  # from the keyboard
        assert page.locator("tbody tr code").first.inner_text() == "case-119"
        assert page.locator("th[aria-sort=descending]").count() == 1


def test_unchanged_cases_can_be_hidden(opened: Opened, make: Make) -> None:
    """One box leaves only what is not as it was in the baseline."""
    report = make()
    suite = report.suites[0]
    same = {c.case_id: c for c in suite.summary.cases[20:]}
    report = replace(report, suites=(replace(suite, before={**suite.before, **same}),))
    with opened(render(report)) as page:
        page.get_by_label("changed only").check()
        assert page.locator("tbody tr:visible").count() == 20


def test_the_page_is_whole_without_a_script(opened: Opened, make: Make) -> None:
    """With scripts off every case and chart is there, and no control that would not work."""
    with opened(render(make()), java_script_enabled=False) as page:
        assert page.locator("tbody tr").count() == 120
        assert page.locator("svg").count() > 5
        assert not page.get_by_label("Search").is_visible()


@pytest.mark.parametrize(("scheme", "wide"), [("light", 360), ("dark", 1280)])
def test_axe_finds_no_serious_fault(opened: Opened, make: Make, scheme: str, wide: int) -> None:
    """On a phone and on a desk, light and dark: readable, named, reachable by keyboard."""
    size = {"width": wide, "height": 800}
    page_of = render(with_answers(make(notes=("a note",))))
    with opened(page_of, color_scheme=scheme, viewport=size) as page:
        assert serious(page) == []
        overflow = page.evaluate("document.documentElement.scrollWidth - innerWidth")
        assert overflow <= 0


def test_a_thousand_cases_are_sorted_and_searched(opened: Opened, make: Make) -> None:
    """A page of 1,000 cases answers; how fast it does is in docs/benchmarks.md."""
    report = make()
    suite = report.suites[0]
    case = suite.summary.cases[0]
    cases = tuple(replace(case, case_id=f"case-{number:04d}") for number in range(1000))
    report = replace(report, suites=(replace(suite, summary=replace(suite.summary, cases=cases)),))
    with opened(render(report)) as page:
        heading = page.locator("th button").first
        heading.click()
        heading.click()
        assert page.locator("tbody tr code").first.inner_text() == "case-0999"
        page.get_by_label("Search").fill("case-05")
        assert page.locator("tbody tr:visible").count() == 100


def test_hostile_text_does_nothing(
    opened: Opened, poisoned: Callable[[str], Report], hostile_texts: list[str]
) -> None:
    """No dialog, no request, no error, whatever the texts: all of them on one page."""
    reports = [poisoned(text) for text in hostile_texts]
    report = replace(reports[0], suites=tuple(part.suites[0] for part in reports))
    with opened(render(report)) as page:
        assert page.locator("script").count() == 1
        assert page.locator("h2").count() == len(reports) + 1
        page.get_by_label("Search").first.fill("alert")


def test_a_keyboard_is_enough(opened: Opened, make: Make) -> None:
    """Tab reaches the search, the box, each heading, the table and its folds, in that order."""
    report = with_answers(make())
    with opened(render(report)) as page:
        seen = []
        for _ in range(12):
            page.keyboard.press("Tab")
            seen.append(
                page.evaluate("document.activeElement.type || document.activeElement.tagName")
            )
        assert seen[:4] == ["search", "checkbox", "DIV", "button"]
        assert "SUMMARY" in seen
        page.locator("summary").first.focus()
        page.keyboard.press("Enter")
        assert page.locator("del").first.is_visible()
        assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") == "solid"


def test_paper_shows_all_that_the_screen_folds_away(opened: Opened, make: Make) -> None:
    """Printed from a dark screen it is dark on white, its folds open, its controls gone."""
    report = with_answers(make())
    with opened(render(report), color_scheme="dark") as page:
        page.emulate_media(media="print")
        assert (
            page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
        )
        assert page.evaluate("getComputedStyle(document.body).color") == "rgb(0, 0, 0)"
        assert page.locator("del").first.is_visible()
        assert not page.get_by_label("Search").is_visible()
        assert len(page.pdf()) > 10_000


def test_a_phone_shows_each_case_without_scrolling_sideways(opened: Opened, make: Make) -> None:
    """Rows stand one below the other, every cell inside the screen, and headings still sort."""
    with opened(render(with_answers(make())), viewport={"width": 360, "height": 800}) as page:
        widest = "Math.max(...[...document.querySelectorAll('td,th')].map(c => c.getBoundingClientRect().right))"
        assert page.evaluate(widest) <= 360
        page.get_by_role("button", name="case", exact=True).click()
        assert page.locator("tbody tr code").first.inner_text() == "case-000"
