"""Notices as a Slack message and as an e-mail: one message for all that a check found."""

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from pytest_llm_telemetry.core.alerts import Notice
from pytest_llm_telemetry.core.text import clean, fit
from pytest_llm_telemetry.reporters.alert_words import details, headline, is_bad, lines
from pytest_llm_telemetry.reporters.html.markup import element
from pytest_llm_telemetry.reporters.mail import compose, page
from pytest_llm_telemetry.reporters.slack_blocks import called, context, escape, plain, section

if TYPE_CHECKING:
    from email.message import EmailMessage

_HEADER = 150  # characters that Slack takes in a header
_LINES = 10
_DETAILS = 8
_MAILED = 60  # lines of either kind in the HTML of a mail; its text has them all
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
) -> "EmailMessage":
    """The message as an e-mail of text and HTML.

    Raises:
        ConfigError: If sender or a recipient is not a plain address (`name@host`).
    """
    line = headline(notices)
    told, known = (
        [element(tag, fit(each, _WIDE)) for each in _some(found, _MAILED)]
        for tag, found in (("p", lines(notices)), ("li", details(notices)))
    )
    body = [*told, element("ul", *known)] if known else told
    plain_text = "\n".join(map(clean, text(notices)))
    return compose(line, plain_text, page(line, *body), sender=sender, recipients=recipients)


def _some(told: Sequence[str], most: int) -> list[str]:
    hidden = len(told) - most
    return [*told[:most], f"and {hidden} more"] if hidden > 0 else list(told)
