"""The HTML page in a real Chromium: nothing leaves it, it sorts and filters, axe finds nothing."""

import importlib.resources
import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from pytest_llm_telemetry.core.report import Report
from pytest_llm_telemetry.reporters.html.page import render

playwright = pytest.importorskip("playwright.sync_api", reason="needs playwright")
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="needs Debian's chromium")
Make = Callable[..., Report]


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    """One headless Chromium for all tests here."""
    with playwright.sync_playwright() as driver:
        found = driver.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield found
        found.close()


@pytest.fixture
def opened(browser: Any, tmp_path: Path) -> Callable[..., Any]:
    """Open a report; console errors, dialogs and requests beside the page itself fail the test."""

    @contextmanager
    def visit(report: Report, **options: Any) -> Iterator[Any]:
        path = tmp_path / "report.html"
        path.write_text(render(report), encoding="utf-8")
        context = browser.new_context(**options)
        page = context.new_page()
        seen: list[str] = []
        page.on("console", lambda message: seen.append(f"console: {message.text}"))
        page.on("pageerror", lambda error: seen.append(f"error: {error}"))
        page.on("dialog", lambda dialog: seen.append(f"dialog: {dialog.dismiss()}"))
        page.on("request", lambda request: seen.append(f"request: {request.url}"))
        page.goto(path.as_uri())
        try:
            yield page
            assert seen == [f"request: {path.as_uri()}"]
        finally:
            context.close()

    return visit


def serious(page: Any) -> list[str]:
    """What axe-core calls serious or critical."""
    source = importlib.resources.files("axe_core_python") / "axe.min.js"
    page.evaluate(source.read_text(encoding="utf-8"))
    found = page.evaluate("axe.run()")
    return [
        f"{fault['id']}: {fault['nodes'][0]['html'][:200]}"
        for fault in found["violations"]
        if fault["impact"] in {"serious", "critical"}
    ]


def test_cases_are_searched_and_sorted(opened: Callable[..., Any], make: Make) -> None:
    """The search narrows the table, a click on a heading sorts it, a second one the other way."""
    with opened(make()) as page:
        page.get_by_label("Search").fill("case-01 refund")
        visible = page.locator("tbody tr:visible")
        assert visible.count() == 5
        assert page.locator("[role=status]").inner_text() == "5 of 120 cases"
        page.get_by_label("Search").fill("")
        button = page.get_by_role("button", name="latency now")
        button.click()
        assert page.locator("tbody tr code").first.inner_text() == "case-000"
        button.press("Enter")  # from the keyboard
        assert page.locator("tbody tr code").first.inner_text() == "case-119"
        assert page.locator("th[aria-sort=descending]").count() == 1


def test_unchanged_cases_can_be_hidden(opened: Callable[..., Any], make: Make) -> None:
    """One box leaves only what is not as it was in the baseline."""
    report = make()
    suite = report.suites[0]
    same = {c.case_id: c for c in suite.summary.cases[20:]}
    report = replace(report, suites=(replace(suite, before={**suite.before, **same}),))
    with opened(report) as page:
        page.get_by_label("changed only").check()
        assert page.locator("tbody tr:visible").count() == 20


def test_the_page_is_whole_without_a_script(opened: Callable[..., Any], make: Make) -> None:
    """With scripts off every case and chart is there, and no control that would not work."""
    with opened(make(), java_script_enabled=False) as page:
        assert page.locator("tbody tr").count() == 120
        assert page.locator("svg").count() > 5
        assert not page.get_by_label("Search").is_visible()


@pytest.mark.parametrize(("scheme", "wide"), [("light", 360), ("dark", 1280)])
def test_axe_finds_no_serious_fault(
    opened: Callable[..., Any], make: Make, scheme: str, wide: int
) -> None:
    """On a phone and on a desk, light and dark: readable, named, reachable by keyboard."""
    pytest.importorskip("axe_core_python", reason="needs axe-core-python")
    size = {"width": wide, "height": 800}
    report = make(notes=("a note",))
    suite = report.suites[0]
    few = replace(suite, summary=replace(suite.summary, cases=suite.summary.cases[:10]))
    with opened(replace(report, suites=(few,)), color_scheme=scheme, viewport=size) as page:
        assert serious(page) == []
        overflow = page.evaluate("document.documentElement.scrollWidth - innerWidth")
        assert overflow <= 0


def test_a_thousand_cases_open_in_a_second(opened: Callable[..., Any], make: Make) -> None:
    """The page of 1,000 cases is there and has sorted a column within the patience of a person."""
    report = make()
    suite = report.suites[0]
    case = suite.summary.cases[0]
    cases = tuple(replace(case, case_id=f"case-{number:04d}") for number in range(1000))
    report = replace(report, suites=(replace(suite, summary=replace(suite.summary, cases=cases)),))
    start = time.monotonic()
    with opened(report) as page:
        page.get_by_role("button", name="case", exact=True).click()
        assert page.locator("tbody tr").count() == 1000
        assert time.monotonic() - start < 10  # a bound against hanging, no measure


def test_hostile_text_does_nothing(
    opened: Callable[..., Any], poisoned: Callable[[str], Report], hostile_texts: list[str]
) -> None:
    """No dialog, no request, no error, whatever the texts: all of them on one page."""
    reports = [poisoned(text) for text in hostile_texts]
    report = replace(reports[0], suites=tuple(part.suites[0] for part in reports))
    with opened(report) as page:
        assert page.locator("script").count() == 1
        assert page.locator("h2").count() == len(reports) + 1
        page.get_by_label("Search").first.fill("alert")
