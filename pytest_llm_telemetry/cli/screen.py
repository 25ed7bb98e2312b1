"""Lines on a screen: as wide as it is, in colour where it shows any, redrawn in place."""

import os
import shutil
import sys
import time
from collections.abc import Callable, Sequence

from pytest_llm_telemetry.cli.project import say
from pytest_llm_telemetry.reporters.layout import Line, Style

_WIDEST = 100  # columns; a table is no easier to read on a wider screen
_PIPE = 80  # columns where nobody says how many there are
_COLOURS: dict[Style, str] = {
    "good": "32",
    "bad": "1;31",
    "warn": "33",
    "dim": "2",
    "bold": "1",
}
_OTHER_SCREEN, _BACK = "\x1b[?1049h\x1b[?25l", "\x1b[?25h\x1b[?1049l"
_HOME, _REST_OF_LINE, _REST_OF_SCREEN = "\x1b[H", "\x1b[K", "\x1b[J"


def columns() -> int:
    """The columns to fill."""
    return min(shutil.get_terminal_size((_PIPE, 24)).columns, _WIDEST)


def rows() -> int | None:
    """The lines of the terminal but the one of the cursor; `None` where there is no end to them."""
    return shutil.get_terminal_size().lines - 1 if sys.stdout.isatty() else None


def is_plain() -> bool:
    """Whether the output takes ASCII only."""
    try:
        "…▁█".encode(sys.stdout.encoding or "ascii")
    except (UnicodeEncodeError, LookupError):
        return True
    return False


def show(lines: Sequence[Line]) -> bool:
    """Print lines, in colour on a terminal that has any (see https://no-color.org)."""
    return say(*_painted(lines))


def watch(draw: Callable[[], Sequence[Line]], seconds: float) -> None:
    """Draw again every so many seconds, until a person ends it by Ctrl-C or closes the pipe.

    On a terminal each picture takes the place of the one before; in a pipe they follow each other.
    """
    live = sys.stdout.isatty()
    sys.stdout.write(_OTHER_SCREEN if live else "")
    try:
        while _redraw(draw()) if live else show([*draw(), Line("")]):
            time.sleep(seconds)
    except KeyboardInterrupt:
        pass
    finally:
        if live:
            sys.stdout.write(_BACK)
            sys.stdout.flush()


def _redraw(lines: Sequence[Line]) -> bool:
    shown = [f"{line}{_REST_OF_LINE}" for line in _painted(lines)[: rows()]]
    return say(_HOME + "\n".join(shown) + _REST_OF_SCREEN)


def _painted(lines: Sequence[Line]) -> list[str]:
    colour = (
        sys.stdout.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"
    )
    return [
        f"\x1b[{_COLOURS[line.style]}m{line.text}\x1b[0m" if colour and line.style else line.text
        for line in lines
    ]
