"""The report in a terminal."""

import re
from collections.abc import Callable
from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from pytest_llm_telemetry.core import text
from pytest_llm_telemetry.core.report import Report
from pytest_llm_telemetry.core.verdict import CaseChange, Check, Problem
from pytest_llm_telemetry.reporters.terminal import Line, render

Make = Callable[..., Report]


def shown(lines: list[Line]) -> str:
    return "\n".join(line.text for line in lines)


# what GitHub's, Azure's and TeamCity's runners take as a command in the log of a job
LIVE = re.compile(r"^\s*::|##\[|##vso\[|##teamcity\[", re.IGNORECASE)


def assert_tame(lines: list[Line], columns: int) -> None:
    for line in lines:
        assert text.width(line.text) <= columns
        assert line.text.isprintable()
        assert not LIVE.search(line.text)


def test_a_regression_says_the_verdict_then_why_then_what_to_do(make: Make) -> None:
    """A failing run reads as a whole, in 25 lines: this is the page a person sees."""
    assert shown(render(make())).split("\n") == [
        "============================= llm telemetry: FAIL ==============================",
        "support: 120 cases x 3, gpt-4o-mini, 1m 42s, $0.31",
        "baseline: main @ 3f2c1ab, accepted 6 days ago by ana: cost review #88",
        "",
        "metric        baseline        now                change     limit  verdict",
        "pass rate       94.2 %     88.6 %      -5.6 pp (-8..-3)     -5 pp  FAIL",
        "pass rate            -     88.6 %                     -  min 85 %  pass",
        "error rate       0.3 %      0.6 %  +0.3 pp (-0.4..+1.2)     +1 pp  inconclusive",
        "latency avg     1.21 s     1.24 s         +2 % (-4..+9)     +20 %  advisory",
        "latency P95     2.90 s     4.35 s      +50 % (+31..+72)     +20 %  FAIL",
        "cost / query   $0.0009  $0.000904   +0.4 % (+0.1..+0.7)      +2 %  pass",
        "",
        "pass rate: 7 of 120 cases got worse, 1 got better (golden/support.jsonl)",
        '  refund-eu-014  3/3 -> 0/3  contains "14 days": "You can return it within…  :14',
        '  refund-eu-015  3/3 -> 0/3  contains "14 days": "Refunds are possible for…  :15',
        '  lang-de-003    3/3 -> 1/3  matches "^(Hallo|Guten": "Hello! How can I he…  :16',
        "latency P95: 11 of the 18 slow calls are tagged long-context (baseline: 2 of 18)",
        '  refund-eu-014  3/3 -> 0/3  contains "14 days": "You can return it within 30 d…',
        "error rate: cannot exclude +1 pp; 2 more repeats would settle it",
        "latency avg: advisory without controls",
        "",
        "run stored: .llm-telemetry/runs/2026-11-23T11-20-04Z-7c1e",
        "judge again: llm-telemetry gate 7c1e",
        'if intended: llm-telemetry baseline accept 7c1e --case refund-eu-014 --why "..."',
    ]


def test_a_pass_is_at_most_four_lines(passing: Report) -> None:
    """A pass says what ran and what it was compared with, and ends there."""
    assert shown(render(passing)).split("\n") == [
        "============================= llm telemetry: PASS ==============================",
        "support: 120 cases x 3, gpt-4o-mini, 1m 42s, $0.31, run 7c1e",
        "against main @ 3f2c1ab, 6 days ago: pass rate 88.6 % (-5.6 pp),",
        "  error rate 0.6 % (+0.3 pp), latency avg 1.24 s (+2 %)",
    ]


def test_a_pass_with_something_to_say_stays_at_four_lines(passing: Report) -> None:
    """The first note gets a line, and the rest are counted."""
    noted = replace(passing, notes=("baseline accepted", "another"), skipped_lines={"torn": 1})
    lines = render(noted)
    assert len(lines) == 4
    assert lines[3].text == "note: baseline accepted (+2 with -v)"


def test_a_pass_with_a_note_shows_more_changes_in_its_one_line(passing: Report) -> None:
    """Where the line is all there is, changes go before values, each whole."""
    assert render(replace(passing, notes=("a note",)))[2].text == (
        "against main @ 3f2c1ab, 6 days ago: pass rate -5.6 pp, error rate +0.3 pp"
    )


def test_quiet_is_not_verbose(passing: Report) -> None:
    """`-q` counts below zero, and shows what no flag shows."""
    assert render(passing, verbose=-1) == render(passing)


