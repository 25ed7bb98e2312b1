"""Calls and scores -> lines -> sinks. The one place where a line is made."""

from __future__ import annotations

from pytest_llm_telemetry.core.lines import OUTCOME, SCORE, SERVICE, TRACE, Members, encoded
from pytest_llm_telemetry.runtime import context
from pytest_llm_telemetry.runtime.clock import is_id, new_id, timestamp
from pytest_llm_telemetry.runtime.guard import ForeignGuard, Guard, Losses, name_of
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

_FREE_TEXT = frozenset({"error_message", "explanation", "answer_preview"})
_TELLING = tuple(name for name in OUTCOME if name not in _FREE_TEXT)
_TO_ERROR_TYPE = Members(_TELLING[: _TELLING.index("error_type") + 1])
_AFTER_MESSAGE = Members(_TELLING[_TELLING.index("error_type") + 1 :])
_TRACED = Members(TRACE[1:])
_IDS = frozenset(_TRACED.names)
_SERVICE, _SCORE = Members(SERVICE), Members(SCORE)
_NAMED = ("model", "error_type")
_OPENING = '{{"schema_version":1,"event":"{0}","timestamp":"'
_AND_WORDS = '","level":"{1}","message":"{0}'
_START, _SUCCESS, _ERROR, _SCORED = (
    (_OPENING.format(name), _AND_WORDS.format(name, level))
    for name, level in (
        ("query_start", "INFO"),
        ("query_success", "INFO"),
        ("query_error", "ERROR"),
        ("query_score", "INFO"),
    )
)
_STARTED = _START[0], _START[1] + '","query_id":"'


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
        self._own_ids = ids is None
        self.new_id: Callable[[], str] = new_id if ids is None else lambda: self._given(ids)
        self._wording = Wording(capture, hash_key, self.foreign, redaction)
        self._fixed = self._wording.members(fixed, _SERVICE)
        self._prices = prices
        self._last_context: tuple[Mapping[str, Any], str] = ({}, "")

    def _given(self, ids: Callable[[], str]) -> str:
        """A query id, from the source that the logger was given."""
        with self.foreign:
            return str(ids())
        return new_id()

    def lost(self, fault: BaseException) -> None:
        """Count what a fault of ours cost."""
        self.losses.count(name_of(type(fault)))

    def started(self, call: ObservedCall) -> None:
        """Write the start event of a call, unless a test session's meter refuses the call."""
        tap = context.tapped
        if tap is not None and tap.meter is not None:
            tap.meter.begin(call.query_id, call.parent.query_id if call.parent else None)
        bound = context.current()
        call.told = told = self._told(call, bound)
        asked = ""
        if call.query is not None:
            call.asked = asked = self._wording.asked(call.query)
        if self.sampling is not None:
            call.rate = self._rate(self.sampling, call, bound)
        wall = self.clock.wall
        at = timestamp(wall())
        self._send(tap, f"{_STARTED[0]}{at}{_STARTED[1]}{told}{asked}}}\n", call.rate)

    def ended(self, call: ObservedCall, error: BaseException | None, kind: str | None) -> None:
        """Write the terminal event of a call."""
        found, wording, tap, rate = call.fields, self._wording, context.tapped, call.rate
        failed = error is not None or kind is not None
        if failed:
            found.update(wording.error(error, kind))
        if tap is not None or self._prices is not None or "nested_calls" in found:
            self._settle(call, error, tap)
        told, query = call.told or self._told(call, {}), call.query
        preview = "" if query is None else wording.preview(query)
        members = wording.members(found, _TO_ERROR_TYPE)
        opening, and_words = _SUCCESS
        if failed:
            opening, and_words = _ERROR
            members += wording.message("error_message", error)
            members += wording.members(found, _AFTER_MESSAGE)
        if rate is not None and (failed or self._slow(found)):
            rate = 1.0
        wall = self.clock.wall
        at = timestamp(wall())
        words = self._words(found)
        self._send(
            tap,
            f'{opening}{at}{and_words}{words}","query_id":"{told}{preview}{call.asked}{members}}}\n',
            rate,
        )

    def _settle(
        self, call: ObservedCall, error: BaseException | None, tap: context.Tap | None
    ) -> None:
        """Price the call, and tell the test session."""
        found = call.fields
        if tap is not None:
            tap.saw(call.query_id, error)
        with self.guard:
            self._price(found, tap)
            if tap is not None:
                tap.told(call.query_id, found, is_root=call.parent is None)

    def score(self, query_id: str, fields: Mapping[str, Any], **texts: object) -> None:
        """Write a score of a call."""
        bound = context.current()
        wording = self._wording
        name = wording.text(str(fields["score_name"]))[1:-1]
        wall = self.clock.wall
        at = timestamp(wall())
        told_id = f'"{query_id}"' if is_id(query_id) else wording.text(query_id)
        traced = "" if _IDS.isdisjoint(bound) else wording.members(bound, _TRACED)
        opened = (
            f'{_SCORED[0]}{at}{_SCORED[1]} {name}","query_id":{told_id}{traced}'
            f"{self._fixed}{self._context(bound, {})}"
        )
        told = wording.members(fields, _SCORE)
        for name, text in texts.items():
            told += wording.message(name, text)
        rate = None if self.sampling is None else self.sampling.score_rate(query_id)
        told += "}\n"
        self._send(context.tapped, opened + told, rate, -len(told))

    def _told(self, call: ObservedCall, bound: Mapping[str, Any]) -> str:
        """What both events of a call tell of it and its context, from the id's own text on."""
        fields = call.fields
        if bound or call.parent is not None or not self._own_ids:
            return self._head(call, bound) + self._context(bound, fields)
        user = fields.get("user_id")
        if user is not None and len(fields) == 1 + ("model_requested" in fields):  # as most do
            return f'{call.query_id}"{self._fixed}{self._wording.user(user)}'
        return f'{call.query_id}"{self._fixed}{self._context(bound, fields)}'

    def _head(self, call: ObservedCall, bound: Mapping[str, Any]) -> str:
        told = self._quoted(call.query_id)
        if call.parent is not None:
            told += f',"parent_id":"{self._quoted(call.parent.query_id)}'
        if "trace_id" in bound:
            told += self._wording.members(bound, _TRACED)
        return told + self._fixed

    def _quoted(self, query_id: str) -> str:
        """An id's text and closing quote; one of ours needs no look."""
        return f'{query_id}"' if self._own_ids else self._wording.text(query_id)[1:]

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

    def _words(self, found: Mapping[str, Any]) -> str:
        """The line in words, after the event: the model, the type of an error, how long it took."""
        words = ""
        for name in _NAMED:
            if name in found and type(found[name]) is str:
                words += " " + self._wording.text(found[name])[1:-1]
        latency = found.get("latency_ms")
        if type(latency) is not float or latency - latency != 0.0:  # not ours, where a clock broke
            return words
        return f"{words} {round(latency)} ms"  # formatting a float takes three times as long

    def _send(self, tap: context.Tap | None, text: str, rate: float | None, at: int = -2) -> None:
        """Hand a line to the sinks, where the sample keeps it, and all of them to the tap.

        The sample's rate is put in where `at` says: by default before the closing brace.
        """
        line = encoded(text)
        if tap is not None:
            try:
                tap.write(line)
            except Exception as fault:  # noqa: BLE001 - as `Guard`, which costs more to enter
                self.lost(fault)
        if rate is not None:
            if rate == 0.0:
                self.sampled_out += 1
                return
            line = encoded(f'{text[:at]},"sample_rate":{rate!r}{text[at:]}')
        for write in self._writes:
            try:
                write(line)
            except Exception as fault:  # noqa: BLE001 - see above
                self.lost(fault)
            else:
                self.written += 1
