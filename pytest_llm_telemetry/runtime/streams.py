"""Streams that are followed while somebody else reads them: first content, last usage, the end.

A proxy behaves as the stream it stands for (attributes, `isinstance`, `with`, `close`) and keeps
counts, never chunks. It tells its call about the end once: exhausted, failed, or `abandoned` when
it is closed or dropped before the provider said that it had finished.
"""

from __future__ import annotations

from pytest_llm_telemetry.core import usage

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator
    from typing import Any, Protocol, Self, TypeVar

    S = TypeVar("S")

    class Call(Protocol):
        """The call whose answer is streamed."""

        def followed(self) -> None:
            """Leave the end of the call to the stream."""

        def enter(self) -> Any:
            """Make this the call inside which others are made."""

        def leave(self, token: Any) -> None:
            """Undo `enter`."""

        def first_content(self) -> None:
            """Stamp the first chunk of content, once."""

        def take(self, found: dict[str, Any]) -> None:
            """Take event fields that the stream told."""

        def stream_ended(self, error: BaseException | None, kind: str | None) -> None:
            """Take the end of the stream for the end of the call."""


_VALUES = (str, bytes, bytearray, memoryview, list, tuple, dict, set, frozenset)


def is_stream(value: object) -> bool:
    """Whether a call's result is read piece by piece: iterable, closable, and neither value nor file."""
    kind = type(value)
    if isinstance(value, _VALUES) or hasattr(kind, "readline"):
        return False
    if hasattr(kind, "__aiter__"):
        return hasattr(kind, "aclose") or hasattr(kind, "close") or hasattr(kind, "__aexit__")
    return hasattr(kind, "__iter__") and (hasattr(kind, "close") or hasattr(kind, "__exit__"))


def follow(call: Call, source: S) -> S:
    """A proxy for a stream, which ends the call; anything that cannot be iterated comes back as is."""
    kind = type(source)
    if hasattr(kind, "__aiter__"):
        maker: Any = AsyncGeneratorStream if hasattr(kind, "athrow") else AsyncStream
    elif hasattr(kind, "__iter__"):
        maker = GeneratorStream if hasattr(kind, "throw") else Stream
    else:
        return source
    call.followed()
    proxy: S = maker(call, source)
    return proxy


class _Followed:
    """What the proxies share."""

    def __init__(self, call: Call, source: Any) -> None:
        self._call = call
        self._source = source
        self._iterator: Any = None
        self._seen = usage.StreamUsage()
        self._over = False

    def _chunk(self, chunk: Any) -> Any:
        if self._seen.add(chunk):
            self._call.first_content()
        return chunk

    def _end(self, error: BaseException | None = None, kind: str | None = None) -> None:
        if self._over:
            return
        self._over = True
        found = self._seen.result()
        if kind is not None and found.get("finish_reason"):
            kind = None  # closed after the provider had said its last word: nothing was abandoned
        self._call.take({"streaming": True, **found})
        self._call.stream_ended(error, kind)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._source, name)

    @property  # type: ignore[misc]  # `isinstance` asks for it, and should hear the stream's class
    def __class__(self) -> Any:
        return type(self._source)

    def __del__(self) -> None:
        if not self.__dict__.get("_over", True):
            self._end(kind="abandoned")


class Stream(_Followed):
    """A synchronous stream that is being followed."""

    def __iter__(self) -> Iterator[Any]:
        return self

    def __next__(self) -> Any:
        return self._step("__next__")

    def _step(self, name: str, *arguments: Any) -> Any:
        token = self._call.enter()
        try:
            if self._iterator is None:
                self._iterator = iter(self._source)
            chunk = getattr(self._iterator, name)(*arguments)
        except StopIteration:
            self._end()
            raise
        except BaseException as error:
            self._end(error)
            raise
        finally:
            self._call.leave(token)
        return self._chunk(chunk)

    def close(self) -> None:
        """Close the stream; unread, it was abandoned."""
        try:
            close = getattr(self._source, "close", None)
            if close is not None:
                close()
        finally:
            self._end(kind="abandoned")

    def __enter__(self) -> Self:
        enter = getattr(self._source, "__enter__", None)
        entered = enter() if enter is not None else self._source
        if entered is not self._source:  # a manager hands out the stream proper
            self._source = entered
        return self

    def __exit__(self, *exc: object) -> Any:
        leave = getattr(self._source, "__exit__", None)
        try:
            return leave(*exc) if leave is not None else self.close()
        finally:
            self._end(kind="abandoned")


class GeneratorStream(Stream):
    """A generator that is being followed."""

    def send(self, value: Any) -> Any:
        """Send a value into the generator."""
        return self._step("send", value)

    def throw(self, *error: Any) -> Any:
        """Throw an exception into the generator."""
        return self._step("throw", *error)


class AsyncStream(_Followed):
    """An asynchronous stream that is being followed."""

    def __aiter__(self) -> AsyncIterator[Any]:
        return self

    async def __anext__(self) -> Any:
        return await self._step("__anext__")

    async def _step(self, name: str, *arguments: Any) -> Any:
        token = self._call.enter()
        try:
            if self._iterator is None:
                self._iterator = aiter(self._source)
            chunk = await getattr(self._iterator, name)(*arguments)
        except StopAsyncIteration:
            self._end()
            raise
        except BaseException as error:
            self._end(error)
            raise
        finally:
            self._call.leave(token)
        return self._chunk(chunk)

    async def close(self) -> None:
        """Close the stream; unread, it was abandoned."""
        await self._close("close", "aclose")

    async def aclose(self) -> None:
        """Close the stream; unread, it was abandoned."""
        await self._close("aclose", "close")

    async def _close(self, *names: str) -> None:
        try:
            for name in names:
                close = getattr(self._source, name, None)
                if close is not None:
                    await close()
                    break
        finally:
            self._end(kind="abandoned")

    async def __aenter__(self) -> Self:
        enter = getattr(self._source, "__aenter__", None)
        entered = await enter() if enter is not None else self._source
        if entered is not self._source:
            self._source = entered
        return self

    async def __aexit__(self, *exc: object) -> Any:
        leave = getattr(self._source, "__aexit__", None)
        try:
            return await leave(*exc) if leave is not None else await self.aclose()
        finally:
            self._end(kind="abandoned")


class AsyncGeneratorStream(AsyncStream):
    """An asynchronous generator that is being followed."""

    async def asend(self, value: Any) -> Any:
        """Send a value into the generator."""
        return await self._step("asend", value)

    async def athrow(self, *error: Any) -> Any:
        """Throw an exception into the generator."""
        return await self._step("athrow", *error)
