"""Puts a rendered report on the change that it judges: one sticky comment, edited in place."""

import os
from collections.abc import Mapping
from pathlib import Path

from pytest_llm_telemetry.core.errors import ConfigError
from pytest_llm_telemetry.reporters.comments import (
    Api,
    MergeRequest,
    PullRequest,
    Thread,
    pull_request_of,
    stick,
)
from pytest_llm_telemetry.reporters.markdown import MARKER
from pytest_llm_telemetry.storage import documents

_LARGEST = 65_536  # GitHub takes no more; our own report keeps within it


def comment(text: str, *, number: int | None = None, head: str = "", commit: str = "") -> str:
    """Leave the report on its change, and say in a sentence what was done.

    Args:
        text: The `github` report.
        number: The pull or merge request; without it, what the job's environment says.
        head: "owner:branch" of a pull request whose number must not be taken from its own files.
        commit: The commit that the report judges, beside `head`.

    Raises:
        ConfigError: If the text is no report, or the environment names no change or token.
        DeliveryError: If the forge did not take it.
    """
    if MARKER not in text or len(text.encode()) > _LARGEST:
        raise ConfigError(
            "that is no report of ours",
            remedy="write it with --llm-report github=llm-report.md",
        )
    thread = _gitlab(os.environ, number) or _github(os.environ, number, head, commit)
    return f"comment {stick(thread, text)}"


def _gitlab(environment: Mapping[str, str], number: int | None) -> Thread | None:
    if not environment.get("GITLAB_CI"):
        return None
    token = _needed(environment, "LLM_TELEMETRY_GITLAB_TOKEN", "a project token with scope api")
    api = Api(url=_needed(environment, "CI_API_V4_URL"), headers={"PRIVATE-TOKEN": token})
    iid = number or _number(environment.get("CI_MERGE_REQUEST_IID"))
    return MergeRequest(api=api, project=_needed(environment, "CI_PROJECT_ID"), number=iid)


def _github(
    environment: Mapping[str, str], number: int | None, head: str, commit: str
) -> PullRequest:
    token = _needed(environment, "GITHUB_TOKEN", "give the step env GITHUB_TOKEN")
    api = Api(
        url=environment.get("GITHUB_API_URL") or "https://api.github.com",
        headers={
            "Authorization": f"Bearer {token}",
            "Accept": "application/vnd.github+json",
            "X-GitHub-Api-Version": "2022-11-28",
        },
    )
    repository = _needed(environment, "GITHUB_REPOSITORY")
    if head:
        number = pull_request_of(api, repository, head, commit)
    found = number or _number(_event(environment).get("number"))
    author = environment.get("LLM_TELEMETRY_COMMENT_AUTHOR") or "github-actions[bot]"
    return PullRequest(api=api, repository=repository, number=found, author=author)


def _event(environment: Mapping[str, str]) -> Mapping[str, object]:
    """The pull request of the event that GitHub started this job for."""
    path = environment.get("GITHUB_EVENT_PATH", "")
    if not path:
        return {}
    event = documents.parse_json(documents.read_text(Path(path), path), path).value
    pull = event.get("pull_request") if isinstance(event, dict) else None
    return pull if isinstance(pull, dict) else {}


def _number(value: object) -> int:
    text = str(value)
    if not (text.isascii() and text.isdecimal()):
        raise ConfigError(
            "no pull or merge request to comment on",
            remedy="run it for one, or give --pull NUMBER",
        )
    return int(text)


def _needed(environment: Mapping[str, str], name: str, remedy: str = "") -> str:
    value = environment.get(name, "")
    if not value:
        raise ConfigError(f"{name} is not set", remedy=remedy or "run it in a CI job")
    return value
