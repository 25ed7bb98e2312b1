"""Text made safe for one line."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_llm_telemetry.core.text import clean, fit, inert, to_ascii, width


@pytest.mark.parametrize(
    ("raw", "safe"),
    [
        ("plain", "plain"),
        ("a\nb\r\tc\u2028d\u00a0e", "a b  c d e"),
        ("\x1b[31mred\x07\x7f", "\\x1b[31mred\\x07\\x7f"),
        ("\x9b2J", "\\x9b2J"),
        ("\u202egnp\u200b", "\\u202egnp\\u200b"),
        ("a\ud83dz", "a\\ud83dz"),
        ("\U000e0069", "\\U000e0069"),
        ("a" + "\u0301" * 50 + "b", "a" + "\u0301" * 3 + "b"),
        ("日本", "日本"),
    ],
)
def test_what_cannot_be_seen_is_spelled_out(raw: str, safe: str) -> None:
    """White space becomes a space, anything else that cannot be seen becomes its escape."""
    assert clean(raw) == safe


@pytest.mark.parametrize(
    ("raw", "plain"), [("x", "x"), ("Müller", "Muller"), ("\u0440", "\\u0440")]
)
def test_ascii_drops_accents_and_spells_the_rest(raw: str, plain: str) -> None:
    """A look-alike letter of another script shows as what it is."""
    assert to_ascii(raw) == plain


@pytest.mark.parametrize(
    ("raw", "columns"), [("abc", 3), ("日本", 4), ("e\u0301", 1), ("\u20dd", 0)]
)
def test_width_counts_columns(raw: str, columns: int) -> None:
    """Wide characters take two columns, combining ones none."""
    assert width(raw) == columns


@pytest.mark.parametrize(
    ("raw", "columns", "ascii_only", "cut"),
    [
        ("abcdef", 6, False, "abcdef"),
        ("abcdef", 5, False, "abcd…"),
        ("abcdef", 5, True, "ab..."),
        ("日本語", 5, False, "日本…"),
        ("日本語", 4, False, "日…"),
        ("abc", 1, False, "…"),
        ("abc", 2, True, ".."),
        ("abc", 0, False, ""),
        ("\u0301" * 500, 10, False, "\u0301\u0301\u0301…"),
    ],
)
def test_fit_marks_where_it_cuts(raw: str, columns: int, cut: str, *, ascii_only: bool) -> None:
    """What is too wide ends in a mark, and a wide character is never halved."""
    assert fit(raw, columns, ascii_only=ascii_only) == cut


@given(st.text(), st.integers(0, 120), st.booleans())
def test_fit_keeps_its_promise(raw: str, columns: int, ascii_only: bool) -> None:  # noqa: FBT001 - hypothesis passes it
    """Any text fits any width, printable, and ASCII where asked."""
    shown = fit(raw, columns, ascii_only=ascii_only)
    assert width(shown) <= columns
    assert shown.isprintable()
    assert shown.isascii() or not ascii_only


@given(st.text())
def test_cleaning_twice_changes_nothing(raw: str) -> None:
    """Cleaned text is clean."""
    assert clean(clean(raw)) == clean(raw)


@pytest.mark.parametrize(
    ("line", "shown"),
    [
        ("::error file=a.py::x", "\\:error file=a.py::x"),
        ("  ::stop-commands::x", "  \\:stop-commands::x"),
        ("a ##vso[task.complete]b ##[error]c", "a \\#vso[task.complete]b \\#[error]c"),
        ("##TeamCity[x] ###[y]", "\\#TeamCity[x] #\\#[y]"),
        ("a::b, c: d, # e ## f #[g]", "a::b, c: d, # e ## f #[g]"),
    ],
)
def test_a_line_of_a_log_commands_no_ci(line: str, shown: str) -> None:
    """A backslash stands in the command's first sign, so that the line is as long as it was."""
    assert inert(line) == shown
    assert len(shown) == len(line)
    assert inert(shown) == shown
