"""HTTP/1.1 on a socket: read a request, wait as long as told, write the answer or break off."""

from __future__ import annotations

import json
import socket
import struct
import sys
import threading
import time
from contextlib import suppress
from http.server import BaseHTTPRequestHandler
from socketserver import ThreadingTCPServer
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from pytest_llm_telemetry.loopback.exchange import Outcome

    Take = Callable[[str, str, Mapping[str, str], bytes], Outcome]

_POLL_S = 0.02  # how often the accepting thread looks whether it is to stop
_AT_ONCE = struct.pack("ii", 1, 0)  # linger for no time: closing resets the connection


class Listener(ThreadingTCPServer):
    """Accepts connections on a free port of 127.0.0.1 until stopped; a thread a connection."""

    request_queue_size = 128

    def __init__(self, take: Take) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.take = take
        self.stopping = threading.Event()
        self._open: dict[Any, threading.Thread] = {}
        self._guard = threading.Lock()
        # Daemons all: a test that forgets to stop the server must not hang at exit.
        self._thread = threading.Thread(
            target=self.serve_forever, args=(_POLL_S,), name="llm-loopback", daemon=True
        )

    def start(self) -> None:
        """Accept connections in a thread of our own."""
        self._thread.start()

    def stop(self) -> None:
        """End every connection (kept alive ones too), wake every sleeper and join the threads."""
        self.shutdown()
        self._thread.join()
        with self._guard:
            served = dict(self._open)
        for connection in served:
            with suppress(OSError):  # the client was quicker
                connection.shutdown(socket.SHUT_RDWR)
        self.stopping.set()
        for thread in served.values():
            thread.join()
        self.server_close()

    def process_request(self, request: Any, client_address: Any) -> None:
        """Serve a connection in a thread; remember both, so that `stop` can end them."""
        thread = threading.Thread(
            target=self.process_request_thread, args=(request, client_address), daemon=True
        )
        with self._guard:
            self._open[request] = thread
        thread.start()

    def shutdown_request(self, request: Any) -> None:
        """Forget the connection and close it."""
        with self._guard:
            self._open.pop(request, None)
        super().shutdown_request(request)

    def handle_error(self, request: Any, client_address: Any) -> None:  # noqa: ARG002 - the base's signature
        """Tell the client, not stderr, what the answers raised; a client that left hears nothing.

        Sent as a 500 that the SDKs do not retry: the test's own rule is at fault.
        """
        error = sys.exception()
        if isinstance(error, OSError):
            return
        message = f"the loopback server's answers raised {type(error).__name__}: {error}"
        body = json.dumps({"type": "error", "error": {"type": "api_error", "message": message}})
        head = (
            "HTTP/1.1 500 Internal Server Error\r\ncontent-type: application/json\r\n"
            f"x-should-retry: false\r\nconnection: close\r\ncontent-length: {len(body)}\r\n\r\n"
        )
        with suppress(OSError):  # gone meanwhile
            request.sendall(f"{head}{body}".encode())


class _Handler(BaseHTTPRequestHandler):
    """One connection. Writes are buffered and flushed before each sleep, without Nagle's delay."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1
    server: Listener

    def do_POST(self) -> None:
        """Serve a request with or without a body."""
        begun = time.monotonic()
        size = self.headers.get("content-length", "0")
        raw = self.rfile.read(int(size)) if size.isdigit() else b""
        headers = {name.lower(): value for name, value in self.headers.items()}
        path = self.path.partition("?")[0]
        outcome = self.server.take(self.command, path, headers, raw)
        if outcome.status is None:
            self._reset()
        elif outcome.frames:
            self._stream(outcome, begun)
        else:
            self._wait(begun, outcome.latency_ms)
            body = json.dumps(outcome.payload).encode()
            head = {"content-type": "application/json", "content-length": str(len(body))}
            self._head(outcome, head)
            self.wfile.write(body)

    do_GET = do_PUT = do_PATCH = do_DELETE = do_POST  # noqa: N815 - the names that http.server calls

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the base's signature
        """Nothing: the exchanges are kept for the test, stderr is the test's own."""

    def _stream(self, outcome: Outcome, begun: float) -> None:
        """Send the events, the pieces spread evenly from the first one's due time to the end."""
        head = {"content-type": "text/event-stream; charset=utf-8", "transfer-encoding": "chunked"}
        self._head(outcome, head)
        pieces = sum(frame.piece for frame in outcome.frames)
        step = (outcome.latency_ms - outcome.ttft_ms) / max(pieces - 1, 1)
        due = outcome.ttft_ms
        for frame in outcome.frames:
            if frame.piece:
                self._wait(begun, due)
                due += step
            data = frame.encode()
            self.wfile.write(b"%x\r\n%b\r\n" % (len(data), data))
        self._wait(begun, outcome.latency_ms)
        self.wfile.write(b"0\r\n\r\n")

    def _head(self, outcome: Outcome, headers: Mapping[str, str]) -> None:
        self.send_response(outcome.status or 0)
        for name, value in (*headers.items(), *outcome.headers.items()):
            self.send_header(name, value)
        self.end_headers()

    def _wait(self, begun: float, due_ms: float) -> None:
        left = begun + due_ms / 1000 - time.monotonic()
        if left > 0:
            self.wfile.flush()
            self.server.stopping.wait(left)

    def _reset(self) -> None:
        """Close with lingering off. The reader holds the socket open, so it goes first."""
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _AT_ONCE)
        self.close_connection = True
        self.rfile.close()
        self.connection.close()
