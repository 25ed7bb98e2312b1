"""The code blocks of a page of Markdown, and what the page asks for with each.

A comment before a block says what a reader need not see:

    <!-- run: file=test_bot.py -->      save the block as this file; nothing else happens to it
    <!-- run: exit=1 -->                its last command ends with this status
    <!-- run: needs=MODULE -->          only where this module is installed (group `docs`)
    <!-- run: none, because ... -->     it cannot run here, for the reason that stands there
    <!-- run first                      Python that runs before the next block
    code
    -->
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

_ASKED = re.compile(r"<!-- run: (.+) -->")
_FENCE = re.compile(r"(\s*)```(\S*)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """A fenced block (or hidden Python) of a page."""

    line: int
    language: str
    text: str
    file: str = ""
    exit_status: int = 0
    left_out: str = ""
    needs: str = ""


def blocks(page: str) -> Iterator[Block]:
    """The blocks of a page, in their order.

    Raises:
        ValueError: If a block is not closed, or a comment asks for what is not known.
    """
    asked: dict[str, str] = {}
    lines = iter(enumerate(page.splitlines(), 1))
    for number, line in lines:
        if found := _ASKED.fullmatch(line.strip()):
            asked = _read(found[1], number)
        elif line.strip() == "<!-- run first":
            yield Block(line=number, language="python", text=_until(lines, "-->", number))
        elif found := _FENCE.match(line):
            yield Block(
                line=number,
                language=found[2],
                text=_until(lines, "```", number, indent=len(found[1])),
                file=asked.get("file", ""),
                exit_status=int(asked.get("exit", 0)),
                left_out=asked.get("none", ""),
                needs=asked.get("needs", ""),
            )
            asked = {}


def _read(asked: str, number: int) -> dict[str, str]:
    if asked.startswith("none, because "):
        return {"none": asked.removeprefix("none, because ")}
    key, _, value = asked.partition("=")
    if key not in {"file", "exit", "needs"} or not value:
        raise ValueError(f"line {number}: nobody knows what `run: {asked}` asks for")
    return {key: value}


def _until(lines: Iterator[tuple[int, str]], end: str, start: int, indent: int = 0) -> str:
    """The text up to the closing line, without the indent of a block in a list."""
    text = ""
    for _, line in lines:
        if line.strip() == end:
            return text
        text += line[indent:] + "\n"
    raise ValueError(f"line {start}: the block is not closed")
