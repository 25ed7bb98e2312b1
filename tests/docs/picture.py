"""The picture in the README: what a terminal shows, as SVG.

    python -m tests.docs.picture          # runs examples/regression and writes docs/terminal.svg

Colours are those that the plugin writes; text stays text, so that it can be searched and read aloud.
"""

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from html import escape
from pathlib import Path

ROOT = Path(__file__).parents[2]
PLACE = ROOT / "docs" / "terminal.svg"
COMMAND = "pytest --llm-telemetry"
_ROW, _LEFT, _TOP = 18, 16, 44
_STYLE = re.compile(r"\x1b\[([\d;]*)m")
_CLASSES = {"1": "b", "2": "d", "31": "r", "32": "g", "33": "y", "36": "c"}


def shown() -> str:
    """What the example that fails prints, with its colours."""
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "--llm-telemetry", "--color=yes", *_QUIET],
        cwd=ROOT / "examples" / "regression",
        env={k: v for k, v in os.environ.items() if not k.startswith(("OPENAI_", "PYTEST_"))}
        | {"COLUMNS": "80"},
        capture_output=True,
        text=True,
        check=False,
    )
    lines = done.stdout.splitlines()
    first = next(number for number, line in enumerate(lines) if "llm telemetry: " in line)
    return "\n".join(lines[first:])


_QUIET = [f"-pno:{name}" for name in ("randomly", "asyncio", "anyio", "cacheprovider")]


def drawn(text: str) -> str:
    """The lines of a terminal as one SVG that needs no font and no script of its own."""
    lines = [f"$ {COMMAND}", *text.splitlines()]
    height = _TOP + _ROW * len(lines) + 8
    rows = "\n".join(
        f'<text x="{_LEFT}" y="{_TOP + _ROW * number}" xml:space="preserve">{_spans(line)}</text>'
        for number, line in enumerate(lines)
    )
    return _FRAME.format(width=720, height=height, rows=rows)


def _spans(line: str) -> str:
    return "".join(
        f'<tspan class="{" ".join(classes)}">{escape(part)}</tspan>' if classes else escape(part)
        for part, classes in _parts(line)
        if part
    )


def _parts(line: str) -> Iterator[tuple[str, list[str]]]:
    """The pieces of a line, each with the classes of its colours."""
    classes: list[str] = []
    pieces = _STYLE.split(line)
    for place, piece in enumerate(pieces):
        if place % 2 == 0:
            yield piece, list(classes)
            continue
        for code in piece.split(";"):
            if code in {"", "0"}:
                classes = []
            elif code in _CLASSES:
                classes.append(_CLASSES[code])


_FRAME = """\
<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" role="img" aria-label="A gate that fails, in a terminal">
<style>
rect {{ fill: #1b1f24 }} text {{ fill: #d7dde4; font: 13.5px ui-monospace, "DejaVu Sans Mono", Menlo, Consolas, monospace }}
.b {{ font-weight: bold }} .d {{ fill: #8b949e }} .r {{ fill: #ff7b72 }} .g {{ fill: #56d364 }} .y {{ fill: #e3b341 }} .c {{ fill: #76e3ea }}
</style>
<rect width="100%" height="100%" rx="8"/>
<circle cx="18" cy="16" r="5" fill="#ff5f57"/><circle cx="36" cy="16" r="5" fill="#febc2e"/><circle cx="54" cy="16" r="5" fill="#28c840"/>
{rows}
</svg>
"""


def main() -> None:
    """Draw it anew."""
    PLACE.write_text(drawn(shown()), encoding="utf-8")
    print(f"wrote {PLACE.relative_to(ROOT)}")


if __name__ == "__main__":
    main()
