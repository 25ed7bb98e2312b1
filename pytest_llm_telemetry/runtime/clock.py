"""Time and identity, injected so that a test can fix both."""

from __future__ import annotations

import os
import time

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Protocol

    class Clock(Protocol):
        """Where a logger takes its times from."""

        def wall(self) -> float:
            """Seconds since the epoch, UTC."""

        def monotonic_ns(self) -> int:
            """Nanoseconds of a clock that never jumps."""


_ID = 32  # hex digits
_RUN = "0000-00-00T00-00-00Z-0000"
_AS_ZERO = str.maketrans("123456789abcdef", "0" * 15)
_BATCH = 256  # one system call for so many ids
_second = (-1, "")
_last = (-1, "")
_ids: list[str] = []


class SystemClock:
    """The machine's own clocks, held by the instance: what a class holds is bound at each call."""

    def __init__(self) -> None:
        self.wall = time.time
        self.monotonic_ns = time.perf_counter_ns


def timestamp(wall: float) -> str:
    """ISO-8601 UTC with three decimals and a Z: `2026-11-23T11:20:04.123Z`."""
    global _last, _second  # noqa: PLW0603 - calls share their second, bursts their millisecond
    milliseconds = int(wall * 1000)
    known, text = _last
    if known == milliseconds:
        return text
    seconds, rest = divmod(milliseconds, 1000)
    known, opened = _second
    if known != seconds:
        opened = time.strftime("%Y-%m-%dT%H:%M:%S.", time.gmtime(seconds))
        _second = (seconds, opened)
    text = f"{opened}{rest:03}Z"
    _last = (milliseconds, text)
    return text


def new_id() -> str:
    """32 hex digits of the operating system's randomness, taken in batches."""
    try:
        return _ids.pop()
    except IndexError:
        drawn = os.urandom(16 * _BATCH).hex()
        _ids.extend(drawn[start : start + 32] for start in range(32, len(drawn), 32))
        return drawn[:32]


def is_id(value: object) -> bool:
    """Whether it has the shape of `new_id`, in which there is nothing to redact."""
    return type(value) is str and len(value) == _ID and not value.strip("0123456789abcdef")


def is_run_id(text: str) -> bool:
    """Whether it has the shape of a run's id, `2026-11-23T11-20-04Z-7c1e`: nothing to redact."""
    return len(text) == len(_RUN) and text.translate(_AS_ZERO) == _RUN


if hasattr(os, "register_at_fork"):  # pragma: no branch - Windows has no fork
    os.register_at_fork(after_in_child=_ids.clear)  # a child must not repeat its parent's ids