def test_a_note_is_whole_with_v(passing: Report) -> None:
    """What is cut to one line is told in full with -v."""
    long = "the golden set changed since the baseline was accepted: " + "case-1 " * 20 + "is new"
    suite = passing.suites[0]
    suite = replace(suite, verdict=replace(suite.verdict, notes=(long,)))
    report = replace(passing, suites=(suite,))
    assert "is new" not in shown(render(report))
    assert "is new" in shown(render(report, verbose=1))


def test_what_would_settle_it_keeps_its_place(passing: Report) -> None:
    """Where a note is too long for its line, the evidence gives way and the remedy stays."""
    settled = "256 more cases would settle it"
    note = f"error rate: cannot exclude +5.0 pp: 0 of 15 calls failed, 0 of 15 before; {settled}"
    kept = f"error rate: cannot exclude +5.0 pp; {settled}"
    noted = replace(passing, notes=(note,))
    assert f"note: {kept}" in shown(render(noted))
    assert kept in shown(render(replace(noted, status="fail")))
    assert "0 of 15 calls failed" in shown(render(noted, verbose=1))


def test_lost_log_lines_are_told_with_their_reasons(passing: Report) -> None:
    """A log line that could not be read is never silently skipped."""
    lines = render(replace(passing, skipped_lines={"torn": 1, "junk": 2}))
    assert lines[-1].text == "note: 3 log lines could not be read (2 junk, 1 torn)"


def test_a_first_run_says_what_it_learned_and_how_to_accept_it(first_run: Report) -> None:
    """Without a baseline the absolute limits are named, and the command that accepts the run."""
    page = shown(render(first_run))
    assert "no baseline yet: judged by absolute limits alone, 1 of 1 kept" in page
    assert "pass rate  88.6 %  min 85 %  pass" in page
    assert 'baseline: llm-telemetry baseline accept 7c1e --why "first baseline"' in page


def test_a_first_run_without_limits_shows_its_figures(make: Make) -> None:
    """Where nothing was judged the figures are shown, without a column that says nothing."""
    page = shown(render(make("pass", checks=(), baseline=None)))
    assert "nothing was judged, this is what was measured" in page
    assert "metric            now" in page
    assert "latency P95    4.35 s" in page


def test_what_keeps_the_gate_from_judging_is_one_clear_error(make: Make) -> None:
    """An error names the place, what was found and the remedy, once."""
    problem = Problem(what='unknown metric "x"', where="llm-telemetry.toml:12", remedy="use y")
    page = shown(render(make("error", checks=(), problems=(problem,))))
    assert "llm telemetry: CANNOT JUDGE" in page
    assert page.count('error: llm-telemetry.toml:12: unknown metric "x"\n  -> use y\n') == 1


def test_a_run_level_problem_is_shown_without_any_suite(make: Make) -> None:
    """A run that holds no suite still says why it could not be judged."""
    report = replace(make("error"), suites=(), problems=(Problem(what="no events"),))
    assert render(report)[1] == Line("error: no events", "bad")


def test_a_spent_budget_is_called_one(make: Make) -> None:
    """A run that ended at its budget does not read as a quality breach."""
    problem = Problem(what="$1.00 spent")
    page = shown(render(make("budget", checks=(), problems=(problem,))))
    assert "llm telemetry: BUDGET EXCEEDED" in page
    assert "budget: $1.00 spent" in page


def test_a_suite_that_could_not_be_compared_is_not_called_a_first_run(make: Make) -> None:
    """An error takes the place of what the baseline would say."""
    problem = Problem(what="the baseline cannot be read")
    page = shown(render(make("error", checks=(), baseline=None, problems=(problem,))))
    assert "no baseline" not in page


def test_a_suite_without_a_figure_has_no_table(make: Make) -> None:
    """Nothing measured, nothing drawn, and nothing to run next where nothing was stored."""
    report = make("error", checks=(), problems=(Problem(what="no case was recorded"),))
    suite = report.suites[0]
    suite = replace(suite, summary=replace(suite.summary, metrics={}))
    report = replace(report, suites=(suite,), run_dir="", judge_again="", next_commands=())
    lines = render(report)
    assert not any(line.text.startswith("metric") for line in lines)
    assert lines[-1].text == ""


def test_checks_that_all_passed_fold_into_one_line(make: Make, first_run: Report) -> None:
    """A first run with many kept limits names them without a table of passes."""
    check = first_run.suites[0].verdict.checks[0]
    kept = tuple(replace(check, scope=f"tag:{n}") for n in range(9))
    page = shown(render(make("pass", checks=kept, baseline=None)))
    assert "passed: pass rate [tag:0], pass rate [tag:1]" in page
    assert "metric" not in page


