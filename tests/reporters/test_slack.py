"""The Slack message."""

import json
import math
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_llm_telemetry.core.report import Report
from pytest_llm_telemetry.core.verdict import Problem
from pytest_llm_telemetry.reporters import slack
from pytest_llm_telemetry.reporters.sparkline import sparkline

Make = Callable[..., Report]


def texts(node: Any) -> list[dict[str, Any]]:
    """Every text object of a message."""
    if isinstance(node, dict):
        found = [node] if node.get("type") in {"plain_text", "mrkdwn"} else []
        return found + [text for value in node.values() for text in texts(value)]
    return [text for item in node for text in texts(item)] if isinstance(node, list) else []


def assert_within_limits(message: dict[str, Any]) -> None:
    """Slack's limits, as its reference for blocks and messages states them."""
    assert 1 <= len(message["blocks"]) <= 50
    assert len(message["text"]) <= 4000
    assert len(json.dumps(message, ensure_ascii=False)) <= 13_200
    for block in message["blocks"]:
        if block["type"] == "header":
            assert len(block["text"]["text"]) <= 150
        assert len(block.get("fields", ())) <= 10
        assert len(block.get("elements", ())) <= 10
        assert all(len(text["text"]) <= 2000 for text in block.get("fields", ()))
    for text in texts(message["blocks"]):
        assert 1 <= len(text["text"]) <= 3000


def test_the_first_line_is_the_message(make: Make) -> None:
    """The headline stands in the notification and in the header."""
    message = slack.message(make())
    line = "support: FAIL on main @ 9ab12cd - pass rate 94.2 % -> 88.6 %, "
    assert message["blocks"][0]["text"]["text"].startswith(line)
    assert message["text"].startswith(line.replace(">", "&gt;"))
    assert_within_limits(message)


def test_three_figures_and_three_cases_follow(make: Make) -> None:
    """Breaches come first among the figures, the worst case first among the cases."""
    blocks = slack.message(make())["blocks"]
    assert [field["text"] for field in blocks[1]["fields"]] == [
        "pass rate: FAIL\n94.2 % -> 88.6 % (-5.6 pp)",
        "latency P95: FAIL\n2.90 s -> 4.35 s (+50 %)",
        "latency avg: advisory\n1.21 s -> 1.24 s (+2 %)",
    ]
    assert blocks[2]["text"]["text"].split("\n")[0].startswith("refund-eu-014  3/3 -> 0/3  ")
    context = [element["text"] for element in blocks[3]["elements"]]
    assert context[1] == "pass rate ▇█▁"
    assert context[2] == "baseline main @ 3f2c1ab, 6 days ago"


def test_a_pass_is_short(passing: Report) -> None:
    """A pass names no cases and calls nobody."""
    message = slack.message(passing, mentions=["<!here>"])
    assert "mrkdwn" not in {text["type"] for text in texts(message["blocks"])}
    assert all(block["type"] != "actions" for block in message["blocks"])


def test_a_first_run_has_neither_trend_nor_baseline(first_run: Report) -> None:
    """Two points make no trend, and no baseline is named where none is."""
    suite = replace(first_run.suites[0], history=())
    shown = json.dumps(slack.message(replace(first_run, suites=(suite,))))
    assert "pass rate \\u" not in shown
    assert "baseline" not in shown


@pytest.mark.parametrize("mention", ["<!channel>", "<!here>", "<@U012AB3CD>", "<!subteam^S012>"])
def test_mentions_are_made_where_configured(make: Make, mention: str) -> None:
    """Someone is called only by a team's own setting, and only if the run did not pass."""
    called = slack.message(make(), mentions=[mention])["blocks"][1]
    assert called["text"] == {"type": "mrkdwn", "text": mention}


@pytest.mark.parametrize("mention", ["<https://evil.test|x>", "hello", "<!channel> x", ""])
def test_nothing_else_passes_as_a_mention(make: Make, mention: str) -> None:
    """A setting of another form is left out."""
    kinds = {text["type"] for text in texts(slack.message(make(), mentions=[mention])["blocks"])}
    assert kinds == {"plain_text"}


def test_buttons_lead_to_run_and_report(make: Make) -> None:
    """Two buttons, and no other scheme than the web's."""
    report = replace(make(), run_url="https://ci.example.org/1", report_url="javascript:alert(1)")
    actions = slack.message(report)["blocks"][-1]
    assert [button["url"] for button in actions["elements"]] == ["https://ci.example.org/1"]


def test_an_error_says_what_and_where(make: Make) -> None:
    """What kept the gate from judging is part of the message."""
    problem = Problem(what="unknown metric", where="llm-telemetry.toml:12", remedy="mend it")
    message = slack.message(replace(make("error", checks=()), problems=(problem,)))
    assert any("llm-telemetry.toml:12: unknown metric" in t["text"] for t in texts(message))


def test_a_long_headline_goes_on_below(make: Make) -> None:
    """What the header has no room for is not lost."""
    report = replace(make(), branch="feature/" + "x" * 200)
    blocks = slack.message(report)["blocks"]
    assert "latency P95 2.90 s -> 4.35 s" in blocks[1]["text"]["text"]


def test_ten_thousand_cases_and_many_suites_keep_every_limit(
    crowded: Callable[[int], Report], make: Make
) -> None:
    """The message stays one that Slack takes, whatever the size of the run."""
    report = crowded(10_000)
    problem = Problem(what="x" * 5000)
    many = replace(report, suites=report.suites * 60, problems=(problem,) * 60)
    assert_within_limits(slack.message(report))
    assert_within_limits(slack.message(many, mentions=["<@U012AB3CD>"] * 500))
    assert any("57 more suites" in text["text"] for text in texts(slack.message(many)["blocks"]))


def test_hostile_text_stands_in_plain_text(
    poisoned: Callable[[str], Report], hostile_text: str
) -> None:
    """Nothing that a stranger wrote is read by Slack: no link, no name, no emoji."""
    message = json.loads(slack.render(poisoned(hostile_text)))
    assert_within_limits(message)
    assert message["mrkdwn"] is False
    assert not {"<", ">"} & set(message["text"])
    for text in texts(message["blocks"]):
        assert (text["type"], text["emoji"]) == ("plain_text", False)
        assert text["text"].replace("\n", "").isprintable()


@given(st.text())
def test_any_text_gives_a_message_within_the_limits(
    poisoned: Callable[[str], Report], words: str
) -> None:
    """Any text anywhere gives a message that Slack takes."""
    assert_within_limits(slack.message(poisoned(words)))


@pytest.mark.parametrize(
    ("values", "bars"),
    [
        ([], ""),
        ([None], ""),
        ([1.0, 1.0], "▄▄"),
        ([0.0, 0.5, 1.0], "▁▅█"),
        ([0.0, None, math.nan, 1.0], "▁  █"),
        ([-1.7e308, 1.7e308], "▁█"),
    ],
)
def test_a_sparkline_has_a_bar_a_figure(values: list[float | None], bars: str) -> None:
    """Unknown figures leave a gap, and no span of floats overflows."""
    assert sparkline(values) == bars
