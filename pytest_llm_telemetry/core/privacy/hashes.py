"""Keyed hashes: of a user's identity, and of a query that is to be told again.

Both come as functions that carry their key's work done: a logger hashes under one key for as long
as it lives, and a digest that is copied costs a third of one that is begun.
"""

from __future__ import annotations

from _blake2 import blake2b
from _hashlib import openssl_sha256

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

_BLOCK = 64  # bytes, of SHA-256
_INNER, _OUTER = (
    bytes(byte ^ 0x36 for byte in range(256)),
    bytes(byte ^ 0x5C for byte in range(256)),
)


def user_hasher(key: bytes) -> Callable[[str], str]:
    """HMAC-SHA256 of a user's identity, the first 32 hex digits (RFC 2104; section 4 keeps the key's
    half of both digests, as here).
    """
    block = (openssl_sha256(key).digest() if len(key) > _BLOCK else key).ljust(_BLOCK, b"\0")
    inner = openssl_sha256(block.translate(_INNER))
    outer = openssl_sha256(block.translate(_OUTER))

    def hashed(value: str) -> str:
        told = inner.copy()
        told.update(value.encode("utf-8", "surrogatepass"))
        wrapped = outer.copy()
        wrapped.update(told.digest())
        return wrapped.hexdigest()[:32]

    return hashed


def text_hasher(key: bytes = b"") -> Callable[[str], str]:
    """A hash that tells equal queries: BLAKE2b-128, keyed where a key is given, as 32 hex digits."""
    blank = blake2b(digest_size=16, key=key[:_BLOCK])

    def hashed(text: str) -> str:
        told = blank.copy()
        told.update(text.encode("utf-8", "surrogatepass"))
        return told.hexdigest()

    return hashed


def text_hash(text: str, key: bytes = b"") -> str:
    """`text_hasher` for one text."""
    return text_hasher(key)(text)


def keyed_hash(value: str, key: bytes) -> str:
    """`user_hasher` for one user."""
    return user_hasher(key)(value)
