"""The blocks of a Slack message. Nothing that a stranger wrote can be read as markup in them.

Slack reads `&`, `<` and `>` in `mrkdwn` and nothing in `plain_text`, so foreign text stands in
`plain_text` with its emoji switched off.
"""

import re
from collections.abc import Sequence
from typing import Any

from pytest_llm_telemetry.core.text import fit

SECTION = 2000  # characters; Slack takes 3000
_MENTION = re.compile(r"<(?:!(?:channel|here|everyone)|@[UW][A-Z0-9]+|!subteam\^S[A-Z0-9]+)>")


def called(mentions: Sequence[str]) -> list[dict[str, Any]]:
    """The section that calls people, by mentions such as <@U012AB3CD>; none without any."""
    named = " ".join(mention for mention in mentions if _MENTION.fullmatch(mention))
    text = {"type": "mrkdwn", "text": named[:SECTION]}
    return [{"type": "section", "text": text}] if named else []


def context(lines: Sequence[str]) -> list[dict[str, Any]]:
    """Small print, one element a line; none without any."""
    elements = [plain(line, 300) for line in lines if line.strip()]
    return [{"type": "context", "elements": elements}] if elements else []


def section(text: str) -> dict[str, Any]:
    """A paragraph; its line breaks stay."""
    return {"type": "section", "text": plain(text, SECTION, lines=True)}


def plain(text: str, most: int, *, lines: bool = False) -> dict[str, Any]:
    """A plain_text object: nothing in it is read, neither links nor names nor :emoji:."""
    parts = [fit(part, most) for part in text.split("\n")] if lines else [fit(text, most)]
    shown = "\n".join(parts)[:most]
    return {"type": "plain_text", "text": shown.strip() or "-", "emoji": False}


def escape(text: str) -> str:
    """The three signs that Slack reads in a message's text."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
