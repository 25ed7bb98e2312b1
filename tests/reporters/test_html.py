"""The report as one HTML page: what its markup is, whatever text it holds."""

import re
from collections.abc import Callable
from dataclasses import replace
from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_llm_telemetry.core.baseline import PastRun
from pytest_llm_telemetry.core.report import Report
from pytest_llm_telemetry.core.samples import Attempt, CaseSamples
from pytest_llm_telemetry.core.text import clean
from pytest_llm_telemetry.core.verdict import Problem
from pytest_llm_telemetry.reporters.html import assets, charts
from pytest_llm_telemetry.reporters.html.answers import answer_fold
from pytest_llm_telemetry.reporters.html.markup import Markup, element, escape, join
from pytest_llm_telemetry.reporters.html.page import render

Make = Callable[..., Report]
VOID = {"meta", "input"}
TAGS = {
    *("html", "head", "meta", "title", "style", "script", "body", "main", "section", "div"),
    *("h1", "h2", "h3", "p", "ul", "li", "code", "span", "strong", "figure", "figcaption"),
    *("svg", "path", "line", "circle", "rect", "text", "label", "input", "button"),
    *("header", "b", "dl", "dt", "dd", "details", "summary", "ins", "del"),
    *("table", "caption", "thead", "tbody", "tr", "th", "td"),
}
ATTRIBUTES = {
    *("lang", "charset", "http-equiv", "content", "name", "class", "viewbox", "role", "type"),
    *(
        "aria-label",
        "d",
        "x",
        "y",
        "width",
        "height",
        "x1",
        "x2",
        "y1",
        "y2",
        "cx",
        "cy",
        "r",
        "text-anchor",
    ),
    *("id", "for", "tabindex", "scope", "disabled", "hidden", "data-cases", "data-v"),
    "data-changed",
}


class Outline(HTMLParser):
    """Tags, attributes and balance of a page, read the way a browser does."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.attributes: set[str] = set()
        self.stack: list[str] = []
        self.comments: list[str] = []
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note a tag and open it."""
        self.tags.add(tag)
        self.attributes |= {name for name, _ in attrs}
        if tag not in VOID:
            self.stack.append(tag)

    def handle_endtag(self, tag: str) -> None:
        """Close the innermost tag, which has to be this one."""
        assert self.stack.pop() == tag

    def handle_comment(self, data: str) -> None:
        """Note a comment."""
        self.comments.append(data)


def assert_ours(page: str) -> None:
    """Our elements only, properly nested, one script, nothing that loads."""
    page.encode()
    found = Outline(page)
    assert found.tags <= TAGS
    assert found.attributes <= ATTRIBUTES
    assert (found.stack, found.comments) == ([], [])
    assert page.count("<script>") == 1


def test_the_page_opens_with_the_verdict_in_a_sentence(make: Make) -> None:
    """The first heading is the message; figures, charts and cases follow without a script."""
    page = render(make())
    assert_ours(page)
    assert page.index("<h1") < page.index("<h2") < page.index("<table")
    assert "support: FAIL on main @ 9ab12cd - pass rate 94.2 % \u2192 88.6 %" in page
    assert page.count('class="card"') > 6
    assert page.count("<span>pass rate</span>") == 1  # its two checks share a card
    assert 'aria-label="change -5.6 pp (-8..-3), allowed -5 pp"' in page
    assert page.count("<tr") == 121


def test_the_page_loads_and_runs_nothing_but_its_own(make: Make) -> None:
    """The policy names style and script by hash and forbids the rest; no address is in the page."""
    page = render(make())
    assert "default-src &#39;none&#39;" in page
    assert len(re.findall(r"sha256-[A-Za-z0-9+/]{43}=", page)) == 2
    assert not re.search(r"https?://|@import|url\(", page)


def answered(text: str | None, *, passed: bool) -> CaseSamples:
    """A case of one attempt with this answer."""
    return CaseSamples(
        case_id="a", attempts=(Attempt(number=1, passed=passed, score=1.0, answer=text),)
    )


def page_of(make: Make, now: str | None, before: str | None) -> str:
    """The page of a case that got worse, with these answers."""
    suite = make().suites[0]
    suite = replace(
        suite,
        summary=replace(suite.summary, cases=(answered(now, passed=False),)),
        before={"a": answered(None, passed=True)},
        answers={"a": before} if before else {},
    )
    return render(replace(make(), suites=(suite,)))


def test_an_answer_stands_beside_the_accepted_one_word_by_word(make: Make) -> None:
    """What was left out is struck through, what is new is marked, what stayed is said once."""
    page = page_of(make, "You can return it within 30 days", "You can return it within 14 days")
    assert_ours(page)
    assert "You can return it within<del> 14</del><ins> 30</ins> days</p></details>" in page


