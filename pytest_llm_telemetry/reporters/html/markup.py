"""Elements of HTML and SVG. Every text and every attribute goes through one escape function."""

from collections.abc import Iterable

from pytest_llm_telemetry.core.text import clean

_SIGNS = {"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;", "`": "&#96;"}
_ESCAPES = str.maketrans(_SIGNS)
_VOID = {"meta", "input", "br"}


class Markup(str):
    """Text that is markup already: made by `element`, or a constant of this package."""

    __slots__ = ()


def escape(text: str) -> Markup:
    """Any text for an element or a quoted attribute: cleaned, then without a sign HTML reads."""
    return Markup(clean(text).translate(_ESCAPES))


def element(tag: str, /, *content: str, **attributes: str | float | None) -> Markup:
    """One element. What is not `Markup` is escaped; an attribute that is `None` is left out.

    A name is written without its last underscore and with `-` for `_`: `class_`, `aria_label`.
    """
    named = "".join(
        f' {name.rstrip("_").replace("_", "-")}="{escape(_plain(text))}"'
        for name, text in attributes.items()
        if text is not None
    )
    if tag in _VOID:
        return Markup(f"<{tag}{named}>")
    return Markup(f"<{tag}{named}>{join(content)}</{tag}>")


def join(parts: Iterable[str], between: str = "") -> Markup:
    """Parts in a row, each escaped unless it is `Markup`."""
    return Markup(between.join(p if isinstance(p, Markup) else escape(p) for p in parts))


def _plain(value: str | float) -> str:
    """Numbers with at most two decimals: a pixel has no more."""
    return value if isinstance(value, str) else f"{value:.2f}".rstrip("0").rstrip(".")
