"""Wrapped functions: the same signature, the same kind, the same result."""

from __future__ import annotations

from pytest_llm_telemetry.runtime.streams import (
    AsyncGeneratorStream,
    GeneratorStream,
    follow,
    is_stream,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from typing import Any, TypeVar

    from pytest_llm_telemetry.runtime.calls import ObservedCall

    Watch = Callable[[tuple[Any, ...], dict[str, Any]], ObservedCall]
    F = TypeVar("F", bound=Callable[..., Any])

_GENERATOR, _COROUTINE, _ASYNC_GENERATOR = 0x20, 0x80, 0x200  # CPython's code flags


def wrap(watch: Watch, function: F) -> F:
    """The function, watched: `watch` makes the call of the arguments it is about to be given."""
    like = _update_wrapper or _load()
    code = getattr(function, "__code__", None)
    flags = getattr(code, "co_flags", 0)
    for flag, maker in _MAKERS.items():
        if flags & flag:
            return like(maker(watch, function), function)  # type: ignore[no-any-return]  # same kind, same signature
    return like(_plain(watch, function), function)  # type: ignore[no-any-return]  # same kind, same signature


def _load() -> Callable[..., Any]:
    """`functools.update_wrapper`, for which importing a logger need not wait, nor each wrapping."""
    global _update_wrapper  # noqa: PLW0603 - a test may wrap its handler anew for each case
    from functools import update_wrapper  # noqa: PLC0415 - see above

    _update_wrapper = update_wrapper
    return update_wrapper


_update_wrapper: Callable[..., Any] | None = None


def _plain(watch: Watch, function: Callable[..., Any]) -> Callable[..., Any]:
    def watched(*args: Any, **kwargs: Any) -> Any:
        with watch(args, kwargs) as call:
            return _result(call, function(*args, **kwargs))

    return watched


def _result(call: ObservedCall, result: Any) -> Any:
    """What the caller gets, of whatever kind the function turned out to be."""
    kind = type(result)
    if hasattr(kind, "cr_await"):  # a client's method may hand out a coroutine and be none itself
        call.followed()
        return _awaited(call, result)
    if hasattr(kind, "add_done_callback"):
        call.followed()
        result.add_done_callback(_Done(call))
    elif is_stream(result):
        return follow(call, result)
    else:
        call.record(result)
    return result


async def _awaited(call: ObservedCall, pending: Awaitable[Any]) -> Any:
    with call:
        return _result(call, await pending)


class _Done:
    """Ends the call of a future."""

    def __init__(self, call: ObservedCall) -> None:
        self._call = call

    def __call__(self, future: Any) -> None:
        if future.cancelled():
            self._call.end(kind="cancelled")
            return
        error = future.exception()
        if error is None:
            self._call.record(future.result())
        self._call.end(error)


def _coroutine(watch: Watch, function: Callable[..., Any]) -> Callable[..., Any]:
    async def watched(*args: Any, **kwargs: Any) -> Any:
        with watch(args, kwargs) as call:
            return _result(call, await function(*args, **kwargs))

    return watched


def _generator(watch: Watch, function: Callable[..., Any]) -> Callable[..., Any]:
    def watched(*args: Any, **kwargs: Any) -> Any:
        source = function(*args, **kwargs)
        return (yield from GeneratorStream(watch(args, kwargs).start(), source))

    return watched


def _async_generator(watch: Watch, function: Callable[..., Any]) -> Callable[..., Any]:
    async def watched(*args: Any, **kwargs: Any) -> Any:
        source = function(*args, **kwargs)
        stream = AsyncGeneratorStream(watch(args, kwargs).start(), source)
        thrown = _Thrown()
        try:
            chunk = await anext(stream)
            while True:
                with thrown:
                    sent = yield chunk
                chunk = await (stream.asend(sent) if thrown.error is None else thrown.into(stream))
        except StopAsyncIteration:
            return
        finally:
            await stream.aclose()

    return watched


class _Thrown:
    """Catches what the reader throws into an asynchronous generator, to throw it further in."""

    error: BaseException | None = None

    def __enter__(self) -> None:
        self.error = None

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: object
    ) -> bool:
        self.error = error
        return kind is not None and not issubclass(kind, GeneratorExit)

    def into(self, stream: AsyncGeneratorStream) -> Awaitable[Any]:
        """Throw it."""
        return stream.athrow(self.error)


_MAKERS = {
    _COROUTINE: _coroutine,
    _ASYNC_GENERATOR: _async_generator,
    _GENERATOR: _generator,
}