def test_answers_that_repeat_themselves_are_not_compared(make: Make) -> None:
    """Two hundred equal words on each side would take seconds a case: both are shown whole."""
    page = page_of(make, "a " * 250, "a " * 240 + "b")
    assert_ours(page)
    assert page.count("<del>") == page.count("<ins>") == 1


def test_an_answer_without_an_accepted_one_is_shown_alone(make: Make) -> None:
    """Where the accepted run is not stored any more there is nothing to compare with."""
    page = page_of(make, "<b>30</b> days", None)
    assert_ours(page)
    assert "<summary>answer</summary><p>&lt;b&gt;30&lt;/b&gt; days</p>" in page


@pytest.mark.parametrize("now", [None, "the same"])
def test_an_answer_that_says_nothing_new_has_no_fold(make: Make, now: str | None) -> None:
    """Neither without a captured answer, nor where it is what was accepted."""
    assert "<details>" not in page_of(make, now, "the same")


@given(now=st.text(max_size=80), before=st.text(max_size=80))
def test_both_answers_can_be_read_from_the_fold(make: Make, now: str, before: str) -> None:
    """Without what is marked as new stands the accepted answer, without what is struck ours."""
    fold = answer_fold(now, before)
    if fold is None or not before:
        return
    text = re.sub(r"^.*?<p>|</p></details>$", "", fold)
    gone, come = r"<del>.*?</del>", r"<ins>.*?</ins>"
    plain = {side: re.sub(r"</?(?:ins|del)>", "", re.sub(side, "", text)) for side in (gone, come)}
    assert (plain[gone], plain[come]) == (escape(now), escape(before))


def test_a_first_run_is_told_without_a_baseline(first_run: Report) -> None:
    """Without a baseline there is one curve and no interval."""
    page = render(first_run)
    assert_ours(page)
    assert "no baseline yet" in page
    assert "key old" not in page


def test_a_run_without_suites_says_why(make: Make) -> None:
    """A run that cannot be read has its page too."""
    problem = Problem(what="no events", remedy="run it again")
    page = render(
        replace(
            make("error"),
            suites=(),
            problems=(problem,),
            run_dir="",
            judge_again="",
            next_commands=(),
            started=None,
            finished=None,
            duration_s=None,
        )
    )
    assert_ours(page)
    assert "<li>no events; run it again</li>" in page


def test_figures_that_nothing_judged_have_cards_without_a_verdict(make: Make) -> None:
    """A first run without limits shows what was measured."""
    page = render(make("pass", checks=(), baseline=None))
    assert "<span>latency P95</span></p><strong>4.35 s</strong></div>" in page


def test_a_suite_without_cases_has_neither_table_nor_chart(make: Make) -> None:
    """What was not measured is left out, not drawn empty."""
    report = make()
    suite = report.suites[0]
    empty = replace(
        suite, summary=replace(suite.summary, cases=(), metrics={}), before={}, history=()
    )
    page = render(replace(report, suites=(empty,)))
    assert_ours(page)
    assert "<table" not in page
    assert "Distribution" not in page


def test_a_month_of_a_thousand_cases_stays_under_a_megabyte(make: Make) -> None:
    """1,000 cases that all changed, their answers too, 3 models and 90 runs: one page below 1 MB."""
    report = make()
    suite = report.suites[0]
    case = suite.summary.cases[0]
    said = "You can return any item within 30 days of delivery, whatever the reason is. " * 6
    bad = tuple(replace(attempt, passed=False, answer=said) for attempt in case.attempts)
    case = replace(case, attempts=bad)
    cases = tuple(replace(case, case_id=f"case-{n:04d}-{m}") for n in range(334) for m in "abc")
    history = tuple(
        PastRun(run_id=f"r{n}", at=f"2026-10-{n % 30 + 1:02d}", metrics=suite.summary.metrics)
        for n in range(90)
    )
    good = tuple(replace(attempt, passed=True) for attempt in case.attempts)
    before = {sample.case_id: replace(sample, attempts=good) for sample in cases}
    answers = {sample.case_id: said.replace("30", "14") for sample in cases}
    summary = replace(suite.summary, cases=cases)
    suite = replace(suite, summary=summary, before=before, history=history, answers=answers)
    assert len(render(replace(report, suites=(suite,))).encode()) < 1_000_000