def test_files_that_were_written_share_a_line(passing: Report) -> None:
    """Seven reports take one line, behind what is worth more."""
    noted = replace(passing, notes=("report: a.html", "baseline accepted", "report: b.xml"))
    lines = render(replace(noted, suites=noted.suites * 2), verbose=1)
    assert "note: baseline accepted\nnote: report: a.html, b.xml" in shown(lines)


def test_many_notes_are_counted(make: Make) -> None:
    """Three notes are shown, the others wait for -v."""
    lines = render(make(notes=tuple(f"remark {n}" for n in range(9))))
    assert sum(line.text.startswith("remark") for line in lines) == 2
    assert any(line.text == "... and 8 more notes (-v)" for line in lines)


def test_many_errors_are_counted(make: Make) -> None:
    """A hundred broken things do not scroll the terminal away."""
    problems = tuple(Problem(what=f"problem {number}") for number in range(100))
    lines = render(make("error", checks=(), problems=problems))
    assert len(lines) <= 25
    assert any("more errors (-v)" in line.text for line in lines)
    assert len(render(make("error", checks=(), problems=problems), verbose=1)) > 100


def test_a_failing_run_of_many_cases_stays_within_25_lines(
    crowded: Callable[[int], Report],
) -> None:
    """What matters most is shown, whatever the number of cases; -v shows the rest."""
    assert len(render(crowded(100))) <= 25
    assert len(render(crowded(10_000))) <= 25
    assert len(render(crowded(100), verbose=1)) > 100


def test_cases_that_found_no_room_are_counted(crowded: Callable[[int], Report]) -> None:
    """Whoever mends the cases that are shown knows that there are more, and where."""
    few, many = (shown(render(crowded(count))) for count in (2, 100))
    assert "more with -v" not in few
    assert "of 100 cases; more with -v)" in many
    assert "more with -v" not in shown(render(crowded(100), verbose=1))


def test_where_the_reason_leaves_no_room_the_count_stands_below(make: Make) -> None:
    """A reason that fills its line has the count of what is hidden behind the last case."""
    check = make().suites[0].verdict.checks[0]
    cases = tuple(replace(check.cases[0], case_id=f"case-{n}") for n in range(40))
    long = replace(check, reason="fell " + "x" * 61, cases=cases)
    lines = [line.text for line in render(make(checks=(long,)))]
    told = sum(line.startswith("  case-") for line in lines)
    assert f"  ... and {40 - told} more cases (-v)" in lines
    assert len(lines) <= 25


def test_many_checks_fold_what_passed(make: Make) -> None:
    """With more rows than fit, the failing ones stay and the passed ones share a line."""
    failed = make().suites[0].verdict.checks[0]
    more = tuple(
        replace(failed, scope=f"tag:{number}", status="fail" if number % 2 else "pass", cases=())
        for number in range(30)
    )
    lines = render(make(checks=more))
    assert len(lines) <= 25
    page = shown(lines)
    assert "passed: pass rate [tag:0], pass rate [tag:10]" in page
    assert "... and 7 more rows (-v)" in page
    assert "also failed: pass rate" in page


def test_suites_that_passed_take_one_line_beside_one_that_failed(
    make: Make, passing: Report
) -> None:
    """The room goes to the suite that holds the verdict."""
    many = replace(make(), suites=(*make().suites, *(passing.suites * 12)))
    lines = render(many)
    assert lines[1].text == "support: PASS, 120 cases x 3, gpt-4o-mini, $0.31"
    assert any("... and 4 more suites passed" in line.text for line in lines)


def test_several_suites_that_passed_take_one_line_each(passing: Report) -> None:
    """A pass of many suites stays short."""
    lines = render(replace(passing, suites=passing.suites * 10))
    assert len(lines) == 10
    assert lines[-1].text == "... and 2 more suites passed"


def test_verbose_shows_every_row_reason_and_place(make: Make) -> None:
    """With -v the table is whole and each case has its file and line."""
    page = shown(render(make(notes=("the baseline is 90 days old",)), verbose=1))
    assert "golden/support.jsonl:14" in page
    assert '"You can return it within 30 days"' in page
    assert "the baseline is 90 days old" in page


def test_verbose_shows_the_notes_of_the_run(passing: Report) -> None:
    """With -v every note stands on its own line."""
    page = shown(render(replace(passing, notes=("one", "two")), verbose=1))
    assert "note: one\nnote: two" in page


