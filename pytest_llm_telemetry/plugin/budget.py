"""`--llm-budget-usd`: no call is made that the run's budget has no room for."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from pytest_llm_telemetry.storage.ledger import Ledger


class BudgetExceeded(BaseException):
    """The run's budget has no room for another call.

    No `Exception`, so that neither a handler's own `except Exception` nor the logger's guard
    takes it for a fault of the call and goes on spending.
    """


class Meter:
    """Reserves before each call of this process, and settles after it."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self._held: dict[str, float] = {}

    @property
    def stopped(self) -> str:
        """Why no further call is made; empty while there is room."""
        return self._ledger.read().stopped

    def begin(self, query_id: str, parent_id: str | None) -> None:
        """Reserve for a call, in place of what its caller holds.

        Raises:
            BudgetExceeded: If there is no room.
        """
        if parent_id is not None:
            self._ledger.release(self._held.pop(parent_id, 0.0))
        amount = self._ledger.reserve()
        if amount is None:
            raise BudgetExceeded(self.stopped)
        self._held[query_id] = amount

    def end(self, query_id: str, found: Mapping[str, Any]) -> None:
        """Settle a call by its event's fields; a cost that nobody knows stops the run."""
        amount = self._held.pop(query_id, 0.0)
        cost = found.get("cost_usd")
        if found.get("nested_calls"):
            self._ledger.release(amount)  # the calls inside it were settled, each by itself
        elif cost is not None:
            self._ledger.settle(amount, cost)
        elif found.get("status_code") is not None:
            self._ledger.settle(amount, 0.0)  # the provider refused it, and bills no refusal
        elif found.get("error_type") is not None:
            self._ledger.settle(amount, amount)  # it may have been billed before it broke
        else:
            model = found.get("model") or found.get("model_requested")
            of = f" of {model}" if model else ""
            self._ledger.stop(
                f"budget: the cost of a call{of} is unknown, so it cannot be kept; "
                "give its prices under [prices] in llm-telemetry.toml"
            )