def test_more_cases_than_a_page_holds_are_counted(make: Make) -> None:
    """The worst two thousand are shown, and the page says how many are not."""
    report = make()
    suite = report.suites[0]
    good = CaseSamples(case_id="good")
    cases = (*(replace(good, case_id=f"good-{n}") for n in range(2500)), *suite.summary.cases)
    page = render(
        replace(report, suites=(replace(suite, summary=replace(suite.summary, cases=cases)),))
    )
    assert "2,620 cases, the worst first; 620 that did best are left out" in page
    assert page.count("<tr") == 2001
    assert page.index("case-000") < page.index("good-1")


def test_many_notes_and_checks_are_counted(make: Make) -> None:
    """Lists end with how many more there are."""
    check = make().suites[0].verdict.checks[0]
    checks = tuple(replace(check, scope=f"tag:{n:03d}") for n in range(80))
    page = render(make(checks=checks, notes=tuple(map(str, range(80)))))
    assert "<li>20 more</li>" in page
    assert "20 more figures are in the stored run." in page


def test_hostile_text_is_shown_and_nothing_else(
    poisoned: Callable[[str], Report], hostile_text: str
) -> None:
    """No text of a stranger becomes an element, an attribute, a comment or a script."""
    assert_ours(render(poisoned(hostile_text)))


@given(st.text(max_size=60))
def test_any_text_keeps_the_page_whole(poisoned: Callable[[str], Report], words: str) -> None:
    """Any text anywhere leaves the page balanced and ours."""
    assert_ours(render(poisoned(words)))


@given(st.text())
def test_escaped_text_reads_back(words: str) -> None:
    """A browser reads back the cleaned text from an element and from an attribute."""
    shown: list[str | None] = []

    class Reader(HTMLParser):
        """Collects text and attribute."""

        def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
            """Collect the attribute."""
            shown.extend(value for _, value in attrs)

        def handle_data(self, data: str) -> None:
            """Collect the text."""
            shown.append(data)

    reader = Reader()
    reader.feed(element("p", f"x{words}", title=words))
    reader.close()
    assert [shown[0], "".join(map(str, shown[1:]))] == [clean(words), clean(f"x{words}")]


def test_markup_is_joined_as_it_is_and_text_is_not() -> None:
    """Only what was made as markup passes unescaped; an absent attribute is left out."""
    assert join([Markup("<b>"), "<b>"]) == "<b>&lt;b&gt;"
    assert element("input", type="checkbox", id=None, tabindex=1.5) == (
        '<input type="checkbox" tabindex="1.5">'
    )


def test_charts_leave_out_what_cannot_be_drawn(make: Make) -> None:
    """No point, one point, or an infinite one: no chart is better than a wrong one."""
    check = make().suites[0].verdict.checks[0]
    assert charts.distribution([], [0.0], "avg_latency_ms") is None
    assert charts.trend([("a", 1.0), ("b", None)], "score") is None
    assert charts.scatter([("a", float("nan"), 1.0)]) is None
    assert charts.interval(replace(check, change=float("inf"))) is None
    assert charts.interval(replace(check, interval=None)) is None


def test_charts_draw_what_little_there_is(make: Make) -> None:
    """One latency, equal figures and a change without a limit are drawn without a division by 0."""
    check = make().suites[0].verdict.checks[0]
    assert charts.distribution([], [5.0], "avg_latency_ms")
    flat = charts.trend([("a", 1.0), ("b", None), ("c", 1.0)], "score")
    assert flat is not None
    assert flat.count("<circle") == 2
    bare = charts.interval(replace(check, limit=None))
    assert bare is not None
    assert 'class="limit"' not in bare


@given(st.lists(st.floats(min_value=1e-3, max_value=1e9), min_size=1, max_size=300))
def test_a_distribution_is_drawn_inside_its_frame(values: list[float]) -> None:
    """Any latencies give a curve that rises from nothing to all within the picture."""
    drawn = charts.distribution(values, values, "avg_latency_ms")
    assert drawn is not None
    path = re.search(r' d="M([^"]+)"', drawn)
    assert path is not None
    points = [tuple(map(float, point.split())) for point in path[1].split("L")]
    assert all(0 <= x <= 400 and 0 <= y <= 180 for x, y in points)
    assert points == sorted(points, key=lambda point: (point[0], -point[1]))


def test_style_and_script_hold_nothing_that_ends_their_element() -> None:
    """What stands raw in the page is constant and cannot close its own element."""
    for text in (assets.STYLE, assets.SCRIPT):
        assert "</" not in text
        assert text.isascii()


@pytest.mark.parametrize("status", ["pass", "fail", "error", "budget"])
def test_every_verdict_has_its_mark(make: Make, status: str) -> None:
    """The heading carries the verdict as a class for its colour; the words carry it without."""
    assert f'<h1 class="{status}">' in render(make(status))
