"""Reports to files, to the CI that runs us, and to people. The verdict is decided by now."""

import os
from pathlib import Path

from pytest_llm_telemetry.core.errors import ConfigError, DeliveryError
from pytest_llm_telemetry.core.report import Report
from pytest_llm_telemetry.reporters.kinds import KINDS, renderer
from pytest_llm_telemetry.review import channels

_STEP_SUMMARY = "GITHUB_STEP_SUMMARY"


def publish(report: Report, wanted: str, root: Path) -> str:
    """Write or deliver one report, and say in a sentence what was done.

    Args:
        report: What to tell.
        wanted: `KIND` or `KIND=PATH`. Without a path, `github` goes to the step summary of the
            job that runs, `slack` to the webhook of the environment and `email` to its SMTP
            server, where there is one; every other report goes to its usual file in `root`.
        root: What a relative path starts from.

    Raises:
        ConfigError: If there is no such kind, or the file cannot be written.
        DeliveryError: If a message was not delivered.
    """
    kind, _, target = wanted.partition("=")
    if kind not in KINDS:
        raise ConfigError(f"unknown report {kind!r}", remedy=f"known kinds: {', '.join(KINDS)}")
    if kind in _DELIVERED and not target and channels.IS_NAMED[kind](os.environ):
        try:
            return _DELIVERED[kind](report)
        except ConfigError as error:  # a wrong address is no fault of the run's
            raise DeliveryError(error.what, where=error.where, remedy=error.remedy) from None
    text = renderer(kind)(report)
    if not target and kind == "github" and os.environ.get(_STEP_SUMMARY):
        return _write(Path(os.environ[_STEP_SUMMARY]), text, "a", root)
    return _write(_place(target or KINDS[kind][0], root), text, "w", root)


def _place(target: str, root: Path) -> Path:
    """Where a report goes. What is relative stays in the root, whatever links a stranger planted."""
    path = root / target
    if Path(target).is_absolute():
        return path
    if path.is_symlink() or not path.parent.resolve().is_relative_to(root.resolve()):
        raise ConfigError(
            "the report's place is a link, or leads out of the project",
            where=target,
            remedy="take the link away, or name the whole path",
        )
    return path


def _write(path: Path, text: str, mode: str, root: Path) -> str:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open(mode, encoding="utf-8") as file:
            file.write(text)
    except OSError as error:
        raise ConfigError(
            f"the report cannot be written: {error.strerror}",
            where=str(path),
            remedy="give --llm-report KIND=PATH a place that can be written",
        ) from None
    shown = path.relative_to(root) if path.is_relative_to(root) else path
    return f"report: {shown.as_posix()}"


def _to_slack(report: Report) -> str:
    from pytest_llm_telemetry.reporters import slack  # noqa: PLC0415 - few runs post

    payload = slack.message(report, mentions=channels.mentions(os.environ))
    channels.post(payload, os.environ)
    return "posted to Slack"


def _to_people(report: Report) -> str:
    from pytest_llm_telemetry.reporters import mail  # noqa: PLC0415 - few runs mail

    message = mail.message(report, **channels.addresses(os.environ))
    channels.send(message, os.environ)
    return f"mailed to {message['To']}"


_DELIVERED = {"slack": _to_slack, "email": _to_people}
