"""One Slack message (Block Kit). The first line is the message; the rest is there to act on.

Slack reads `&`, `<` and `>` in `mrkdwn` and nothing in `plain_text`, so every text that a model,
a golden file or a branch name may carry stands in `plain_text` with its emoji switched off.
"""

import json
from collections.abc import Sequence
from typing import Any
from urllib.parse import urlsplit

from pytest_llm_telemetry.core.gate.wording import count
from pytest_llm_telemetry.core.report import Report, SuiteReport
from pytest_llm_telemetry.core.text import fit
from pytest_llm_telemetry.core.verdict import CaseChange, Check
from pytest_llm_telemetry.reporters import facts, figures
from pytest_llm_telemetry.reporters.slack_blocks import (
    SECTION,
    called,
    context,
    escape,
    plain,
    section,
)
from pytest_llm_telemetry.reporters.sparkline import sparkline

# Limits of Slack: 50 blocks, header 150, section text 3000, field 2000, about 13,200 a message.
_HEADER = 150
_FIELD = 200
_URL = 3000
_CASES = 3
_MOVED = 3
_SUITES = 3


def render(report: Report) -> str:
    """The message as JSON, ready to be posted to a webhook."""
    return json.dumps(message(report)) + "\n"


def message(report: Report, *, mentions: Sequence[str] = ()) -> dict[str, Any]:
    """The message as Slack's payload.

    `mentions` (`<@U012AB3CD>`, `<!subteam^S012AB3CD>`, `<!here>`) come from a team's own settings
    and are sent for a run that did not pass; anything of another form is left out.
    """
    line = facts.headline(report)
    blocks: list[dict[str, Any]] = [{"type": "header", "text": plain(line, _HEADER)}]
    if len(line) > _HEADER:
        blocks.append({"type": "section", "text": plain(line, SECTION)})
    if report.status != "pass":
        blocks += called(mentions)
    for suite in _loudest(report):
        blocks += _suite(suite, report)
    return {
        "text": escape(fit(line, 1000)),
        "blocks": [*blocks, *_closing(report)],
        "mrkdwn": False,
        "unfurl_links": False,
        "unfurl_media": False,
    }


def _closing(report: Report) -> list[dict[str, Any]]:
    """What could not be judged, how to judge again, and where to go on reading."""
    texts = [fit(str(problem), 600) for problem in facts.problems(report)[:_CASES]]
    hidden = len(report.suites) - _SUITES
    lines = [report.judge_again, count(hidden, "more suite") if hidden > 0 else ""]
    told = [section("\n".join(texts))] if texts else []
    return [*told, *context(lines), *_buttons(report)]


def _loudest(report: Report) -> list[SuiteReport]:
    ranked = sorted(report.suites, key=lambda suite: suite.verdict.status == "pass")
    return ranked[:_SUITES]


def _suite(suite: SuiteReport, report: Report) -> list[dict[str, Any]]:
    blocks: list[dict[str, Any]] = []
    moved = _moved(suite)
    if moved:
        fields = [plain(_field(check), _FIELD, lines=True) for check in moved]
        blocks.append({"type": "section", "fields": fields})
    worst = _worst(suite)
    if worst:
        blocks.append(section("\n".join(map(_case, worst))))
    lines = [f"{suite.summary.suite}: {facts.size(suite, report)}", _trend(suite)]
    if suite.baseline:
        lines.append(f"baseline {facts.origin(suite.baseline)}, {suite.baseline.age}")
    return blocks + context(lines)


def _moved(suite: SuiteReport) -> list[Check]:
    """The three figures that moved: breaches first, then the largest changes."""
    breaches = suite.verdict.breaches
    others = [c for c in suite.verdict.checks if c.change is not None and c not in breaches]
    others.sort(key=lambda check: -abs(check.change or 0))
    return [*breaches, *others][:_MOVED]


def _field(check: Check) -> str:
    change = figures.change(check.metric, check.change)
    word, _ = facts.outcome(check)
    now = facts.moved(check).removeprefix(facts.label(check)).strip()
    return f"{fit(facts.label(check), 60)}: {word}\n{now} ({change})"


def _worst(suite: SuiteReport) -> list[CaseChange]:
    cases = {case.case_id: case for check in suite.verdict.breaches for case in check.cases}
    return facts.ranked(cases.values())[:_CASES]


def _case(case: CaseChange) -> str:
    moved = f"{fit(case.before, 30)} -> {fit(case.now, 30)}"
    return f"{fit(case.case_id, 80)}  {moved}  {fit(case.reason, 300)}"


def _trend(suite: SuiteReport) -> str:
    """The pass rate of the runs before and of this one, as bars."""
    rates = [run.metrics.get("pass_rate") for run in suite.past[-20:]]
    rates.append(suite.summary.metrics.get("pass_rate"))
    return f"pass rate {sparkline(rates)}" if len(rates) > 2 else ""  # noqa: PLR2004 - two points are no trend


def _buttons(report: Report) -> list[dict[str, Any]]:
    buttons = [
        {"type": "button", "text": plain(label, 75), "url": url}
        for label, url in (("Run", report.run_url), ("Report", report.report_url))
        if len(url) <= _URL and urlsplit(url).scheme in {"http", "https"}
    ]
    return [{"type": "actions", "elements": buttons}] if buttons else []
