"""Text that may be written: personal data and secrets replaced, then cut, and keyed hashes."""

from __future__ import annotations

import re
from _blake2 import blake2b
from _hashlib import hmac_digest

PREVIEW_LENGTH = 100
_RULES = (
    ("<PRIVATE_KEY>", r"-----BEGIN [A-Z ]{0,20}PRIVATE KEY-----[^-]{0,8000}(?:-----END)?"),
    ("<JWT>", r"\beyJ[\w-]{8,2000}\.[\w-]{4,4000}\.[\w-]{0,1000}"),
    ("<API_KEY>", r"\b(?:sk|pk|rk)[-_][\w-]{16,200}|\bAKIA[0-9A-Z]{16}\b|\bgh[pousr]_\w{20,100}"),
    ("<EMAIL>", r"\b[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,5}\b"),
    ("<SSN>", r"\b\d{3}-\d{2}-\d{4}\b"),
    ("<CARD>", r"\b\d(?:[ -]?\d){12,18}\b"),
    ("<PHONE>", r"\+\d[\d ()-]{7,18}\d"),
)
_PATTERN = re.compile("|".join(f"(?P<r{i}>{rule})" for i, (_, rule) in enumerate(_RULES)))
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]+")


def redact(text: str) -> str:
    """The text with each piece of personal data or secret replaced by the name of its class."""
    return _PATTERN.sub(lambda found: _RULES[int(str(found.lastgroup)[1:])][0], text)


def preview(text: str, limit: int = PREVIEW_LENGTH) -> str:
    """One line of at most `limit` characters: redacted first, cut after."""
    return _CONTROL.sub(" ", redact(text[: limit + 4000]))[:limit]


def keyed_hash(value: str, key: bytes) -> str:
    """HMAC-SHA256 of a user's identity, the first 32 hex digits."""
    return hmac_digest(key, value.encode("utf-8", "surrogatepass"), "sha256").hex()[:32]


def text_hash(text: str, key: bytes = b"") -> str:
    """A hash that tells equal queries: BLAKE2b-128, keyed where a key is given."""
    data = text.encode("utf-8", "surrogatepass")
    return blake2b(data, digest_size=16, key=key[:64]).hexdigest()
