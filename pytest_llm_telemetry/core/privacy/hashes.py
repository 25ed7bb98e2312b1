"""Keyed hashes: of a user's identity, and of a query that is to be told again."""

from __future__ import annotations

from _blake2 import blake2b
from _hashlib import hmac_digest


def keyed_hash(value: str, key: bytes) -> str:
    """HMAC-SHA256 of a user's identity, the first 32 hex digits."""
    return hmac_digest(key, value.encode("utf-8", "surrogatepass"), "sha256").hex()[:32]


def text_hash(text: str, key: bytes = b"") -> str:
    """A hash that tells equal queries: BLAKE2b-128, keyed where a key is given."""
    data = text.encode("utf-8", "surrogatepass")
    return blake2b(data, digest_size=16, key=key[:64]).hexdigest()
