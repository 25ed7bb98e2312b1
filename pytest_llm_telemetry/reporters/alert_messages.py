"""Notices as a Slack message and as an e-mail: one message for all that a check found."""

from collections.abc import Iterable, Sequence
from email.message import EmailMessage
from email.policy import SMTP
from typing import Any

from pytest_llm_telemetry.core.alerts import Notice
from pytest_llm_telemetry.core.text import clean, fit
from pytest_llm_telemetry.reporters.alert_words import details, headline, is_bad, lines
from pytest_llm_telemetry.reporters.mail import address
from pytest_llm_telemetry.reporters.slack_blocks import called, context, escape, plain, section

_HEADER = 150  # characters that Slack takes in a header
_SUBJECT = 150
_LINES = 10
_DETAILS = 8
_WIDE = 300


def text(notices: Sequence[Notice]) -> list[str]:
    """The message as lines for a terminal: what, and below each what is known of it."""
    told = [fit(line, _WIDE) for line in lines(notices)]
    return told + [f"  {fit(line, _WIDE)}" for line in details(notices)]


def slack(notices: Sequence[Notice], *, mentions: Sequence[str] = ()) -> dict[str, Any]:
    """The message as Slack's payload; `mentions` are called where something fires."""
    line = headline(notices)
    blocks: list[dict[str, Any]] = [{"type": "header", "text": plain(line, _HEADER)}]
    if is_bad(notices):
        blocks += called(mentions)
    told = lines(notices)
    if len(told) > 1 or len(line) > _HEADER:
        blocks.append(section("\n".join(_some(told, _LINES))))
    return {
        "text": escape(fit(line, 1000)),
        "blocks": [*blocks, *context(_some(details(notices), _DETAILS))],
        "mrkdwn": False,
        "unfurl_links": False,
        "unfurl_media": False,
    }


def mail(
    notices: Sequence[Notice], *, sender: str = "", recipients: Iterable[str] = ()
) -> EmailMessage:
    """The message as an e-mail. A line break in any text cannot add a header.

    Raises:
        ConfigError: If sender or a recipient is not a plain address (`name@host`).
    """
    message = EmailMessage(policy=SMTP)
    subject = fit(f"llm telemetry: {headline(notices)}", _SUBJECT)
    message["Subject"] = subject.encode("utf-8", "replace").decode()
    if sender:
        message["From"] = address(sender)
    named = ", ".join(map(address, recipients))
    if named:
        message["To"] = named
    body = "\n".join(map(clean, text(notices)))
    message.set_content(body.encode("utf-8", "replace").decode() + "\n")
    return message


def _some(told: Sequence[str], most: int) -> list[str]:
    hidden = len(told) - most
    return [*told[:most], f"and {hidden} more"] if hidden > 0 else list(told)
