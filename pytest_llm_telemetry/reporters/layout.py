"""Lines of a terminal: every one cleaned, measured in columns and cut to the width."""

from collections.abc import Sequence
from typing import Literal, NamedTuple

from pytest_llm_telemetry.core.text import clean, fit, inert, to_ascii, width

Style = Literal["", "good", "bad", "warn", "dim", "bold"]
Rows = Sequence[tuple[Sequence[str], Style]]
_LABEL = 12  # columns that the first column of a table keeps in any case


class Line(NamedTuple):
    """One line without its end, and how to colour it: good, bad, warn, dim, bold or ""."""

    text: str
    style: Style = ""


class Page:
    """Lines put together for one terminal of `columns` columns, ASCII only where asked."""

    def __init__(self, columns: int, *, ascii_only: bool = False) -> None:
        self.columns = max(columns, 20)
        self.ascii_only = ascii_only
        self.lines: list[Line] = []

    def fit(self, text: str, columns: int) -> str:
        """Any text as one cleaned line of at most `columns` columns."""
        return fit(text, columns, ascii_only=self.ascii_only)

    def say(self, text: str, style: Style = "") -> None:
        """Add one line, cut where it is too long."""
        self._add(self.fit(text, self.columns), style)

    def _add(self, text: str, style: Style) -> None:
        self.lines.append(Line(inert(text), style))

    def append(self, text: str) -> bool:
        """Add to the last line if all of it fits there, and say whether it did."""
        last = self.lines[-1]
        longer = f"{last.text} {self._shown(clean(text))}"
        if width(longer) > self.columns:
            return False
        self.lines[-1] = Line(inert(longer), last.style)
        return True

    def gap(self) -> None:
        """Add an empty line, never two in a row."""
        if self.lines and self.lines[-1].text:
            self.lines.append(Line(""))

    def bar(self, text: str, style: Style) -> None:
        """Add a heading in a rule of `=`, as pytest draws them."""
        shown = f" {self.fit(text, self.columns - 4)} "
        left = (self.columns - width(shown)) // 2
        rule = "=" * (self.columns - width(shown) - left)
        self._add(f"{'=' * left}{shown}{rule}", style)

    def wrap(self, text: str, style: Style = "", *, most: int = 2, indent: str = "") -> None:
        """Add a sentence on up to `most` lines, the later ones indented, the last one cut."""
        self.flow(clean(text[: 4 * self.columns * most]).split(), style, most=most, indent=indent)

    def flow(
        self,
        pieces: Sequence[str],
        style: Style = "",
        *,
        most: int = 2,
        indent: str = "",
        cut: bool = True,
    ) -> None:
        """Add pieces on up to `most` lines, broken between pieces only; no pieces, no line.

        What does not fit the last line is cut, or left out as whole pieces without `cut`.
        """
        if not pieces:
            return
        row = indent
        for place, piece in enumerate(pieces):
            joined = f"{row} {piece}" if row.strip() else f"{row}{piece}"
            if row.strip() and width(self._shown(clean(joined))) > self.columns:
                if most <= 1:
                    row = " ".join([row, *pieces[place:]]) if cut else row.rstrip(",")
                    break
                self.say(row, style)
                most, joined = most - 1, f"{indent}  {piece}"
            row = joined
        self.say(row, style)

    def command(self, lead: str, command: str) -> None:
        """Add a command to copy: whole, on a line of its own where it does not fit beside `lead`.

        One too long for any line goes on behind a backslash, as a shell reads it. What would take
        more than four lines is no command a person wrote, and is cut.
        """
        shown = self.fit(command, 3 * self.columns)
        if width(lead) + 1 + width(shown) <= self.columns:
            self.say(f"{lead} {shown}")
            return
        self.say(lead)
        row = " "
        for word in shown.split(" "):
            if row.strip() and width(row) + 3 + width(word) > self.columns:
                self.say(f"{row} \\")
                row = "   "
            row = f"{row} {word}"
        self.say(row)

    def table(self, headers: Sequence[str], rows: Rows) -> None:
        """Add a table, the first column to the left and cut to what the others leave.

        A column without a single figure (all `-`) is left out.
        """
        headers, rows = _told(headers, rows)
        cells = [[self.fit(cell, self.columns) for cell in row] for row, _ in rows]
        room = max(self.left_of(headers, cells), _LABEL)
        drawn = _drawn(headers, [[self.fit(row[0], room), *row[1:]] for row in cells])
        self.say(drawn[0], "dim")
        for line, (_, style) in zip(drawn[1:], rows, strict=True):
            self.say(line, style)

    def beside(self, texts: Sequence[str]) -> None:
        """Add texts behind the last lines, one each and in a column, if all of them fit there."""
        lines = self.lines[-len(texts) :]
        edge = max(width(line.text) for line in lines) + 2
        if edge + max(map(width, texts)) > self.columns:
            return
        for place, (line, text) in enumerate(zip(lines, texts, strict=True), -len(texts)):
            gap = " " * (edge - width(line.text))
            self.lines[place] = Line(
                f"{line.text}{gap}{self._shown(clean(text))}".rstrip(), line.style
            )

    def left_of(self, headers: Sequence[str], rows: Sequence[Sequence[str]]) -> int:
        """The columns that a table leaves to its first column."""
        others = [max(map(width, column)) for column in zip(headers, *rows, strict=True)][1:]
        return self.columns - sum(others) - 2 * len(others)

    def _shown(self, text: str) -> str:
        return to_ascii(text) if self.ascii_only else text


def _told(headers: Sequence[str], rows: Rows) -> tuple[list[str], Rows]:
    """Headers and rows without the columns that hold no figure."""
    kept = [n for n in range(len(headers)) if {row[n] for row, _ in rows} != {"-"}]
    shown: Rows = [([row[n] for n in kept], style) for row, style in rows]
    return [headers[n] for n in kept], shown


def _drawn(headers: Sequence[str], body: Sequence[Sequence[str]]) -> list[str]:
    """The rows with their cells in columns: the first one and verdicts begin, the others end alike."""
    lines = [""] * (1 + len(body))
    for name, *cells in zip(headers, *body, strict=True):
        column = [name, *cells]
        room = max(map(width, column))
        for place, cell in enumerate(column):
            blank = " " * (room - width(cell))
            told = cell + blank if name in {headers[0], "verdict"} else blank + cell
            lines[place] += f"  {told}"
    return [line[2:].rstrip() for line in lines]
