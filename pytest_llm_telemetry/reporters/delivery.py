"""Sends a report to Slack or by e-mail. With `comments`, the only room that talks to a network.

A failed delivery is a `DeliveryError`: reported, never part of a verdict, and without the secret
that a webhook's path or a password is.
"""

import queue
import re
import smtplib
import ssl
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import field
from email.message import EmailMessage
from functools import partial
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import urlsplit

import requests

from pytest_llm_telemetry.core.errors import ConfigError, DeliveryError, UncertainDeliveryError
from pytest_llm_telemetry.core.records import dataclass

SLACK_HOSTS = ("hooks.slack.com", "hooks.slack-gov.com")
_VARIABLE = "LLM_TELEMETRY_SLACK_WEBHOOK"
_ANSWER_BYTES = 512  # an answer that matters is "ok" or one word that says what is wrong
_WORD = re.compile(r"[a-z_]{1,40}")
_TOO_MANY = 429
_OK = 200
_SERVER_ERROR = 500
_T = TypeVar("_T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Webhook:
    """An incoming webhook. `url` holds a secret, so it is never part of a text or a repr.

    `hosts` are the hosts it may point to, `schemes` how; both are opened by a user only.
    """

    url: str = field(repr=False)
    hosts: tuple[str, ...] = SLACK_HOSTS
    schemes: tuple[str, ...] = ("https",)


@dataclass(frozen=True, slots=True, kw_only=True)
class Patience:
    """How long a delivery may take, in seconds: each attempt, between two, and all together."""

    deadline_s: float = 10.0
    attempt_s: float = 5.0
    pause_s: float = 0.5
    longest_pause_s: float = 5.0


@dataclass(frozen=True, slots=True, kw_only=True)
class MailServer:
    """An SMTP server. `tls` is "starttls" or "ssl"; "none" sends openly and never logs in.

    `context` verifies the server's certificate; leave it out for the system's authorities.
    """

    host: str
    port: int = 587
    tls: str = "starttls"
    user: str = ""
    password: str = field(default="", repr=False)
    context: ssl.SSLContext | None = field(default=None, repr=False)


def find_webhook(
    environment: Mapping[str, str],
    *,
    file: Path | None = None,
    hosts: tuple[str, ...] = SLACK_HOSTS,
) -> Webhook:
    """Read the webhook from `LLM_TELEMETRY_SLACK_WEBHOOK`, or from a file; never from an option.

    Raises:
        ConfigError: If there is none, or it is not https to one of `hosts`.
    """
    place = str(file) if file else _VARIABLE
    try:
        url = file.read_text(encoding="utf-8") if file else environment.get(_VARIABLE, "")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(
            f"the webhook cannot be read: {type(error).__name__}",
            where=place,
            remedy="mend the file",
        ) from None
    webhook = Webhook(url=url.strip(), hosts=hosts)
    _check(webhook, place)
    return webhook


def post(webhook: Webhook, payload: Mapping[str, Any], *, patience: Patience | None = None) -> None:
    """Post a payload once: success is status 200 with the body `ok`.

    Tried again after 429 (waiting as asked, within bounds), after 5xx and where no connection came
    about; never after a connection that may have delivered, so nothing is posted twice.

    Raises:
        ConfigError: If the webhook may not be used.
        DeliveryError: If it was not delivered within the deadline; an `UncertainDeliveryError`
            where nobody knows.
    """
    _check(webhook, "webhook")
    waiting = patience or Patience()
    end = time.monotonic() + waiting.deadline_s
    pause = waiting.pause_s
    while True:
        left = min(waiting.attempt_s, end - time.monotonic())
        found = within(left, partial(_attempt, webhook, payload, left)) or _SILENT
        if not found.why:
            return
        rest = min(pause if found.after_s is None else found.after_s, waiting.longest_pause_s)
        pause *= 2
        if not found.again or time.monotonic() + rest >= end:
            raise (UncertainDeliveryError if found.uncertain else DeliveryError)(
                f"Slack message not delivered: {found.why}",
                remedy="check the webhook and Slack's status",
            )
        time.sleep(rest)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Attempt:
    """How an attempt ended: `why` it failed ("" if it did not), and whether to try again.

    `uncertain` is one that may have delivered.
    """

    why: str = ""
    again: bool = False
    uncertain: bool = False
    after_s: float | None = None


_SILENT = _Attempt(why="no answer in time; it may have arrived", uncertain=True)


def within(seconds: float, task: Callable[[], _T]) -> _T | None:
    """What `task` returns, or `None` if it takes longer.

    A socket's timeout starts anew with every byte and does not cover the look-up of a name, so a
    server that drips would hold a run for ever. The thread is left behind: it ends with its socket.
    """
    answers: queue.SimpleQueue[_T] = queue.SimpleQueue()
    threading.Thread(target=lambda: answers.put(task()), daemon=True).start()
    try:
        return answers.get(timeout=max(seconds, 0.05))
    except queue.Empty:
        return None


def _attempt(webhook: Webhook, payload: Mapping[str, Any], timeout_s: float) -> _Attempt:
    try:
        with requests.Session() as session:
            session.auth = _no_auth
            answer = session.post(
                webhook.url, json=payload, timeout=timeout_s, allow_redirects=False, stream=True
            )
            with answer:
                return _judged(answer, _body(answer), webhook)
    except requests.ConnectTimeout:
        return _Attempt(why="no connection in time", again=True)
    except requests.Timeout:
        return _SILENT
    except requests.exceptions.ChunkedEncodingError:
        return _Attempt(why="the answer broke off; it may have arrived", uncertain=True)
    except requests.exceptions.SSLError:
        return _Attempt(why="the server's certificate could not be verified")
    except requests.ConnectionError as error:
        refused = _never_connected(error)
        why = "no connection" if refused else "the connection broke"
        return _Attempt(why=why, again=refused, uncertain=not refused)
    except (requests.RequestException, OSError, ValueError) as error:
        # its text may carry the URL: the name of its type is all that is told
        return _Attempt(why=type(error).__name__)


def _no_auth(request: requests.PreparedRequest) -> requests.PreparedRequest:
    """Keeps `requests` from adding what a .netrc holds; proxies and authorities stay in force."""
    return request


def _judged(answer: requests.Response, body: str, webhook: Webhook) -> _Attempt:
    if answer.status_code == _OK and body == "ok":
        return _Attempt()
    # Slack answers in one word (invalid_blocks); anything else may echo the secret
    word = f", {body}" if _WORD.fullmatch(body) and body not in webhook.url else ""
    return _Attempt(
        why=f"status {answer.status_code}{word}",
        again=answer.status_code == _TOO_MANY or answer.status_code >= _SERVER_ERROR,
        after_s=_retry_after(answer),
    )


def _body(answer: requests.Response) -> str:
    """The first bytes of an answer; the rest of a long one is not read."""
    found = b""
    for chunk in answer.iter_content(64):
        found += chunk
        if len(found) >= _ANSWER_BYTES:
            break
    return found[:_ANSWER_BYTES].decode("ascii", "replace").strip()


def _never_connected(error: requests.ConnectionError) -> bool:
    """Whether no connection came about at all, so that nothing can have been delivered."""
    reason = getattr(error.args[0] if error.args else None, "reason", None)
    return type(reason).__name__ in {"NewConnectionError", "NameResolutionError"}


def _retry_after(answer: requests.Response) -> float | None:
    """Seconds that a server asks to wait; the form with a date, and nonsense, count as none."""
    wished = answer.headers.get("Retry-After", "")
    return float(wished) if wished.isdecimal() and wished.isascii() else None


def _check(webhook: Webhook, place: str) -> None:
    wrong, remedy = _fault(webhook)
    if wrong:
        raise ConfigError(wrong, where=place, remedy=remedy)


def _fault(webhook: Webhook) -> tuple[str, str]:
    """What is wrong with a webhook, and what to do; the URL itself is never told."""
    if not webhook.url:
        return "there is no webhook", f"set {_VARIABLE}, or name a file"
    again = "copy it from Slack again"
    try:
        parts = urlsplit(webhook.url)
    except ValueError:
        return "the webhook is no URL", again
    if not webhook.url.isprintable() or set(webhook.url) & set(" \\"):
        return "the webhook is no URL", again
    if parts.scheme not in webhook.schemes or parts.username is not None:
        return f"the webhook must be {' or '.join(webhook.schemes)}, without a user", again
    if parts.hostname not in webhook.hosts:
        allowed = (
            f"allowed: {', '.join(webhook.hosts)}; allow another one in LLM_TELEMETRY_SLACK_HOSTS"
        )
        return "the webhook points to a host that is not allowed", allowed
    return "", ""


def send(mail: EmailMessage, server: MailServer, *, timeout_s: float = 10.0) -> None:
    """Send a mail over a connection whose certificate was verified.

    Raises:
        ConfigError: If a login was asked for without TLS, or `tls` is unknown.
        DeliveryError: If the mail was not taken; an `UncertainDeliveryError` where nobody knows.
    """
    if server.tls not in {"starttls", "ssl", "none"}:
        raise ConfigError(f"unknown tls {server.tls!r}", remedy='use "starttls" or "ssl"')
    if server.tls == "none" and (server.user or server.password):
        raise ConfigError(
            "a password is not sent over an open connection",
            where=server.host,
            remedy='use tls = "starttls" or "ssl"',
        )
    why = within(timeout_s, partial(_sent, mail, server, timeout_s))
    if why != "":
        raise (UncertainDeliveryError if why is None else DeliveryError)(
            f"mail not delivered: {why or 'no answer in time; it may have arrived'}",
            where=f"{server.host}:{server.port}",
            remedy="check host, port, tls and login",
        )


def _sent(mail: EmailMessage, server: MailServer, timeout_s: float) -> str:
    """Send it, and say why it failed in words that hold no secret; "" for a mail that was taken."""
    try:
        _send(mail, server, timeout_s)
    except (OSError, ValueError, smtplib.SMTPException) as error:
        code = getattr(error, "smtp_code", None)
        return f"{type(error).__name__}{f' {code}' if code else ''}"
    return ""


def _send(mail: EmailMessage, server: MailServer, timeout_s: float) -> None:
    context = server.context or ssl.create_default_context()
    client = (
        smtplib.SMTP_SSL(server.host, server.port, timeout=timeout_s, context=context)
        if server.tls == "ssl"
        else smtplib.SMTP(server.host, server.port, timeout=timeout_s)
    )
    with client:
        if server.tls == "starttls":
            client.starttls(context=context)
        if server.user:
            client.login(server.user, server.password)
        client.send_message(mail)
