"""A person on the command line: by the id that the service knows, or by the hash in the log."""

import argparse
import os
import re

from pytest_llm_telemetry.core.errors import ConfigError
from pytest_llm_telemetry.core.privacy import keyed_hash

KEY = "LLM_TELEMETRY_HASH_KEY"
_HASH = re.compile("[0-9a-f]{32}")


def add_person(parser: argparse.ArgumentParser) -> None:
    """Add `--user` and `--user-hash`, of which one may be given."""
    either = parser.add_mutually_exclusive_group()
    either.add_argument("--user", metavar="ID", help=f"a person, by user_id (needs {KEY})")
    either.add_argument("--user-hash", metavar="HASH", help="a person, by the user_hash of the log")


def user_hash(arguments: argparse.Namespace) -> str | None:
    """The hash that stands on the person's events; `None` where nobody was named.

    Raises:
        ConfigError: If it is no such hash, or nobody knows the key that the logger used.
    """
    if arguments.user_hash is not None:
        found: str = arguments.user_hash.lower()
        if not _HASH.fullmatch(found):
            raise ConfigError("--user-hash is no user_hash", remedy="give its 32 hex digits")
        return found
    if arguments.user is None:
        return None
    key = os.environ.get(KEY)
    if not key:
        raise ConfigError(
            "without the logger's key nobody knows the person's hash",
            remedy=f"set {KEY} to what the service has, or give --user-hash",
        )
    return keyed_hash(arguments.user, key.encode())
