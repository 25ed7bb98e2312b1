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


class SystemClock:
    """The machine's own clocks."""

    wall = staticmethod(time.time)
    monotonic_ns = staticmethod(time.perf_counter_ns)


def timestamp(wall: float) -> str:
    """ISO-8601 UTC with three decimals and a Z: `2026-11-23T11:20:04.123Z`."""
    milliseconds = int(wall * 1000)
    moment = time.gmtime(milliseconds // 1000)
    return f"{time.strftime('%Y-%m-%dT%H:%M:%S', moment)}.{milliseconds % 1000:03}Z"


def new_id() -> str:
    """32 hex digits of the operating system's randomness, safe after a fork."""
    return os.urandom(16).hex()
