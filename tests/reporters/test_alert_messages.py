"""Alerts as messages: rules, groups and error types come from settings and from models."""

from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_llm_telemetry.core.alerts import Notice
from pytest_llm_telemetry.core.alerts.stepping import NoticeKind
from pytest_llm_telemetry.core.text import inert
from pytest_llm_telemetry.reporters import alert_messages
from pytest_llm_telemetry.reporters.html.markup import escape
from tests.reporters.test_mail import assert_ours, part
from tests.reporters.test_slack import assert_within_limits, texts

KINDS: tuple[NoticeKind, ...] = get_args(NoticeKind)


def notices(word: str, count: int = 1) -> list[Notice]:
    """A notice of every kind, each text of which is this one."""
    return [
        Notice(
            kind=kind, at=1_764_000_000, since=1_763_990_000, rule=f"{word}{number or ''}", group=f"model={word}",
            metric=word, value=0.3, limit=0.1, window_s=300, calls=50, worst=0.5, held=2, causes=word,
        )
        for kind in KINDS
        for number in range(count)
    ]  # fmt: skip


def assert_dead(message: dict[str, Any]) -> None:
    """Within Slack's limits, and nothing in it that Slack reads."""
    assert_within_limits(message)
    assert not {"<", ">"} & set(message["text"])
    for text in texts(message["blocks"]):
        assert (text["type"], text["emoji"]) == ("plain_text", False)


def test_hostile_text_is_live_in_no_channel(hostile_text: str) -> None:
    """Neither in Slack's blocks, nor in a mail's headers, nor in the lines of a terminal."""
    found = notices(hostile_text)
    assert_dead(alert_messages.slack(found))
    mail = alert_messages.mail(found, sender="ci@example.org", recipients=["ana@example.org"])
    read = message_from_bytes(mail.as_bytes(), policy=policy.default)
    assert isinstance(read, EmailMessage)
    assert_ours(read)
    assert read["To"] == "ana@example.org"
    for line in alert_messages.text(found):
        assert line.isprintable()
        assert inert(line).isprintable()


def test_a_mail_has_the_same_as_text_and_as_html() -> None:
    """A client shows either: the headline, each rule's line, and what is known of each."""
    found = notices("p95 <slow>")
    mail = alert_messages.mail(found)
    html, plain = part(mail, "html"), part(mail, "plain")
    for told in alert_messages.text(found):
        assert told in plain
        assert escape(told.strip()) in html
    long = alert_messages.mail(notices("a rule", 40))
    assert part(long, "html").count("<p>") == 61
    assert "<p>and " in part(long, "html")


@given(st.text())
def test_any_text_makes_a_message_that_slack_takes(words: str) -> None:
    """Whatever a rule is called."""
    assert_dead(alert_messages.slack(notices(words)))


@pytest.mark.parametrize("count", [50, 2000])
def test_ten_thousand_notices_keep_every_limit(count: int) -> None:
    """What a message has no room for is counted."""
    found = notices("a rule with a long name " * 20, count)
    message = alert_messages.slack(found, mentions=["<@U012AB3CD>"] * 500)
    assert_within_limits(message)
    assert any("more" in text["text"] for text in texts(message["blocks"]))
