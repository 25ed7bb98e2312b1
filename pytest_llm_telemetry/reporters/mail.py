"""The report as an e-mail: a subject that is the message, text, and HTML beside it."""

import re
from collections.abc import Iterable
from typing import TYPE_CHECKING

from pytest_llm_telemetry.core.errors import ConfigError
from pytest_llm_telemetry.core.gate.wording import count
from pytest_llm_telemetry.core.report import Report, SuiteReport
from pytest_llm_telemetry.core.text import fit
from pytest_llm_telemetry.reporters import facts, terminal
from pytest_llm_telemetry.reporters.html.markup import Markup, element

if TYPE_CHECKING:
    from email.message import EmailMessage

_SUBJECT = 150
_ADDRESS = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[A-Za-z0-9][A-Za-z0-9.-]{0,250}")
_CASES = 10
_ROWS = 60
_SUITES = 10
_STYLE = "font:14px/1.5 system-ui,sans-serif;max-width:60em"
_CELL = "padding:2px 10px 2px 0;text-align:left"
_COLOURS = {"bad": "color:#b3261e", "warn": "color:#8a5a00", "good": "", "": ""}


def render(report: Report) -> str:
    """The mail as a file (.eml), without sender and recipients."""
    return message(report).as_string()


def message(report: Report, *, sender: str = "", recipients: Iterable[str] = ()) -> "EmailMessage":
    """The mail, ready to be sent.

    Raises:
        ConfigError: If sender or a recipient is not a plain address (`name@host`).
    """
    text = "\n".join(line.text for line in terminal.render(report))
    return compose(facts.headline(report), text, html(report), sender=sender, recipients=recipients)


def compose(
    headline: str, text: str, html: str, *, sender: str = "", recipients: Iterable[str] = ()
) -> "EmailMessage":
    """A mail of text and HTML beside it. A line break in any text cannot add a header.

    Raises:
        ConfigError: If sender or a recipient is not a plain address (`name@host`).
    """
    # 30 ms that a run which mails nothing need not wait for
    from email.message import EmailMessage  # noqa: PLC0415
    from email.policy import SMTP  # noqa: PLC0415

    mail = EmailMessage(policy=SMTP)
    mail["Subject"] = _encodable(fit(f"llm telemetry: {headline}", _SUBJECT))
    if sender:
        mail["From"] = address(sender)
    named = ", ".join(map(address, recipients))
    if named:
        mail["To"] = named
    mail.set_content(_encodable(text) + "\n")
    mail.add_alternative(html, subtype="html")
    return mail


def _encodable(text: str) -> str:
    return text.encode("utf-8", "replace").decode()


def page(headline: str, *body: Markup) -> str:
    """The HTML part: inline styles only, as mail clients want it; no picture, no link."""
    title = element("h1", headline, style="font-size:18px")
    inside = element("div", title, *body, style=_STYLE)
    return f'<!doctype html><html lang="en"><meta charset="utf-8"><body>{inside}</body></html>\n'


def html(report: Report) -> str:
    """The report as the HTML part of its mail."""
    body = [element("p", str(problem)) for problem in report.problems[:_CASES]]
    for suite in report.suites[:_SUITES]:
        body += _suite(suite, report)
    hidden = len(report.suites) - _SUITES
    if hidden > 0:
        body.append(element("p", f"{count(hidden, 'more suite')} in the stored run."))
    foot = [report.run_dir, report.judge_again, *report.next_commands[:1]]
    body += [element("p", element("code", text)) for text in foot if text]
    return page(facts.headline(report), *body)


def _suite(suite: SuiteReport, report: Report) -> Iterable[Markup]:
    yield element(
        "h2", f"{suite.summary.suite}: {facts.size(suite, report)}", style="font-size:16px"
    )
    if suite.baseline:
        origin = facts.origin(suite.baseline)
        yield element("p", f"baseline: {origin}, {facts.acceptance(suite.baseline)}")
    yield from (element("p", str(problem)) for problem in suite.verdict.problems[:_CASES])
    head = element("tr", *(element("th", name, style=_CELL) for name in facts.HEADERS))
    rows = sorted(facts.rows(suite), key=lambda row: row.style != "bad")[:_ROWS]
    yield element("table", head, *map(_row, rows), style="border-collapse:collapse")
    for check in suite.verdict.breaches[:_CASES]:
        yield element("p", element("b", facts.told(check)))
        items = [
            element(
                "li",
                element("code", fit(case.case_id, 120)),
                fit(f" {case.before} -> {case.now} {case.reason}", 400),
            )
            for case in facts.ranked(check.cases)[:_CASES]
        ]
        yield element("ul", *items)


def _row(row: facts.Row) -> Markup:
    style = f"{_CELL};{_COLOURS[row.style]}"
    return element("tr", *(element("td", cell, style=style) for cell in row.cells))


def address(text: str) -> str:
    """The same text, which is a plain address (`name@host`).

    Raises:
        ConfigError: If it is none.
    """
    if _ADDRESS.fullmatch(text):
        return text
    raise ConfigError(
        f"{fit(text, _SUBJECT)!r} is no e-mail address", remedy="write it as name@example.org"
    )
