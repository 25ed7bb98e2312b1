"""How fast the HTML report opens and answers in Chromium: `python -m tests.benchmarks.report_page`.

1,000 cases of three repeats on three models and thirty accepted runs, beside a page of the same
size in bytes that holds nothing but text, which is the floor that the browser itself sets.
"""

import importlib
import shutil
import statistics
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from pytest_llm_telemetry.core.baseline import PastRun
from pytest_llm_telemetry.core.report import Report
from pytest_llm_telemetry.core.samples import Attempt, CaseSamples
from pytest_llm_telemetry.reporters.html.page import render
from tests.reporters.browser.conftest import FLAGS, NAMES
from tests.reporters.conftest import build

ROUNDS = 7
# from the start of the navigation to the frame that shows the page, in milliseconds
OPENED = """() => new Promise(done => requestAnimationFrame(() => setTimeout(() => {
  const at = performance.getEntriesByType("navigation")[0];
  done([at.domContentLoadedEventEnd, at.loadEventEnd, performance.now()]);
})))"""
# from the event to the frame that shows its effect
SORTED = """() => new Promise(done => {
  const start = performance.now();
  document.querySelectorAll("th button")[3].click();
  requestAnimationFrame(() => setTimeout(() => done(performance.now() - start)));
})"""
SEARCHED = """() => new Promise(done => {
  const field = document.querySelector("input[type=search]");
  const start = performance.now();
  field.value = "case-05";
  field.dispatchEvent(new Event("input"));
  requestAnimationFrame(() => setTimeout(() => done(performance.now() - start)));
})"""


def _graded(case: CaseSamples, answer: str, *, passed: bool) -> tuple[Attempt, ...]:
    return tuple(replace(attempt, passed=passed, answer=answer) for attempt in case.attempts)


def month() -> Report:
    """The report of 30 days, 3 models and 1,000 cases that all changed, their answers too."""
    report = build()
    suite = report.suites[0]
    cases = tuple(
        replace(case, case_id=f"case-{number:04d}-{model}")
        for number in range(334)
        for model, case in zip("abc", suite.summary.cases, strict=False)
    )[:1000]
    history = tuple(
        PastRun(run_id=f"r{n}", at=f"2026-10-{n + 1:02d}", metrics=suite.summary.metrics)
        for n in range(30)
    )
    said = "You can return any item within 30 days of delivery, whatever the reason is. " * 6
    worse = tuple(replace(case, attempts=_graded(case, said, passed=False)) for case in cases)
    before = {
        case.case_id: replace(case, attempts=_graded(case, "", passed=True)) for case in cases
    }
    answers = {case.case_id: said.replace("30", "14") for case in cases}
    summary = replace(suite.summary, cases=worse)
    suite = replace(suite, summary=summary, before=before, history=history, answers=answers)
    return replace(report, suites=(suite,))


@contextmanager
def browser() -> Iterator[Any]:
    """A headless Chromium."""
    path = next(filter(None, map(shutil.which, NAMES)))
    playwright = importlib.import_module("playwright.sync_api")
    with playwright.sync_playwright() as driver:
        chromium = driver.chromium.launch(executable_path=path, args=FLAGS)
        yield chromium
        chromium.close()


def opened(chromium: Any, path: Path, *scripts: str) -> list[float]:
    """Milliseconds until the page was shown, then what each script measures on it."""
    context = chromium.new_context(viewport={"width": 1280, "height": 900})
    page = context.new_page()
    page.goto(path.as_uri())
    shown = page.evaluate(OPENED)[2]
    found = [shown, *(page.evaluate(script) for script in scripts)]
    context.close()
    return found


def main() -> None:
    """Print the table."""
    html = render(month())
    with tempfile.TemporaryDirectory() as folder, browser() as chromium:
        ours, floor = Path(folder, "ours.html"), Path(folder, "floor.html")
        ours.write_text(html, encoding="utf-8")
        words = "so it goes " * (len(html.encode()) // 11)
        floor.write_text(f"<!doctype html><meta charset=utf-8><p>{words}", encoding="utf-8")
        rounds = [
            (opened(chromium, floor)[0], *opened(chromium, ours, SORTED, SEARCHED))
            for _ in range(ROUNDS)
        ]
    base, shown, in_order, search = (
        statistics.median(column) for column in zip(*rounds, strict=True)
    )
    print(f"{len(html.encode()) / 1000:,.0f} kB, 1,000 cases; medians of {ROUNDS}\n")
    print("| | ms | x floor |\n|---|---|---|")
    print(f"| a page of text of that size opens | {base:,.0f} | 1.0 |")
    print(f"| the report opens | {shown:,.0f} | {shown / base:.1f} |")
    print(f"| a column is sorted | {in_order:,.0f} | {in_order / base:.1f} |")
    print(f"| a search is answered | {search:,.0f} | {search / base:.1f} |")


if __name__ == "__main__":
    main()
