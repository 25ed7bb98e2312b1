"""Latency and errors that look like chance and repeat exactly: drawn from a seeded hash."""

from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import blake2b
from math import exp

from pytest_llm_telemetry.core.errors import ConfigError
from pytest_llm_telemetry.loopback.exchange import FaultKind

_KINDS: tuple[FaultKind, ...] = ("rate_limit", "server_error", "broken_stream", "reset")


@dataclass(frozen=True, slots=True, kw_only=True)
class Latency:
    """How long answers take, in milliseconds.

    `median_ms` plus `per_token_ms` for each output token, spread by a log-normal factor whose
    logarithm deviates by `jitter`; a share `slow_rate` of the calls takes `slow_factor` times as
    long. The first piece of a stream is due after the share `ttft_share` of the whole.
    """

    median_ms: float = 0.0
    per_token_ms: float = 0.0
    jitter: float = 0.15
    slow_rate: float = 0.0
    slow_factor: float = 4.0
    ttft_share: float = 0.3

    def of_call(self, seed: str, output_tokens: int) -> float:
        """The latency in milliseconds of the call that `seed` names."""
        # Three uniform draws make a bell of deviation 1 that never leaves -3..3: no freak sleeps.
        bell = 2 * sum(draw(seed, f"latency {n}") - 0.5 for n in range(3))
        slow = self.slow_factor if draw(seed, "slow") < self.slow_rate else 1.0
        return (self.median_ms + self.per_token_ms * output_tokens) * exp(self.jitter * bell) * slow


def draw(seed: str, purpose: str) -> float:
    """A number in [0, 1) that depends on the two texts alone."""
    digest = blake2b(f"{purpose}\n{seed}".encode(), digest_size=8).digest()
    return int.from_bytes(digest, "big") / 2**64


def fault_rates(error_rate: float | Mapping[FaultKind, float]) -> dict[FaultKind, float]:
    """The rate of each kind; a bare number is shared between rate limits and server errors.

    Raises:
        ConfigError: If a kind is unknown or the rates are no fractions that add up to 1 at most.
    """
    if not isinstance(error_rate, Mapping):
        error_rate = {"rate_limit": error_rate / 2, "server_error": error_rate / 2}
    unknown = [kind for kind in error_rate if kind not in _KINDS]
    if unknown:
        raise ConfigError(
            f"unknown kind of error {unknown[0]!r}",
            where="LoopbackServer(error_rate=)",
            remedy=f"known kinds: {', '.join(_KINDS)}",
        )
    if any(not rate >= 0 for rate in error_rate.values()) or sum(error_rate.values()) > 1:
        raise ConfigError(
            f"error rates {dict(error_rate)} are no shares of the calls",
            where="LoopbackServer(error_rate=)",
            remedy="give fractions from 0 that add up to 1 at most",
        )
    return dict(error_rate)


def fault_of_call(seed: str, rates: Mapping[FaultKind, float]) -> FaultKind | None:
    """The kind of error that hits the call that `seed` names, or None."""
    point = draw(seed, "fault")
    for kind, rate in rates.items():
        if point < rate:
            return kind
        point -= rate
    return None
