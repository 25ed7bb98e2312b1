"""The shell of every page we make: one file that loads nothing, with its policy, style and script."""

from pytest_llm_telemetry.reporters.html import assets
from pytest_llm_telemetry.reporters.html.markup import Markup, element


def document(title: str, *content: Markup) -> str:
    """A whole HTML document around what stands in its `<main>`."""
    head = element(
        "head",
        element("meta", charset="utf-8"),
        element("meta", http_equiv="Content-Security-Policy", content=assets.policy()),
        element("meta", name="viewport", content="width=device-width, initial-scale=1"),
        element("title", title),
        element("style", Markup(assets.STYLE)),
    )
    script = element("script", Markup(assets.SCRIPT))
    body = element("body", element("main", *content), script)
    return f"<!doctype html>\n{element('html', head, body, lang='en')}\n"
