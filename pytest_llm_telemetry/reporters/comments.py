"""One sticky comment on a pull request (GitHub) or merge request (GitLab), edited in place.

A comment is ours when it carries the report's marker *and* was written by the account whose token
we hold: anybody may paste the marker into a comment of their own.
"""

from collections.abc import Iterator
from dataclasses import field
from functools import partial
from typing import Any, Protocol
from urllib.parse import quote, urlsplit

import requests

from pytest_llm_telemetry.core.errors import ConfigError, DeliveryError
from pytest_llm_telemetry.core.records import dataclass
from pytest_llm_telemetry.reporters.delivery import within
from pytest_llm_telemetry.reporters.markdown import MARKER

_LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})
_ATTEMPT_S = 5.0
_DEADLINE_S = 20.0
_PAGES = 20  # of 100 comments
_FINE = range(200, 300)


@dataclass(frozen=True, slots=True, kw_only=True)
class Api:
    """Where a forge's REST API is, and the headers that let us in; they are never shown."""

    url: str
    headers: dict[str, str] = field(repr=False)

    def call(self, method: str, path: str, body: dict[str, Any] | None = None) -> Any:
        """The answer's JSON.

        Raises:
            ConfigError: If the address would send the token over an open connection.
            DeliveryError: If there is no good answer.
        """
        parts = urlsplit(self.url)
        if parts.scheme != "https" and parts.hostname not in _LOOPBACK:
            raise ConfigError("the API's address is not https", remedy="use the forge's https API")
        try:
            answer = requests.request(
                method,
                f"{self.url.rstrip('/')}/{path}",
                json=body,
                headers=self.headers,
                timeout=_ATTEMPT_S,
                allow_redirects=False,
            )
            if answer.status_code in _FINE:
                return answer.json()
            why = f"status {answer.status_code}"
        except (requests.RequestException, ValueError) as error:
            why = type(error).__name__  # its text carries the address
        raise DeliveryError(
            f"the comment was not posted: {why}", remedy="check the token's permissions"
        )


class Thread(Protocol):
    """The conversation of one change."""

    def comments(self) -> Iterator[tuple[str, str, str]]:
        """Each comment's path, author and text."""

    def me(self) -> str:
        """The account that our token belongs to."""

    def write(self, text: str, path: str | None) -> None:
        """Write a new comment, or that one anew."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PullRequest:
    """A pull request on GitHub. `author` is who the token writes as."""

    api: Api
    repository: str
    number: int
    author: str = "github-actions[bot]"

    def comments(self) -> Iterator[tuple[str, str, str]]:
        """Each comment's path, author and text."""
        for entry in _pages(self.api, f"{self._issues}/{self.number}/comments"):
            yield f"{self._issues}/comments/{entry['id']}", entry["user"]["login"], entry["body"]

    def me(self) -> str:
        """The account that our token belongs to; GitHub does not tell a workflow's token."""
        return self.author

    def write(self, text: str, path: str | None) -> None:
        """Write a new comment, or that one anew."""
        new = f"{self._issues}/{self.number}/comments"
        self.api.call("PATCH" if path else "POST", path or new, {"body": text})

    @property
    def _issues(self) -> str:
        return f"repos/{quote(self.repository)}/issues"


@dataclass(frozen=True, slots=True, kw_only=True)
class MergeRequest:
    """A merge request on GitLab."""

    api: Api
    project: str
    number: int

    def comments(self) -> Iterator[tuple[str, str, str]]:
        """Each note's path, author and text."""
        for entry in _pages(self.api, self._notes):
            yield f"{self._notes}/{entry['id']}", entry["author"]["username"], entry["body"]

    def me(self) -> str:
        """The account that our token belongs to."""
        return str(self.api.call("GET", "user")["username"])

    def write(self, text: str, path: str | None) -> None:
        """Write a new note, or that one anew."""
        self.api.call("PUT" if path else "POST", path or self._notes, {"body": text})

    @property
    def _notes(self) -> str:
        return f"projects/{quote(self.project, safe='')}/merge_requests/{self.number}/notes"


def _pages(api: Api, path: str) -> Iterator[dict[str, Any]]:
    for page in range(1, _PAGES + 1):
        entries = api.call("GET", f"{path}?per_page=100&page={page}")
        yield from entries
        if len(entries) < 100:  # noqa: PLR2004 - what was asked for above
            return


def stick(thread: Thread, text: str) -> str:
    """Leave exactly one comment of ours with this text; say "created", "updated" or "unchanged".

    Raises:
        ConfigError: If the API's address may not be used.
        DeliveryError: If the forge refuses, or does not answer within 20 s.
    """
    outcome = within(_DEADLINE_S, partial(_outcome, thread, text))
    if outcome is None:
        raise DeliveryError("the comment was not posted: no answer in time", remedy="try again")
    if isinstance(outcome, Exception):
        raise outcome
    return outcome


def _outcome(thread: Thread, text: str) -> str | ConfigError | DeliveryError:
    """What was done, or the error for the thread that waits."""
    try:
        return _stick(thread, text)
    except (ConfigError, DeliveryError) as error:
        return error
    except (KeyError, TypeError):
        return DeliveryError("the forge's answer is not what its API promises", remedy="try again")


def _stick(thread: Thread, text: str) -> str:
    me = thread.me()
    for path, author, found in thread.comments():
        if author == me and MARKER in found:
            if found.strip() == text.strip():
                return "unchanged"
            thread.write(text, path)
            return "updated"
    thread.write(text, None)
    return "created"


def pull_request_of(api: Api, repository: str, head: str, commit: str) -> int:
    """The open pull request from `head` ("owner:branch") whose last commit is `commit`.

    A workflow that runs after a fork's (`workflow_run`) is not told the number, and must not take
    it from a file which the fork's code wrote.

    Raises:
        DeliveryError: If there is none.
    """
    wanted = quote(head, safe=":")
    found = api.call("GET", f"repos/{quote(repository)}/pulls?state=open&head={wanted}")
    for pull in found:
        if pull["head"]["sha"] == commit:
            return int(pull["number"])
    raise DeliveryError(
        "no open pull request has this commit", remedy="a newer push makes its own comment"
    )
