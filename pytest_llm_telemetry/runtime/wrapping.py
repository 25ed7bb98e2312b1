"""Wrapped functions: the same signature, the same kind, the same result."""

from __future__ import annotations

from functools import wraps

from pytest_llm_telemetry.core.usage import StreamUsage

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any, TypeVar

    from pytest_llm_telemetry.runtime.calls import ObservedCall
    from pytest_llm_telemetry.runtime.logger import TelemetryLogger

    F = TypeVar("F", bound=Callable[..., Any])

_GENERATOR, _COROUTINE, _ASYNC_GENERATOR = 0x20, 0x80, 0x200  # CPython's code flags


def wrap(logger: TelemetryLogger, function: F) -> F:
    """The function, watched."""
    code = getattr(function, "__code__", None)
    flags = code.co_flags if code is not None else 0
    for flag, maker in _MAKERS.items():
        if flags & flag:
            return wraps(function)(maker(logger, function))  # type: ignore[return-value]  # same kind, same signature
    return wraps(function)(_plain(logger, function))  # type: ignore[return-value]  # same kind, same signature


def _plain(logger: TelemetryLogger, function: Callable[..., Any]) -> Callable[..., Any]:
    def watched(*args: Any, **kwargs: Any) -> Any:
        with logger.watch(args, kwargs) as call:
            result = function(*args, **kwargs)
            call.record(result)
        return result

    return watched


def _coroutine(logger: TelemetryLogger, function: Callable[..., Any]) -> Callable[..., Any]:
    async def watched(*args: Any, **kwargs: Any) -> Any:
        async with logger.watch(args, kwargs) as call:
            result = await function(*args, **kwargs)
            call.record(result)
        return result

    return watched


def _generator(logger: TelemetryLogger, function: Callable[..., Any]) -> Callable[..., Any]:
    def watched(*args: Any, **kwargs: Any) -> Any:
        call, seen = logger.watch(args, kwargs).start(), StreamUsage()
        try:
            for chunk in function(*args, **kwargs):
                _chunk(call, seen, chunk)
                yield chunk
        except GeneratorExit as error:
            _finish(call, seen, error, "abandoned")
            raise
        except BaseException as error:
            _finish(call, seen, error)
            raise
        _finish(call, seen)

    return watched


def _async_generator(logger: TelemetryLogger, function: Callable[..., Any]) -> Callable[..., Any]:
    async def watched(*args: Any, **kwargs: Any) -> Any:
        call, seen = logger.watch(args, kwargs).start(), StreamUsage()
        try:
            async for chunk in function(*args, **kwargs):
                _chunk(call, seen, chunk)
                yield chunk
        except GeneratorExit as error:
            _finish(call, seen, error, "abandoned")
            raise
        except BaseException as error:
            _finish(call, seen, error)
            raise
        _finish(call, seen)

    return watched


def _chunk(call: ObservedCall, seen: StreamUsage, chunk: object) -> None:
    if seen.add(chunk):
        call.first_content()


def _finish(
    call: ObservedCall,
    seen: StreamUsage,
    error: BaseException | None = None,
    error_type: str | None = None,
) -> None:
    call.take({"streaming": True, **seen.result()})
    call.end(error, error_type)


_MAKERS = {
    _COROUTINE: _coroutine,
    _ASYNC_GENERATOR: _async_generator,
    _GENERATOR: _generator,
}
