"""The dashboard's page in a real Chromium: whole without a script, quiet, readable."""

from datetime import timedelta

import pytest

from pytest_llm_telemetry.reporters.html.dashboard_page import render
from tests.core.dashboard.conftest import World
from tests.reporters.browser.conftest import Opened, serious


def page() -> str:
    """Two days of two models, with failures, costs and a text that would like to be a script."""
    world = World()
    for back in range(48):
        for call in range(8):
            world.add(
                world.hour - back * timedelta(hours=1),
                **({} if call else {"event": "error", "error_type": "Timeout"}),
                model=("gpt-4o", "gpt-4o-mini")[call % 2],
                latency_ms=100.0 + call * back,
                ttft_ms=50.0,
                cost_usd=0.01 * call,
                query_hash=f"hash{call}",
                query_preview=f"<script>alert({call})</script> Where is my order?",
            )
    return render(world.look(by="model", sources=["llm.jsonl"]))


def test_the_page_is_whole_without_a_script(opened: Opened) -> None:
    """Cards, charts and three tables; an attacker's text is text."""
    with opened(page(), java_script_enabled=False) as shown:
        assert shown.locator(".card svg").count() >= 6
        assert shown.locator("table").count() == 3
        assert shown.get_by_text("<script>alert(0)</script>").count() == 1


@pytest.mark.parametrize(("scheme", "wide"), [("light", 360), ("dark", 1280)])
def test_axe_finds_no_serious_fault(opened: Opened, scheme: str, wide: int) -> None:
    """On a phone and on a desk, light and dark; nothing is wider than the screen."""
    size = {"width": wide, "height": 800}
    with opened(page(), color_scheme=scheme, viewport=size) as shown:
        assert serious(shown) == []
        assert shown.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
