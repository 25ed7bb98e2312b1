"""A real Chromium for every page we make: what it logs, asks for or pops up fails the test."""

import importlib.resources
import shutil
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any

import pytest

Opened = Callable[..., AbstractContextManager[Any]]
NAMES = ("chromium", "chromium-browser", "google-chrome")
# as root, without a graphics card, and without a word to anybody
FLAGS = (
    *("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
)


@pytest.fixture(scope="module")  # while it is open, no other test of its thread may run asyncio
def browser() -> Iterator[Any]:
    """One headless Chromium with a fresh profile; `make browser` brings what it needs."""
    playwright = pytest.importorskip("playwright.sync_api", reason="needs playwright: make browser")
    found = next(filter(None, map(shutil.which, NAMES)), None)
    if found is None:
        pytest.skip("needs Chromium: make browser as root, or apt-get install chromium")
    with playwright.sync_playwright() as driver:
        chromium = driver.chromium.launch(executable_path=found, args=FLAGS)
        yield chromium
        chromium.close()


@pytest.fixture
def opened(browser: Any, tmp_path: Path) -> Opened:
    """Opens the HTML of a page for a `with` block; options are those of a browser context.

    Console messages, errors, dialogs and requests beside the page itself fail the test.
    """

    @contextmanager
    def visit(html: str, **options: Any) -> Iterator[Any]:
        path = tmp_path / "page.html"
        path.write_text(html, encoding="utf-8")
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
    """What axe-core calls serious or critical on an open page."""
    pytest.importorskip("axe_core_python", reason="needs axe-core-python: make browser")
    source = importlib.resources.files("axe_core_python") / "axe.min.js"
    page.evaluate(source.read_text(encoding="utf-8"))
    found = page.evaluate("axe.run()")
    return [
        f"{fault['id']}: {fault['nodes'][0]['html'][:200]}"
        for fault in found["violations"]
        if fault["impact"] in {"serious", "critical"}
    ]
