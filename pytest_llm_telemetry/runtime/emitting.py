"""Calls and scores -> lines -> sinks. The one place where a line is made."""

from __future__ import annotations

from pytest_llm_telemetry.core.lines import OUTCOME, SCORE, SERVICE, TRACE, line
from pytest_llm_telemetry.runtime import context
from pytest_llm_telemetry.runtime.clock import new_id, timestamp
from pytest_llm_telemetry.runtime.guard import ForeignGuard, Guard, Losses
from pytest_llm_telemetry.runtime.wording import Wording

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from typing import Any

    from pytest_llm_telemetry.core.pricing import PriceTable
    from pytest_llm_telemetry.core.privacy.redaction import Redaction
    from pytest_llm_telemetry.runtime.calls import ObservedCall
    from pytest_llm_telemetry.runtime.clock import Clock
    from pytest_llm_telemetry.runtime.sampling import Sampling
    from pytest_llm_telemetry.runtime.sinks import Sink

_FREE_TEXT = frozenset({"error_message", "explanation"})
_TELLING = tuple(name for name in OUTCOME if name not in _FREE_TEXT)
_TO_ERROR_TYPE = _TELLING[: _TELLING.index("error_type") + 1]
_AFTER_MESSAGE = _TELLING[_TELLING.index("error_type") + 1 :]
_TRACED = TRACE[1:]
_STARTED = '{"schema_version":1,"event":"query_start","timestamp":"'
_AND_STARTED = '","level":"INFO","message":"query_start"'


