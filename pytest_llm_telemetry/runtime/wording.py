"""What may be written of a stranger's text. Every text of every line goes through here."""

from __future__ import annotations

import os

from pytest_llm_telemetry.core import usage
from pytest_llm_telemetry.core.lines import CONTEXT, Members, quote
from pytest_llm_telemetry.core.privacy import preview, text_hasher, user_hasher
from pytest_llm_telemetry.runtime.clock import is_run_id
from pytest_llm_telemetry.runtime.guard import name_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Any

    from pytest_llm_telemetry.core.privacy.redaction import Redaction
    from pytest_llm_telemetry.runtime.guard import ForeignGuard

_NAME_LENGTH = 200  # of a model, a tag, a session id
_MESSAGE_LENGTH = 500  # of an error or an explanation
_HASHED = 100_000  # characters of a query that are hashed; of a longer one its two ends
_REMEMBERED = 512  # short texts: models, tags, flags and services repeat
_SHORT = 64
_TEXTS = ("session_id", "variant", "trace_id", "span_id", "suite", "case_id", "run_id", "worker")
_BEFORE_USER = Members(CONTEXT[: CONTEXT.index("user_hash")])
_AFTER_USER = Members(CONTEXT[CONTEXT.index("user_hash") + 1 :])
_BESIDE_USER = Members((*_BEFORE_USER.names, *_AFTER_USER.names))
_TOLD = frozenset({*_BEFORE_USER.names, *_AFTER_USER.names})
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
        self.capture = capture
        self._holds_text = capture in {"redacted", "full"}
        self._hashes_query = capture != "none"
        self._query_hash = text_hasher(hash_key or b"")
        self._user_hash = user_hasher(hash_key or os.urandom(32))
        self._foreign = foreign
        # A name, redacted, cut and quoted as JSON. (A dict's own method: it runs for every text.)
        self.text: Callable[[str], str] = _Told(self._preview).__getitem__

    def members(self, fields: Mapping[str, Any], told: Members) -> str:
        """The fields as members of a line; a value that cannot be told is lost alone."""
        try:
            return told(fields, self.text)
        except (TypeError, ValueError, AttributeError, RuntimeError):
            found = []
            for name in filter(fields.__contains__, told.names):
                with self._foreign:
                    found.append(told({name: fields[name]}, self.text))
            return "".join(found)

    def asked(self, query: str) -> str:
        """The members that tell equal queries and their size (in characters)."""
        length = len(query)
        if not self._hashes_query:
            return f',"query_length":{length}'
        ends = query
        if length > _HASHED:
            ends = f"{length}:{query[: _HASHED // 2]}{query[-_HASHED // 2 :]}"
        hashed = self._query_hash
        return f',"query_hash":"{hashed(ends)}","query_length":{length}'

    def preview(self, query: str) -> str:
        """The member that tells a query's text, where the capture holds text.

        It stands on the terminal event alone: while the model works nobody waits for it.
        """
        if not self._holds_text:
            return ""
        redacted = self._preview
        told = query if self.capture == "full" else redacted(query)
        return f',"query_preview":{quote(told)}'

    def context(self, fields: Mapping[str, Any]) -> str:
        """The members that tell who asked and in which experiment."""
        user = fields.get("user_id")
        who = "" if user is None else self.user(user)
        if _TOLD.isdisjoint(fields):
            return who
        found = {name: value for name, value in fields.items() if name in _TOLD}
        for name in _TEXTS:
            if name in found and type(found[name]) is not str:
                self._as_text(found, name)
        if "tags" in found:
            self._tags(found)
        if not who:
            return self.members(found, _BESIDE_USER)
        return self.members(found, _BEFORE_USER) + who + self.members(found, _AFTER_USER)

    def user(self, user: object) -> str:
        """The member that tells a user. Its value is hex, which needs no redaction."""
        if type(user) is str:
            hashed = self._user_hash
            return f',"user_hash":"{hashed(user)}"'
        with self._foreign:
            return f',"user_hash":"{self._user_hash(str(user))}"'
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
        found: dict[str, Any] = {"error_type": error_type or name_of(type(error))}
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


class _Told(dict):  # type: ignore[type-arg]  # subscripting dict here costs an import at start
    """Names as they are told: models, tags, flags and services come again and again."""

    def __init__(self, preview: Callable[[str, int], str]) -> None:
        super().__init__()
        self._preview = preview

    def __missing__(self, value: str) -> str:
        told = quote(value if is_run_id(value) else self._preview(value, _NAME_LENGTH))
        if len(value) <= _SHORT:
            if len(self) >= _REMEMBERED:
                self.clear()
            self[value] = told
        return told


def _kind(error: BaseException) -> str | None:
    """Cancelled and abandoned calls have types of their own, whatever library cancelled them."""
    kind = type(error)  # what the error itself says of its class may raise
    if issubclass(kind, GeneratorExit):
        return "abandoned"
    return _CANCELLED if name_of(kind) in {"CancelledError", "Cancelled"} else None
