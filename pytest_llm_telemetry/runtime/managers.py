"""Stream helpers that are context managers: the request goes out when they are entered.

`with client.messages.stream(...) as stream` hands out an object with many ways to be read
(events, `text_stream`, `get_final_message()`), all of which pull from one iterator inside it. That
iterator is what is followed, so the caller holds the SDK's own object.
"""

from __future__ import annotations

from _contextvars import ContextVar

from pytest_llm_telemetry.runtime.streams import follow

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from pytest_llm_telemetry.runtime.calls import ObservedCall

_PULLED = "_iterator"
_inside: ContextVar[bool] = ContextVar("llm_telemetry_inside_a_helper", default=False)


def managed(manage: Callable[[], Any], begin: Callable[[], ObservedCall]) -> Any:
    """The manager that `manage` makes, watched: `begin` makes its call when it is entered."""
    with _Inside():
        return _Managed(manage(), begin)


def inside() -> bool:
    """Whether a helper is making its request here, by a method that may be watched itself."""
    return _inside.get()


class _Inside:
    def __enter__(self) -> None:
        self._token = _inside.set(True)

    def __exit__(self, *exc: object) -> None:
        _inside.reset(self._token)


class _Managed:
    """Stands for a stream helper's manager, sync or async."""

    def __init__(self, manager: Any, begin: Callable[[], ObservedCall]) -> None:
        self._manager = manager
        self._begin = begin
        self._followed: Any = None

    def __enter__(self) -> Any:
        with self._begin() as call:
            with _Inside():
                entered = self._manager.__enter__()
            return self._follow(call, entered)

    def __exit__(self, *exc: object) -> Any:
        try:
            return self._manager.__exit__(*exc)
        finally:
            self._followed.close()

    async def __aenter__(self) -> Any:
        with self._begin() as call:
            with _Inside():
                entered = await self._manager.__aenter__()
            return self._follow(call, entered)

    async def __aexit__(self, *exc: object) -> Any:
        try:
            return await self._manager.__aexit__(*exc)
        finally:
            await self._followed.aclose()

    def _follow(self, call: ObservedCall, stream: Any) -> Any:
        """Follow what the stream pulls from; a stream of another make is followed as a whole."""
        pulled = getattr(stream, _PULLED, None)
        self._followed = follow(call, stream if pulled is None else pulled)
        if pulled is None:
            return self._followed
        setattr(stream, _PULLED, self._followed)
        return stream

    def __getattr__(self, name: str) -> Any:
        return getattr(self._manager, name)

    @property  # type: ignore[misc]  # `isinstance` asks for it, and should hear the manager's class
    def __class__(self) -> Any:
        return type(self._manager)
