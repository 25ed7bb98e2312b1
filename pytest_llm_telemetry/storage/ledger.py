"""What a run may spend: one small file that every process of the run reserves from.

Each change is made under a lock of the file, so workers that run side by side never spend the same
dollar. A worker that is killed leaves its reservation behind, which errs on the safe side.
"""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, replace
from math import isfinite
from pathlib import Path
from typing import BinaryIO

from pytest_llm_telemetry.core.records import dataclass
from pytest_llm_telemetry.storage.documents import decode_json

try:
    from fcntl import LOCK_EX, flock

    def _lock(file: BinaryIO) -> None:
        flock(file, LOCK_EX)  # let go of when the file is closed

except ImportError:  # pragma: no cover - Windows, untested
    from msvcrt import LK_LOCK, locking  # type: ignore[attr-defined]  # Windows only

    def _lock(file: BinaryIO) -> None:
        locking(file.fileno(), LK_LOCK, 1)


LEDGER = "budget.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class Spending:
    """The state of a budget, in USD.

    `largest_usd` is the dearest call so far, which is what the next one is taken to cost before it
    is made. `stopped` is why no further call is made; empty while there is room.
    """

    limit_usd: float
    settled_usd: float = 0.0
    reserved_usd: float = 0.0
    largest_usd: float = 0.0
    calls: int = 0
    stopped: str = ""


class Ledger:
    """The budget of one run, shared by its processes through a file in the run's folder."""

    def __init__(self, folder: Path, limit_usd: float) -> None:
        self._path = folder / LEDGER
        self._limit_usd = limit_usd

    def read(self) -> Spending:
        """The state as it stands."""
        with self._open() as (_, state):
            return state

    def reserve(self) -> float | None:
        """Set aside what the next call may cost, in USD; `None` if there is no room for it.

        Nobody knows what the first call will cost, so nothing is set aside for it: a budget is
        overshot by one call of each process at most.
        """
        with self._open() as (file, state):
            amount = state.largest_usd
            held = state.settled_usd + state.reserved_usd
            if not state.stopped and (held >= state.limit_usd or held + amount > state.limit_usd):
                spent = f"{state.settled_usd:.4f} of ${state.limit_usd:g} spent"
                why = f"budget: ${spent} in {state.calls} calls"
                _write(file, replace(state, stopped=why))
                return None
            if state.stopped:
                return None
            _write(file, replace(state, reserved_usd=state.reserved_usd + amount))
            return amount

    def release(self, amount: float) -> None:
        """Give back what was set aside for a call that costs nothing by itself."""
        self._settle(amount, 0.0, calls=0)

    def settle(self, amount: float, cost_usd: float) -> None:
        """Put what a call did cost in the place of what was set aside for it."""
        self._settle(amount, cost_usd, calls=1)

    def stop(self, why: str) -> None:
        """Let no further call be made."""
        with self._open() as (file, state):
            _write(file, replace(state, stopped=state.stopped or why))

    def _settle(self, amount: float, cost_usd: float, *, calls: int) -> None:
        with self._open() as (file, state):
            changed = replace(
                state,
                reserved_usd=max(0.0, state.reserved_usd - amount),
                settled_usd=state.settled_usd + cost_usd,
                largest_usd=max(state.largest_usd, cost_usd),
                calls=state.calls + calls,
            )
            _write(file, changed)

    @contextmanager
    def _open(self) -> Iterator[tuple[BinaryIO, Spending]]:
        with self._path.open("a+b", buffering=0) as raw:
            file: BinaryIO = raw  # unbuffered: what is written is there
            _lock(file)
            file.seek(0)
            text = file.read()
            yield file, self._state(text)

    def _state(self, text: bytes) -> Spending:
        """What the file tells; a damaged one spends nothing more, since nobody knows what is left."""
        if not text:
            return Spending(limit_usd=self._limit_usd)
        try:
            state = Spending(**decode_json(text.decode()))
            amounts = (state.limit_usd, state.settled_usd, state.reserved_usd, state.largest_usd)
            if all(map(isfinite, amounts)) and type(state.calls) is int:
                return replace(state, stopped=str(state.stopped))
        except (ValueError, TypeError):
            pass  # told below, as for figures that are none
        return Spending(limit_usd=self._limit_usd, stopped=f"budget: {self._path} is damaged")


def _write(file: BinaryIO, state: Spending) -> None:
    file.truncate(0)
    file.write(json.dumps(asdict(state)).encode())