def test_a_place_that_all_cases_share_is_said_once(make: Make) -> None:
    """The test's line stands behind the reason, not behind each case."""
    check = make().suites[0].verdict.checks[0]
    same = tuple(replace(case, where="tests/test_bot.py:12") for case in check.cases)
    page = shown(render(make(checks=(replace(check, cases=same, reason="fell"),))))
    assert page.count("tests/test_bot.py:12") == 1
    assert "pass rate: fell (tests/test_bot.py:12)" in page


def test_places_in_one_file_are_shown_by_line(make: Make) -> None:
    """The file is named once and each case has its line at the right edge."""
    check = replace(make().suites[0].verdict.checks[0], reason="fell")
    lines = [line.text for line in render(make(checks=(check,)))]
    assert "pass rate: fell (golden/support.jsonl)" in lines
    assert [line[-5:] for line in lines if line.startswith("  refund")] == ["  :14", "  :15"]


def test_a_long_path_stands_with_its_cases_where_there_is_room(make: Make) -> None:
    """A file too long for the line of the reason is left to the cases, whole or not at all."""
    check = make().suites[0].verdict.checks[0]
    far = "tests/" + "deeply/" * 3 + "test_support.py"
    cases = tuple(
        replace(case, where=f"{far}:{n}", reason="" if n else "x" * 90)
        for n, case in enumerate(check.cases)
    )
    lines = [line.text for line in render(make(checks=(replace(check, cases=cases),)))]
    assert "pass rate: 7 of 120 cases got worse, 1 got better" in lines
    assert [line.endswith(far + ":1") for line in lines if line.startswith("  refund")] == [
        False,
        True,
    ]
    assert f"{far}:0" in shown(render(make(checks=(replace(check, cases=cases),)), verbose=1))


def test_places_in_several_files_stand_with_their_case(make: Make) -> None:
    """Where cases come from several files, each short reason leaves room for its own."""
    check = make().suites[0].verdict.checks[0]
    apart = tuple(
        replace(case, where=f"tests/test_{place}.py:1", reason="wrong")
        for place, case in enumerate(check.cases)
    )
    page = shown(render(make(checks=(replace(check, cases=apart),))))
    assert "tests/test_0.py:1" in page
    assert "tests/test_1.py:1" in page


def test_ascii_only_holds_for_data_too(make: Make) -> None:
    """A terminal without Unicode gets ASCII, accents dropped and the rest spelled out."""
    check = make().suites[0].verdict.checks[0]
    change = CaseChange(
        case_id="Müller-日", before="3/3", now="0/3", contribution=1.0, reason="naïve " * 40
    )
    lines = render(make(checks=(replace(check, cases=(change,)),)), ascii_only=True)
    page = shown(lines)
    assert page.isascii()
    assert "Muller-\\u65e5" in page
    assert "..." in page


def test_a_command_too_long_for_a_line_can_still_be_copied(make: Make) -> None:
    """A long command goes on behind a backslash and loses nothing."""
    command = "llm-telemetry baseline accept 7c1e " + " ".join(
        f"--case c{n:03d}" for n in range(14)
    )
    lines = [line.text for line in render(replace(make(), next_commands=(command,)))]
    tail = lines[lines.index("if intended:") + 1 :]
    assert " ".join(line.removesuffix("\\").strip() for line in tail) == command


def test_an_undecided_or_failed_word_never_loses_to_the_intervals(make: Make) -> None:
    """Where the table is too wide, intervals go before verdicts are cut."""
    wide = Check(
        metric="p95_ttft_ms",
        kind="relative",
        status="inconclusive",
        scope="tag:long-context",
        baseline=99.9,
        now=99.95,
        change=-10.25,
        interval=(-12.25, 10.25),
        limit=10.0,
    )
    page = shown(render(make("fail", checks=(wide, *make().suites[0].verdict.checks))))
    assert "inconclusive" in page
    assert "(-8..-3)" not in page


def test_hostile_text_stays_text(poisoned: Callable[[str], Report], hostile_text: str) -> None:
    """Whatever a stranger writes anywhere, no line is forged, coloured, moved or too wide."""
    for verbose in (0, 1):
        for ascii_only in (False, True):
            lines = render(poisoned(hostile_text), verbose=verbose, ascii_only=ascii_only)
            assert_tame(lines, 80)
            assert lines[0].text.strip("= ") == "llm telemetry: FAIL"


@given(st.text(max_size=200), st.integers(20, 200), st.booleans())
def test_any_text_keeps_to_any_width(
    poisoned: Callable[[str], Report],
    words: str,
    columns: int,
    ascii_only: bool,  # noqa: FBT001 - hypothesis passes it
) -> None:
    """Any text at any width gives lines that fit and hold no live character."""
    assert_tame(render(poisoned(words), width=columns, ascii_only=ascii_only), columns)
