"""Which calls are kept. The decision hangs on the query id, so all events of a call share it."""

from __future__ import annotations

from pytest_llm_telemetry.core.errors import ConfigError
from pytest_llm_telemetry.core.privacy import text_hasher

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Any

    Rate = float | Callable[[Mapping[str, Any]], float]

_WHOLE = 2**32
_hash = text_hasher()


class Sampling:
    """Head sampling. Errors and slow calls are always kept, and say a rate of 1.

    A line that is kept says its `sample_rate`, and readers weight it by 1 / rate: counts, sums and
    shares stay unbiased (Horvitz-Thompson).

    Args:
        rate: The share of calls to keep, a fraction of 1, or a function of the call's fields.
        slow_ms: A call of at least so many milliseconds is always kept.

    Raises:
        ConfigError: If the rate is no fraction.
    """

    def __init__(self, rate: Rate, slow_ms: float | None = None) -> None:
        if not callable(rate) and not 0 <= rate <= 1:
            raise ConfigError(f"sample_rate is {rate!r}", remedy="give a fraction from 0 to 1")
        self._rate = rate
        self.slow_ms = slow_ms

    def rate(self, query_id: str, fields: Mapping[str, Any]) -> float:
        """The rate of a call that is kept, 0 for one that is not.

        A rate from a function that is no fraction counts as 1: rather too much than nothing.
        """
        rate = self._rate(fields) if callable(self._rate) else self._rate
        if not 0 <= rate <= 1:
            return 1.0
        return float(rate) if share(query_id) < rate else 0.0

    def score_rate(self, query_id: str) -> float:
        """The rate of a score: its call's where it is known, else 1."""
        return 1.0 if callable(self._rate) else self.rate(query_id, {})


def share(query_id: str) -> float:
    """Where an id stands in [0, 1), evenly spread and the same in every process."""
    return int(_hash(query_id)[:8], 16) / _WHOLE
