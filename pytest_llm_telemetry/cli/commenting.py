"""`llm-telemetry comment`: the report as one sticky comment on the pull or merge request."""

import argparse
from pathlib import Path
from typing import Any

from pytest_llm_telemetry.cli.project import say
from pytest_llm_telemetry.core.errors import ConfigError
from pytest_llm_telemetry.review import commenting


def declare(commands: Any, shared: argparse.ArgumentParser) -> None:
    """Add the command to the parser; it needs none of the shared options."""
    del shared
    parser = commands.add_parser(
        "comment",
        help="put the report on the pull or merge request",
        description=f"{__doc__} GitHub: GITHUB_TOKEN with pull-requests: write. "
        "GitLab: LLM_TELEMETRY_GITLAB_TOKEN with scope api.",
    )
    parser.add_argument(
        "--file", type=Path, default=Path("llm-report.md"), help="report of kind github"
    )
    parser.add_argument("--pull", type=int, metavar="N", help="its number (else: the job's own)")
    parser.add_argument("--head", default="", metavar="OWNER:BRANCH", help="find it by its branch")
    parser.add_argument("--commit", default="", metavar="SHA", help="and its last commit")
    parser.set_defaults(command=comment)


def comment(arguments: argparse.Namespace) -> int:
    """Post or edit the comment."""
    try:
        text = arguments.file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(
            f"the report cannot be read: {type(error).__name__}",
            where=str(arguments.file),
            remedy="write it with --llm-report github=PATH",
        ) from None
    found = {"number": arguments.pull, "head": arguments.head, "commit": arguments.commit}
    say(commenting.comment(text, **found))
    return 0
