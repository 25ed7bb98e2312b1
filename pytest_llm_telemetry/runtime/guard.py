"""Where faults end: the caller's call goes on, and each loss is counted by its reason."""

from __future__ import annotations

from _thread import allocate_lock

# A class's name, also where its metaclass answers for it and raises.
name_of = type.__dict__["__name__"].__get__


class Losses:
    """What was lost, by reason."""

    __slots__ = ("_lock", "counts")

    def __init__(self) -> None:
        self.counts: dict[str, int] = {}
        self._lock = allocate_lock()

    def count(self, reason: str, lost: int = 1) -> None:
        """Add to a reason. A signal handler that interrupts another count never waits for it."""
        held = self._lock.acquire(timeout=0.05)  # a fork may have left it locked for good
        try:
            self.counts[reason] = self.counts.get(reason, 0) + lost
        finally:
            if held:
                self._lock.release()


class Guard:
    """`with guard:` around our own code: its `Exception`s end here and are counted.

    What is no `Exception` goes on to the caller: a KeyboardInterrupt or a SystemExit here comes
    from a signal handler, and a library that swallows it makes a service that cannot be stopped.
    """

    ends: type[BaseException] = Exception

    def __init__(self, losses: Losses) -> None:
        self.losses = losses

    def __enter__(self) -> None:
        """Begin to guard."""

    def __exit__(self, kind: type[BaseException] | None, error: object, trace: object) -> bool:
        if kind is None:
            return False
        if not issubclass(kind, self.ends):
            return False
        self.losses.count(name_of(kind))
        return True


class ForeignGuard(Guard):
    """`with foreign:` around a stranger's `__str__`, `__getattr__` or `__iter__`.

    Ends a SystemExit and every other BaseException too, but for KeyboardInterrupt: whether Ctrl-C
    or the value itself raised it cannot be told, and Ctrl-C must always work. It is used for
    values of foreign classes only, so a signal handler's SystemExit meets it for microseconds.
    """

    ends = BaseException

    def __exit__(self, kind: type[BaseException] | None, error: object, trace: object) -> bool:
        if kind is None or issubclass(kind, KeyboardInterrupt):
            return False
        return Guard.__exit__(self, kind, error, trace)
