"""The report in Markdown."""

import re
from collections.abc import Callable
from dataclasses import replace

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from pytest_llm_telemetry.core.report import Report
from pytest_llm_telemetry.core.text import fit
from pytest_llm_telemetry.core.verdict import Problem
from pytest_llm_telemetry.reporters import github, markdown

markdown_it = pytest.importorskip("markdown_it", reason="needs markdown-it-py")
Make = Callable[..., Report]
# All that a report of ours is made of; anything else came from the text.
OURS = {"h2", "p", "strong", "code", "ul", "li", "table", "thead", "tbody", "tr", "th", "td"}
RAW = {"<code>", "</code>", "<!-- -->", "<b>", "</b>"}
BLOCKS = {"<details><summary>", "</details>", markdown.MARKER}
MENTION = re.compile(r"[@#]\w|://\w|www\.\w", re.IGNORECASE)


def parsed(text: str) -> list[object]:
    """The tokens of a CommonMark parser with tables, strikethrough and raw HTML switched on."""
    reader = markdown_it.MarkdownIt("commonmark").enable(["table", "strikethrough"])
    return [token for block in reader.parse(text) for token in (block, *(block.children or ()))]


def live_parts(text: str) -> list[str]:
    """Whatever in a rendered report is not of our own making."""
    found: list[str] = []
    for token in parsed(text):
        kind, tag, content = token.type, token.tag, token.content  # type: ignore[attr-defined]  # markdown-it is an optional import
        if kind == "html_inline" and content not in RAW:
            found.append(content)
        if kind == "html_block" and not any(content.strip().startswith(ours) for ours in BLOCKS):
            found.append(content)
        if tag and tag not in OURS:
            found.append(f"{kind} {tag}")
    return found


def outside_code(text: str) -> list[str]:
    """The text nodes that a site looks for names, issues and addresses in."""
    found, inside = [], False
    for token in parsed(text):
        content = token.content  # type: ignore[attr-defined]  # markdown-it is an optional import
        if content in {"<code>", "</code>"}:
            inside = content == "<code>"
        elif token.type == "text" and not inside:  # type: ignore[attr-defined]  # as above
            found.append(content)
    return found


def test_the_comment_opens_with_its_marker_and_the_verdict(make: Make) -> None:
    """The first line finds the comment again, the second one is the message."""
    lines = github.comment(make()).split("\n")
    assert lines[:2] == [markdown.MARKER, "## ❌ llm telemetry: FAIL"]
    assert "| pass rate | 94.2 % | 88.6 % | -5.6 pp (-8..-3) | -5 pp | **FAIL** |" in lines
    assert "<details><summary><b>pass rate</b>: 7 cases worse, 1 better</summary>" in lines
    assert any("judge again: <code>llm-telemetry gate 7c1e</code>" in line for line in lines)


def test_a_first_run_and_a_pass_need_no_fold(first_run: Report, passing: Report) -> None:
    """Nothing is folded where nothing got worse."""
    assert "no baseline yet" in markdown.render(first_run)
    assert "<details>" not in markdown.render(passing)


def test_problems_and_lost_lines_are_said(make: Make) -> None:
    """What keeps the gate from judging stands at the top."""
    report = make("error", checks=(), problems=(Problem(what="a_b"),))
    text = markdown.render(replace(report, skipped_lines={"torn": 2}))
    assert "- ⚠️ <code>a&#95;b</code>" in text
    assert "- 2 log lines could not be read (2 torn)" in text


def test_what_was_not_measured_or_has_no_case_is_left_out(make: Make) -> None:
    """No figure, no table; no case, no fold."""
    report = make()
    suite = report.suites[0]
    check = replace(suite.verdict.checks[0], cases=())
    assert "<details>" not in markdown.render(make(checks=(check,)))
    bare = replace(suite, summary=replace(suite.summary, metrics={}))
    bare = replace(bare, verdict=replace(suite.verdict, checks=()))
    assert "| metric |" not in markdown.render(replace(report, suites=(bare,)))


def test_an_empty_report_is_still_one(make: Make) -> None:
    """No suite, no command, no folder: the verdict and its reason stay."""
    empty = replace(
        make("error"), suites=(), run_dir="", judge_again="", next_commands=(), problems=()
    )
    assert "CANNOT JUDGE" in markdown.render(empty)


@pytest.mark.parametrize(("write", "most"), [(github.comment, 65_536), (github.render, 1 << 20)])
def test_ten_thousand_failing_cases_keep_to_the_limit(
    crowded: Callable[[int], Report], write: Callable[[Report], str], most: int
) -> None:
    """The page stays under GitHub's limit, closes its fold and counts what it left out."""
    text = write(crowded(10_000))
    assert len(text.encode()) <= most
    assert text.count("<details>") == text.count("</details>") == 2
    assert "more in the stored run." in text
    assert "judge again" in text


def test_many_suites_and_rows_are_counted(make: Make) -> None:
    """Suites and rows beyond a screen are counted, not cut in the middle."""
    suite = make().suites[0]
    checks = tuple(replace(suite.verdict.checks[1], scope=f"tag:{n}") for n in range(80))
    suite = replace(suite, verdict=replace(suite.verdict, checks=checks))
    text = markdown.render(replace(make(), suites=(suite,) * 22))
    assert "| 20 more | | | | | |" in text
    assert "2 more suites in the stored run." in text


def test_hostile_text_renders_as_itself(
    poisoned: Callable[[str], Report], hostile_text: str
) -> None:
    """A Markdown parser finds nothing but our own structure, and no name or address is live."""
    text = github.comment(poisoned(hostile_text))
    text.encode()
    assert live_parts(text) == []
    assert not [node for node in outside_code(text) if MENTION.search(node)]
    assert text.count(markdown.MARKER) == 1


@given(st.text(alphabet=st.sampled_from("ab1 <>&`*_[]()!|~#@:/.-+=$\\\n\"'"), max_size=60))
@example(" -")
@example("1. x")
def test_any_text_renders_as_itself(words: str) -> None:
    """What stands between our words is, once rendered, the text that was given."""
    for written in (markdown.escape(words), markdown.code(words)):
        line = f"- {written} end"
        assert live_parts(line) == []
        tokens = parsed(line)
        shown = "".join(t.content for t in tokens if t.type == "text")  # type: ignore[attr-defined]  # as above
        assert shown.split() == [*fit(words, 300).split(), "end"]
