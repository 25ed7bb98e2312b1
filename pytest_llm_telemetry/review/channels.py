"""Where messages go: Slack's webhook and the SMTP server that the environment names.

Secrets come from the environment, or from a file that it names, so that no settings file and no
command line shows them.
"""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from pytest_llm_telemetry.core.errors import ConfigError

if TYPE_CHECKING:
    from email.message import EmailMessage

WEBHOOK = "LLM_TELEMETRY_SLACK_WEBHOOK"
WEBHOOK_FILE = f"{WEBHOOK}_FILE"
MAIL = "LLM_TELEMETRY_SMTP"
_TLS = {"smtp": ("starttls", 587), "smtps": ("ssl", 465)}


def has_webhook(environment: Mapping[str, str]) -> bool:
    """Whether Slack can be told."""
    return bool(environment.get(WEBHOOK) or environment.get(WEBHOOK_FILE))


def has_server(environment: Mapping[str, str]) -> bool:
    """Whether mail can be sent."""
    return bool(environment.get(MAIL))


IS_NAMED: Mapping[str, Callable[[Mapping[str, str]], bool]] = {
    "slack": has_webhook,
    "email": has_server,
}


def mentions(environment: Mapping[str, str]) -> tuple[str, ...]:
    """Who is called in Slack when something is wrong."""
    return _words(environment, "LLM_TELEMETRY_SLACK_MENTIONS")


def addresses(environment: Mapping[str, str]) -> dict[str, Any]:
    """Sender and recipients of a mail, as the keywords of a `message`."""
    return {
        "sender": environment.get("LLM_TELEMETRY_MAIL_FROM", ""),
        "recipients": _words(environment, "LLM_TELEMETRY_MAIL_TO"),
    }


def post(
    payload: Mapping[str, Any], environment: Mapping[str, str], *, hosts: tuple[str, ...] = ()
) -> None:
    """Post a payload to the webhook; `hosts`, and those that the environment allows, may stand
    beside Slack's own.

    Raises:
        ConfigError: If there is no webhook, or it may not be used.
        DeliveryError: If it was not delivered.
    """
    # requests takes 200 ms to import, and most runs post nothing
    from pytest_llm_telemetry.reporters import delivery  # noqa: PLC0415

    own = _words(environment, "LLM_TELEMETRY_SLACK_HOSTS")
    allowed = (*delivery.SLACK_HOSTS, *hosts, *own)
    named = "" if environment.get(WEBHOOK) else environment.get(WEBHOOK_FILE, "")
    file = Path(named) if named else None
    delivery.post(delivery.find_webhook(environment, file=file, hosts=allowed), payload)


def send(message: "EmailMessage", environment: Mapping[str, str]) -> None:
    """Send a mail over verified TLS.

    Raises:
        ConfigError: If the server is not named well.
        DeliveryError: If the mail was not taken.
    """
    from pytest_llm_telemetry.reporters import delivery  # noqa: PLC0415 - as above

    server = urlsplit(environment.get(MAIL, ""))
    if server.scheme not in _TLS or not server.hostname or server.password:
        raise ConfigError(
            f"{MAIL} is no mail server",
            where=MAIL,
            remedy="write smtp://user@host:587 (STARTTLS) or smtps://user@host:465; the password "
            f"goes into {MAIL}_PASSWORD",
        )
    tls, port = _TLS[server.scheme]
    delivery.send(
        message,
        delivery.MailServer(
            host=server.hostname,
            port=server.port or port,
            tls=tls,
            user=server.username or "",
            password=environment.get(f"{MAIL}_PASSWORD", ""),
        ),
    )


def _words(environment: Mapping[str, str], name: str) -> tuple[str, ...]:
    return tuple(environment.get(name, "").split())
