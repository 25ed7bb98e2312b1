"""What may be written of a stranger's text. Every text of every line goes through here."""

from __future__ import annotations

import os

from pytest_llm_telemetry.core import usage
from pytest_llm_telemetry.core.lines import CONTEXT, members, quote
from pytest_llm_telemetry.core.privacy import keyed_hash, preview, text_hash

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import Any

    from pytest_llm_telemetry.core.privacy.redaction import Redaction
    from pytest_llm_telemetry.runtime.guard import ForeignGuard

_NAME_LENGTH = 200  # of a model, a tag, a session id
_MESSAGE_LENGTH = 500  # of an error or an explanation
_HASHED = 100_000  # characters of a query that are hashed; of a longer one its two ends
_REMEMBERED = 512  # short texts: models, tags, flags and services repeat
_SHORT = 64
_TEXTS = ("session_id", "variant", "trace_id", "span_id", "suite", "case_id", "run_id", "worker")
_AFTER_USER = CONTEXT[CONTEXT.index("user_hash") + 1 :]
_TOLD = frozenset({CONTEXT[0], *_AFTER_USER})
_CANCELLED = "cancelled"


class Wording:
    """Redacts, hashes and cuts, by the chosen capture."""

    def __init__(
        self,
        capture: str,
        hash_key: bytes | None,
        foreign: ForeignGuard,
        redaction: Redaction | None = None,
    ) -> None:
        self._preview = preview if redaction is None else redaction.preview
        self._preview("")  # what finds is imported where the logger is made, not by its first call
        self.capture = capture
        self._holds_text = capture in {"redacted", "full"}
        self._query_key = hash_key or b""
        self._user_key = hash_key or os.urandom(32)
        self._foreign = foreign
        self._known: dict[str, str] = {}

    def text(self, value: str) -> str:
        """A name, redacted, cut and quoted as JSON."""
        known = self._known.get(value)
        if known is not None:
            return known
        told = quote(self._preview(value, _NAME_LENGTH))
        if len(value) <= _SHORT:
            if len(self._known) >= _REMEMBERED:
                self._known = {}
            self._known[value] = told
        return told

    def members(self, fields: Mapping[str, Any], names: Sequence[str]) -> str:
        """The fields as members of a line; a value that cannot be told is lost alone."""
        try:
            return members(fields, names, self.text)
        except (TypeError, ValueError, AttributeError, RuntimeError):
            found = []
            for name in names:
                with self._foreign:
                    found.append(members(fields, (name,), self.text))
            return "".join(found)

    def query(self, query: str | None) -> str:
        """The members that tell a query."""
        if query is None:
            return ""
        length = len(query)
        if self.capture == "none":
            return f',"query_length":{length}'
        ends = query
        if length > _HASHED:
            ends = f"{length}:{query[: _HASHED // 2]}{query[-_HASHED // 2 :]}"
        hashed = f',"query_hash":"{text_hash(ends, self._query_key)}","query_length":{length}'
        if self.capture == "hash":
            return hashed
        told = query if self.capture == "full" else self._preview(query)
        return f',"query_preview":{quote(told)}{hashed}'

    def context(self, fields: Mapping[str, Any]) -> str:
        """The members that tell who asked and in which experiment."""
        user = fields.get("user_id")
        who = "" if user is None else self._user(user)
        if _TOLD.isdisjoint(fields):
            return who
        found = {name: value for name, value in fields.items() if name in _TOLD}
        for name in _TEXTS:
            if name in found and type(found[name]) is not str:
                self._as_text(found, name)
        if "tags" in found:
            self._tags(found)
        return self.members(found, CONTEXT[:1]) + who + self.members(found, _AFTER_USER)

    def _user(self, user: object) -> str:
        """The member that tells a user. Its value is hex, which needs no redaction."""
        with self._foreign:
            name = user if type(user) is str else str(user)
            return f',"user_hash":"{keyed_hash(name, self._user_key)}"'
        return ""

    def _as_text(self, found: dict[str, Any], name: str) -> None:
        """A UUID is a session id as good as its text."""
        value = found.pop(name)
        if value is not None:
            with self._foreign:
                found[name] = str(value)

    def _tags(self, found: dict[str, Any]) -> None:
        tags = found.pop("tags")
        with self._foreign:
            found["tags"] = [tags] if isinstance(tags, str) else [str(tag) for tag in tags or ()]

    def error(self, error: BaseException | None, error_type: str | None) -> dict[str, Any]:
        """The fields that tell an error; its message goes through `message`."""
        found: dict[str, Any] = {"error_type": error_type or type(error).__name__}
        if error is not None:
            with self._foreign:
                found |= usage.read_error(error)
            found["error_type"] = error_type or _kind(error) or found["error_type"]
        return found

    def message(self, name: str, value: object) -> str:
        """A member of free text, such as an error's message or a grader's explanation."""
        if value is None or not self._holds_text:
            return ""
        with self._foreign:
            told = self._preview(value if isinstance(value, str) else str(value), _MESSAGE_LENGTH)
            return f',"{name}":{quote(told)}' if told else ""
        return ""


def _kind(error: BaseException) -> str | None:
    """Cancelled and abandoned calls have types of their own, whatever library cancelled them."""
    if isinstance(error, GeneratorExit):
        return "abandoned"
    return _CANCELLED if type(error).__name__ in {"CancelledError", "Cancelled"} else None