class Emitter:
    """What a logger's calls share: where lines go, what stands on each, and the guard."""

    def __init__(  # noqa: PLR0913 - keyword-only, and made in one place
        self,
        sinks: Sequence[Sink],
        fixed: Mapping[str, str],
        *,
        clock: Clock,
        ids: Callable[[], str] | None,
        capture: str,
        hash_key: bytes | None,
        redaction: Redaction | None,
        prices: PriceTable | None,
        sampling: Sampling | None,
    ) -> None:
        self.sinks = tuple(sinks)
        self._writes = tuple(sink.write for sink in self.sinks)
        self.clock = clock
        self.losses = Losses()
        self.guard = Guard(self.losses)
        self.foreign: Guard = ForeignGuard(self.losses)
        self.written = 0
        self.sampled_out = 0
        self.sampling = sampling
        self._ids = ids
        self._wording = Wording(capture, hash_key, self.foreign, redaction)
        self._fixed = self._wording.members(fixed, SERVICE)
        self._prices = prices
        self._last_context: tuple[Mapping[str, Any], str] = ({}, "")

    def new_id(self) -> str:
        """A query id, from the source that the logger was given."""
        if self._ids is not None:
            with self.foreign:
                return str(self._ids())
        return new_id()

    def started(self, call: ObservedCall) -> None:
        """Write the start event of a call, unless a test session's meter refuses the call."""
        tap = context.tap()
        if tap is not None and tap.meter is not None:
            tap.meter.begin(call.query_id, call.parent.query_id if call.parent else None)
        bound = context.current()
        about = self._context(bound, call.fields)
        told = call.told = self._head(call, bound) + about + self._wording.query(call.query)
        if self.sampling is not None:
            call.rate = self._rate(self.sampling, call, bound)
        self._send(_STARTED + timestamp(self.clock.wall()) + _AND_STARTED + told, rate=call.rate)

    def ended(self, call: ObservedCall, error: BaseException | None, kind: str | None) -> None:
        """Write the terminal event of a call."""
        found = call.fields
        tap = context.tap()
        failed = error is not None or kind is not None
        if failed:
            found.update(self._wording.error(error, kind))
        self._settle(call, error, tap)
        text = self._wording.members(found, _TO_ERROR_TYPE)
        if failed:
            text += self._wording.message("error_message", error)
            text += self._wording.members(found, _AFTER_MESSAGE)
        name, level = ("query_error", "ERROR") if failed else ("query_success", "INFO")
        opening = self._opening(name, level, self._message(name, found))
        rate = call.rate
        if rate is not None and (failed or self._slow(found)):
            rate = 1.0
        self._send(opening + (call.told or self._head(call, {})) + text, rate=rate)

    def _settle(
        self, call: ObservedCall, error: BaseException | None, tap: context.Tap | None
    ) -> None:
        """Price the call, and tell the test session."""
        found = call.fields
        if tap is None:
            if self._prices is not None or "nested_calls" in found:
                with self.guard:
                    self._price(found, None)
            return
        tap.saw(call.query_id, error)
        with self.guard:
            self._price(found, tap)
            tap.told(call.query_id, found, is_root=call.parent is None)

    def score(self, query_id: str, fields: Mapping[str, Any], explanation: object) -> None:
        """Write a score of a call."""
        bound = context.current()
        name = self._wording.text(str(fields["score_name"]))
        opening = self._opening("query_score", "INFO", f'"query_score {name[1:]}')
        head = f',"query_id":{self._wording.text(query_id)}{self._wording.members(bound, _TRACED)}'
        about = self._context(bound, {})
        told = self._wording.members(fields, SCORE)
        told += self._wording.message("explanation", explanation)
        rate = None if self.sampling is None else self.sampling.score_rate(query_id)
        self._send(opening + head + self._fixed + about, told, rate=rate)

    def _opening(self, event: str, level: str, message: str) -> str:
        stamp = timestamp(self.clock.wall())
        return (
            f'{{"schema_version":1,"event":"{event}","timestamp":"{stamp}","level":"{level}"'
            f',"message":{message}'
        )

    def _head(self, call: ObservedCall, bound: Mapping[str, Any]) -> str:
        told = self._quoted(call.query_id)
        if call.parent is not None:
            told += f',"parent_id":{self._quoted(call.parent.query_id)}'
        if "trace_id" in bound:
            told += self._wording.members(bound, _TRACED)
        return f',"query_id":{told}{self._fixed}'

    def _quoted(self, query_id: str) -> str:
        return f'"{query_id}"' if self._ids is None else self._wording.text(query_id)

    def _context(self, bound: Mapping[str, Any], fields: Mapping[str, Any]) -> str:
        """Calls of one request share what is bound; only what is new is told anew."""
        if context.OF_A_CALL.isdisjoint(fields):
            known, told = self._last_context
            if known is not bound:
                told = self._wording.context(bound)
                self._last_context = (bound, told)
            return told
        return self._wording.context({**bound, **fields})

    def _rate(self, sampling: Sampling, call: ObservedCall, bound: Mapping[str, Any]) -> float:
        with self.foreign:
            return sampling.rate(call.query_id, {**bound, **call.fields})
        return 1.0

    def _slow(self, found: Mapping[str, Any]) -> bool:
        sampling = self.sampling
        slow_ms = None if sampling is None else sampling.slow_ms
        return slow_ms is not None and found.get("latency_ms", 0.0) >= slow_ms

    def _price(self, found: dict[str, Any], tap: context.Tap | None) -> None:
        if found.get("nested_calls") and found.get("input_tokens") is None:
            found["cost_usd"], found["cost_source"] = None, "nested"
            return
        prices = self._prices or (tap.prices if tap is not None else None)
        if prices is not None and "cost_usd" not in found:
            found.update(prices.price(found))

    def _message(self, event: str, found: Mapping[str, Any]) -> str:
        words = event
        for name in ("model", "error_type"):
            value = found.get(name)
            if type(value) is str:
                words += " " + self._wording.text(value)[1:-1]
        latency = found.get("latency_ms")
        return f'"{words} {latency:.0f} ms"' if latency is not None else f'"{words}"'

    def _send(self, opened: str, rest: str = "", *, rate: float | None = None) -> None:
        """Hand a line to the sinks, where the sample keeps it, and all of them to the tap."""
        whole = line(opened + rest)
        tap = context.tap()
        if tap is not None:
            with self.guard:
                tap.write(whole)
        if rate is not None:
            if rate == 0.0:
                self.sampled_out += 1
                return
            at = f',"sample_rate":{rate!r}'
            whole = line(opened + at + rest if rest else opened + at)
        for write in self._writes:
            with self.guard:
                write(whole)
                self.written += 1
