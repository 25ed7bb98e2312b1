"""`TelemetryLogger`: watches AI calls and writes one JSON line an event."""

from __future__ import annotations

import os

from pytest_llm_telemetry.core import privacy, usage
from pytest_llm_telemetry.core.errors import ConfigError
from pytest_llm_telemetry.core.pricing import PriceTable
from pytest_llm_telemetry.runtime import context
from pytest_llm_telemetry.runtime.calls import ObservedCall
from pytest_llm_telemetry.runtime.clock import SystemClock
from pytest_llm_telemetry.runtime.emitting import Emitter
from pytest_llm_telemetry.runtime.sampling import Sampling
from pytest_llm_telemetry.runtime.sinks import sink_to
from pytest_llm_telemetry.runtime.unpriced import warn
from pytest_llm_telemetry.runtime.wrapping import wrap

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from typing import Any, TypeVar

    from pytest_llm_telemetry.core.privacy.redaction import Redaction
    from pytest_llm_telemetry.runtime.clock import Clock
    from pytest_llm_telemetry.runtime.sampling import Rate
    from pytest_llm_telemetry.runtime.sinks import Sink

    F = TypeVar("F", bound=Callable[..., Any])

_INFINITY = float("inf")
CAPTURES = ("redacted", "hash", "none", "full")


class TelemetryLogger:
    """Watches AI calls. It never breaks, slows or leaks the call that it watches.

    Args:
        destination: A path (a file of JSON lines, rotated as `Rotation()` says) or a sink. None
            writes nowhere by itself.
        service, environment, service_version: Stand on every event.
        capture: What may be written of a query: "redacted" (a preview without personal data and
            secrets), "hash", "none", or "full" by explicit choice.
        hash_key: The key of user hashes; by default `LLM_TELEMETRY_HASH_KEY` of the environment,
            else a random one that lives as long as the process.
        redaction: A team's own patterns and allow-list, beside what is always replaced.
        prices: USD per million tokens by model, or a PriceTable such as `published_prices()`.
        sinks: More of them.
        sample_rate: The share of calls to keep, a fraction, or a function of the call's fields
            (see `Sampling`). Errors are always kept.
        slow_ms: With a sample_rate: calls of at least so many milliseconds are always kept.
        clock, ids: Where times and query ids come from, for tests.

    Raises:
        ConfigError: If an argument cannot be used. Nothing is raised later.
    """

    def __init__(  # noqa: PLR0913 - keyword-only: one word each where it is made
        self,
        destination: str | os.PathLike[str] | Sink | None = None,
        *,
        service: str | None = None,
        environment: str | None = None,
        service_version: str | None = None,
        capture: str = "redacted",
        hash_key: bytes | str | None = None,
        redaction: Redaction | None = None,
        prices: PriceTable | Mapping[str, Mapping[str, float]] | None = None,
        sinks: Sequence[str | os.PathLike[str] | Sink] = (),
        sample_rate: Rate | None = None,
        slow_ms: float | None = None,
        clock: Clock | None = None,
        ids: Callable[[], str] | None = None,
    ) -> None:
        if capture not in CAPTURES:
            raise ConfigError(f"capture is {capture!r}", remedy=f"use one of {CAPTURES}")
        fixed = {
            "service": service,
            "environment": environment,
            "service_version": service_version,
        }
        key = hash_key if hash_key is not None else os.environ.get("LLM_TELEMETRY_HASH_KEY")
        self._emitter = Emitter(
            [sink_to(given) for given in (destination, *sinks) if given is not None],
            {name: value for name, value in fixed.items() if value is not None},
            clock=clock or SystemClock(),
            ids=ids,
            capture=capture,
            hash_key=key.encode() if isinstance(key, str) else key,
            redaction=redaction,
            prices=prices
            if prices is None or isinstance(prices, PriceTable)
            else PriceTable(prices, unpriced=warn),
            sampling=None if sample_rate is None else Sampling(sample_rate, slow_ms),
        )
        if self._emitter.sinks:  # else it writes for tests alone, which may need neither
            with self._emitter.guard:  # without a free descriptor the first text asks again
                privacy.load()  # where the logger is made, not by its first call
                usage.load()

    def observe(self, query: object = None, **fields: Any) -> ObservedCall:
        """Watch a block: `with telemetry.observe(query, user_id=uid) as call: ...`.

        Fields: user_id, session_id, tags, variant, feature_flags, model, provider, operation.
        """
        text = query if type(query) is str or query is None else self._text(query)
        if "model" in fields:
            fields["model_requested"] = fields.pop("model")
        return ObservedCall(self._emitter, text, fields)

    def _text(self, query: object) -> str | None:
        """The query of a list of messages, or of a subclass of str."""
        with self._emitter.foreign:
            return usage.query_text((), {"query": query, "messages": query})
        return None

    def wrap(self, function: F) -> F:
        """Watch every call of a function: sync, async, generator or async generator."""
        return wrap(self.watch, function)

    def watch(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> ObservedCall:
        """The call that a wrapped function is about to make with these arguments."""
        query: str | None = None
        fields: dict[str, Any] = {}
        with self._emitter.foreign:
            query, fields = usage.query_text(args, kwargs), dict(usage.request_fields(kwargs))
        return ObservedCall(self._emitter, query, fields)

    def score(  # noqa: PLR0913 - keyword-only: the parts of one event
        self,
        query_id: str | None,
        name: str,
        value: float,
        *,
        passed: bool | None = None,
        explanation: str | None = None,
        answer: str | None = None,
    ) -> None:
        """Write a score of a call: a grader's in CI, a user's feedback in production.

        Of the `answer` that was scored a preview is written, where the capture allows text.
        """
        with self._emitter.foreign:
            number = float(value)
            if not -_INFINITY < number < _INFINITY:
                raise ValueError("a score is a number")
            fields = {"score_name": name, "score": number, "passed": passed}
            texts = {"explanation": explanation, "answer_preview": answer}
            self._emitter.score(query_id or self._emitter.new_id(), fields, **texts)

    def context(self, **fields: Any) -> context.bind:
        """Put fields on every event of a `with` block (any logger's): see `context.bind`."""
        return context.bind(**fields)

    def stats(self) -> dict[str, Any]:
        """What became of the lines of this process so far.

        `written`: lines that a sink took (counted once a sink). `sampled_out`: lines that the
        sample left out. `dropped`: what was lost, by reason; a sink that loses lines later, in its
        own thread, adds its reasons here. `recovered`: lines that were counted as dropped when a
        full disk cut them and that were finished later.
        """
        emitter = self._emitter
        dropped = dict(emitter.losses.counts)
        recovered = 0
        for sink in emitter.sinks:
            recovered += getattr(sink, "recovered", 0)
            for reason, lost in getattr(sink, "dropped", {}).items():
                dropped[reason] = dropped.get(reason, 0) + lost
        return {
            "written": emitter.written,
            "sampled_out": emitter.sampled_out,
            "dropped": dropped,
            "recovered": recovered,
        }

    def flush(self) -> None:
        """Wait until every sink handed on what it holds."""
        for sink in self._emitter.sinks:
            with self._emitter.guard:
                flush = getattr(sink, "flush", None)
                if flush is not None:
                    flush()

    def close(self) -> None:
        """Close the sinks. A line that is logged later opens its file again."""
        for sink in self._emitter.sinks:
            with self._emitter.guard:
                sink.close()
