"""Sends batches of lines to a collector: what is retried, what is given up and counted."""

from __future__ import annotations

import json
import os
import time
from contextlib import contextmanager
from threading import Event as Signal
from urllib.error import HTTPError
from urllib.request import HTTPRedirectHandler, Request, build_opener

from pytest_llm_telemetry.runtime import otlp_messages as messages
from pytest_llm_telemetry.runtime.clock import new_id
from pytest_llm_telemetry.runtime.guard import Losses
from pytest_llm_telemetry.runtime.otlp_counting import Counting
from pytest_llm_telemetry.runtime.otlp_map import RESOURCE

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from typing import Any

    Event = Mapping[str, Any]
    Who = tuple[str, ...]

_RETRIED = frozenset({429, 502, 503, 504})  # OTLP's specification, "Retryable Response Codes"
_PAUSES_S = (0.5, 2.0)
_ROOTS = 10_000
_TYPE = "application/x-protobuf"


class _NoRedirect(HTTPRedirectHandler):
    """A collector does not move; what says so may be somebody else's server."""

    def redirect_request(self, *asked: Any, **more: Any) -> None:
        """Follow none."""


class Exporter:
    """The sink behind the queue: it gathers lines, turns them into requests and posts these."""

    def __init__(
        self, url: str, headers: Mapping[str, str], linger_s: float, timeout_s: float
    ) -> None:
        self.losses = Losses()
        self._url = url
        self._headers = {**headers, "Content-Type": _TYPE}
        self._linger_s = linger_s
        self._timeout_s = timeout_s
        self._hurry = Signal()
        self._opener = build_opener(_NoRedirect)
        self._begin()

    def _begin(self) -> None:
        """Count from here on; a forked child is another instance of the service."""
        self._process = os.getpid()
        self._instance: str = new_id()
        self._since = time.time_ns()
        self._counting = Counting()
        self._roots: dict[str, str] = {}

    @contextmanager
    def hurried(self) -> Iterator[None]:
        """Inside the block nothing lingers, and no failure is waited out."""
        self._hurry.set()
        try:
            yield
        finally:
            self._hurry.clear()

    def write(self, line: bytes) -> None:
        """Send one line."""
        self.write_many([line], list)

    def write_many(self, lines: list[bytes], more: Callable[[], list[bytes]]) -> None:
        """Send these lines and those that `more` has after the linger."""
        self._hurry.wait(self._linger_s)
        if self._process != os.getpid():
            self._begin()
        events = [json.loads(line) for line in (*lines, *more())]
        for event in events:
            self._remember(event)
        ended = [event for event in events if event["event"] in messages.SPANS]
        scored = [event for event in events if event["event"] == "query_score"]
        if ended:
            self._post("traces", messages.spans(self._grouped(ended), self._roots), len(ended))
        if scored:
            self._post("logs", messages.logs(self._grouped(scored), self._roots), len(scored))
        if ended or scored:
            self._count([*ended, *scored])

    def close(self) -> None:
        """Nothing is held open between two requests."""

    def _remember(self, event: Event) -> None:
        """Which outermost call each call is in, for as long as its children may come."""
        parent = event.get("parent_id")
        if parent is not None:
            self._roots[event["query_id"]] = self._roots.get(parent) or parent
            if len(self._roots) > _ROOTS:
                del self._roots[next(iter(self._roots))]

    def _grouped(self, events: Sequence[Event]) -> dict[Who, list[Event]]:
        found: dict[Who, list[Event]] = {}
        for event in events:
            found.setdefault(self._who(event), []).append(event)
        return found

    def _who(self, event: Event) -> Who:
        return (*(str(event.get(name) or "") for name in RESOURCE), self._instance)

    def _count(self, events: Sequence[Event]) -> None:
        """Metrics are cumulative: what a lost request told, the next one tells as well."""
        for event in events:
            self._counting.add(self._who(event), event)
        points = {who: found.values() for who, found in self._counting.points.items()}
        self._post("metrics", messages.metrics(points, self._since, time.time_ns()), 0)

    def _post(self, signal: str, body: bytes, told: int) -> None:
        """Post a request; what cannot be delivered is counted as so many lines."""
        url = f"{self._url}/v1/{signal}"
        request = Request(url, data=body, headers=self._headers)  # noqa: S310 - http by `OtlpSink`
        for pause_s in _PAUSES_S:
            if not self._attempt(request, told, last=False):
                return
            self._hurry.wait(pause_s)
        self._attempt(request, told, last=True)

    def _attempt(self, request: Request, told: int, *, last: bool) -> bool:
        """Post once; true if another attempt may help."""
        reason = "otlp_unreachable"
        try:
            with self._opener.open(request, timeout=self._timeout_s):
                return False
        except HTTPError as error:
            error.close()
            if error.code not in _RETRIED:
                reason, last = "otlp_refused", True
        except OSError:
            pass
        if last and told:
            self.losses.count(reason, told)
        return not last
